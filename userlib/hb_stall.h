/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local health: when was this process itself away?  It is asked before a batch
 * of beats and expiries is judged, and told what in that batch had waited the
 * longest: an expiry since its deadline, a packet since its arrival.  Time in
 * which the process did not do what it should have is summed up; a deadline
 * that was set before it moves by what was added since (hb_peer.c).
 */
#ifndef TIMERHEAP_HB_STALL_H
#define TIMERHEAP_HB_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct thb__stall {
	uint64_t limit_ns;
	/* all the time given back */
	uint64_t total_ns;
	/* when the last of it ended: what came before was not judged in time */
	uint64_t until_ns;
	/* since the last batch that was in time */
	uint64_t away_ns;
};

void thb__stall_init(struct thb__stall *stall, uint64_t limit_ns);

/*
 * A batch is about to be judged, and @since_ns is when the first of it should
 * have been; @now_ns if none waited.  Returns the time lost, of which none is
 * counted twice.
 */
uint64_t thb__stall_look(struct thb__stall *stall, uint64_t since_ns,
			 uint64_t now_ns);

/* From @since_ns to @now_ns packets were lost here, however late we are. */
uint64_t thb__stall_lose(struct thb__stall *stall, uint64_t since_ns,
			 uint64_t now_ns);

#endif
