// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the kernel does by itself, and how soon it lets a task have its CPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_doctor.h"

/* Of a file that holds 0 where all is well. */
static void zero(const struct doctor_host *host, struct doctor_finding *f,
		 const char *path, enum doctor_verdict otherwise)
{
	char text[32];

	if (!doctor_read(host, text, sizeof(text), "%s", path))
		doctor_found(f, DOCTOR_SKIPPED, "this kernel has none");
	else
		doctor_found(f, strcmp(text, "0") ? otherwise : DOCTOR_GOOD,
			     "%s", text);
}

static void timer_migration(const struct doctor_host *host,
			    struct doctor_finding *f)
{
	zero(host, f, "proc/sys/kernel/timer_migration", DOCTOR_NOTE);
}

static void nmi_watchdog(const struct doctor_host *host,
			 struct doctor_finding *f)
{
	zero(host, f, "proc/sys/kernel/nmi_watchdog", DOCTOR_FIX);
}

static void rt_throttling(const struct doctor_host *host,
			  struct doctor_finding *f)
{
	char runtime[32], period[32];

	if (!doctor_read(host, runtime, sizeof(runtime),
			 "proc/sys/kernel/sched_rt_runtime_us") ||
	    !doctor_read(host, period, sizeof(period),
			 "proc/sys/kernel/sched_rt_period_us"))
		doctor_found(f, DOCTOR_SKIPPED, "this kernel has none");
	else if (atol(runtime) < 0 || atol(runtime) >= atol(period))
		doctor_found(f, DOCTOR_GOOD, "off");
	else
		doctor_found(f, DOCTOR_NOTE, "after %s of each %s us", runtime,
			     period);
}

/* What is chosen among several: between brackets of this kind. */
static bool chosen(const char *text, char open, char close, char *word,
		   size_t size)
{
	const char *from = strchr(text, open), *to;

	if (!from)
		return false;
	to = strchr(from, close);
	if (!to)
		return false;
	snprintf(word, size, "%.*s", (int)(to - from - 1), from + 1);
	return true;
}

static void huge_pages(const struct doctor_host *host, struct doctor_finding *f)
{
	char text[64], word[32];

	if (!doctor_read(host, text, sizeof(text),
			 "sys/kernel/mm/transparent_hugepage/enabled") ||
	    !chosen(text, '[', ']', word, sizeof(word)))
		doctor_found(f, DOCTOR_SKIPPED, "this kernel has none");
	else
		doctor_found(f,
			     strcmp(word, "always") ? DOCTOR_GOOD : DOCTOR_FIX,
			     "%s", word);
}

/* As it was built; the version says so. */
static void built_preemption(const struct doctor_host *host,
			     struct doctor_finding *f)
{
	char version[512];

	if (!doctor_read(host, version, sizeof(version), "proc/version")) {
		doctor_found(f, DOCTOR_SKIPPED, "the kernel does not tell");
	} else if (doctor_word(version, "PREEMPT_RT")) {
		doctor_found(f, DOCTOR_GOOD, "PREEMPT_RT");
	} else if (doctor_word(version, "PREEMPT")) {
		doctor_found(f, DOCTOR_GOOD, "full");
	} else if (doctor_word(version, "PREEMPT_DYNAMIC")) {
		doctor_found(f, DOCTOR_SKIPPED,
			     "chosen at boot; root may read which");
	} else {
		doctor_found(f, DOCTOR_FIX, "voluntary, or none");
		doctor_advise(f, "a kernel with PREEMPT_DYNAMIC or PREEMPT_RT");
	}
}

static void preemption(const struct doctor_host *host, struct doctor_finding *f)
{
	char text[128], word[32];

	if (doctor_read(host, text, sizeof(text), "sys/kernel/realtime") &&
	    !strcmp(text, "1"))
		doctor_found(f, DOCTOR_GOOD, "PREEMPT_RT");
	else if ((doctor_read(host, text, sizeof(text),
			      "sys/kernel/debug/sched/preempt") &&
		  chosen(text, '(', ')', word, sizeof(word))) ||
		 doctor_boot(host, "preempt", word, sizeof(word)))
		doctor_found(f, strcmp(word, "full") ? DOCTOR_FIX : DOCTOR_GOOD,
			     "%s", word);
	else
		built_preemption(host, f);
}

const struct doctor_check doctor_kernel[] = {
	{ "timer_migration", "0",
	  "timers of others may move to busy CPUs; timerheap's own never do",
	  "sysctl kernel.timer_migration=0", timer_migration },
	{ "NMI watchdog", "0",
	  "an interrupt that nothing can mask, every ten seconds that a CPU is busy",
	  "sysctl kernel.nmi_watchdog=0", nmi_watchdog },
	{ "RT throttling", "off, where real-time threads spin",
	  "stops them for the rest of each period; without it one that never sleeps starves its CPU",
	  "sysctl kernel.sched_rt_runtime_us=-1", rt_throttling },
	{ "huge pages", "madvise or never",
	  "making them behind a program's back stops it, and interrupts other CPUs",
	  "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
	  huge_pages },
	{ "preemption", "full, or PREEMPT_RT",
	  "else a consumer that wakes up waits for another task's system call",
	  "boot with preempt=full", preemption },
	{ .name = NULL },
};
