// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is found to be wrong, by any thread. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

/* Something is not as it must be: counted, and the first few are told. */
void demo_fail(struct demo *demo, enum demo_check check, const char *fmt, ...)
{
	size_t room = sizeof(demo->messages) / sizeof(*demo->messages);
	char *message = NULL;
	va_list args;

	pthread_mutex_lock(&demo->lock);
	demo->failures[check]++;
	if (demo->nmessages < room) {
		va_start(args, fmt);
		if (vasprintf(&message, fmt, args) >= 0)
			demo->messages[demo->nmessages++] = message;
		va_end(args);
	} else {
		demo->unsaid++;
	}
	pthread_mutex_unlock(&demo->lock);
}

void demo_call_failed(struct demo_lane *lane, const char *call, int error)
{
	demo_fail(lane->demo, DEMO_CHECK_CALLS, "CPU %d: %s: %s", lane->cpu,
		  call, strerror(-error));
	atomic_store(&lane->demo->stop, true);
}

unsigned int demo_faults(const struct demo *demo)
{
	unsigned int sum = 0;

	for (int i = 0; i < DEMO_CHECKS; i++)
		sum += demo->failures[i];
	return sum;
}

/* The last word. */
void demo_verdict(struct demo *demo, FILE *out)
{
	for (unsigned int i = 0; i < demo->nmessages; i++) {
		fprintf(out, "demo: FAILED: %s\n", demo->messages[i]);
		free(demo->messages[i]);
	}
	if (demo->unsaid)
		fprintf(out, "demo: FAILED: and %u more\n", demo->unsaid);
	if (demo_interrupted())
		fputs("demo: interrupted\n", out);
	else if (!demo_faults(demo))
		fputs("demo: ok\n", out);
}
