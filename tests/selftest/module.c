// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "queue.h"

bool module_is_loaded(void)
{
	return !access("/sys/module/timerheap", F_OK);
}

static void read_params(char *text, size_t size)
{
	int fd = open(MODULE_PARAMS, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

int module_load(const char *params)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	char text[1000];
	int err = 0;

	if (fd < 0)
		return -errno;
	if (!params) {
		read_params(text, sizeof(text));
		params = text;
	}
	if (syscall(SYS_finit_module, fd, params, 0))
		err = -errno;
	close(fd);
	return err;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "timerheap", O_NONBLOCK) ? -errno : 0;
}

int module_unload_patiently(void)
{
	int err;

	WAIT_UNTIL((err = module_unload()) != -EAGAIN);
	return err;
}

int module_open_with(const char *params)
{
	if (access(MODULE_FILE, R_OK))
		skip("%s is not there", MODULE_FILE);
	REQUIRE_EQ(module_unload_patiently(), 0);
	REQUIRE_EQ(module_load(params), 0);
	CHECK(WAIT_UNTIL(!access(DEVICE, F_OK)));
	return open_device();
}

void module_restore(void)
{
	module_unload_patiently();
	if (!module_is_loaded())
		module_load(NULL);
}
