// SPDX-License-Identifier: LGPL-2.1-or-later
/* thbeat send: beats to the monitors that the file names. */
#include <inttypes.h>

#include <timerheap/timerheap.h>

#include "thbeat_jobs.h"

static bool given(const struct thbeat_config *config)
{
	return config->sender.given;
}

static struct thbeat_sending *sending(struct thbeat_task *task)
{
	return (struct thbeat_sending *)(void *)task;
}

static int add_targets(struct thb_sender *s, const struct thbeat_sender *config,
		       const struct thbeat_sender *old, unsigned int *added)
{
	int rc = 0;

	for (uint32_t i = 0; i < config->target_count && !rc; i++) {
		const struct thbeat_address *a = &config->targets[i];

		if (old && thbeat_config_has_target(old, a))
			continue;
		rc = thb_sender_add(s, &a->any, a->length);
		*added += !rc;
	}
	return rc;
}

static void close_sender(struct thbeat_sending *sd)
{
	timerheap_page_close(sd->task.page);
	sd->task.page = NULL;
	thb_sender_close(sd->s);
	sd->s = NULL;
	thb_keys_close(sd->keys);
	sd->keys = NULL;
}

static int open_sender(struct thbeat_sending *sd,
		       const struct thbeat_sender *config, uint64_t incarnation,
		       char *why)
{
	struct thb_sender_opts opts;
	struct thb_auth auth;
	unsigned int added = 0;
	int rc;

	thb_sender_opts_init(&opts);
	opts.node = config->node;
	opts.incarnation = incarnation;
	opts.pace = config->pace;
	opts.ask_every = config->ask_every;
	opts.retry_ns = config->retry_ns;
	opts.retry_most_ns = config->retry_most_ns;
	if (config->from.length) {
		opts.address = &config->from.any;
		opts.address_length = config->from.length;
	}
	rc = thbeat_service_keys(&sd->keys, config->keys, &auth, &opts.auth,
				 why);
	if (!rc)
		rc = thbeat_service_page(&sd->task, config->publish, why);
	if (rc) {
		close_sender(sd);
		return rc;
	}
	rc = thb_sender_open(&sd->s, &opts);
	if (!rc)
		rc = add_targets(sd->s, config, NULL, &added);
	if (!rc)
		rc = thb_sender_start(sd->s);
	if (rc) {
		thbeat_service_explain(rc, &config->from, why);
		close_sender(sd);
	}
	return rc;
}

static int start(struct thbeat_task *task, char *why)
{
	const struct thbeat_sender *config = &task->config.sender;
	int rc = open_sender(sending(task), config, 0, why);

	if (rc)
		return rc;
	thbeat_output_say(&task->out, "started",
			  json_pack("{s:o, s:i}", "node",
				    thbeat_output_long(config->node), "targets",
				    (int)config->target_count),
			  "node %" PRIu64 " beats, for %u monitors",
			  config->node, config->target_count);
	return 0;
}

static unsigned int set_poll(struct thbeat_task *task, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ .fd = thb_sender_fd(sending(task)->s),
				  .events = POLLIN };
	return 1;
}

static int run(struct thbeat_task *task, const struct pollfd *fds)
{
	int rc = thb_sender_run(sending(task)->s);

	(void)fds;
	return rc < 0 ? rc : 0;
}

static bool lost_target(const struct thbeat_sender *old,
			const struct thbeat_sender *fresh)
{
	for (uint32_t i = 0; i < old->target_count; i++)
		if (!thbeat_config_has_target(fresh, &old->targets[i]))
			return true;
	return false;
}

/*
 * A new incarnation: what monitors take for a node that starts anew.  One more
 * is enough: the next start's is the time of the wall clock, in nanoseconds.
 * Those that are no longer told would take silence for death, so there is a
 * goodbye.
 */
static int restart(struct thbeat_sending *sd, const struct thbeat_sender *fresh,
		   char *why)
{
	const struct thbeat_sender *old = &sd->task.config.sender;
	struct thb_sender_stats st;
	char more[THBEAT_WHY];
	uint64_t next;
	int rc;

	thb_sender_stats(sd->s, &st);
	next = st.incarnation + 1;
	if (lost_target(old, fresh) || old->node != fresh->node)
		thb_sender_stop(sd->s);
	close_sender(sd);
	rc = open_sender(sd, fresh, next, why);
	if (!rc)
		return 0;
	rc = open_sender(sd, old, next + 1, more);
	return rc ? rc : 1;
}

static int reload(struct thbeat_task *task, struct thbeat_config *fresh,
		  char *why)
{
	struct thbeat_sending *sd = sending(task);
	struct thbeat_config old = task->config;
	bool anew = lost_target(&old.sender, &fresh->sender) ||
		!thbeat_config_same_sender(&old.sender, &fresh->sender);
	unsigned int added = 0;
	int rc;

	if (anew)
		rc = restart(sd, &fresh->sender, why);
	else if (thbeat_service_rekey(sd->keys, fresh->sender.keys, why))
		rc = 1;
	else
		rc = add_targets(sd->s, &fresh->sender, &old.sender, &added);
	if (rc)
		return rc;
	task->config = *fresh;
	*fresh = old;
	thbeat_output_say(
		&task->out, "reloaded",
		json_pack("{s:b, s:i}", "restarted", anew, "added", (int)added),
		"reloaded: %s, %u targets added",
		anew ? "begins anew" : "goes on", added);
	return 0;
}

static int publish(struct thbeat_task *task)
{
	return thb_sender_publish(sending(task)->s, task->page);
}

static void describe(struct thbeat_task *task, char *text, size_t size)
{
	struct thb_sender_stats st;

	thb_sender_stats(sending(task)->s, &st);
	snprintf(text, size,
		 "node %" PRIu64 ": %" PRIu64 " beats, %" PRIu64
		 " packets, %" PRIu64 " not sent",
		 task->config.sender.node, st.beats, st.packets, st.failed);
}

static void stop(struct thbeat_task *task)
{
	struct thb_sender *s = sending(task)->s;
	struct thb_sender_stats st;

	if (!s)
		return;
	thb_sender_stop(s);
	thb_sender_stats(s, &st);
	thbeat_output_say(&task->out, "stopped",
			  json_pack("{s:I, s:I, s:I}", "beats",
				    (json_int_t)st.beats, "packets",
				    (json_int_t)st.packets, "failed",
				    (json_int_t)st.failed),
			  "stopped: %" PRIu64 " beats, %" PRIu64
			  " packets, %" PRIu64 " not sent",
			  st.beats, st.packets, st.failed);
	close_sender(sending(task));
}

const struct thbeat_job thbeat_send_job = {
	.section = "sender",
	.given = given,
	.start = start,
	.poll = set_poll,
	.run = run,
	.reload = reload,
	.publish = publish,
	.describe = describe,
	.stop = stop,
};
