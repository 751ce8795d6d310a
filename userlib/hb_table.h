/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every transition of a peer's state, with its cause. */
#ifndef TIMERHEAP_HB_TABLE_H
#define TIMERHEAP_HB_TABLE_H

#include <timerheap/heartbeat.h>

/**
 * enum thb__input - what can happen to a peer
 * @THB__IN_BEAT: a beat that is newer than any before.
 * @THB__IN_STABLE: likewise, and the last that was needed for recovery.
 * @THB__IN_RESTART: likewise, of a newer incarnation.
 * @THB__IN_ANSWER: an answer to a probe.
 * @THB__IN_PAUSE: a beat which says that it pauses.
 * @THB__IN_BYE: a beat which says that it leaves.
 * @THB__IN_MISS: a deadline passed, but the last beats were seen.
 * @THB__IN_GAP: a deadline passed, and too few of the last beats were seen.
 * @THB__IN_LAST: a deadline passed, and it was the last failure that it takes.
 * @THB__IN_FORGET: the user wants a fresh start.
 */
enum thb__input {
	THB__IN_BEAT,
	THB__IN_STABLE,
	THB__IN_RESTART,
	THB__IN_ANSWER,
	THB__IN_PAUSE,
	THB__IN_BYE,
	THB__IN_MISS,
	THB__IN_GAP,
	THB__IN_LAST,
	THB__IN_FORGET,
	THB__INPUTS
};

struct thb__step {
	uint8_t to;
	uint8_t cause;
};

extern const struct thb__step thb__table[THB_STATES][THB__INPUTS];

#endif
