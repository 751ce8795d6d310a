// SPDX-License-Identifier: LGPL-2.1-or-later
/* thbeat monitor: who is alive of the nodes that the file names. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <timerheap/timerheap.h>

#include "thbeat_jobs.h"

static bool given(const struct thbeat_config *config)
{
	return config->monitor.given;
}

static struct thbeat_watching *watching(struct thbeat_task *task)
{
	return (struct thbeat_watching *)(void *)task;
}

static void on_event(void *arg, const struct thb_event *event)
{
	struct thbeat_watching *w = arg;

	thbeat_output_event(&w->task.out, event);
}

static int add_peer(struct thbeat_watching *w, const struct thbeat_peer *peer)
{
	const struct thbeat_address *a = &peer->address;
	int rc = thb_monitor_add(w->m, peer->node, a->length ? &a->any : NULL,
				 a->length, NULL);

	/* It was let in when it beat. */
	return rc == -EEXIST ? 0 : rc;
}

static int open_monitor(struct thbeat_watching *w,
			const struct thbeat_monitor *config,
			const struct thb_auth *auth)
{
	struct thb_monitor_opts opts;
	int rc;

	thb_monitor_opts_init(&opts);
	opts.max_peers = config->max_peers;
	opts.flags = config->accept ? THB_ACCEPT : 0;
	opts.settings = config->settings;
	opts.address = &config->listen.any;
	opts.address_length = config->listen.length;
	opts.receive_bytes = config->receive_bytes;
	opts.on_event = on_event;
	opts.arg = w;
	opts.auth = auth;
	rc = thb_monitor_open(&w->m, &opts);
	for (uint32_t i = 0; i < config->peer_count && !rc; i++)
		rc = add_peer(w, &config->peers[i]);
	return rc;
}

static void close_all(struct thbeat_watching *w)
{
	timerheap_page_close(w->task.page);
	w->task.page = NULL;
	thbeat_status_close(&w->status);
	thb_monitor_close(w->m);
	w->m = NULL;
	thb_keys_close(w->keys);
	w->keys = NULL;
}

static int open_all(struct thbeat_watching *w,
		    const struct thbeat_monitor *config, char *why)
{
	const struct thb_auth *auth;
	struct thb_auth room;
	int rc;

	w->status.listener = -1;
	rc = thbeat_service_keys(&w->keys, config->keys, &room, &auth, why);
	if (rc)
		return rc;
	rc = open_monitor(w, config, auth);
	if (rc) {
		thbeat_service_explain(rc, &config->listen, why);
		close_all(w);
		return rc;
	}
	rc = thbeat_status_open(&w->status, config->status);
	if (rc) {
		snprintf(
			why, THBEAT_WHY, "%s: %s; %s", config->status,
			strerror(-rc),
			rc == -EADDRINUSE
				? "does another monitor run? Give this one a \"status\" of its own"
				: "choose another \"status\" in [monitor]");
	} else {
		rc = thbeat_service_page(&w->task, config->publish, why);
	}
	if (rc)
		close_all(w);
	return rc;
}

static int start(struct thbeat_task *task, char *why)
{
	const struct thbeat_monitor *config = &task->config.monitor;
	char address[THBEAT_ADDRESS];
	int rc = open_all(watching(task), config, why);

	if (rc)
		return rc;
	thbeat_address_print(&config->listen, address);
	thbeat_output_say(&task->out, "started",
			  json_pack("{s:s, s:i}", "address", address, "peers",
				    (int)config->peer_count),
			  "listens at %s, for %u peers", address,
			  config->peer_count);
	return 0;
}

static unsigned int set_poll(struct thbeat_task *task, struct pollfd *fds)
{
	struct thbeat_watching *w = watching(task);

	fds[0] =
		(struct pollfd){ .fd = thb_monitor_fd(w->m), .events = POLLIN };
	return 1 + thbeat_status_poll(&w->status, fds + 1);
}

static int run(struct thbeat_task *task, const struct pollfd *fds)
{
	struct thbeat_watching *w = watching(task);
	int rc = thb_monitor_run(w->m);

	thbeat_status_run(&w->status, fds + 1, w->m);
	return rc < 0 ? rc : 0;
}

