// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include <timerheap/timerheap.h>

#include "thbeat_service.h"

#define NSEC_PER_USEC 1000U
#define NSEC_PER_MSEC 1000000
/* How often systemd is told how it goes. */
#define TELL_NS 5000000000LL
#define PUBLISH_NS 1000000000LL

#define EXIT_FAILED 1
#define EXIT_CONFIG 2

/* What the service is beside its job. */
struct service {
	int signals;
	bool notifies;
	int64_t watchdog_ns; /* ping it each so often; 0: there is none */
	int64_t pinged_ns;
	int64_t told_ns;
	int64_t published_ns;
	int publish_error;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_service(struct service *sv)
{
	uint64_t watchdog_us = 0;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* Who reads the output may go: that is an error of writing. */
	signal(SIGPIPE, SIG_IGN);
	*sv = (struct service){
		.signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC),
		.notifies = getenv("NOTIFY_SOCKET"),
	};
	if (sd_watchdog_enabled(0, &watchdog_us) > 0)
		sv->watchdog_ns = (int64_t)watchdog_us * NSEC_PER_USEC / 2;
	return sv->signals < 0 ? -errno : 0;
}

/* Which one came; 0: none. */
static int take_signal(const struct service *sv)
{
	struct signalfd_siginfo info;

	if (read(sv->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

static int64_t sooner(int64_t wait_ns, int64_t due_ns)
{
	if (due_ns < 0)
		due_ns = 0;
	return wait_ns < 0 || due_ns < wait_ns ? due_ns : wait_ns;
}

/* In milliseconds, rounded up; -1: for ever. */
static int time_to_wait(const struct service *sv,
			const struct thbeat_task *task)
{
	int64_t wait = -1, now = now_ns();

	if (sv->watchdog_ns)
		wait = sooner(wait, sv->pinged_ns + sv->watchdog_ns - now);
	if (sv->notifies)
		wait = sooner(wait, sv->told_ns + TELL_NS - now);
	if (task->page)
		wait = sooner(wait, sv->published_ns + PUBLISH_NS - now);
	return wait < 0 ? -1
			: (int)((wait + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
}

static void tell(struct service *sv, struct thbeat_task *task,
		 const char *state)
{
	char text[200];

	if (!sv->notifies)
		return;
	task->job->describe(task, text, sizeof(text));
	sd_notifyf(0, "%sSTATUS=%s", state, text);
	sv->told_ns = now_ns();
}

/* Of a turn of the loop that came to its end: one that hangs is found. */
static void ping(struct service *sv, struct thbeat_task *task)
{
	int64_t now = now_ns();

	if (sv->watchdog_ns && now - sv->pinged_ns >= sv->watchdog_ns) {
		sd_notify(0, "WATCHDOG=1");
		sv->pinged_ns = now;
	}
	if (sv->notifies && now - sv->told_ns >= TELL_NS)
		tell(sv, task, "");
}

/* What is wrong is said once. */
static void publish(struct service *sv, struct thbeat_task *task)
{
	int64_t now = now_ns();
	int rc;

	if (!task->page || now - sv->published_ns < PUBLISH_NS)
		return;
	rc = task->job->publish(task);
	if (rc && rc != sv->publish_error)
		fprintf(stderr, "thbeat: publish: %s%s\n", strerror(-rc),
			rc == -ESTALE
				? "; its page was removed: SIGHUP with another \"publish\", or start anew"
				: "");
	sv->publish_error = rc;
	sv->published_ns = now;
}

static int reload(struct service *sv, struct thbeat_task *task, char *why)
{
	struct thbeat_config fresh;
	int rc;

	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		   now_ns() / NSEC_PER_USEC);
	rc = thbeat_service_load(task, &fresh, why) ? 1 : 0;
	if (!rc) {
		rc = task->job->reload(task, &fresh, why);
		thbeat_config_free(&fresh);
	}
	if (rc) {
		fprintf(stderr, "thbeat: not reloaded: %s\n", why);
		thbeat_output_say(&task->out, "reload failed",
				  json_pack("{s:s}", "why", why),
				  "not reloaded: %s", why);
	}
	if (rc < 0)
		return rc;
	tell(sv, task, "READY=1\n");
	return 0;
}

static int fail(char *why, const char *what, int error)
{
	snprintf(why, THBEAT_WHY, "%s: %s", what, strerror(-error));
	return error;
}

static int turn(struct service *sv, struct thbeat_task *task, char *why)
{
	struct pollfd fds[1 + THBEAT_FDS] = {
		{ .fd = sv->signals, .events = POLLIN },
	};
	nfds_t count = 1 + task->job->poll(task, fds + 1);
	int rc = thbeat_output_flush(&task->out);

	if (rc)
		return fail(why, "output", rc);
	if (poll(fds, count, time_to_wait(sv, task)) < 0)
		return errno == EINTR ? 0 : fail(why, "poll", -errno);
	rc = task->job->run(task, fds + 1);
	if (rc)
		return fail(why, task->job->section, rc);
	ping(sv, task);
	publish(sv, task);
	return 0;
}

/* 0: by a signal. */
static int loop(struct service *sv, struct thbeat_task *task, char *why)
{
	int rc, sig;

	do {
		rc = turn(sv, task, why);
		sig = take_signal(sv);
		if (!rc && sig == SIGHUP)
			rc = reload(sv, task, why);
	} while (!rc && sig != SIGTERM && sig != SIGINT);
	return rc;
}

int thbeat_service_load(const struct thbeat_task *task,
			struct thbeat_config *config, char *why)
{
	if (thbeat_config_load(config, task->path, why, THBEAT_WHY))
		return -1;
	if (task->job->given(config))
		return 0;
	snprintf(why, THBEAT_WHY, "%.200s: it has no section [%s]", task->path,
		 task->job->section);
	thbeat_config_free(config);
	return -1;
}

static int run_job(struct service *sv, struct thbeat_task *task, char *why)
{
	int rc = task->job->start(task, why);

	if (!rc) {
		sv->pinged_ns = now_ns();
		tell(sv, task, "READY=1\n");
		rc = loop(sv, task, why);
		sd_notify(0, "STOPPING=1");
	}
	task->job->stop(task);
	return rc;
}

int thbeat_service(struct thbeat_task *task)
{
	char why[THBEAT_WHY];
	struct service sv;
	int rc;

	if (thbeat_service_load(task, &task->config, why)) {
		fprintf(stderr, "thbeat: %s\n", why);
		return EXIT_CONFIG;
	}
	rc = open_service(&sv);
	if (rc)
		fail(why, "signalfd", rc);
	else
		rc = run_job(&sv, task, why);
	if (!rc) {
		rc = thbeat_output_flush(&task->out);
		fail(why, "output", rc);
	}
	if (rc)
		fprintf(stderr, "thbeat: %s\n", why);
	if (sv.signals >= 0)
		close(sv.signals);
	thbeat_config_free(&task->config);
	return rc ? EXIT_FAILED : 0;
}
