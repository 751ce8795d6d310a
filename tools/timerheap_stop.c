// SPDX-License-Identifier: LGPL-2.1-or-later
#include <signal.h>
#include <stddef.h>

#include "timerheap_tool.h"

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

void tool_stop_on_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal,
				 .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

bool tool_stopped(void)
{
	return stopped;
}
