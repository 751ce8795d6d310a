// SPDX-License-Identifier: LGPL-2.1-or-later
/* A monitor and its list of peers; hb_watch.c is what it does with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hb_monitor.h"
#include "internal.h"

#define LINE 64U
#define MOST_PEERS 1000000U
#define FEW 64U
#define RECEIVE_BYTES (4U << 20)

void thb_monitor_opts_init(struct thb_monitor_opts *opts)
{
	*opts = (struct thb_monitor_opts){
		.size = sizeof(*opts),
		.max_peers = 1024,
		.receive_bytes = RECEIVE_BYTES,
		.cpu = TIMERHEAP_CPU_CURRENT,
	};
	thb_settings_init(&opts->settings);
}

static int check(const struct thb_monitor_opts *opts)
{
	if (opts->size != sizeof(*opts) || !opts->max_peers ||
	    opts->max_peers > MOST_PEERS || opts->flags & ~THB_ACCEPT ||
	    opts->receive_bytes > INT32_MAX ||
	    (opts->auth && (!opts->auth->sign || !opts->auth->verify)))
		return -EINVAL;
	return thb_settings_check(&opts->settings);
}

static size_t entry_size(void)
{
	return (sizeof(struct thb__entry) + LINE - 1) / LINE * LINE;
}

static int allocate(struct thb_monitor *m, const struct thb_monitor_opts *opts)
{
	size_t bytes;

	m->stride = entry_size() + thb__peer_size(&opts->settings);
	bytes = m->stride * opts->max_peers;
	m->entries = aligned_alloc(LINE, bytes);
	m->free = calloc(opts->max_peers, sizeof(*m->free));
	m->event_room = m->on_event ? 0 : 2 * opts->max_peers + FEW;
	if (m->event_room)
		m->events = calloc(m->event_room, sizeof(*m->events));
	if (!m->entries || !m->free || (m->event_room && !m->events))
		return -ENOMEM;
	memset(m->entries, 0, bytes);
	/* From the last, so that the first comes first. */
	for (uint32_t i = opts->max_peers; i--;)
		m->free[m->free_count++] = i;
	return thb__roster_init(&m->roster, opts->max_peers, thb__net_seed());
}

static int open_queue(struct thb_monitor *m,
		      const struct thb_monitor_opts *opts)
{
	struct timerheap_opts queue = TIMERHEAP_OPTS_INIT;

	queue.nslots = opts->max_peers;
	queue.cpu = opts->cpu;
	queue.path = opts->path;
	return timerheap_open(&m->th, &queue);
}

static int open_poll(struct thb_monitor *m)
{
	int rc;

	m->poll = timerheap__sys_poll_create();
	if (m->poll < 0)
		return m->poll;
	rc = timerheap__sys_poll_add(m->poll, timerheap_fd(m->th));
	return rc ? rc : timerheap__sys_poll_add(m->poll, m->link.fd);
}

static void set_up(struct thb_monitor *m, const struct thb_monitor_opts *opts)
{
	m->link.fd = -1;
	m->poll = -1;
	m->flags = opts->flags;
	m->max_peers = opts->max_peers;
	m->on_event = opts->on_event;
	m->arg = opts->arg;
	if (opts->auth)
		m->auth = *opts->auth;
	thb__rules_init(&m->rules, &opts->settings);
	thb__stall_init(&m->stall, opts->settings.late_ns);
	m->random = thb__net_seed();
	m->wall_ns = thb__net_wall();
}

int thb_monitor_open(struct thb_monitor **mp,
		     const struct thb_monitor_opts *opts)
{
	struct thb_monitor_opts defaults;
	struct thb_monitor *m;
	int rc;

	if (!mp)
		return -EINVAL;
	*mp = NULL;
	thb_monitor_opts_init(&defaults);
	if (!opts)
		opts = &defaults;
	rc = check(opts);
	if (rc)
		return rc;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	set_up(m, opts);
	rc = allocate(m, opts);
	if (!rc)
		rc = open_queue(m, opts);
	if (!rc)
		rc = thb__link_open(&m->link, opts->transport, opts->address,
				    opts->address_length, opts->receive_bytes);
	if (!rc)
		rc = open_poll(m);
	if (rc) {
		thb_monitor_close(m);
		return rc;
	}
	m->empty_ns = timerheap_now(m->th);
	*mp = m;
	return 0;
}

void thb_monitor_close(struct thb_monitor *m)
{
	if (!m)
		return;
	if (m->poll >= 0)
		timerheap__sys_close(m->poll);
	thb__link_close(&m->link);
	timerheap_close(m->th);
	thb__roster_free(&m->roster);
	free(m->events);
	free(m->free);
	free(m->entries);
	free(m);
}

int thb_monitor_fd(const struct thb_monitor *m)
{
	return m->poll;
}

int thb_monitor_address(const struct thb_monitor *m, void *address,
			uint32_t room)
{
	struct thb__address own;
	int rc;

	if (!thb__link_is_socket(&m->link))
		return -EOPNOTSUPP;
	rc = thb__net_own(m->link.fd, &own);
	if (rc)
		return rc;
	if (room < own.length)
		return -EINVAL;
	memcpy(address, &own.v6, own.length);
	return (int)own.length;
}

int thb_monitor_wait(struct thb_monitor *m, uint64_t timeout_ns)
{
	int rc = timerheap__sys_poll_wait(m->poll, timeout_ns);

	return rc > 0 ? 1 : rc;
}

