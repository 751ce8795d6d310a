// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_tool.h"

void tool_check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "timerheap: %s: %s\n", what, strerror(-rc));
	exit(TOOL_FAILED);
}

struct timerheap *tool_open(void)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th;
	int rc;

	opts.nslots = 1;
	rc = timerheap_open(&th, &opts);
	if (!rc)
		return th;
	fprintf(stderr, "timerheap: /dev/timerheap: %s: %s\n", strerror(-rc),
		timerheap_advice(rc));
	exit(TOOL_FAILED);
}

bool tool_cpu_stats(struct timerheap *th, int cpu, struct timerheap_stats *st)
{
	int rc = timerheap_cpu_stats(th, cpu, st);

	if (rc == -EINVAL)
		return false;
	tool_check(rc, "CPU_STATS");
	if (timerheap_cpu(th) == cpu)
		st->queues--;
	return true;
}
