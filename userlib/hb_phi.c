// SPDX-License-Identifier: LGPL-2.1-or-later
#include <math.h>

#include <timerheap/heartbeat.h>

#include "hb_phi.h"

#define NSEC_PER_USEC 1000
#define LN10 2.302585092994046
/* So that a thousand squares fit in 64 bits. */
#define MOST_US 100000000LL

/* Bowling et al.: F(y) = 1 / (1 + exp(-(1.5976 y + 0.070566 y^3))) */
#define LINEAR 1.5976
#define CUBIC 0.070566

/*
 * 1 - F(y) = 10^-phi has the exponent ln(10^phi - 1); y is where the cubic,
 * which is monotonic and convex here, has that value: Newton's method from
 * above.
 */
double thb__phi_quantile(double phi)
{
	double wanted = phi * LN10 + log1p(-exp(-phi * LN10));
	double y = wanted / LINEAR;

	for (int i = 0; i < 50; i++)
		y -= (y * (LINEAR + CUBIC * y * y) - wanted) /
			(LINEAR + 3 * CUBIC * y * y);
	return y;
}

double thb__phi_level(double y)
{
	double exponent = y * (LINEAR + CUBIC * y * y);

	if (exponent > 0)
		return (exponent + log1p(exp(-exponent))) / LN10;
	return log1p(exp(exponent)) / LN10;
}

void thb__phi_init(struct thb__phi *phi, int32_t *samples_us, uint32_t size)
{
	*phi = (struct thb__phi){ .samples_us = samples_us, .size = size };
}

void thb__phi_start(struct thb__phi *phi, uint64_t interval_ns)
{
	int64_t guess_ns = (int64_t)(interval_ns / 4);

	thb__phi_init(phi, phi->samples_us, phi->size);
	thb__phi_add(phi, guess_ns);
	thb__phi_add(phi, -guess_ns);
}

static int32_t to_us(int64_t ns)
{
	int64_t us = ns / NSEC_PER_USEC;

	if (us > MOST_US)
		return (int32_t)MOST_US;
	return us < -MOST_US ? (int32_t)-MOST_US : (int32_t)us;
}

static uint64_t square(int32_t us)
{
	return (uint64_t)((int64_t)us * us);
}

void thb__phi_add(struct thb__phi *phi, int64_t late_ns)
{
	int32_t *at = &phi->samples_us[phi->next];
	int32_t us = to_us(late_ns);

	if (phi->count == phi->size) {
		phi->sum -= *at;
		phi->squares -= square(*at);
	} else {
		phi->count++;
	}
	*at = us;
	phi->sum += us;
	phi->squares += square(us);
	phi->next = phi->next + 1 < phi->size ? phi->next + 1 : 0;
}

uint64_t thb__phi_timeout(const struct thb__phi *phi, double quantile,
			  uint64_t least_deviation_ns, uint64_t pause_ns)
{
	double mean = 0, variance = 0, deviation, ns;

	if (phi->count) {
		mean = (double)phi->sum / phi->count;
		variance = (double)phi->squares / phi->count - mean * mean;
	}
	deviation = variance > 0 ? sqrt(variance) * NSEC_PER_USEC : 0;
	if (deviation < (double)least_deviation_ns)
		deviation = (double)least_deviation_ns;
	ns = mean * NSEC_PER_USEC + quantile * deviation + (double)pause_ns;
	if (!(ns > 0))
		return 0;
	return ns < (double)THB_LONGEST_NS ? (uint64_t)ns : THB_LONGEST_NS;
}
