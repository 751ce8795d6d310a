// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "sim/fault.h"
#include "sim/kernel.h"

u64 fault_counts[FAULTS];

static const char *const names[FAULTS] = {
	[FAULT_CLOCK_FORWARD] = "the clock is set forward",
	[FAULT_CLOCK_BACK] = "the clock is set back",
	[FAULT_LATE] = "a timer interrupt is late",
	[FAULT_VERY_LATE] = "a timer interrupt is very late",
	[FAULT_OVER_BUDGET] = "a run uses up its budget",
	[FAULT_POSTPONED] = "a run is postponed: the CPU has no budget left",
	[FAULT_STALL] = "the ring is full and the queue stalls",
	[FAULT_SLOW_CONSUMER] = "the consumer takes nothing for long",
	[FAULT_KICK_ERROR] = "a kick fails",
	[FAULT_EMPTY_KICK] = "a kick without need",
	[FAULT_FREEZE] = "a party stands still for long",
	[FAULT_STALE_LOAD] = "a load brings an old value",
	[FAULT_LATE_STORE] = "a store arrives after a later one",
	[FAULT_SUSPEND] = "the host is suspended",
	[FAULT_INJECTED_STEP] = "a clock step is injected",
	[FAULT_INJECTED_DELAY] = "a delay is injected",
	[FAULT_OFFLINE] = "a CPU goes offline",
	[FAULT_HANDOVER] = "a queue moves to another CPU",
	[FAULT_KICK_ON_THE_WAY] = "a queue moves while a kick is on its way",
	[FAULT_KICK_PASSED_ON] = "a kick comes to a CPU that the queue left",
	[FAULT_LATE_KICK] = "a kick's interrupt is late",
	[FAULT_KICK_WAITS] = "a kick waits for others to the same CPU",
	[FAULT_STOLEN] = "a run loses time to a hypervisor",
	[FAULT_GAP_SHARED] = "a gap is promised while others wait for theirs",
	[FAULT_GAP_RETURNED] = "a gap that was promised is given back",
	[FAULT_CHUNKS] = "a kick at home takes several chunks",
	[FAULT_SLEEPER_WOKEN] = "a sleeper is woken",
	[FAULT_QUEUE_FREED] = "a queue is freed while others run",
};

bool fault_report(void)
{
	bool all = true;
	int kind;

	for (kind = 0; kind < FAULTS; kind++) {
		if (!(kernel_faults >> kind & 1))
			continue;
		printf("# %10llu times: %s\n", fault_counts[kind], names[kind]);
		all &= fault_counts[kind] != 0;
	}
	return all;
}
