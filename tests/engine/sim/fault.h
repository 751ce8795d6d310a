/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that the simulation makes happen, and proof that they did. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <linux/types.h>

enum fault {
	FAULT_CLOCK_FORWARD,
	FAULT_CLOCK_BACK,
	FAULT_LATE,
	FAULT_VERY_LATE,
	FAULT_OVER_BUDGET,
	FAULT_POSTPONED,
	FAULT_STALL,
	FAULT_SLOW_CONSUMER,
	FAULT_KICK_ERROR,
	FAULT_EMPTY_KICK,
	FAULT_FREEZE,
	FAULT_STALE_LOAD,
	FAULT_LATE_STORE,
	/* of a host with several CPUs */
	FAULT_SUSPEND,
	FAULT_INJECTED_STEP,
	FAULT_INJECTED_DELAY,
	FAULT_OFFLINE,
	FAULT_HANDOVER,
	FAULT_KICK_ON_THE_WAY,
	FAULT_KICK_PASSED_ON,
	FAULT_LATE_KICK,
	FAULT_KICK_WAITS,
	FAULT_STOLEN,
	FAULT_GAP_SHARED,
	FAULT_GAP_RETURNED,
	FAULT_CHUNKS,
	FAULT_SLEEPER_WOKEN,
	FAULT_QUEUE_FREED,
	FAULTS,
};

extern u64 fault_counts[FAULTS];

static inline void fault(enum fault kind)
{
	fault_counts[kind]++;
}

/* Print all counts; false when one that this program makes never occurred. */
bool fault_report(void);

#endif
