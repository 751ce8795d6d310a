// SPDX-License-Identifier: GPL-2.0-only
/* libevent's epoll backend has its timers by a timerfd, when asked to. */
#include <event2/event.h>

#include "count.h"

static struct event *periodic;

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (tick())
		event_del(periodic);
}

static void on_last(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

int main(void)
{
	struct timeval period = { 0, PERIOD_MS * 1000 };
	struct timeval last = { LAST_MS / 1000, LAST_MS % 1000 * 1000 };
	struct event_config *config = event_config_new();
	struct event_base *base;

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	periodic = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	start_us = now_us();
	event_add(periodic, &period);
	event_base_once(base, -1, EV_TIMEOUT, on_last, base, &last);
	event_base_dispatch(base);
	return finish();
}
