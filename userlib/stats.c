// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

int timerheap_stats(struct timerheap *th, struct timerheap_stats *st)
{
	*st = (struct timerheap_stats){ .size = sizeof(*st) };
	return timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_STATS, st);
}

int timerheap_cpu_stats(struct timerheap *th, int cpu,
			struct timerheap_stats *st)
{
	*st = (struct timerheap_stats){ .size = sizeof(*st), .cpu = cpu };
	return timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_CPU_STATS, st);
}

int timerheap_reset_stats(struct timerheap *th)
{
	return timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_RESET_STATS, NULL);
}

/* The least whole number of expiries that is @percent of them; 1 at least. */
static __u64 rank(__u64 total, double percent)
{
	double exact;
	__u64 whole;

	if (!(percent > 0))
		return 1;
	if (percent >= 100)
		return total;
	/* A hair less, so that 99.9 % of 1000 is not 1000 by a rounding. */
	exact = (double)total * percent / 100 * (1 - 1e-12);
	whole = (__u64)exact + 1;
	return whole < total ? whole : total;
}

uint64_t timerheap_hist_percentile(const struct timerheap_stats *st,
				   double percent)
{
	__u64 total = 0, wanted, top;
	__u32 bucket;

	for (bucket = 0; bucket < TIMERHEAP_HIST_BUCKETS; bucket++)
		total += st->hist[bucket];
	if (!total)
		return 0;
	wanted = rank(total, percent);
	for (bucket = 0; wanted > st->hist[bucket]; bucket++)
		wanted -= st->hist[bucket];
	top = timerheap_hist_lower(bucket + 1) - 1;
	return top < st->lateness_max_ns ? top : st->lateness_max_ns;
}