struct thb__entry *thb__monitor_entry(const struct thb_monitor *m, uint32_t i)
{
	return (struct thb__entry *)(void *)(m->entries + i * m->stride);
}

struct thb__entry *thb__monitor_find(const struct thb_monitor *m, uint64_t node)
{
	uint32_t i = thb__roster_find(&m->roster, node);

	return i == THB__NOBODY ? NULL : thb__monitor_entry(m, i);
}

void thb__monitor_arm(struct thb_monitor *m, struct thb__entry *e)
{
	uint64_t deadline = e->peer->deadline_ns;

	if (deadline == e->armed_ns)
		return;
	e->armed_ns = deadline;
	if (deadline)
		(void)timerheap_arm_deferred(m->th, e->slot, deadline);
	else
		(void)timerheap_cancel(m->th, e->slot);
}

/* @node is not watched.  There is a slot for each entry. */
int thb__monitor_add(struct thb_monitor *m, uint64_t node, void *data,
		     struct thb__entry **entry)
{
	struct thb__entry *e;
	uint32_t i;

	if (!m->free_count)
		return -ENOSPC;
	i = m->free[--m->free_count];
	e = thb__monitor_entry(m, i);
	memset(e, 0, m->stride);
	e->slot = (uint32_t)timerheap_slot_alloc(m->th, e);
	e->data = data;
	e->used = true;
	e->cookie = thb__random(&m->random) >> 1 | 1;
	e->watched_ns = timerheap_now(m->th);
	e->peer = thb__peer_init((char *)e + entry_size(), &m->rules, node,
				 thb__random(&m->random), e->watched_ns,
				 &m->stall);
	thb__roster_add(&m->roster, node, i);
	m->stats.peers++;
	m->stats.states[e->peer->state]++;
	thb__monitor_arm(m, e);
	*entry = e;
	return 0;
}

int thb_monitor_add(struct thb_monitor *m, uint64_t node, const void *address,
		    uint32_t address_length, void *data)
{
	struct thb__address a = { .length = 0 };
	struct thb__entry *e;
	int rc = 0;

	if (!node)
		return -EINVAL;
	if (address)
		rc = thb__link_address(&m->link, &a, address, address_length);
	if (rc)
		return rc;
	if (thb__monitor_find(m, node))
		return -EEXIST;
	rc = thb__monitor_add(m, node, data, &e);
	if (rc)
		return rc;
	e->address = a;
	rc = timerheap_flush(m->th);
	if (rc < 0)
		(void)thb_monitor_remove(m, node);
	return rc < 0 ? rc : 0;
}

int thb_monitor_remove(struct thb_monitor *m, uint64_t node)
{
	uint32_t i = thb__roster_find(&m->roster, node);
	struct thb__entry *e;

	if (i == THB__NOBODY)
		return -ENOENT;
	e = thb__monitor_entry(m, i);
	(void)timerheap_slot_free(m->th, e->slot);
	thb__roster_remove(&m->roster, node);
	m->stats.states[e->peer->state]--;
	e->used = false;
	m->free[m->free_count++] = i;
	m->stats.peers--;
	return 0;
}

int thb_monitor_forget(struct thb_monitor *m, uint64_t node)
{
	struct thb__entry *e = thb__monitor_find(m, node);
	uint64_t now = timerheap_now(m->th);
	struct thb__verdict v;
	int rc;

	if (!e)
		return -ENOENT;
	v = thb__peer_forget(e->peer, now, &m->stall);
	thb__monitor_state(m, e, &v);
	thb__monitor_arm(m, e);
	rc = timerheap_flush(m->th);
	return rc < 0 ? rc : 0;
}

void thb__monitor_tell(struct thb_monitor *m, const struct thb_event *event)
{
	m->stats.events++;
	if (m->on_event) {
		m->on_event(m->arg, event);
		return;
	}
	if (m->event_count == m->event_room) {
		m->stats.events--;
		m->stats.lost_events++;
		return;
	}
	m->events[(m->event_first + m->event_count++) % m->event_room] = *event;
}

static void count(struct thb_monitor *m, const struct thb__verdict *v)
{
	m->stats.states[v->from]--;
	m->stats.states[v->to]++;
	m->stats.suspicions += v->to == THB_SUSPECT;
	m->stats.deaths += v->to == THB_DEAD;
}

void thb__monitor_change(struct thb_monitor *m, const struct thb__entry *e,
			 const struct thb__verdict *v)
{
	struct thb_event event = {
		.type = THB_EVENT_STATE,
		.from = v->from,
		.to = v->to,
		.cause = v->cause,
		.node = e->peer->node,
		.incarnation = e->peer->incarnation,
		.at_ns = timerheap_now(m->th),
		.heard_ns = e->peer->heard_ns,
		.data = e->data,
	};

	if (v->from != v->to)
		count(m, v);
	thb__monitor_tell(m, &event);
}

int thb_monitor_events(struct thb_monitor *m, struct thb_event *event,
		       unsigned int n)
{
	unsigned int count;

	if (!event && n)
		return -EINVAL;
	if (n > INT32_MAX)
		n = INT32_MAX;
	for (count = 0; count < n && m->event_count; count++) {
		event[count] = m->events[m->event_first];
		m->event_first = (m->event_first + 1) % m->event_room;
		m->event_count--;
	}
	return (int)count;
}
