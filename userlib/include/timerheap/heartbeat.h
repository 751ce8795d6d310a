/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtimerheap's failure detector: who is alive, by heartbeats, and a detector
 * that knows when it was itself late.
 *
 * Times are in nanoseconds.  Durations are at most THB_LONGEST_NS, an hour.
 */
#ifndef TIMERHEAP_HEARTBEAT_H
#define TIMERHEAP_HEARTBEAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

#define THB_LONGEST_NS 3600000000000ULL

/**
 * enum thb_state - what the monitor believes of a peer
 * @THB_IDLE: nothing was heard of it yet, or it said that it pauses.
 * @THB_ALIVE: it beats, or answers.
 * @THB_SUSPECT: beats are missing, and it was asked.
 * @THB_DEAD: it neither beat nor answered.
 * @THB_RECOVERING: it was dead and was heard; not trusted yet.
 * @THB_LEFT: it said goodbye.
 */
enum thb_state {
	THB_IDLE,
	THB_ALIVE,
	THB_SUSPECT,
	THB_DEAD,
	THB_RECOVERING,
	THB_LEFT,
	THB_STATES
};

/**
 * enum thb_cause - why a peer's state changed
 * @THB_NO_CAUSE: it did not.
 * @THB_HEARD: its first beat, or the first after a pause.
 * @THB_BEAT_MISSING: too few of the last beats were seen.
 * @THB_SILENT: deadlines passed without a sign of life, as many as count.
 * @THB_WITHDRAWN: a beat came; the suspicion was false.
 * @THB_ANSWERED: it answered a probe.
 * @THB_HEARD_AGAIN: a beat of one that was dead.
 * @THB_RECOVERED: enough beats in a row since.
 * @THB_RELAPSED: it went missing while it recovered.
 * @THB_RESTARTED: a beat of a newer incarnation.
 * @THB_RETURNED: a newer incarnation of one that had left.
 * @THB_PAUSED: it said that it pauses.
 * @THB_GOODBYE: it said that it leaves.
 * @THB_FORGOTTEN: the user made the monitor forget what it knew.
 */
enum thb_cause {
	THB_NO_CAUSE,
	THB_HEARD,
	THB_BEAT_MISSING,
	THB_SILENT,
	THB_WITHDRAWN,
	THB_ANSWERED,
	THB_HEARD_AGAIN,
	THB_RECOVERED,
	THB_RELAPSED,
	THB_RESTARTED,
	THB_RETURNED,
	THB_PAUSED,
	THB_GOODBYE,
	THB_FORGOTTEN,
	THB_CAUSES
};

/**
 * enum thb_policy - how long after a beat was due it counts as missing
 * @THB_FIXED: allowance_ns.
 * @THB_RTT: T = ceil(a (SRTT + b RTTVAR)), in whole microseconds, with the
 *	estimators of RFC 6298; allowance_ns until a round trip was measured.
 * @THB_PHI: until phi reaches the threshold, by the distribution of how much
 *	beats strayed from their grid (Hayashibara, Defago, Yared and Katayama,
 *	"The phi accrual failure detector", 2004), plus a pause that is fine.
 */
enum thb_policy { THB_FIXED, THB_RTT, THB_PHI, THB_POLICIES };

/* A peer's health, as its application sets it. */
#define THB_LIVE 1U /* the process runs */
#define THB_READY 2U /* it takes requests */
#define THB_ABLE 4U /* it can go on: disk, memory, quota */

/**
 * struct thb_settings - how a monitor judges its peers
 * @size: set by thb_settings_init().
 * @policy: see enum thb_policy.
 * @allowance_ns: for THB_FIXED, and for THB_RTT at first; default 200 ms.
 * @least_ns: bounds of what the policy gives; default 1 ms
 * @most_ns: and 10 s.
 * @rtt_a_milli: a, in thousandths, 1 to 100,000; default 2,500.
 * @rtt_b_milli: b, in thousandths, 0 to 100,000; default 4,000.
 * @phi_milli: the threshold in thousandths, 1,000 to 16,000; default 8,000: one
 *	false suspicion in 10^8 beats if delays were normally distributed.
 * @phi_samples: how many beats make the distribution, 8 to 1,000; default 100.
 *	4 bytes each for each peer, with THB_PHI only.
 * @phi_deviation_ns: the least standard deviation; default 10 ms.
 * @phi_pause_ns: a pause in the peer or the network that is fine, on top of
 *	what phi gives; default 100 ms.
 * @response_ns: how long a probe may stay unanswered; default 100 ms.  It
 *	counts as no less than the peer's interval, so that a burst of lost
 *	packets that is shorter than that is one failure, not several.
 * @failures: as many in a row and the peer is dead, 1 to 100; default 3.
 * @window: of the last so many beats, 1 to 64; default 5,
 * @window_seen: so many must have been seen, or one more that is missing makes
 *	the peer suspect; 0 to @window, default 4.
 * @recover_beats: a peer that was dead is alive after so many beats in a row,
 *	1 to 100; default 3.
 * @sequences: how far back a duplicate is told from a late packet, 64 to 1,024
 *	in whole 64s; default 64.  An eighth of a byte each.
 * @first_ns: how long a peer that was added may take to its first beat;
 *	0 (default): for ever.
 * @retry_ns: the first pause between probes of one that is dead; 0: these are
 *	not probed; default 1 s.  Exponential with decorrelated jitter (M.
 *	Brooker, "Exponential Backoff And Jitter", 2015),
 * @retry_most_ns: up to this; default 1 min.
 * @late_ns: when the monitor is that late, it was away: the time is given back
 *	to every peer; default 50 ms, at least 1 us.
 *
 * A silent peer is dead allowance + interval + (failures - 1) * max(response,
 * interval) after its last beat.
 */
