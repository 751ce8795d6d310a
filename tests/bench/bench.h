/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One workload on one way to have timers (a "peer"), measured by the clock of
 * the machine; where an instruction takes a nanosecond, in instructions.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_US 1000ULL
#define BENCH_MS 1000000ULL
#define BENCH_SEC 1000000000ULL

/* The most that one call of collect() is asked for. */
#define BENCH_BATCH 256

struct bench_expiry {
	uint32_t timer;
	/* How many periods ended, this one included. */
	uint32_t periods;
};

/*
 * Timers are numbered from 0.  All times are in CLOCK_MONOTONIC.  Calls that
 * fail end the program; what a peer has no means for is NULL.
 */
struct bench_peer {
	const char *name;
	/* Makes @n timers, idle. */
	void (*open)(uint32_t n);
	void (*close)(void);
	/* Set a deadline, whether or not there was one. */
	void (*arm)(uint32_t timer, uint64_t deadline_ns);
	void (*arm_periodic)(uint32_t timer, uint64_t deadline_ns,
			     uint64_t period_ns);
	/* The loops that are timed: loops.h. */
	void (*arm_each)(const uint32_t *timers, const uint64_t *deadlines,
			 uint32_t n);
	void (*cancel_each)(const uint32_t *timers, uint32_t n);
	/* What was armed and cancelled is in force when this returns. */
	void (*settle)(void);
	/* For one deadline that became the earliest; NULL: arming did it. */
	void (*commit)(void);
	/*
	 * Sleep until something expired, or @until_ns came, and consume what
	 * there is: at most @n, by reading what the peer delivers.
	 */
	int (*collect)(struct bench_expiry *expiries, int n, uint64_t until_ns);
	/* The most precise sleep there is. */
	void (*sleep_until)(uint64_t deadline_ns);
	/* From the next arm on, each timer may be this much later. */
	void (*set_slack)(uint32_t slack_ns);
	/* More timers than this it cannot have, and why; 0: no limit. */
	uint32_t most;
	const char *why;
	/* About what a timer takes, to tell how many there can be. */
	uint32_t bytes;
	/* Its unit of time, when that is coarser than 1 us. */
	uint64_t tick_ns;
};

extern const struct bench_peer *const bench_peers[];
/* The loops by themselves, which are subtracted from what the others take. */
extern const struct bench_peer bench_nothing;

struct bench_run {
	const struct bench_peer *peer;
	uint32_t n;
	const char *mode;
	unsigned int cpus;
	double seconds;
};

struct bench_workload {
	const char *name;
	const char *what;
	void (*run)(const struct bench_run *run);
	/* This many timers, and no other number; 0: as many as are asked for. */
	uint32_t only;
	uint32_t most;
	double seconds;
	/* Needs a peer with sleep_until(). */
	bool sleeps;
	/* Needs a peer that expires. */
	bool expires;
};

extern const struct bench_workload *const bench_workloads[];

/* Ends the program with "bench: what: ...". */
_Noreturn void bench_die(const char *what, int error);
/* Ends the program with status 77: there is no such thing here. */
_Noreturn void bench_skip(const char *why);
void bench_check(bool ok, const char *what);
/* Zeroed, and touched, so that no page is missing later. */
void *bench_alloc(uint64_t count, uint64_t size);

uint64_t bench_now(void);
/*
 * What operations are timed by: bench_now(); natively, where others run on the
 * machine as well, the program's CPU time.
 */
uint64_t bench_busy_ns(void);
extern bool bench_by_cpu_time;
/* How long the CPU that the caller is bound to has been idle. */
uint64_t bench_idle_ns(void);
/* Memory that could be had, and that is in use, of the whole machine. */
uint64_t bench_available_bytes(void);
uint64_t bench_free_bytes(void);
void bench_bind(int cpu);
/* With BENCH_TRACE in the environment: the kernel's tracing on or off. */
void bench_trace(bool on);
/* The kernel's chores, of what was before, are not part of what comes. */
void bench_rest(void);
/* splitmix64. */
uint64_t bench_random(uint64_t *state);

/* One line of JSON. */
void bench_result(const struct bench_run *run, const char *workload,
		  const char *unit, double value);
/* Time per operation, in the mode's unit. */
void bench_cost(const struct bench_run *run, const char *workload, double ns);
/* Sorts them; p50, p99, p99.9 and the maximum. */
void bench_percentiles(const struct bench_run *run, const char *workload,
		       uint64_t *values, uint32_t count);

#endif
