// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How long before its deadline a precise wait has to wake up.  What a wait
 * measured is put to use at the start of the next one: at its end the caller is
 * in a hurry.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Until something was measured. */
#define FIRST_LEAD_NS 100000
/* When there are so many waits, each counts half from then on. */
#define WINDOW 1024
/* One in so many may take longer. */
#define OUTLIERS 100

int timerheap_set_lead(struct timerheap *th, uint32_t lead_ns)
{
	struct timerheap__lead *lead = &th->lead;

	if (lead_ns > TIMERHEAP_LEAD_MAX_NS && lead_ns != TIMERHEAP_LEAD_AUTO)
		return -EINVAL;
	memset(lead, 0, sizeof(*lead));
	lead->automatic = lead_ns == TIMERHEAP_LEAD_AUTO;
	if (lead->automatic)
		lead_ns = FIRST_LEAD_NS;
	th_store32(&th->header->lead_ns, lead_ns);
	/* What is already programmed follows the lead of then. */
	return timerheap__kick(th);
}

void timerheap__lead_measure(struct timerheap *th, __u64 latency_ns)
{
	th->lead.measured = true;
	th->lead.latency_ns = latency_ns;
}

static void halve(struct timerheap__lead *lead)
{
	lead->total = 0;
	for (__u32 bucket = 0; bucket < TIMERHEAP_HIST_BUCKETS; bucket++) {
		lead->counts[bucket] /= 2;
		lead->total += lead->counts[bucket];
	}
}

static __u32 percentile(const struct timerheap__lead *lead)
{
	__u32 wanted = lead->total - lead->total / OUTLIERS, bucket;
	__u64 top;

	for (bucket = 0; wanted > lead->counts[bucket]; bucket++)
		wanted -= lead->counts[bucket];
	top = timerheap_hist_lower(bucket + 1) - 1;
	return top < TIMERHEAP_LEAD_MAX_NS ? (__u32)top : TIMERHEAP_LEAD_MAX_NS;
}

void timerheap__lead_learn(struct timerheap *th)
{
	struct timerheap__lead *lead = &th->lead;

	if (!lead->automatic || !lead->measured)
		return;
	lead->measured = false;
	lead->counts[timerheap_hist_bucket(lead->latency_ns)]++;
	if (++lead->total >= WINDOW)
		halve(lead);
	th_store32(&th->header->lead_ns, percentile(lead));
}
