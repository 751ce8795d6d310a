/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's side.  kernel.c is the least that the engine needs: one CPU
 * that runs it when kicked, and when its timer says so.  host/ has the module's
 * own environment instead.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include <linux/timerheap.h>
#include <linux/types.h>

struct kernel {
	struct agent *runner; /* who is in the engine; NULL: nobody */
	u32 cpu; /* that runs it */
	bool running;
	bool kicked; /* an interrupt is under way */
	u64 runs_begun;
	u64 runs_ended;
	u64 waits; /* calls of WAIT that kicked */
	u64 programmed_ns; /* as the engine asked */
	u64 timer_ns; /* when it will be, in the queue's clock, */
	u64 soon_ns; /* or in true time */
	/* of the run */
	u64 lead_ns;
	u64 start_ns; /* what th_env_now() said first; 0: nothing yet */
	u64 now_ns; /* and last */
	unsigned int accesses;
	unsigned int publications; /* of the next event */
	bool woken;
	bool program_called;
};

extern struct kernel kernel;
/* A bit for each fault that this side makes. */
extern const u64 kernel_faults;

void kernel_start(void);
void kernel_stats(struct timerheap_stats *stats);
/* The engine runs, or will before anything else matters. */
bool kernel_is_coming(void);
int kernel_kick(void);
int kernel_wait(u32 min, u64 deadline_ns);

#endif
