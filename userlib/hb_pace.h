/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often a sender beats: see struct thb_pace_settings. */
#ifndef TIMERHEAP_HB_PACE_H
#define TIMERHEAP_HB_PACE_H

#include <timerheap/heartbeat.h>

#include "hb_quant.h"

struct thb__pace {
	struct thb_pace_settings set;
	struct thb__quant rtts;
	uint64_t rtt_ns;
	/* in 1024ths of a thousandth, so that small gains lose nothing */
	uint64_t factor_1024;
	/* the last ten that asked for an answer: 1 it came */
	uint32_t answered;
	uint32_t asked;
};

void thb__pace_begin(struct thb__pace *pace,
		     const struct thb_pace_settings *set);

/* A beat was answered, after @rtt_ns. */
void thb__pace_answer(struct thb__pace *pace, uint64_t rtt_ns);

/* A beat was not answered before the next that asks. */
void thb__pace_lost(struct thb__pace *pace);

/* The factor as it is now, unsmoothed, in thousandths. */
uint32_t thb__pace_factor(const struct thb__pace *pace, uint32_t load_milli);

/* Called for each beat: the interval to the next one, in whole microseconds. */
uint64_t thb__pace_next(struct thb__pace *pace, uint32_t load_milli);

#endif
