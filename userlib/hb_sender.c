// SPDX-License-Identifier: LGPL-2.1-or-later
/* A sender: its life, and what it is told; hb_beat.c is what it sends. */
#include <errno.h>
#include <stdlib.h>

#include "hb_sender.h"
#include "internal.h"
#include "page.h"

#define MS 1000000ULL
#define HEALTH (THB_LIVE | THB_READY | THB_ABLE)
#define MOST_LOAD 1000U

void thb_sender_opts_init(struct thb_sender_opts *opts)
{
	*opts = (struct thb_sender_opts){
		.size = sizeof(*opts),
		.ask_every = 8,
		.retry_ns = 100 * MS,
		.retry_most_ns = 30000 * MS,
		.cpu = TIMERHEAP_CPU_CURRENT,
	};
	thb_pace_init(&opts->pace);
}

static int check(const struct thb_sender_opts *opts)
{
	if (opts->size != sizeof(*opts) || !opts->node ||
	    opts->incarnation > INT64_MAX || opts->retry_ns < MS ||
	    opts->retry_ns > opts->retry_most_ns ||
	    opts->retry_most_ns > THB_LONGEST_NS ||
	    (opts->auth && (!opts->auth->sign || !opts->auth->verify)))
		return -EINVAL;
	return thb_pace_check(&opts->pace);
}

static int open_queue(struct thb_sender *s, const struct thb_sender_opts *opts)
{
	struct timerheap_opts queue = TIMERHEAP_OPTS_INIT;
	int rc;

	queue.nslots = 1;
	queue.cpu = opts->cpu;
	queue.path = opts->path;
	rc = timerheap_open(&s->th, &queue);
	if (rc)
		return rc;
	rc = timerheap_slot_alloc(s->th, s);
	s->slot = (uint32_t)rc;
	return rc < 0 ? rc : 0;
}

static int open_link(struct thb_sender *s, const struct thb_sender_opts *opts)
{
	int rc = thb__link_open(&s->link, opts->transport, opts->address,
				opts->address_length, 0);

	if (rc || !thb__link_is_socket(&s->link))
		return rc;
	return thb__net_stamp(s->link.fd);
}

static int open_poll(struct thb_sender *s)
{
	int rc;

	s->poll = timerheap__sys_poll_create();
	if (s->poll < 0)
		return s->poll;
	rc = timerheap__sys_poll_add(s->poll, timerheap_fd(s->th));
	return rc ? rc : timerheap__sys_poll_add(s->poll, s->link.fd);
}

static void set_up(struct thb_sender *s, const struct thb_sender_opts *opts)
{
	s->link.fd = -1;
	s->poll = -1;
	s->node = opts->node;
	s->incarnation = opts->incarnation;
	s->ask_every = opts->ask_every;
	s->retry_ns = opts->retry_ns;
	s->retry_most_ns = opts->retry_most_ns;
	s->load_at = opts->load_milli;
	s->health = THB_LIVE;
	if (opts->auth)
		s->auth = *opts->auth;
	s->random = thb__net_seed();
	s->interval_ns = opts->pace.base_ns;
	thb__pace_begin(&s->pace, &opts->pace);
}

int thb_sender_open(struct thb_sender **sp, const struct thb_sender_opts *opts)
{
	struct thb_sender *s;
	int rc;

	if (!sp)
		return -EINVAL;
	*sp = NULL;
	if (!opts)
		return -EINVAL;
	rc = check(opts);
	if (rc)
		return rc;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	set_up(s, opts);
	rc = open_queue(s, opts);
	if (!rc)
		rc = open_link(s, opts);
	if (!rc)
		rc = open_poll(s);
	if (rc)
		thb_sender_close(s);
	else
		*sp = s;
	return rc;
}

void thb_sender_close(struct thb_sender *s)
{
	if (!s)
		return;
	if (s->poll >= 0)
		timerheap__sys_close(s->poll);
	thb__link_close(&s->link);
	timerheap_close(s->th);
	free(s);
}

int thb_sender_fd(const struct thb_sender *s)
{
	return s->poll;
}

int thb_sender_wait(struct thb_sender *s, uint64_t timeout_ns)
{
	int rc = timerheap__sys_poll_wait(s->poll, timeout_ns);

	return rc > 0 ? 1 : rc;
}

int thb_sender_add(struct thb_sender *s, const void *address,
		   uint32_t address_length)
{
	struct thb__target *t = &s->targets[s->target_count];
	struct thb__address a;
	int rc = thb__link_address(&s->link, &a, address, address_length);

	if (rc)
		return rc;
	if (s->target_count == THB_TARGETS)
		return -ENOSPC;
	*t = (struct thb__target){ .address = a };
	thb__backoff_init(&t->retry, s->retry_ns, s->retry_most_ns,
			  thb__random(&s->random));
	s->target_count++;
	return 0;
}

/* Greater than any before, also where the wall clock was set back meanwhile. */
static void new_incarnation(struct thb_sender *s)
{
	int64_t wall = thb__net_wall() + (int64_t)timerheap_now(s->th);
	uint64_t next = s->incarnation + 1;

	if (!s->incarnation || s->stopped)
		s->incarnation = wall > (int64_t)next ? (uint64_t)wall : next;
	if (s->stopped)
		s->sequence = 0;
	s->stopped = false;
}

int thb_sender_start(struct thb_sender *s)
{
	uint64_t now = timerheap_now(s->th);
	int rc;

	if (s->due_ns)
		return 0;
	new_incarnation(s);
	rc = timerheap_arm(s->th, s->slot, now);
	if (rc)
		(void)timerheap_cancel(s->th, s->slot);
	else
		s->due_ns = now;
	return rc;
}

static int finish(struct thb_sender *s, uint8_t flag)
{
	if (!s->due_ns)
		return 0;
	(void)timerheap_cancel(s->th, s->slot);
	s->due_ns = 0;
	thb__sender_beat(s, timerheap_now(s->th), 0, flag);
	return 0;
}

int thb_sender_stop(struct thb_sender *s)
{
	if (s->due_ns)
		s->stopped = true;
	return finish(s, THB__BYE);
}

int thb_sender_pause(struct thb_sender *s)
{
	return finish(s, THB__PAUSE);
}

int thb_sender_health(struct thb_sender *s, uint32_t health)
{
	if (health & ~HEALTH)
		return -EINVAL;
	__atomic_store_n(&s->health, health, __ATOMIC_RELAXED);
	return 0;
}

int thb_sender_load(struct thb_sender *s, uint32_t load_milli)
{
	if (load_milli > MOST_LOAD)
		return -EINVAL;
	__atomic_store_n(&s->load_milli, load_milli, __ATOMIC_RELAXED);
	return 0;
}

void thb_sender_stats(const struct thb_sender *s, struct thb_sender_stats *st)
{
	*st = s->stats;
	st->interval_ns = s->interval_ns;
	st->incarnation = s->incarnation;
	thb__part_read(&st->timer, &s->timer);
	thb__part_read(&st->send, &s->send);
	thb__part_read(&st->transmit, &s->transmit);
}

int thb_sender_publish(const struct thb_sender *s, struct timerheap_page *p)
{
	struct thb_sender_stats st;

	thb_sender_stats(s, &st);
	return timerheap__page_write(p, TIMERHEAP__PAGE_SENDER, &st,
				     sizeof(st));
}
