// SPDX-License-Identifier: GPL-2.0-only
/* libuv's own timers are none of the kernel's; here its loop polls timerfds. */
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include "count.h"

static uint64_t take(uv_poll_t *handle)
{
	uint64_t n = 0;
	uv_os_fd_t fd;

	uv_fileno((uv_handle_t *)handle, &fd);
	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void on_tick(uv_poll_t *handle, int status, int events)
{
	uint64_t n = take(handle);

	(void)status;
	(void)events;
	while (n--)
		if (tick()) {
			uv_close((uv_handle_t *)handle, NULL);
			return;
		}
}

static void on_last(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	if (take(handle) == 1)
		uv_close((uv_handle_t *)handle, NULL);
}

static void start(uv_poll_t *handle, long value_ms, long interval_ms,
		  uv_poll_cb callback)
{
	struct itimerspec spec = {
		.it_value = { value_ms / 1000, value_ms % 1000 * 1000000 },
		.it_interval = { 0, interval_ms * 1000000 },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	timerfd_settime(fd, 0, &spec, NULL);
	uv_poll_init(uv_default_loop(), handle, fd);
	uv_poll_start(handle, UV_READABLE, callback);
}

int main(void)
{
	uv_poll_t periodic, last;

	start_us = now_us();
	start(&periodic, PERIOD_MS, PERIOD_MS, on_tick);
	start(&last, LAST_MS, 0, on_last);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	return finish();
}
