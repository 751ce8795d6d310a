// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the CPUs that should be punctual are spared. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_doctor.h"

#define LIST 256
/* So many interrupts are named. */
#define NAMED 5

static bool isolates(const struct doctor_host *host)
{
	return doctor_cpus_count(&host->isolated) > 0;
}

/* Those that are isolated, or that might be. */
static void candidates(const struct doctor_host *host, char *list, size_t size)
{
	struct doctor_cpus upper = doctor_cpus_upper(&host->online);

	doctor_cpus_print(isolates(host) ? &host->isolated : &upper, list,
			  size);
}

static void isolated(const struct doctor_host *host, struct doctor_finding *f)
{
	unsigned int online = doctor_cpus_count(&host->online);
	char list[LIST];

	candidates(host, list, sizeof(list));
	if (isolates(host)) {
		doctor_found(f, DOCTOR_GOOD, "%s", list);
	} else if (online < 2) {
		doctor_found(f, DOCTOR_SKIPPED, "there is one CPU");
	} else {
		doctor_found(f, DOCTOR_FIX, "none of %u CPUs", online);
		doctor_advise(f, "boot with isolcpus=managed_irq,domain,%s",
			      list);
	}
}

static void nohz_full(const struct doctor_host *host, struct doctor_finding *f)
{
	struct doctor_cpus cpus;
	char text[LIST], list[LIST];

	if (!doctor_read(host, text, sizeof(text),
			 "sys/devices/system/cpu/nohz_full")) {
		doctor_found(f, DOCTOR_SKIPPED, "this kernel cannot do it");
		return;
	}
	/* " (null)" is none. */
	if (!doctor_cpus_parse(&cpus, text))
		cpus = (struct doctor_cpus){ .bits = { 0 } };
	candidates(host, list, sizeof(list));
	doctor_advise(f, "boot with nohz_full=%s", list);
	if (!doctor_cpus_count(&cpus))
		doctor_found(f, DOCTOR_NOTE, "none");
	else
		doctor_found(f,
			     doctor_cpus_cover(&cpus, &host->isolated)
				     ? DOCTOR_GOOD
				     : DOCTOR_NOTE,
			     "%s", text);
}

static bool are_offloaded(const struct doctor_host *host, const char *list)
{
	struct doctor_cpus cpus;

	return !strcmp(list, "all") ||
		(doctor_cpus_parse(&cpus, list) &&
		 doctor_cpus_cover(&cpus, &host->isolated));
}

static void rcu_nocbs(const struct doctor_host *host, struct doctor_finding *f)
{
	char list[LIST], boot[LIST] = "", full[LIST] = "";

	if (!isolates(host)) {
		doctor_found(f, DOCTOR_SKIPPED, "no CPU is isolated");
		return;
	}
	doctor_boot(host, "rcu_nocbs", boot, sizeof(boot));
	doctor_boot(host, "nohz_full", full, sizeof(full));
	candidates(host, list, sizeof(list));
	doctor_advise(f, "boot with rcu_nocbs=%s", list);
	if (are_offloaded(host, boot))
		doctor_found(f, DOCTOR_GOOD, "%s", boot);
	else if (are_offloaded(host, full))
		doctor_found(f, DOCTOR_GOOD, "%s, by nohz_full", full);
	else
		doctor_found(f, DOCTOR_FIX, "%s", *boot ? boot : "none");
}

/* Where it goes; or where it may, if the kernel does not tell. */
static bool may_disturb(const struct doctor_host *host, const char *irq)
{
	struct doctor_cpus cpus;
	char text[LIST];

	if (!doctor_read(host, text, sizeof(text),
			 "proc/irq/%s/effective_affinity_list", irq) &&
	    !doctor_read(host, text, sizeof(text),
			 "proc/irq/%s/smp_affinity_list", irq))
		return false;
	return doctor_cpus_parse(&cpus, text) &&
		doctor_cpus_overlap(&cpus, &host->isolated);
}

/* A handler is a directory of its name; without one nothing interrupts. */
static bool has_handler(const struct doctor_host *host, const char *irq,
			char *name, size_t size)
{
	struct dirent *entry;
	char path[PATH_MAX];
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc/irq/%s", host->root, irq);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.';
		if (found)
			snprintf(name, size, "%.20s", entry->d_name);
	}
	closedir(dir);
	return found;
}

static int is_irq(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

static void append(char *list, size_t size, const char *irq, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s %.9s (%s)", used ? "," : "", irq,
		 name);
}

/* How many do, and the first of them by number. */
static int disturbing(const struct doctor_host *host, char *list, size_t size)
{
	char path[PATH_MAX], name[24];
	struct dirent **entries;
	int count, bad = 0;

	list[0] = '\0';
	snprintf(path, sizeof(path), "%s/proc/irq", host->root);
	count = scandir(path, &entries, is_irq, versionsort);
	for (int i = 0; i < count; i++) {
		const char *irq = entries[i]->d_name;

		if (may_disturb(host, irq) &&
		    has_handler(host, irq, name, sizeof(name)) && bad++ < NAMED)
			append(list, size, irq, name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return bad;
}

static void irqs(const struct doctor_host *host, struct doctor_finding *f)
{
	struct doctor_cpus others =
		doctor_cpus_without(&host->online, &host->isolated);
	char named[NAMED * 40], list[LIST];
	int bad;

	if (!isolates(host)) {
		doctor_found(f, DOCTOR_SKIPPED, "no CPU is isolated");
		return;
	}
	bad = disturbing(host, named, sizeof(named));
	if (!bad) {
		doctor_found(f, DOCTOR_GOOD, "none goes to isolated CPUs");
		return;
	}
	doctor_found(f, DOCTOR_FIX, "%d to isolated CPUs:%s%s", bad, named,
		     bad > NAMED ? ", ..." : "");
	doctor_cpus_print(&others, list, sizeof(list));
	doctor_advise(
		f,
		"echo %s > /proc/irq/NUMBER/smp_affinity_list, and boot with irqaffinity=%s",
		list, list);
}

static void irqbalance(const struct doctor_host *host, struct doctor_finding *f)
{
	if (!doctor_runs(host, "irqbalance"))
		doctor_found(f, DOCTOR_GOOD, "does not run");
	else if (isolates(host))
		doctor_found(f, DOCTOR_GOOD,
			     "runs, and leaves isolated CPUs alone");
	else
		doctor_found(f, DOCTOR_FIX, "runs, and no CPU is isolated");
}

const struct doctor_check doctor_isolation[] = {
	{ "isolated CPUs", "those whose timers must be punctual",
	  "else the scheduler puts other tasks there", "", isolated },
	{ "nohz_full", "isolated CPUs whose threads spin",
	  "spares them the tick; threads that sleep pay more for each system call",
	  "", nohz_full },
	{ "rcu_nocbs", "isolated CPUs",
	  "else callbacks of RCU run there, in softirqs", "", rcu_nocbs },
	{ "interrupts", "none to isolated CPUs",
	  "the timer's interrupt waits for theirs; those that a driver spreads over all CPUs cannot be moved",
	  "", irqs },
	{ "irqbalance", "not running, or CPUs isolated from it",
	  "it moves devices' interrupts to the CPUs that have time",
	  "systemctl disable --now irqbalance", irqbalance },
	{ .name = NULL },
};
