/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtimerheap's ID generator: numbers that never repeat, whatever the clock,
 * the timer or the process does.
 *
 * A number has three fields: the time in units since an epoch, the number of
 * the worker that made it, and a counter within the unit.  Times of the wall
 * are in nanoseconds or seconds since 1970-01-01 UTC, without leap seconds.
 */
#ifndef TIMERHEAP_ID_H
#define TIMERHEAP_ID_H

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

/*
 * Layouts
 * -------
 * Pure functions of their arguments.
 */

/**
 * enum thid_order - where the fields are, from the highest bit down
 * @THID_TIME_COUNTER_WORKER: sorts by time, then by counter.
 * @THID_TIME_WORKER_COUNTER: sorts by time, then by worker.
 * @THID_WORKER_COUNTER_TIME: what a machine with little-endian numbers reads of
 *	struct { time; counter; worker; } in memory; does not sort by time.
 * @THID_UUID: UUIDv7 of RFC 9562, in 16 bytes: 48 bits of milliseconds since
 *	1970; 12 bits of counter in rand_a (section 6.2, method 1); the worker
 *	in the high bits of rand_b (section 6.4); the rest of that is random.
 */
enum thid_order {
	THID_TIME_COUNTER_WORKER,
	THID_TIME_WORKER_COUNTER,
	THID_WORKER_COUNTER_TIME,
	THID_UUID,
	THID_ORDERS
};

/**
 * struct thid_layout - what a number is made of
 * @size: set by thid_layout_init().
 * @order: see enum thid_order.
 * @time_bits: 16 to 62; with THID_UUID 48.
 * @counter_bits: 1 to 32; with THID_UUID 12.  With @time_bits at most 63.
 * @worker_bits: 0 to 32; with THID_UUID 0 to 32.  All three at most 64, but
 *	with THID_UUID.
 * @unit_ns: of the time, 1 us to an hour; with THID_UUID 1 ms.
 * @epoch_ns: time 0, up to INT64_MAX; with THID_UUID 0.
 */
struct thid_layout {
	size_t size;
	enum thid_order order;
	uint32_t time_bits;
	uint32_t counter_bits;
	uint32_t worker_bits;
	uint64_t unit_ns;
	uint64_t epoch_ns;
};

/**
 * struct thid_facts - what follows from a layout
 * @ids_per_s: a worker has so many.
 * @ends_s: when its times run out.
 * @sorted_ns: of two numbers of a generator that were made further apart than
 *	this the later one is the greater, if its ticks are punctual and it
 *	borrows one unit, as by default; among machines it takes as much more as
 *	their clocks differ.  0: they do not sort.
 */
struct thid_facts {
	uint64_t ids_per_s;
	uint64_t ends_s;
	uint64_t sorted_ns;
};

/**
 * struct thid_parts - what a number says
 * @time_ns: the beginning of its unit of time, but UINT64_MAX after the year
 *	2554.
 * @time: the same in units since the epoch.
 * @worker: who made it,
 * @counter: as which of its unit.
 */
struct thid_parts {
	uint64_t time_ns;
	uint64_t time;
	uint64_t worker;
	uint64_t counter;
};

/**
 * thid_layout_init() - a layout that has a name
 * @layout: set.
 * @name: "seconds": 32 bits of seconds since 1970, 16 of counter, 16 of worker;
 *	"seconds-memory": the same as THID_WORKER_COUNTER_TIME;
 *	"snowflake": 41 bits of milliseconds since 2010-11-04 01:42:54.657, 10 of
 *	worker, 12 of counter, as Twitter had it;
 *	"uuid7": UUIDv7 with 16 bits of worker.
 *
 * Return: 0; -EINVAL there is no such name.
 */
int thid_layout_init(struct thid_layout *layout, const char *name);

/* Whether all members are within their ranges: 0, or -EINVAL. */
int thid_layout_check(const struct thid_layout *layout);

/* The same, and sets @facts. */
int thid_layout_facts(const struct thid_layout *layout,
		      struct thid_facts *facts);

