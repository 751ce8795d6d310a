/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The phi accrual failure detector (Hayashibara et al., 2004): phi is -log10 of
 * the probability that a beat is still to come, by the normal distribution of
 * those before.  As its later users (Akka, org.apache.pekko) have it: the
 * distribution function by a logistic approximation (Bowling et al., "A
 * logistic approximation to the cumulative normal distribution", 2009), a least
 * standard deviation, and a pause that is fine and is added to the mean.
 *
 * A sample is how much further apart two beats arrived than they were due, so
 * that neither a lost beat nor a changed interval looks like an irregularity.
 */
#ifndef TIMERHEAP_HB_PHI_H
#define TIMERHEAP_HB_PHI_H

#include <stdint.h>

struct thb__phi {
	int32_t *samples_us;
	int64_t sum;
	uint64_t squares;
	uint32_t size;
	uint32_t count;
	uint32_t next;
};

/* How many standard deviations after the mean phi is @phi, at least 1. */
double thb__phi_quantile(double phi);

/* phi when a beat is @y standard deviations later than the mean. */
double thb__phi_level(double y);

/* @samples_us has room for @size, at most 1,000. */
void thb__phi_init(struct thb__phi *phi, int32_t *samples_us, uint32_t size);

/*
 * Forget all but the guess that the standard deviation is a quarter of the
 * interval.
 */
void thb__phi_start(struct thb__phi *phi, uint64_t interval_ns);

/* How much later than due a beat came, or earlier; within 100 s. */
void thb__phi_add(struct thb__phi *phi, int64_t late_ns);

/* How long after a beat was due phi reaches what @quantile stands for. */
uint64_t thb__phi_timeout(const struct thb__phi *phi, double quantile,
			  uint64_t least_deviation_ns, uint64_t pause_ns);

#endif
