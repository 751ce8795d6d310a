// SPDX-License-Identifier: GPL-2.0-only
/* sd-event has its timers by a timerfd for each clock. */
#include <systemd/sd-event.h>

#include "count.h"

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)arg;
	if (tick())
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_event_source_set_time(source, usec + PERIOD_MS * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_last(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec;
	(void)arg;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

int main(void)
{
	sd_event *event;

	if (sd_event_new(&event) < 0)
		return 1;
	start_us = now_us();
	sd_event_add_time(event, NULL, CLOCK_MONOTONIC,
			  start_us + PERIOD_MS * 1000, 1, on_tick, NULL);
	sd_event_add_time_relative(event, NULL, CLOCK_BOOTTIME, LAST_MS * 1000,
				   1, on_last, NULL);
	sd_event_loop(event);
	return finish();
}