/**
 * thid_layout_text() - a layout and what follows, in a line of English
 * @layout: one.
 * @wall_ns: now; when that is within a year of the end, or after it, the line
 *	says so.
 * @text: set, without a line's end.
 * @size: of that; THID_TEXT is enough.
 *
 * Return: 1 it ends within a year, or has ended; 0; -EINVAL.
 */
#define THID_TEXT 200
int thid_layout_text(const struct thid_layout *layout, uint64_t wall_ns,
		     char *text, size_t size);

/**
 * thid_decode() - take a number apart
 * @layout: that it was made with, not of order THID_UUID.
 * @id: the number.
 * @parts: set, unless there is an error.
 *
 * Return: 0; -EINVAL @layout is wrong; -ERANGE the number has bits that the
 * layout has not.
 */
int thid_decode(const struct thid_layout *layout, uint64_t id,
		struct thid_parts *parts);

/**
 * thid_uuid_decode() - take a UUIDv7 apart
 * @layout: of order THID_UUID.
 * @uuid: its 16 bytes.
 * @parts: set, unless there is an error; worker and counter mean something if
 *	a generator with this layout made it.
 *
 * Return: 0; -EINVAL @layout is wrong; -EBADMSG it is not version 7 of the
 * variant of RFC 9562.
 */
int thid_uuid_decode(const struct thid_layout *layout, const uint8_t *uuid,
		     struct thid_parts *parts);

/* 36 characters and a zero: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx. */
#define THID_UUID_TEXT 37
void thid_uuid_text(const uint8_t *uuid, char *text);

/* The reverse; capitals will do.  0, or -EINVAL and @uuid is as it was. */
int thid_uuid_parse(const char *text, uint8_t *uuid);

/*
 * Leases
 * ------
 * Whose a worker's number is, and which of its times it may use.
 */

/**
 * struct thid_lease - a worker's number, as a generator needs it
 * @arg: handed to the calls.
 * @worker: its number.
 * @mark_ns: times before this may have been used by who had the number before;
 *	0: nobody had it.
 * @extend: from when this returns 0 on, whoever gets the number after us finds
 *	@mark_ns, or a later one.  What it wrote before it failed may hold as
 *	well.  Returns -errno otherwise.  Called by thid_tick().
 * @until: the time of CLOCK_BOOTTIME at which the number may become another's,
 *	less a margin.  From any thread, with each call that hands out numbers;
 *	NULL: it never does, and no clock is read.
 * @end: give the number back; times from @mark_ns on were not used.  Called
 *	once, by thid_close(); NULL is fine.
 *
 * thid_directory_open() fills in one.
 */
struct thid_lease {
	void *arg;
	uint64_t worker;
	uint64_t mark_ns;
	int (*extend)(void *arg, uint64_t mark_ns);
	uint64_t (*until)(void *arg);
	void (*end)(void *arg, uint64_t mark_ns);
};

/**
 * thid_directory_open() - a worker's number that is this machine's
 * @lease: set, unless there is an error.
 * @directory: where marks are stored, a file for each number; on a local disk.
 * @first: the numbers that may be had: this one,
 * @last: to this one.  The lowest that is free is taken.
 *
 * A number is locked, by flock(2), until its lease ends or all processes that
 * have the file open, children that were forked among them, are gone.  Each
 * mark is on the disk before it holds; of its file there is always a record
 * that a power loss cannot have damaged.
 *
 * A lease that thid_open() did not get is ended by its own
 * @end(@arg, @mark_ns).
 *
 * Return: 0; -EINVAL @first is above @last; -EBUSY none is free; -EBADMSG what
 * is stored is damaged; -ENOMEM; or what open(2), flock(2), fsync(2) return.
 * Its extend(): what pwrite(2), fdatasync(2) return; -ESTALE the file was
 * removed.
 */
int thid_directory_open(struct thid_lease *lease, const char *directory,
			uint64_t first, uint64_t last);

