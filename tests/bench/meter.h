/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long the CPU was busy, interrupts included; natively, where others run on
 * the machine as well, how long this program was.
 *
 * The time that the CPU was idle is read before timers are armed and after they
 * are cancelled, since reading it is slow when many are armed; nothing may
 * sleep between these readings and meter_start() or meter_end().
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include "bench.h"

struct meter {
	uint64_t idle_ns, start_ns, end_ns, busy_ns;
};

static inline struct meter meter_read(void)
{
	struct meter meter = { 0 };

	if (!bench_by_cpu_time)
		meter.idle_ns = bench_idle_ns();
	return meter;
}

static inline void meter_start(struct meter *meter)
{
	meter->start_ns = bench_now();
	meter->busy_ns = bench_busy_ns();
}

static inline void meter_end(struct meter *meter)
{
	meter->end_ns = bench_now();
	meter->busy_ns = bench_busy_ns() - meter->busy_ns;
}

static inline void meter_stop(struct meter *meter)
{
	if (!bench_by_cpu_time)
		meter->busy_ns -= bench_idle_ns() - meter->idle_ns;
}

static inline uint64_t meter_used_ns(const struct meter *meter)
{
	return meter->busy_ns;
}

static inline double meter_percent(const struct meter *meter)
{
	return 100.0 * (double)meter_used_ns(meter) /
		(double)(meter->end_ns - meter->start_ns);
}

#endif
