/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * timerheap-demo: a thread on each CPU carries a load of timers through
 * timerheap, then the periodic part of it through timerfd.  Times are in
 * nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef DEMO_H
#define DEMO_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <timerheap/timerheap.h>

#define DEMO_US UINT64_C(1000)
#define DEMO_MS UINT64_C(1000000)
#define DEMO_SEC UINT64_C(1000000000)

/* How long after the end an expiry may still be on its way. */
#define DEMO_GRACE_NS (5 * DEMO_SEC)

struct demo_settings {
	unsigned int seconds;
	unsigned int watchdogs;
	unsigned int abandon;
	unsigned int periodic;
	unsigned int period_ms;
	bool json;
};

enum demo_client { DEMO_HEAP, DEMO_TIMERFD, DEMO_CLIENTS };

enum demo_check {
	DEMO_CHECK_ABANDONED, /* each abandoned watchdog fired exactly once */
	DEMO_CHECK_LIVING, /* no other did */
	DEMO_CHECK_EARLY, /* nothing fired before its deadline */
	DEMO_CHECK_GRID, /* periodic timers kept their grid */
	DEMO_CHECK_COUNT, /* what the kernel fired is what was seen */
	DEMO_CHECK_CALLS, /* no call failed */
	DEMO_CHECKS
};

/*
 * Lateness is kept in the structure that the kernel fills in too, so that
 * timerheap_hist_percentile() serves for all.
 */
typedef struct timerheap_stats demo_tally;

/* What became of one client's timers on one CPU, or on all of them. */
struct demo_result {
	/* periodic timers */
	uint64_t expiries;
	uint64_t overruns;
	uint64_t periods; /* that elapsed, by the clock alone */
	demo_tally fired; /* timerheap only: timerfd does not tell */
	demo_tally seen;
	/* watchdogs */
	uint64_t watchdogs;
	uint64_t abandoned;
	uint64_t barked; /* of those abandoned, fired */
	uint64_t living; /* cancelled while pending */
	uint64_t bark_late_ns; /* the most */
	/* calls */
	uint64_t arms;
	uint64_t kicks; /* that these arms took */
	uint64_t waits;
	uint64_t reaped;
	/* the thread */
	uint64_t busy_ns;
	uint64_t wall_ns;
	uint64_t pause_ns; /* the longest between two rounds of its loop */
	struct timerheap_stats kernel;
};

/* For the line a second; written by the lane's thread, read by main(). */
struct demo_progress {
	_Atomic uint64_t expiries;
	_Atomic uint64_t overruns;
	_Atomic uint64_t arms;
	_Atomic uint64_t abandoned;
	_Atomic uint64_t barked;
	_Atomic uint64_t latest_ns;
};

/* What a slot's event leads to: the first member of each kind of timer. */
enum demo_kind { DEMO_PERIODIC, DEMO_WATCHDOG };

struct demo_timer {
	enum demo_kind kind;
	uint32_t slot; /* timerheap */
	int fd; /* timerfd */
	uint64_t phase_ns; /* the first deadline, from the start */
	uint64_t first_ns;
	uint64_t next_ns; /* the deadline to be reported next */
};

struct demo_dog {
	enum demo_kind kind;
	uint32_t slot;
	bool abandoned;
	unsigned int barks;
	uint64_t abandon_ns; /* when it is; UINT64_MAX: never */
	uint64_t deadline_ns;
};

struct demo_dogs {
	struct demo_dog *all;
	unsigned int count;
	/* Those pushed back, in this round's order; the first @turn are done. */
	uint32_t *living;
	unsigned int nliving;
	unsigned int turn;
	uint64_t round_ns; /* start of the round */
};