/* What a reload came to. */
struct changes {
	int added;
	int removed;
	int failed;
};

static void take_in(struct thbeat_watching *w, const struct thbeat_peer *peer,
		    struct changes *n)
{
	int rc = add_peer(w, peer);

	n->added += !rc;
	n->failed += rc != 0;
	if (rc)
		fprintf(stderr, "thbeat: node %" PRIu64 ": not watched: %s%s\n",
			peer->node, strerror(-rc),
			rc == -ENOSPC ? "; raise max_peers" : "");
}

static void leave_out(struct thbeat_watching *w, const struct thbeat_peer *peer,
		      struct changes *n)
{
	n->removed += !thb_monitor_remove(w->m, peer->node);
}

/* Both lists are in order; one that has another address begins anew. */
static void update(struct thbeat_watching *w, const struct thbeat_monitor *old,
		   const struct thbeat_monitor *fresh, struct changes *n)
{
	const struct thbeat_peer *o = old->peers, *f = fresh->peers;
	const struct thbeat_peer *old_end = o + old->peer_count;
	const struct thbeat_peer *fresh_end = f + fresh->peer_count;

	while (o < old_end || f < fresh_end) {
		bool gone = f == fresh_end ||
			(o < old_end && o->node < f->node);
		bool came = o == old_end ||
			(f < fresh_end && f->node < o->node);

		if (!gone && !came &&
		    thbeat_address_same(&o->address, &f->address)) {
			o++;
			f++;
			continue;
		}
		if (!came)
			leave_out(w, o++, n);
		if (!gone)
			take_in(w, f++, n);
	}
}

/* Settings are set once.  1: the old ones are back. */
static int reopen(struct thbeat_watching *w, const struct thbeat_monitor *fresh,
		  char *why)
{
	char more[THBEAT_WHY];
	int rc;

	close_all(w);
	rc = open_all(w, fresh, why);
	if (!rc)
		return 0;
	rc = open_all(w, &w->task.config.monitor, more);
	return rc ? rc : 1;
}

static int reload(struct thbeat_task *task, struct thbeat_config *fresh,
		  char *why)
{
	struct thbeat_watching *w = watching(task);
	struct thbeat_config old = task->config;
	bool anew = !thbeat_config_same_monitor(&old.monitor, &fresh->monitor);
	struct changes n = { .added = 0 };
	int rc = 0;

	if (anew)
		rc = reopen(w, &fresh->monitor, why);
	else if (thbeat_service_rekey(w->keys, fresh->monitor.keys, why))
		rc = 1;
	else
		update(w, &old.monitor, &fresh->monitor, &n);
	if (rc)
		return rc;
	if (n.removed)
		thbeat_status_drop(&w->status);
	task->config = *fresh;
	*fresh = old;
	thbeat_output_say(
		&task->out, "reloaded",
		json_pack("{s:b, s:i, s:i, s:i}", "restarted", anew, "added",
			  n.added, "removed", n.removed, "failed", n.failed),
		"reloaded: %s, %d peers added, %d removed, %d failed",
		anew ? "begins anew" : "goes on", n.added, n.removed, n.failed);
	return 0;
}

static int publish(struct thbeat_task *task)
{
	return thb_monitor_publish(watching(task)->m, task->page);
}

static void describe(struct thbeat_task *task, char *text, size_t size)
{
	struct thb_monitor_stats st;

	thb_monitor_stats(watching(task)->m, &st);
	snprintf(text, size,
		 "%" PRIu64 " peers: %" PRIu64 " alive, %" PRIu64
		 " suspect, %" PRIu64 " dead",
		 st.peers, st.states[THB_ALIVE], st.states[THB_SUSPECT],
		 st.states[THB_DEAD]);
}

static void stop(struct thbeat_task *task)
{
	struct thbeat_watching *w = watching(task);

	if (!w->m)
		return;
	close_all(w);
	thbeat_output_say(&task->out, "stopped", NULL, "stopped");
}

const struct thbeat_job thbeat_monitor_job = {
	.section = "monitor",
	.given = given,
	.start = start,
	.poll = set_poll,
	.run = run,
	.reload = reload,
	.publish = publish,
	.describe = describe,
	.stop = stop,
};