/*
 * Generator
 * ---------
 * One thread at a time calls thid_tick(), thid_stats(), thid_publish() and, when
 * all are done with their blocks, thid_close().  Any thread takes IDs, through a block of
 * its own.  A child of fork(2) gets none: -ECHILD.
 */

struct thid;
struct timerheap_page;

/* Wait for a tick when there is none left, rather than return -EAGAIN. */
#define THID_WAIT 1U

/**
 * struct thid_opts - what thid_open() shall make
 * @size: set by thid_opts_init().
 * @layout: of the numbers; default "snowflake".
 * @lease: copied; the generator ends it, unless thid_open() failed.
 * @flags: 0 (default), or THID_WAIT; some thread must tick meanwhile.
 * @borrow: so many units of time may be used before they have come, 0 to
 *	1,000,000; default 1.
 * @ahead_ns: a mark is set this much ahead, 1 ms to an hour, and no less than
 *	2 + @borrow units; default 3 s.  A generator that was killed starts
 *	from there; one that cannot set marks goes on up to there.
 * @wall_ns: now, by the wall; set by thid_opts_init().
 * @log: called with a line of English, without its end: at creation, how many
 *	IDs a second there are and when times run out; and once when that is a
 *	year away.  By thid_open() and thid_tick(); NULL (default): nobody is told.
 * @arg: handed to it.
 */
struct thid_opts {
	size_t size;
	struct thid_layout layout;
	const struct thid_lease *lease;
	uint32_t flags;
	uint32_t borrow;
	uint64_t ahead_ns;
	uint64_t wall_ns;
	void (*log)(void *arg, const char *line);
	void *arg;
};

/**
 * struct thid_stats - what a generator did
 * @time_ns: its time, by the wall,
 * @ahead_ns: and how much that is ahead of the wall; it goes slower until it is
 *	not.
 * @ticks: that raised the time,
 * @stale: and that did not: repeated, overtaken by a later one, or in the same
 *	unit.
 * @steps_forward: how often the wall clock was stepped by 1 ms or more,
 * @forward_ns: and by how much altogether,
 * @steps_back: likewise.
 * @back_ns: likewise.
 * @taken: numbers taken in blocks, used or not,
 * @borrowed: and those of a time that had not come yet.
 * @refused: how often there was none, without a wait,
 * @waits: and with.
 * @marks: set,
 * @failed_marks: and not: the lease could not.
 */
struct thid_stats {
	uint64_t time_ns;
	uint64_t ahead_ns;
	uint64_t ticks;
	uint64_t stale;
	uint64_t steps_forward;
	uint64_t forward_ns;
	uint64_t steps_back;
	uint64_t back_ns;
	uint64_t taken;
	uint64_t borrowed;
	uint64_t refused;
	uint64_t waits;
	uint64_t marks;
	uint64_t failed_marks;
};

/* Sets all members to their defaults, and @wall_ns by CLOCK_REALTIME. */
void thid_opts_init(struct thid_opts *opts);

/**
 * thid_open() - make a generator
 * @g: set to it, or to NULL beside an error.
 * @opts: how.
 *
 * It has no time before its first tick.
 *
 * Return: 0; -EINVAL an option is out of range, or the worker's number is more
 * than the layout has bits for; -ERANGE the layout's epoch is still to come;
 * -EOVERFLOW its times have run out; -ENOMEM; or what mmap(2) returns.
 */
int thid_open(struct thid **g, const struct thid_opts *opts);

/* Ends the generator and its lease.  NULL is fine. */
void thid_close(struct thid *g);

/**
 * thid_tick() - it is this late
 * @g: the generator.
 * @expires_ns: when the tick was due, by a clock that never goes back: the
 *	deadline in an expiry, never the time at which somebody looked.
 * @wall_offset_ns: CLOCK_REALTIME minus that clock, now.
 *
 * Raises the time, or does nothing.  Any tick may be late, missing, repeated or
 * overtaken.  The first tick decides where time begins: at the wall's, or at
 * the lease's mark, whichever is later.  After that it follows a wall clock
 * that is ahead; when that is behind, it goes at 7/8 of the speed until it is
 * not.
 *
 * Cost: a call of @extend each @ahead_ns / 2, and a system call if a thread
 * waits.
 *
 * Return: 0; -ERANGE the first tick is before the layout's epoch; -ECHILD this
 * process was forked; or the error of @extend: the time was raised, but there
 * will be no more numbers from the mark on.  The next tick tries again.
 */