/* One thread, pinned to one CPU. */
struct demo_lane {
	/* set once */
	struct demo *demo;
	unsigned int index;
	int cpu;
	pthread_t thread;
	struct timerheap *queue;
	struct demo_timer *timers;
	unsigned int ntimers;
	/* the thread */
	int epoll; /* timerfd */
	struct demo_dogs dogs;
	uint64_t random;
	uint64_t end_ns; /* UINT64_MAX until it is there */
	uint64_t loop_ns; /* when the loop was last at its start */
	struct demo_result result;
	struct demo_progress progress;
};

struct demo {
	/* set once */
	struct demo_settings set;
	uint64_t period_ns;
	uint64_t timeout_ns; /* a watchdog's, to which chance adds */
	uint64_t extra_ns; /* the most that it adds */
	unsigned int nlanes;
	int *cpus;
	FILE *out; /* of the progress */
	struct timerheap_info info;
	/* main(), before a phase */
	enum demo_client client;
	struct demo_lane *lanes;
	uint64_t start_ns;
	pthread_barrier_t barrier;
	sem_t finished;
	/* any thread */
	atomic_bool stop;
	pthread_mutex_t lock;
	unsigned int failures[DEMO_CHECKS];
	char *messages[5];
	unsigned int nmessages;
	unsigned int unsaid; /* failures without a message */
	/* main(), after a phase */
	struct demo_result *results[DEMO_CLIENTS]; /* a CPU each, then all */
};

/* timerheap-demo.c */
bool demo_interrupted(void);

/* demo_fault.c */
void demo_fail(struct demo *demo, enum demo_check check, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void demo_call_failed(struct demo_lane *lane, const char *call, int error);
unsigned int demo_faults(const struct demo *demo);
void demo_verdict(struct demo *demo, FILE *out);

/* demo_lane.c */
void *demo_allocate(size_t n, size_t size);
uint64_t demo_random_below(uint64_t *state, uint64_t limit);
void demo_make_lanes(struct demo *demo, struct timerheap_percpu *percpu);
void demo_free_lanes(struct demo *demo);

/* demo_result.c */
void demo_keep_results(struct demo *demo);

/* demo_run.c */
uint64_t demo_now(void);
bool demo_stopped(struct demo_lane *lane);
uint64_t demo_loop(struct demo_lane *lane);
void demo_progress(_Atomic uint64_t *to, uint64_t value);
bool demo_run(struct demo *demo, enum demo_client client,
	      struct timerheap_percpu *percpu);

/* demo_grid.c */
void demo_grid_begin(struct demo_lane *lane);
void demo_grid_report(struct demo_lane *lane, struct demo_timer *timer,
		      uint64_t deadline_ns, uint64_t fired_ns, uint64_t seen_ns,
		      uint64_t overruns);
bool demo_grid_complete(const struct demo_lane *lane);
void demo_grid_check(struct demo_lane *lane);

/* demo_dogs.c */
int demo_dogs_begin(struct demo_lane *lane);
int demo_dogs_arm(struct demo_lane *lane);
int demo_dogs_push(struct demo_lane *lane, uint64_t now);
void demo_dogs_report(struct demo_lane *lane,
		      const struct timerheap_event *event);
void demo_dogs_end(struct demo_lane *lane, bool interrupted);
bool demo_dogs_complete(const struct demo_lane *lane);
uint64_t demo_dogs_last(const struct demo_lane *lane);
void demo_dogs_check(struct demo_lane *lane, bool interrupted);

/* demo_heap.c, demo_timerfd.c: begin, then run once the start is known */
int demo_heap_begin(struct demo_lane *lane);
void demo_heap_run(struct demo_lane *lane);
int demo_timerfd_begin(struct demo_lane *lane);
void demo_timerfd_run(struct demo_lane *lane);
void demo_timerfd_end(struct demo_lane *lane);

/* demo_text.c */
struct demo_text {
	char text[40];
};

struct demo_text demo_count(uint64_t count);
struct demo_text demo_time(uint64_t ns);
/* demo_report.c */
void demo_report(const struct demo *demo, FILE *out);

/* demo_json.c */
void demo_json(const struct demo *demo, FILE *out);

#endif
