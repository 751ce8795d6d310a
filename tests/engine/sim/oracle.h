/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold: told of every access, and asked at every pause. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include <linux/types.h>

#define PRINTF(at) __attribute__((format(printf, at, at + 1)))

extern bool oracle_tracing;
/* For the report: of each seed, and of the seeds before. */
extern u64 oracle_steps_planned;
extern u64 oracle_steps_before;

/* Report the seed and end the program. */
void oracle_fail(const char *check, const char *format, ...) PRINTF(2)
	__attribute__((noreturn));
void oracle_say(const char *format, ...) PRINTF(1);

#define oracle_trace(...)                        \
	do {                                     \
		if (oracle_tracing)              \
			oracle_say(__VA_ARGS__); \
	} while (0)

/* By the agent that runs. */
void oracle_loaded(const volatile void *p, u64 value);
void oracle_storing(volatile void *p, u64 value);
void oracle_committed(const volatile void *p);
void oracle_exchanged(const volatile void *p, u64 old, u64 value);

#endif
