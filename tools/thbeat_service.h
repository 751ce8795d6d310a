/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service in the foreground: it tells systemd, if that started it, how it
 * goes; SIGTERM and SIGINT end it, SIGHUP has it read its file again.
 */
#ifndef THBEAT_SERVICE_H
#define THBEAT_SERVICE_H

#include <poll.h>
#include <signal.h>

#include "thbeat_config.h"
#include "thbeat_output.h"

#define THBEAT_FDS 16
#define THBEAT_WHY 512

struct thbeat_task;

/**
 * struct thbeat_job - what the service does
 * @section: that it needs of the file.
 * @given: whether that is there.
 * @start: with the task's config: 0, or -errno and @why says more.
 * @poll: set what to wait for, THBEAT_FDS at most; how many that is.
 * @run: do what there is to do, after each wait: 0, or -errno and it ends.
 * @reload: put @fresh in the config's place, and take over what changed: 0;
 *	1 @why says why not, and all is as it was; -errno and it ends.
 * @publish: put its figures in the task's page: 0, or -errno.
 * @describe: how it goes, in a few words.
 * @stop: end it, if it started.
 *
 * @why has THBEAT_WHY bytes.
 */
struct thbeat_job {
	const char *section;
	bool (*given)(const struct thbeat_config *config);
	int (*start)(struct thbeat_task *task, char *why);
	unsigned int (*poll)(struct thbeat_task *task, struct pollfd *fds);
	int (*run)(struct thbeat_task *task, const struct pollfd *fds);
	int (*reload)(struct thbeat_task *task, struct thbeat_config *fresh,
		      char *why);
	int (*publish)(struct thbeat_task *task);
	void (*describe)(struct thbeat_task *task, char *text, size_t size);
	void (*stop)(struct thbeat_task *task);
};

/**
 * struct thbeat_task - a job that is done; the job's own data begin with it
 * @job: which.
 * @path: of the file.
 * @config: what was in it.
 * @out: where to say what happens.
 * @page: where its figures are published; NULL: they are not.
 */
struct thbeat_task {
	const struct thbeat_job *job;
	const char *path;
	struct thbeat_config config;
	struct thbeat_output out;
	struct timerheap_page *page;
};

/* Do it until a signal ends it.  The exit status. */
int thbeat_service(struct thbeat_task *task);

/* Read the file into @config: 0, or -1 and @why says what is wrong. */
int thbeat_service_load(const struct thbeat_task *task,
			struct thbeat_config *config, char *why);

/*
 * Open the file of keys at @path, if that is not empty: *@auth is set to @room,
 * by which packets bear tags, or to NULL.  0, or -errno and @why says more.
 */
int thbeat_service_keys(struct thb_keys **keys, const char *path,
			struct thb_auth *room, const struct thb_auth **auth,
			char *why);
/* Read it again.  The same; the keys are as they were, then. */
int thbeat_service_rekey(struct thb_keys *keys, const char *path, char *why);

/*
 * Open the page of that name, if it is not empty.  0, or -errno and @why says
 * more.
 */
int thbeat_service_page(struct thbeat_task *task, const char *name, char *why);

/*
 * Why a monitor or a sender could not be opened at the address, and what to do.
 */
void thbeat_service_explain(int error, const struct thbeat_address *address,
			    char *why);

#endif
