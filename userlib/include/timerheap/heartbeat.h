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
 * @THB_RELAPSED: it fell silent while it recovered.
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
 * @stale: packets of an incarnation that is gone, or of one that has left, and
 *	answers to no probe of ours that is open.
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

/**
 * enum thb_event_type - what an event is about
 * @THB_EVENT_STATE: a peer's state changed, or it was restarted.
 * @THB_EVENT_AWAY: the monitor itself was away for lost_ns.  It has been given
 *	back to every peer: nobody was declared dead for it.
 */
enum thb_event_type { THB_EVENT_STATE, THB_EVENT_AWAY };

/**
 * struct thb_event - something the user should know
 * @type: enum thb_event_type.
 * @from: the state before,
 * @to: and now.
 * @cause: of that.
 * @node: of the peer; 0: the monitor.
 * @incarnation: the newest that was heard; 0: none.
 * @at_ns: when the monitor came to this, by CLOCK_MONOTONIC.
 * @heard_ns: when the last beat of the peer arrived; 0: none did.
 * @lost_ns: how long the monitor was away.
 * @data: of the peer.
 */
struct thb_event {
	enum thb_event_type type;
	enum thb_state from;
	enum thb_state to;
	enum thb_cause cause;
	uint64_t node;
	uint64_t incarnation;
	uint64_t at_ns;
	uint64_t heard_ns;
	uint64_t lost_ns;
	void *data;
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

/*
 * Tags
 * ----
 * A tag of 16 bytes over each packet keeps strangers out.  Two functions make
 * and verify it: those of thb_keys_auth(), or the caller's own.
 */

#define THB_TAG 16

/**
 * struct thb_auth - how packets are authenticated
 * @arg: handed to both.
 * @sign: put the tag of @length bytes into @tag; returns the number of the key
 *	that it is of.  Called twice: with @data NULL only the number, 1 to 255,
 *	is wanted, since the tag is also over that.
 * @verify: 0: the tag is right, by key number @key, which is in force or was
 *	until a moment ago; else -errno.  Takes the same time for each wrong tag.
 *
 * With these, packets without a tag are dropped.  thb_keys_auth() has such.
 */
struct thb_auth {
	void *arg;
	int (*sign)(void *arg, const uint8_t *data, size_t length,
		    uint8_t *tag);
	int (*verify)(void *arg, unsigned int key, const uint8_t *data,
		      size_t length, const uint8_t *tag);
};

/*
 * Keys
 * ----
 * Tags by keyed BLAKE2b (RFC 7693), 16 bytes, with secrets that all nodes
 * share: whoever has one can speak for any node.  A set of keys may serve
 * several monitors and senders, as long as one thread at a time uses it.
 *
 * A file of keys has one a line, up to 16: its number, 1 to 255, and 64
 * hexadecimal digits.  The first one signs, each of them is accepted.  Blank
 * lines and those that begin with # do not count.
 *
 * Whoever links libtimerheap.a and uses these needs libsodium, too.
 */

struct thb_keys;

/**
 * thb_keys_open() - read keys from a file
 * @keys: set to them, or to NULL.
 * @path: a regular file of the caller's or of root's, to which none but its
 *	owner has access; root may let a group read it.
 * @overlap_ns: for so long a key is accepted after thb_keys_load() no longer
 *	found it; 0 to THB_LONGEST_NS.
 *
 * Return: 0; -EPERM the file is not so; -EINVAL a line in it is none of these,
 * a number comes twice, @overlap_ns is too long, or a pointer is NULL; -E2BIG
 * more than 16 keys; -EFBIG more than 4,096 bytes; -ENOKEY no key; -ENOSYS
 * libsodium cannot start; -ENOMEM; or as open(2), fstat(2) and read(2).
 */
int thb_keys_open(struct thb_keys **keys, const char *path,
		  uint64_t overlap_ns);

/*
 * Read the file again, or another one.  Return: as thb_keys_open(); if not 0,
 * the keys are as they were.
 */
int thb_keys_load(struct thb_keys *keys, const char *path);

/* Wipes them out.  NULL is fine. */
void thb_keys_close(struct thb_keys *keys);

/* For a monitor's or a sender's options; @keys stay until that is closed. */
void thb_keys_auth(struct thb_keys *keys, struct thb_auth *auth);

/*
 * Transports
 * ----------
 * Packets go over UDP, unless two functions of the caller's carry them.  There
 * addresses, where calls want one, are bytes of the transport's own.
 */

/* The longest address, and the longest packet. */
#define THB_ADDRESS 24
#define THB_PACKET 96

/**
 * struct thb_message - a packet that is carried
 * @address: to whom, or from whom,
 * @address_length: in so many bytes, 1 to THB_ADDRESS.
 * @arrived_ns: of one that came: when, by CLOCK_MONOTONIC; 0: nobody knows, so
 *	it counts from when it is received.
 * @length: of the packet; of one that came its whole length, be there room for
 *	it or not.
 * @data: the packet.
 */
struct thb_message {
	uint8_t address[THB_ADDRESS];
	uint32_t address_length;
	uint64_t arrived_ns;
	size_t length;
	uint8_t data[THB_PACKET];
};

/**
 * struct thb_transport - how packets are carried
 * @arg: handed to both.
 * @fd: readable for as long as there is something to receive.  It is asked by
 *	epoll(7), and remains the caller's.
 * @send: 0: it is on its way; else -errno: it is lost.  Does not wait.
 * @receive: 1: there was one; 0: there is none; else -errno.  Does not wait.
 *
 * Packets may be lost, doubled or overtaken, as with UDP.  Both are called by
 * thb_monitor_run(), thb_sender_run() and those that end a sender's beats, and
 * may not call the monitor or the sender.
 */
struct thb_transport {
	void *arg;
	int fd;
	int (*send)(void *arg, const struct thb_message *message);
	int (*receive)(void *arg, struct thb_message *message);
};

/*
 * Monitor
 * -------
 * One thread at a time uses a monitor.  Calls other than those that say so do
 * no system call beyond what they are for.
 */

struct thb_monitor;
struct timerheap_page;

/* Peers that were not added are, by their first beat. */
#define THB_ACCEPT 1U

/**
 * struct thb_monitor_opts - what thb_monitor_open() shall make
 * @size: set by thb_monitor_opts_init().
 * @max_peers: how many peers there can be, 1 to 1,000,000; default 1,024.
 *	Each takes about 900 bytes, phi_samples * 4 more with THB_PHI, and a slot
 *	of the kernel's of 60.
 * @flags: 0 (default), or THB_ACCEPT.
 * @settings: for all peers.
 * @transport: copied; what carries packets; NULL (default): UDP.
 * @address: struct sockaddr_in or _in6 to receive at, with a port, or 0 for
 *	any; default NULL: 0.0.0.0, any port.  NULL with @transport.
 * @address_length: its length.
 * @receive_bytes: for the socket's buffer; a beat takes about 768; default
 *	4 MiB.  The system may allow less: net.core.rmem_max.
 * @path: the device; NULL: /dev/timerheap.
 * @cpu: the home CPU of the timers, or TIMERHEAP_CPU_CURRENT (default).
 * @on_event: called for each event, by thb_monitor_run(); it may not call the
 *	monitor.  NULL (default): events wait for thb_monitor_events().
 * @arg: handed to it.
 * @auth: copied; NULL (default): packets bear no tag.
 */
struct thb_monitor_opts {
	size_t size;
	uint32_t max_peers;
	uint32_t flags;
	struct thb_settings settings;
	const struct thb_transport *transport;
	const void *address;
	uint32_t address_length;
	uint32_t receive_bytes;
	const char *path;
	int cpu;
	void (*on_event)(void *arg, const struct thb_event *event);
	void *arg;
	const struct thb_auth *auth;
};

/**
 * struct thb_part - a part of a beat's way, over all peers, of late
 * @p50_ns: half of the beats took no longer; up to 25 % too much.
 * @p99_ns: likewise.
 * @max_ns: since the monitor was opened.
 */
struct thb_part {
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t max_ns;
};

/**
 * struct thb_monitor_stats - what a monitor did
 * @peers: there are now.
 * @states: of these, by state.
 * @packets: received, those that were dropped among them.
 * @beats: that counted.
 * @truncated: dropped: cut short,
 * @overlong: longer than they should be,
 * @foreign: not ours, or not for a monitor,
 * @version: of another version,
 * @range: with a value out of bounds,
 * @forged: with a wrong tag, or none,
 * @unknown: of a node that was not added.
 * @unread: dropped by the socket for lack of room.
 * @sent: probes and answers,
 * @unsent: and those that the system did not take.
 * @expiries: of timers, those that came to nothing among them.
 * @rescued: beats that came in time while their expiry was on its way.
 * @events: told,
 * @lost_events: and not told, as nobody took those before.
 * @away: how often the monitor was away,
 * @away_ns: and for how long altogether.
 * @steps: how often the wall clock was stepped, as stamps go by it.
 * @card_stamps: beats that the network card had stamped.
 * @timer: the six parts of a beat's way: from when it was due until the
 *	sender's timer fired,
 * @sender: until the sender handed it to its system,
 * @transmit: until it was on the wire, as the sender told with the next beat,
 * @network: until it was here, see one_way_ns of struct thb_peer_stats; where
 *	@transmit or @receive are not known, with these,
 * @receive: from the card to the kernel; only if the card stamps what it
 *	receives, by a clock that follows the system's,
 * @socket: and until the monitor read it.
 * @missed: deadlines that passed, of all peers that there ever were,
 * @suspicions: likewise how often one became suspect,
 * @deaths: or was declared dead,
 * @restarts: or a newer incarnation was heard.
 */
struct thb_monitor_stats {
	uint64_t peers;
	uint64_t states[THB_STATES];
	uint64_t packets;
	uint64_t beats;
	uint64_t truncated;
	uint64_t overlong;
	uint64_t foreign;
	uint64_t version;
	uint64_t range;
	uint64_t forged;
	uint64_t unknown;
	uint64_t unread;
	uint64_t sent;
	uint64_t unsent;
	uint64_t expiries;
	uint64_t rescued;
	uint64_t events;
	uint64_t lost_events;
	uint64_t away;
	uint64_t away_ns;
	uint64_t steps;
	uint64_t card_stamps;
	struct thb_part timer;
	struct thb_part sender;
	struct thb_part transmit;
	struct thb_part network;
	struct thb_part receive;
	struct thb_part socket;
	uint64_t missed;
	uint64_t suspicions;
	uint64_t deaths;
	uint64_t restarts;
};

/**
 * struct thb_peer_info - what a monitor knows of a peer
 * @node: its number.
 * @incarnation: the newest that was heard; 0: none.
 * @state: what it is believed to be.
 * @failures: deadlines in a row that passed.
 * @health: THB_LIVE and so on, as it said.
 * @load_milli: its load, as it said.
 * @heard_ns: when its last beat arrived, by CLOCK_MONOTONIC; 0: none did.
 * @deadline_ns: when it will be looked at; 0: it has none.
 * @bound_ns: how long after its last beat it would be dead.
 * @watched_ns: since when it is watched, by CLOCK_MONOTONIC: a rate is a figure
 *	by the time since then.
 * @stats: figures.
 */
struct thb_peer_info {
	uint64_t node;
	uint64_t incarnation;
	enum thb_state state;
	uint32_t failures;
	uint32_t health;
	uint32_t load_milli;
	uint64_t heard_ns;
	uint64_t deadline_ns;
	uint64_t bound_ns;
	uint64_t watched_ns;
	struct thb_peer_stats stats;
};

/* Sets all members to their defaults. */
void thb_monitor_opts_init(struct thb_monitor_opts *opts);

/**
 * thb_monitor_open() - make a monitor without peers
 * @m: set to it, or to NULL beside an error.
 * @opts: from thb_monitor_opts_init() on; NULL: the defaults.
 *
 * Allocates all that it will ever need.
 *
 * Return: 0; -EINVAL an option is out of range; -ENOMEM; what timerheap_open()
 * returns; or what socket(2), setsockopt(2), bind(2) or epoll_create(2) do.
 */
int thb_monitor_open(struct thb_monitor **m,
		     const struct thb_monitor_opts *opts);

/* Ends it with its peers, which are told nothing.  NULL is fine. */
void thb_monitor_close(struct thb_monitor *m);

/* Readable when thb_monitor_run() has something to do; for poll(2). */
int thb_monitor_fd(const struct thb_monitor *m);

/*
 * Where it receives: -EINVAL @room is too small, -EOPNOTSUPP it has a
 * transport, else the length.
 */
int thb_monitor_address(const struct thb_monitor *m, void *address,
			uint32_t room);

/**
 * thb_monitor_add() - watch a node
 * @m: the monitor.
 * @node: its number, not 0.
 * @address: where to ask it until it was heard; NULL: nowhere.
 * @address_length: its length.
 * @data: handed back in its events.
 *
 * Return: 0; -EINVAL @node is 0, or @address is not of the kind of the socket
 * or transport; -EEXIST it is watched already; -ENOSPC max_peers are; or an
 * error of TIMERHEAP_IOC_KICK, and then it is not watched.
 */
int thb_monitor_add(struct thb_monitor *m, uint64_t node, const void *address,
		    uint32_t address_length, void *data);

/* Do not watch a node any more.  0, or -ENOENT. */
int thb_monitor_remove(struct thb_monitor *m, uint64_t node);

/* Begin anew with a node, keeping its figures.  0, or -ENOENT. */
int thb_monitor_forget(struct thb_monitor *m, uint64_t node);

/**
 * thb_monitor_run() - do what there is to do, without sleeping
 * @m: the monitor.
 *
 * Takes what expired and what came, in that order, and judges it by when it
 * was due and when it came.
 *
 * Cost: one recvmmsg(2) for each 64 packets, and one more; for a beat that
 * comes in time an exchange of memory with the kernel, and no system call.
 *
 * Return: how many events there were; or an error of recvmmsg(2) or
 * TIMERHEAP_IOC_KICK, and what was received before was taken care of.
 */
int thb_monitor_run(struct thb_monitor *m);

/**
 * thb_monitor_wait() - sleep until thb_monitor_run() has something to do
 * @m: the monitor.
 * @timeout_ns: for how long at most; TIMERHEAP_NEVER: no limit.
 *
 * Return: 1; 0 when the time is over; -EINTR a signal came.
 */
int thb_monitor_wait(struct thb_monitor *m, uint64_t timeout_ns);

/**
 * thb_monitor_events() - take events that wait
 * @m: the monitor, opened without on_event.
 * @event: room for @n of them.
 * @n: the most to take.
 *
 * There is room for twice max_peers and 64; those for which there is none are
 * lost, and lost_events counts them.
 *
 * Return: how many, 0 to @n; -EINVAL @event is NULL.
 */
int thb_monitor_events(struct thb_monitor *m, struct thb_event *event,
		       unsigned int n);

/* What is known of a node: 0, or -ENOENT. */
int thb_monitor_peer(const struct thb_monitor *m, uint64_t node,
		     struct thb_peer_info *info);

/* The node after @node in no particular order; 0 begins, and ends. */
uint64_t thb_monitor_next(const struct thb_monitor *m, uint64_t node);

/* Figures since it was opened.  O(1). */
void thb_monitor_stats(const struct thb_monitor *m,
		       struct thb_monitor_stats *st);

/* These figures for others to see; returns as timerheap_publish(). */
int thb_monitor_publish(const struct thb_monitor *m, struct timerheap_page *p);

/*
 * Sender
 * ------
 * One thread at a time uses a sender; thb_sender_health() and
 * thb_sender_load() may be called by any.
 */

struct thb_sender;

/* As many monitors can be told. */
#define THB_TARGETS 32

/**
 * struct thb_sender_opts - what thb_sender_open() shall make
 * @size: set by thb_sender_opts_init().
 * @node: the number of this node, not 0.
 * @incarnation: greater than with each start before; 0 (default): the time of
 *	the wall clock in nanoseconds, or one more than that of the start before.
 * @pace: how often it beats.
 * @ask_every: each so-manieth beat asks for an answer, by which round trips and
 *	losses are known; 0: none; default 8.
 * @retry_ns: after an error in sending to a monitor the first pause; default
 *	100 ms, at least 1 ms.  Exponential with decorrelated jitter,
 * @retry_most_ns: up to this; default 30 s.
 * @transport: copied; what carries packets; NULL (default): UDP.
 * @address: struct sockaddr_in or _in6 to send from; default NULL: any.  NULL
 *	with @transport.
 * @address_length: its length.
 * @path: the device; NULL: /dev/timerheap.
 * @cpu: the home CPU of the timer, or TIMERHEAP_CPU_CURRENT (default).
 * @load_milli: where the load is to be read, 0 to 1,000, with each beat; more
 *	counts as 1,000.  NULL (default): thb_sender_load() sets it.
 * @auth: copied; NULL (default): packets bear no tag.
 */
struct thb_sender_opts {
	size_t size;
	uint64_t node;
	uint64_t incarnation;
	struct thb_pace_settings pace;
	uint32_t ask_every;
	uint64_t retry_ns;
	uint64_t retry_most_ns;
	const struct thb_transport *transport;
	const void *address;
	uint32_t address_length;
	const char *path;
	int cpu;
	const uint32_t *load_milli;
	const struct thb_auth *auth;
};

/**
 * struct thb_sender_stats - what a sender did
 * @beats: that were due and sent,
 * @skipped: points of the grid that had passed before it could.
 * @packets: sent, beats and answers to all monitors.
 * @failed: those that the system did not take.
 * @asked: beats to a monitor that asked for an answer,
 * @answered: and got one.
 * @probes: of monitors that were answered.
 * @dropped: packets received that were of no use.
 * @interval_ns: in force.
 * @incarnation: in force.
 * @srtt_ns: smoothed round trip to the monitor that answered last.
 * @card_stamps: packets that the network card had stamped as it sent them.
 * @timer: from when a beat was due to when the timer fired,
 * @send: until all of the monitors' packets were handed to the system,
 * @transmit: and from its sent_ns until a packet was on the wire, as the card
 *	stamped it if it does, by a clock that follows the system's, or else the
 *	kernel when it gave it to the card.
 */
struct thb_sender_stats {
	uint64_t beats;
	uint64_t skipped;
	uint64_t packets;
	uint64_t failed;
	uint64_t asked;
	uint64_t answered;
	uint64_t probes;
	uint64_t dropped;
	uint64_t interval_ns;
	uint64_t incarnation;
	uint64_t srtt_ns;
	uint64_t card_stamps;
	struct thb_part timer;
	struct thb_part send;
	struct thb_part transmit;
};

/* Sets all members to their defaults; node is yet to be set. */
void thb_sender_opts_init(struct thb_sender_opts *opts);

/**
 * thb_sender_open() - make a sender that does not beat yet
 * @s: set to it, or to NULL beside an error.
 * @opts: from thb_sender_opts_init() on.
 *
 * Return: as thb_monitor_open().
 */
int thb_sender_open(struct thb_sender **s, const struct thb_sender_opts *opts);

/* Ends it, without a goodbye: that is thb_sender_stop().  NULL is fine. */
void thb_sender_close(struct thb_sender *s);

/* Readable when thb_sender_run() has something to do; for poll(2). */
int thb_sender_fd(const struct thb_sender *s);

/* Tell this monitor, too.  0; -EINVAL; -ENOSPC THB_TARGETS are told. */
int thb_sender_add(struct thb_sender *s, const void *address,
		   uint32_t address_length);

/**
 * thb_sender_start() - beat, from now on
 * @s: the sender.
 *
 * After thb_sender_stop() it is a new incarnation; after thb_sender_pause() it
 * is not.  Does nothing if it beats.
 *
 * Return: 0; or an error of TIMERHEAP_IOC_KICK, and then it does not beat.
 */
int thb_sender_start(struct thb_sender *s);

/* A last beat that says goodbye.  Nothing if it does not beat.  0. */
int thb_sender_stop(struct thb_sender *s);

/* A last beat that says there is a pause.  Nothing if it does not beat.  0. */
int thb_sender_pause(struct thb_sender *s);

/*
 * The application's health: a set of THB_LIVE, THB_READY and THB_ABLE, in the
 * next beat.  THB_LIVE until then.  0, or -EINVAL.
 */
int thb_sender_health(struct thb_sender *s, uint32_t health);

/* The load, 0 to 1,000, in the next beat.  0, or -EINVAL. */
int thb_sender_load(struct thb_sender *s, uint32_t load_milli);

/**
 * thb_sender_run() - do what there is to do, without sleeping
 * @s: the sender.
 *
 * Cost: one sendmmsg(2) and two recvmmsg(2).
 *
 * Return: how many beats went, 0 or 1; or an error of recvmmsg(2) or
 * TIMERHEAP_IOC_KICK.
 */
int thb_sender_run(struct thb_sender *s);

/* Sleep until there is something to do, as thb_monitor_wait(). */
int thb_sender_wait(struct thb_sender *s, uint64_t timeout_ns);

void thb_sender_stats(const struct thb_sender *s, struct thb_sender_stats *st);

/* These figures for others to see; returns as timerheap_publish(). */
int thb_sender_publish(const struct thb_sender *s, struct timerheap_page *p);

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_HEARTBEAT_H */
