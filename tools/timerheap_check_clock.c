// SPDX-License-Identifier: LGPL-2.1-or-later
/* By which clock the host's timers go, and who keeps it right. */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>

#include "timerheap_doctor.h"

#define CLOCKSOURCE "sys/devices/system/clocksource/clocksource0/"

static void source(const struct doctor_host *host, struct doctor_finding *f)
{
	char current[64], available[256];

	if (!doctor_read(host, current, sizeof(current),
			 CLOCKSOURCE "current_clocksource")) {
		doctor_found(f, DOCTOR_SKIPPED, "the kernel does not tell");
		return;
	}
	doctor_found(f, DOCTOR_FIX, "%s", current);
	if (!strcmp(current, "tsc") || !strcmp(current, "arch_sys_counter"))
		f->verdict = DOCTOR_GOOD;
	else if (!host->x86)
		f->verdict = DOCTOR_NOTE;
	doctor_read(host, available, sizeof(available),
		    CLOCKSOURCE "available_clocksource");
	if (host->x86 && !doctor_word(available, "tsc"))
		doctor_advise(
			f,
			"journalctl -k | grep -i tsc, which tells why the kernel does not offer it");
}

static void flags(const struct doctor_host *host, struct doctor_finding *f)
{
	bool constant = doctor_word(host->flags, "constant_tsc");
	bool nonstop = doctor_word(host->flags, "nonstop_tsc");

	if (!host->x86) {
		doctor_found(f, DOCTOR_SKIPPED, "no TSC on this architecture");
		return;
	}
	doctor_found(f, constant && nonstop ? DOCTOR_GOOD : DOCTOR_FIX,
		     "%sconstant_tsc, %snonstop_tsc", constant ? "" : "no ",
		     nonstop ? "" : "no ");
	if (doctor_word(host->flags, "hypervisor"))
		doctor_advise(
			f,
			"give the guest an invariant TSC (QEMU: -cpu host,+invtsc)");
}

/*
 * Since 5.17 a kernel spares a TSC like this the watching (later ones also with
 * more nodes).
 */
static bool is_trusted(const struct doctor_host *host)
{
	unsigned int major, minor;
	struct doctor_cpus nodes;
	char text[256];

	if (!doctor_read(host, text, sizeof(text),
			 "proc/sys/kernel/osrelease") ||
	    sscanf(text, "%u.%u", &major, &minor) != 2 || major < 5 ||
	    (major == 5 && minor < 17))
		return false;
	return doctor_read(host, text, sizeof(text),
			   "sys/devices/system/node/online") &&
		doctor_cpus_parse(&nodes, text) &&
		doctor_cpus_count(&nodes) <= 2 &&
		doctor_word(host->flags, "constant_tsc") &&
		doctor_word(host->flags, "nonstop_tsc") &&
		doctor_word(host->flags, "tsc_adjust");
}

static void watchdog(const struct doctor_host *host, struct doctor_finding *f)
{
	char value[64] = "";

	doctor_boot(host, "tsc", value, sizeof(value));
	if (!host->x86)
		doctor_found(f, DOCTOR_SKIPPED, "no TSC on this architecture");
	else if (doctor_word(value, "reliable") ||
		 doctor_word(value, "nowatchdog"))
		doctor_found(f, DOCTOR_GOOD, "tsc=%s", value);
	else if (doctor_word(host->flags, "tsc_reliable"))
		doctor_found(f, DOCTOR_GOOD, "the hypervisor vouches for it");
	else if (is_trusted(host))
		doctor_found(f, DOCTOR_GOOD,
			     "the kernel trusts this TSC by itself");
	else
		doctor_found(f, DOCTOR_NOTE, "the TSC is being watched");
}

/* What the kernel was told; only for the host that this runs on. */
static const char *kernel_state(const struct doctor_host *host)
{
	struct timex tx = { .modes = 0 };

	if (!host->live)
		return "";
	return adjtimex(&tx) == TIME_ERROR || (tx.status & STA_UNSYNC)
		? "; not synchronised"
		: "; synchronised";
}

static void daemons(const struct doctor_host *host, struct doctor_finding *f)
{
	static const struct {
		const char *comm;
		const char *name;
		bool steers; /* the wall clock, by network time */
	} known[] = {
		{ "chronyd", "chronyd", true },
		{ "ntpd", "ntpd", true },
		{ "systemd-timesyn", "systemd-timesyncd", true },
		{ "ptp4l", "ptp4l", false },
		{ "phc2sys", "phc2sys", false },
	};
	unsigned int running = 0, steering = 0;
	char list[128] = "";

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!doctor_runs(host, known[i].comm))
			continue;
		if (running++)
			strcat(list, ", ");
		strcat(list, known[i].name);
		steering += known[i].steers;
	}
	if (!running)
		doctor_found(f, DOCTOR_NOTE, "no daemon%s", kernel_state(host));
	else
		doctor_found(f, steering > 1 ? DOCTOR_FIX : DOCTOR_GOOD, "%s%s",
			     list, kernel_state(host));
	if (steering > 1)
		doctor_advise(f,
			      "systemctl disable --now all of these but one");
}

const struct doctor_check doctor_clock[] = {
	{ "clock source", "the CPU's counter: tsc, arch_sys_counter",
	  "others take long to read, which each run and each timerheap_now() does",
	  "boot with clocksource=tsc", source },
	{ "TSC flags", "constant_tsc, nonstop_tsc",
	  "else its rate follows the CPU's frequency, or it stops in idle states",
	  "none: it is the hardware's", flags },
	{ "TSC watchdog", "off, where the TSC is known to be good",
	  "under load it has given up good TSCs, and time then takes long to read",
	  "boot with tsc=reliable; where the TSC is bad, time goes wrong unnoticed",
	  watchdog },
	{ "time daemon", "one: chronyd, ntpd, or ptp4l and phc2sys",
	  "CLOCK_REALTIME queues follow it; two of them pull the clock to and fro",
	  "apt install chrony; with makestep 1 3, so that it steps at boot only",
	  daemons },
	{ .name = NULL },
};
