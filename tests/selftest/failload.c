// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation of loading the module fails once, in turn: it is not loaded,
 * nothing of it is there, and it can be loaded right after.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "module.h"
#include "queue.h"

static int do_load(void *arg)
{
	int *fd = arg;

	return syscall(SYS_finit_module, *fd, "budget=9", 0) ? -errno : 0;
}

static void loaded(void *arg, int err)
{
	(void)arg;
	CHECK_EQ(module_is_loaded(), !err);
	if (err) {
		CHECK(access(DEVICE, F_OK));
		return;
	}
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	close(open_device());
	CHECK_EQ(module_unload_patiently(), 0);
}

static void loading(void)
{
	int fd;

	fault_need();
	REQUIRE_EQ(module_unload_patiently(), 0);
	fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		skip("%s is not there", MODULE_FILE);
	fault_each(&(struct fault_test){ .what = "load",
					 .any_errno = true,
					 .least = { 10, 1, 1 },
					 .act = do_load,
					 .check = loaded },
		   &fd);
}

static void restore(void)
{
	fault_restore();
	if (!module_is_loaded())
		module_load(NULL);
}

static const struct test_case cases[] = {
	SLOW_CASE(loading, 600),
};

TEST_MAIN_RESTORE(cases, restore)