struct thb_settings {
	size_t size;
	enum thb_policy policy;
	uint32_t rtt_a_milli;
	uint32_t rtt_b_milli;
	uint32_t phi_milli;
	uint32_t phi_samples;
	uint32_t failures;
	uint32_t window;
	uint32_t window_seen;
	uint32_t recover_beats;
	uint32_t sequences;
	uint64_t allowance_ns;
	uint64_t least_ns;
	uint64_t most_ns;
	uint64_t phi_deviation_ns;
	uint64_t phi_pause_ns;
	uint64_t response_ns;
	uint64_t first_ns;
	uint64_t retry_ns;
	uint64_t retry_most_ns;
	uint64_t late_ns;
};

/**
 * struct thb_pace_settings - how often a sender beats
 * @size: set by thb_pace_init().
 * @base_ns: the interval at a factor of 1, 100 us to an hour; default 500 ms.
 * @least_ns: bounds of the interval; default 100 ms
 * @most_ns: and 2 s.
 * @load_milli: the weights of load,
 * @rtt_milli: of the last round trip over the 95th percentile of the recent,
 * @loss_milli: and of the lack of success among the last 10 beats that asked
 *	for an answer.  Thousandths, 0 to 1,000; default 400, 300, 300.
 * @floor_milli: the least factor, 1 to 1,000; default 500.
 * @gain_milli: how much of a change is taken over with each beat, 1 to 1,000;
 *	default 125.
 * @fixed: not 0: the interval is @base_ns whatever happens.
 *
 * The factor is max(floor, load_milli load + rtt_milli rtt / rtt_p95 +
 * loss_milli (1 - success)).
 */
struct thb_pace_settings {
	size_t size;
	uint64_t base_ns;
	uint64_t least_ns;
	uint64_t most_ns;
	uint32_t load_milli;
	uint32_t rtt_milli;
	uint32_t loss_milli;
	uint32_t floor_milli;
	uint32_t gain_milli;
	uint32_t fixed;
};

/**
 * struct thb_peer_stats - what happened with a peer
 * @beats: that counted.
 * @missed: deadlines that passed.
 * @out_of_order: beats overtaken by a later one.
 * @duplicate: beats that came twice, or were replayed.
 * @too_old: beats from before the window.
 * @stale: packets of an incarnation that is gone, or of one that has left.
 * @restarts: newer incarnations.
 * @suspicions: times it became suspect,
 * @withdrawn: and came back from that.
 * @deaths: times it was declared dead.
 * @probes: asked,
 * @answers: and answered.
 * @held: deadlines that passed while the monitor was away.
 * @rescued: beats that came in time, while the expiry was on its way.
 * @latency_p50_ns: of the beats' ways, see @one_way_ns; rounded up by at most
 *	25 %.
 * @latency_p99_ns: likewise.
 * @latency_max_ns: likewise.
 * @one_way_ns: how long the last beat took: half the least round trip plus
 *	what it took more than the fastest of late.
 * @srtt_ns: smoothed round trip time; 0: none was measured.
 * @rttvar_ns: its variation.
 * @interval_ns: the interval in force, as the peer said.
 * @allowance_ns: what the policy gives beyond that now.
 */
struct thb_peer_stats {
	uint64_t beats;
	uint64_t missed;
	uint64_t out_of_order;
	uint64_t duplicate;
	uint64_t too_old;
	uint64_t stale;
	uint64_t restarts;
	uint64_t suspicions;
	uint64_t withdrawn;
	uint64_t deaths;
	uint64_t probes;
	uint64_t answers;
	uint64_t held;
	uint64_t rescued;
	uint64_t latency_p50_ns;
	uint64_t latency_p99_ns;
	uint64_t latency_max_ns;
	uint64_t one_way_ns;
	uint64_t srtt_ns;
	uint64_t rttvar_ns;
	uint64_t interval_ns;
	uint64_t allowance_ns;
};

/* Sets all members to their defaults. */
void thb_settings_init(struct thb_settings *set);

/* Whether all are within their ranges: 0, or -EINVAL. */
int thb_settings_check(const struct thb_settings *set);

/* The same for a sender's. */
void thb_pace_init(struct thb_pace_settings *set);
int thb_pace_check(const struct thb_pace_settings *set);

/*
 * A state or a cause in lower case ("alive", "beat missing"); "?" for what is
 * none.  The string is constant.
 */
const char *thb_state_name(enum thb_state state);
const char *thb_cause_name(enum thb_cause cause);

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_HEARTBEAT_H */
