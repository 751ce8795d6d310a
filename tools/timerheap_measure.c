// SPDX-License-Identifier: LGPL-2.1-or-later
/* A periodic timer on each CPU, for some seconds: how late do they fire? */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"
#include "timerheap_doctor.h"

#define PERIOD_NS 1000000
/* What 99.9 % of the timers have to keep, on each CPU. */
#define WANTED_NS 50000
#define BATCH 64

/* An unprivileged shell is kept off isolated CPUs, but may go there. */
static void go_anywhere(void)
{
	cpu_set_t *all = CPU_ALLOC(DOCTOR_CPUS);
	size_t size = CPU_ALLOC_SIZE(DOCTOR_CPUS);

	if (!all)
		return;
	memset(all, 0xFF, size);
	sched_setaffinity(0, size, all);
	CPU_FREE(all);
}

static int start(struct timerheap *th, uint64_t first_ns)
{
	int slot = timerheap_slot_alloc(th, NULL), rc;

	if (slot < 0)
		return slot;
	rc = timerheap_slot_config(th, (uint32_t)slot, PERIOD_NS, 0, 0);
	if (rc)
		return rc;
	return timerheap_arm(th, (uint32_t)slot, first_ns);
}

static int start_all(struct timerheap_percpu *p, uint64_t first_ns)
{
	int rc = 0;

	for (unsigned int i = 0; !rc && i < timerheap_percpu_count(p); i++)
		rc = start(timerheap_percpu_queue(p, i), first_ns);
	return rc;
}

/* Rings must not fill up. */
static int reap_until(struct timerheap_percpu *p, uint64_t end_ns)
{
	struct timerheap_event events[BATCH];
	int rc = 0;

	while (rc >= 0 &&
	       timerheap_now(timerheap_percpu_queue(p, 0)) < end_ns) {
		rc = timerheap_percpu_wait(p, end_ns);
		if (rc > 0)
			rc = timerheap_percpu_reap(p, events, BATCH);
	}
	return rc < 0 ? rc : 0;
}

/* The CPU with the latest ones stands for all. */
static int judge(struct timerheap_percpu *p, struct doctor_finding *f)
{
	uint64_t most = 0;

	for (unsigned int i = 0; i < timerheap_percpu_count(p); i++) {
		struct timerheap *th = timerheap_percpu_queue(p, i);
		struct timerheap_stats st;
		int rc = timerheap_stats(th, &st);
		uint64_t late;

		if (rc)
			return rc;
		late = timerheap_hist_percentile(&st, 99.9);
		if (late < most)
			continue;
		most = late;
		doctor_found(f, late > WANTED_NS ? DOCTOR_FIX : DOCTOR_GOOD,
			     "CPU %d of %u is worst: p50 %s, p99.9 %s, max %s",
			     timerheap_cpu(th), timerheap_percpu_count(p),
			     demo_time(timerheap_hist_percentile(&st, 50)).text,
			     demo_time(late).text,
			     demo_time(st.lateness_max_ns).text);
	}
	return 0;
}

static int measure(struct timerheap_percpu *p, unsigned int seconds,
		   struct doctor_finding *f)
{
	uint64_t first =
		timerheap_now(timerheap_percpu_queue(p, 0)) + PERIOD_NS;
	int rc = start_all(p, first);

	if (!rc)
		rc = reap_until(p, first + seconds * DEMO_SEC);
	if (!rc)
		rc = judge(p, f);
	return rc;
}

void doctor_measure(unsigned int seconds, struct doctor_finding *finding)
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap_percpu *p;
	int rc;

	opts.nslots = 1;
	go_anywhere();
	rc = timerheap_percpu_open(&p, &opts);
	if (rc) {
		doctor_found(finding, DOCTOR_SKIPPED, "%s: %s", strerror(-rc),
			     timerheap_advice(rc));
		return;
	}
	rc = measure(p, seconds, finding);
	timerheap_percpu_close(p);
	if (rc)
		doctor_found(finding, DOCTOR_SKIPPED, "it failed: %s",
			     strerror(-rc));
}

const struct doctor_check doctor_lateness = {
	.name = "lateness",
	.wanted = "99.9 % of timers within 50 us, on each CPU",
	.why = "that is what all of the above is for",
	.command =
		"what is above; then timerheap hist --cpu N shows where it stands",
};
