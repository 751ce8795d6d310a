// SPDX-License-Identifier: LGPL-2.1-or-later
/* How fast a CPU is there when its timer is due. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_doctor.h"

/* That a CPU may take to wake up: the first states of a core stay below. */
#define WAKE_US 5
#define MOST_STATES 16

static void governor(const struct doctor_host *host, struct doctor_finding *f)
{
	unsigned int all = 0, slow = 0;
	char text[32], name[32] = "";

	for (unsigned int cpu = 0; cpu < DOCTOR_CPUS; cpu++) {
		if (!doctor_cpus_have(&host->quiet, cpu) ||
		    !doctor_read(
			    host, text, sizeof(text),
			    "sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor",
			    cpu))
			continue;
		all++;
		if (!strcmp(text, "performance"))
			continue;
		slow++;
		snprintf(name, sizeof(name), "%s", text);
	}
	if (!all)
		doctor_found(f, DOCTOR_SKIPPED,
			     "the kernel does not set frequencies");
	else if (slow)
		doctor_found(f, DOCTOR_FIX, "%s on %u of %u CPUs", name, slow,
			     all);
	else
		doctor_found(f, DOCTOR_GOOD, "performance");
}

/* The file is binary, and root's. */
static bool read_request(const struct doctor_host *host, int32_t *us)
{
	size_t length;

	return doctor_read_bytes(host, us, sizeof(*us), &length,
				 "dev/cpu_dma_latency") &&
		length == sizeof(*us);
}

/* A request for a CPU: 0 is none, and n/a is 0. */
static long cpu_limit(const struct doctor_host *host, unsigned int cpu)
{
	char text[32];

	if (!doctor_read(
		    host, text, sizeof(text),
		    "sys/devices/system/cpu/cpu%u/power/pm_qos_resume_latency_us",
		    cpu))
		return LONG_MAX;
	if (!strcmp(text, "n/a"))
		return 0;
	return atol(text) ? atol(text) : LONG_MAX;
}

struct idle {
	bool any;
	long wake_us;
	char name[32];
};

/* The slowest state that the CPU may enter. */
static void look_at(const struct doctor_host *host, unsigned int cpu,
		    long limit, struct idle *worst)
{
	static const char path[] =
		"sys/devices/system/cpu/cpu%u/cpuidle/state%u/%s";
	char text[32];

	for (unsigned int state = 0; state < MOST_STATES; state++) {
		long latency;

		if (!doctor_read(host, text, sizeof(text), path, cpu, state,
				 "latency"))
			return;
		worst->any = true;
		latency = atol(text);
		if (doctor_read(host, text, sizeof(text), path, cpu, state,
				"disable") &&
		    strcmp(text, "0") != 0)
			continue;
		if (latency > limit || latency <= worst->wake_us)
			continue;
		worst->wake_us = latency;
		doctor_read(host, worst->name, sizeof(worst->name), path, cpu,
			    state, "name");
	}
}

static void idle(const struct doctor_host *host, struct doctor_finding *f)
{
	struct idle worst = { .name = "polling" };
	int32_t request;
	char value[32];

	if (!read_request(host, &request))
		request = INT32_MAX;
	for (unsigned int cpu = 0; cpu < DOCTOR_CPUS; cpu++) {
		long limit;

		if (!doctor_cpus_have(&host->quiet, cpu))
			continue;
		limit = cpu_limit(host, cpu);
		look_at(host, cpu, limit < request ? limit : request, &worst);
	}
	if (doctor_boot(host, "idle", value, sizeof(value)) &&
	    !strcmp(value, "poll"))
		doctor_found(f, DOCTOR_GOOD, "idle=poll");
	else if (!worst.any)
		doctor_found(f, DOCTOR_SKIPPED,
			     "the kernel does not choose idle states");
	else
		doctor_found(f,
			     worst.wake_us > WAKE_US ? DOCTOR_FIX : DOCTOR_GOOD,
			     "down to %s, which takes %ld us to wake",
			     worst.name, worst.wake_us);
}

static void dma_latency(const struct doctor_host *host,
			struct doctor_finding *f)
{
	int32_t us;

	if (!read_request(host, &us))
		doctor_found(f, DOCTOR_SKIPPED,
			     "cannot be read; root may read it");
	else if (us <= WAKE_US)
		doctor_found(f, DOCTOR_GOOD, "%d us", us);
	else
		doctor_found(f, DOCTOR_NOTE, "nobody asks for less than %d us",
			     us);
}

/* A CPU that is isolated, while one that shares its core is not; -1: none. */
static int half_isolated(const struct doctor_host *host)
{
	for (unsigned int cpu = 0; cpu < DOCTOR_CPUS; cpu++) {
		struct doctor_cpus siblings;
		char text[256];

		if (doctor_cpus_have(&host->isolated, cpu) &&
		    doctor_read(
			    host, text, sizeof(text),
			    "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
			    cpu) &&
		    doctor_cpus_parse(&siblings, text) &&
		    !doctor_cpus_cover(&host->isolated, &siblings))
			return (int)cpu;
	}
	return -1;
}

static void smt(const struct doctor_host *host, struct doctor_finding *f)
{
	char text[32];
	int cpu;

	if (!doctor_read(host, text, sizeof(text),
			 "sys/devices/system/cpu/smt/active")) {
		doctor_found(f, DOCTOR_SKIPPED, "the kernel does not tell");
		return;
	}
	if (!strcmp(text, "0")) {
		doctor_found(f, DOCTOR_GOOD, "off");
		return;
	}
	cpu = half_isolated(host);
	if (cpu >= 0)
		doctor_found(
			f, DOCTOR_FIX,
			"on, and CPU %d shares its core with one not isolated",
			cpu);
	else
		doctor_found(f, DOCTOR_NOTE, "on");
}

const struct doctor_check doctor_power[] = {
	{ "frequency", "performance as the governor",
	  "a CPU that runs slowly takes longer to get to the timer, and through it",
	  "echo performance | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
	  governor },
	{ "idle states", "none that takes more than 5 us to wake",
	  "the timer's interrupt comes that much late",
	  "keep /dev/cpu_dma_latency open with a 0 in it, or boot with processor.max_cstate=1 intel_idle.max_cstate=0",
	  idle },
	{ "cpu_dma_latency", "5 us or less, while it matters",
	  "it keeps CPUs out of slow idle states for as long as a process wants it",
	  "write a 32-bit 0 to /dev/cpu_dma_latency, and keep it open",
	  dma_latency },
	{ "SMT", "off, or whole cores isolated",
	  "a busy thread on the same core makes the other one slower",
	  "echo off > /sys/devices/system/cpu/smt/control", smt },
	{ .name = NULL },
};