int thid_tick(struct thid *g, uint64_t expires_ns, int64_t wall_offset_ns);

void thid_stats(const struct thid *g, struct thid_stats *st);

/* These figures for others to see; returns as timerheap_publish(). */
int thid_publish(const struct thid *g, struct timerheap_page *p);

/*
 * What an error of thid_next() and the others means, in one line of English
 * without a full stop.  Takes -errno or errno; the string is constant.
 */
const char *thid_advice(int error);

/*
 * Numbers
 * -------
 * A thread takes them from a block, which it refills from the generator: about
 * one atomic compare-exchange for each 8,192 numbers, or for a 64th of what a
 * unit of time has, if that is less.  What is left of a block when its time
 * has passed is dropped.  The numbers of a block ascend.  Where the lease may
 * end, each call looks at the clock, also when it takes from the block.
 */

#define THID_RANDOM 16

/* All members are the library's. */
struct thid_block {
	struct thid *generator;
	uint64_t next;
	uint64_t left;
	uint64_t held;
	uint64_t floor;
	uint32_t random_left;
	uint64_t random[THID_RANDOM];
};

/* One thread at a time uses a block, and no signal handler of it. */
void thid_block_init(struct thid_block *b, struct thid *g);

/**
 * thid_next() - a number that there was not before
 * @b: the thread's block.
 * @id: set, unless there is an error.
 *
 * Return: 0; -EAGAIN all up to now, and all that may be borrowed, were taken, or
 * there was no tick yet; -EINTR a signal came while it waited; -EOVERFLOW the
 * layout has run out of time; -ESTALE the worker's number may be another's by
 * now, or is; -ECHILD this process was forked; -EINVAL the layout is THID_UUID;
 * or the error with which the mark could not be set.
 */
int thid_next(struct thid_block *b, uint64_t *id);

/**
 * thid_next_n() - many of them, ascending
 * @b: the thread's block.
 * @ids: room for @n.
 * @n: how many.
 *
 * Return: how many there are, fewer than @n if there were no more and it may not
 * wait; or, when there are none, as thid_next().
 */
int thid_next_n(struct thid_block *b, uint64_t *ids, uint32_t n);

/* The same for THID_UUID: sets 16 bytes. */
int thid_uuid_next(struct thid_block *b, uint8_t *uuid);

/*
 * Timer
 * -----
 * Ticks from a timerheap queue of its own.  One thread at a time uses it.
 */

struct thid_timer;

/**
 * thid_timer_open() - let a periodic timer tick
 * @t: set to it, or to NULL beside an error.
 * @g: the generator; it has to outlive the timer.
 * @period_ns: 0: the layout's unit, so that each has its tick; a longer one
 *	spares wake-ups, and the generator's borrow should cover it.
 * @path: the device; NULL: /dev/timerheap.
 *
 * The grid is that of the layout's units by the wall, as that is now.  The
 * generator had its first tick, of the grid's last point, when this returns.
 *
 * Return: 0; -EINVAL @period_ns is above an hour; or as timerheap_open() and
 * thid_tick().
 */
int thid_timer_open(struct thid_timer **t, struct thid *g, uint64_t period_ns,
		    const char *path);

/* NULL is fine. */
void thid_timer_close(struct thid_timer *t);

/* For poll(2) and epoll(7): readable when there is something to run. */
int thid_timer_fd(const struct thid_timer *t);

/* Sleeps until there is, up to @timeout_ns.  1; 0 time ran out; or -errno. */
int thid_timer_wait(struct thid_timer *t, uint64_t timeout_ns);

/* Ticks for what has expired.  How often, or -errno as thid_tick(). */
int thid_timer_run(struct thid_timer *t);

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_ID_H */
