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

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_ID_H */
