/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtimerheap-etcd: workers' numbers for the generators of many machines, from
 * etcd, version 3, over its JSON gateway.
 */
#ifndef TIMERHEAP_ID_ETCD_H
#define TIMERHEAP_ID_ETCD_H

#include <timerheap/id.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct thid_etcd;

/**
 * struct thid_etcd_opts - whom to ask for which numbers
 * @size: set by thid_etcd_opts_init().
 * @endpoints: URLs, with commas; default "http://127.0.0.1:2379".  Asked in
 *	turn until one answers.
 * @prefix: of the keys; default "thid".  All generators whose numbers must not
 *	be equal have the same.
 * @first: the numbers that may be had: this one,
 * @last: to this one; default 0 and 1,023, at most 65,535.
 * @ttl_s: a number is another's so long after the last sign of life, 1 to 3,600;
 *	default 10.  etcd may make it longer.
 * @margin_ms: so long before that the generator stops; default 1,000; less than
 *	half of @ttl_s.  It has to cover how much faster than ours a member's
 *	clock may run in that time.
 * @timeout_ms: for an answer, of each endpoint, 10 to 60,000; default 1,000.
 */
struct thid_etcd_opts {
	size_t size;
	const char *endpoints;
	const char *prefix;
	uint64_t first;
	uint64_t last;
	uint32_t ttl_s;
	uint32_t margin_ms;
	uint32_t timeout_ms;
};

/* Sets all members to their defaults. */
void thid_etcd_opts_init(struct thid_etcd_opts *opts);

/**
 * thid_etcd_open() - take the lowest number that is free
 * @e: set to what keeps it, or to NULL beside an error.
 * @lease: set, unless there is an error.
 * @opts: how.
 *
 * The program has to call curl_global_init() before it has threads.  The lease
 * is ended by its own @end(@arg, @mark_ns), which the generator that it was
 * given to calls; @e ends with it.
 *
 * Return: 0; -EINVAL an option is out of range; -EBUSY no number is free;
 * -ETIMEDOUT no endpoint answers; -EPROTO one answers what is not understood;
 * -ENOMEM.  Its extend(): -ESTALE the number is another's, or nobody's;
 * -ETIMEDOUT and -EPROTO as above.
 */
int thid_etcd_open(struct thid_etcd **e, struct thid_lease *lease,
		   const struct thid_etcd_opts *opts);

/**
 * thid_etcd_keep() - a sign of life, if one is due
 * @e: what keeps the number.
 *
 * For the thread that ticks, with each tick, so that a timerheap timer drives
 * both.  One is due each third of the time to live; between these the call
 * costs nothing.
 *
 * Return: 0; -ESTALE the number is not ours any more: there will be no more
 * IDs; -ETIMEDOUT and -EPROTO: it tries again after a tenth of the time to live,
 * and IDs are made until the margin before the end; or until the mark, which is
 * sooner unless the generator's @ahead_ns is twice the time to live.
 */
int thid_etcd_keep(struct thid_etcd *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_ID_ETCD_H */
