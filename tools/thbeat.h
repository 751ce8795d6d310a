/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of thbeat share. */
#ifndef THBEAT_H
#define THBEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <timerheap/heartbeat.h>

#define THBEAT_MS 1000000ULL
#define THBEAT_SEC 1000000000ULL
#define THBEAT_HOUR (3600 * THBEAT_SEC)

#define THBEAT_ARMS 8
#define THBEAT_NODES 10000
/* A column of the report, and a zero. */
#define THBEAT_NAME 15

/**
 * struct thbeat_arm - what is tried
 * @name: in the report; characters of ASCII.
 * @naive: not the library's detector, but one that looks once an interval
 *	whether a beat came since it looked last.
 * @set: of the monitor.
 * @pace: of the senders.
 * @ask_every: of the senders.
 */
struct thbeat_arm {
	char name[THBEAT_NAME];
	bool naive;
	struct thb_settings set;
	struct thb_pace_settings pace;
	uint64_t ask_every;
};

/**
 * struct thbeat_scenario - the world in which it is tried
 * @seed: of all that is random.
 * @nodes: senders; there is one monitor.
 * @duration_ns: simulated time.
 * @loss_ppm: of packets, in millionths,
 * @duplicate_ppm: likewise.
 * @delay_ns: each packet takes this,
 * @jitter_ns: and up to this more, so that packets overtake each other.
 * @partition_every_ns: all packets are lost each so often on average; 0: never,
 * @partition_ns: for so long.
 * @sender_ppb: how much too fast the senders' clocks are, in 10^-9,
 * @monitor_ppb: and the monitor's.
 * @timer_late_ns: timers fire up to this late.
 * @stall_every_ns: the monitor is stopped each so often on average; 0: never,
 * @stall_ns: for so long,
 * @stall_room: and its socket has room for so many packets meanwhile.
 * @kill_every_ns: a node dies each so often on average; 0: none does,
 * @down_ns: and starts anew after so long.
 * @load_milli: of the senders.
 */
struct thbeat_scenario {
	uint64_t seed;
	uint64_t nodes;
	uint64_t duration_ns;
	uint64_t loss_ppm;
	uint64_t duplicate_ppm;
	uint64_t delay_ns;
	uint64_t jitter_ns;
	uint64_t partition_every_ns;
	uint64_t partition_ns;
	int64_t sender_ppb;
	int64_t monitor_ppb;
	uint64_t timer_late_ns;
	uint64_t stall_every_ns;
	uint64_t stall_ns;
	uint64_t stall_room;
	uint64_t kill_every_ns;
	uint64_t down_ns;
	uint64_t load_milli;
	unsigned int arm_count;
	struct thbeat_arm arms[THBEAT_ARMS];
};

/**
 * struct thbeat_result - what became of an arm
 * @died: nodes that died,
 * @found: declared dead after that and before they started anew,
 * @missed: not,
 * @open: or neither had happened in the end.
 * @p50_ns: time from a death to its detection: of half of them,
 * @p99_ns: of 99 in 100,
 * @max_ns: and of all.
 * @false_deaths: nodes declared dead that were alive and could be reached.
 * @cut_off: nodes declared dead that could not be reached.
 * @suspicions: of nodes that were alive and could be reached.
 * @away: how often the monitor said that it was away,
 * @away_ns: and for how long.
 * @messages: sent, by all.
 * @duration_ns: simulated time: all, unless it was interrupted.
 */
struct thbeat_result {
	uint64_t died;
	uint64_t found;
	uint64_t missed;
	uint64_t open;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t max_ns;
	uint64_t false_deaths;
	uint64_t cut_off;
	uint64_t suspicions;
	uint64_t away;
	uint64_t away_ns;
	uint64_t messages;
	uint64_t duration_ns;
};

/* thbeat_scenario.c */
void thbeat_scenario_init(struct thbeat_scenario *s);
/*
 * 0, or -1 and @why says what is wrong, and in which line if it is one's fault.
 */
int thbeat_scenario_read(struct thbeat_scenario *s, FILE *file, char *why,
			 size_t size);

/**
 * struct thbeat_watcher - who is told how far it is
 * @goes_on: called some 100 times a second, with the simulated time; false:
 *	that is enough.
 * @user: passed to it.
 */
struct thbeat_watcher {
	bool (*goes_on)(void *user, uint64_t now_ns);
	void *user;
};

/*
 * thbeat_simulate.c.  @watcher may be NULL.  Return: 0; -ENOMEM; -EINTR the
 * watcher had enough, and @result is of the time until then.
 */
int thbeat_simulate(const struct thbeat_scenario *s,
		    const struct thbeat_arm *arm,
		    const struct thbeat_watcher *watcher,
		    struct thbeat_result *result);

/* thbeat_trial.c: what @path says, or NULL.  The exit status. */
int thbeat_trial(const char *path, const uint64_t *seed, bool json);

/* thbeat_report.c */
void thbeat_report(FILE *out, const struct thbeat_scenario *s,
		   const struct thbeat_result *results);
void thbeat_json(FILE *out, const struct thbeat_scenario *s,
		 const struct thbeat_result *results);

#endif
