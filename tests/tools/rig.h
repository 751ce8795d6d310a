/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A monitor or sender on a kernel and a network that are none, and its files. */
#ifndef RIG_H
#define RIG_H

#include "suite.h"

#include <stdio.h>
#include <unistd.h>

#include "fake.h"
#include "fake_net.h"
#include "thbeat_jobs.h"

#define INTERVAL (100 * MS)

/* The one file that all write. */
static char rig_path[] = "/tmp/thbeat_test.XXXXXX";
static char *rig_text;
static size_t rig_length;
static size_t rig_seen;

static inline void rig_write(const char *text)
{
	FILE *file = fopen(rig_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void rig_task(struct thbeat_task *task,
			    const struct thbeat_job *job)
{
	*task = (struct thbeat_task){ .job = job, .path = rig_path };
	task->out.file = open_memstream(&rig_text, &rig_length);
	assert_non_null(task->out.file);
	rig_seen = 0;
}

/* What it said since the last call, the times apart. */
static inline const char *rig_said(struct thbeat_task *task)
{
	static char said[4096];
	char *to = said;
	const char *line;

	assert_int_equal(thbeat_output_flush(&task->out), 0);
	for (line = rig_text + rig_seen; *line; line = strchr(line, '\n') + 1)
		to = mempcpy(to, line + 25,
			     (size_t)(strchr(line, '\n') - line) - 24);
	*to = '\0';
	rig_seen = rig_length;
	return said;
}

static inline void rig_load(struct thbeat_task *task, const char *text)
{
	char why[THBEAT_WHY];

	rig_write(text);
	assert_int_equal(thbeat_service_load(task, &task->config, why), 0);
}

/* What SIGHUP does. */
static inline int rig_reload(struct thbeat_task *task, const char *text,
			     char *why)
{
	struct thbeat_config fresh;
	int rc;

	rig_write(text);
	assert_int_equal(thbeat_service_load(task, &fresh, why), 0);
	rc = task->job->reload(task, &fresh, why);
	thbeat_config_free(&fresh);
	return rc;
}

static inline void rig_end(struct thbeat_task *task)
{
	task->job->stop(task);
	thbeat_config_free(&task->config);
	fclose(task->out.file);
	free(rig_text);
	assert_int_equal(fake.opened, fake.closed);
	assert_int_equal(fake.pollfds, 0);
	assert_int_equal(fake.sockets, 0);
}

static inline struct thb__packet rig_beat(uint64_t node, uint64_t sequence)
{
	return (struct thb__packet){
		.type = THB__BEAT,
		.health = THB_LIVE,
		.node = node,
		.incarnation = 3,
		.sequence = sequence,
		.scheduled_ns = sequence * INTERVAL + SEC,
		.sent_ns = sequence * INTERVAL + SEC + MS,
		.late_us = 400,
		.interval_us = INTERVAL / US,
	};
}

static inline int rig_reset(void **state)
{
	(void)state;
	fake_reset();
	fake_net_reset();
	return 0;
}

static inline int rig_make_file(void **state)
{
	int fd = mkstemp(rig_path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static inline int rig_remove_file(void **state)
{
	(void)state;
	return unlink(rig_path);
}

#define RIG_TEST(name) cmocka_unit_test_setup(name, rig_reset)
#define RIG_RUN(tests) \
	cmocka_run_group_tests(tests, rig_make_file, rig_remove_file)

#endif
