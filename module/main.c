// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerheap: a device of per-CPU timer heaps that user space arms through
 * shared memory.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/stddef.h>
#include <linux/timerheap.h>

#include "clock.h"
#include "cpu.h"
#include "file.h"
#include "params.h"
#include "timerfd.h"

#if BITS_PER_LONG != 64
#error "timerheap needs a 64-bit kernel: deadlines are exchanged atomically"
#endif

/* Offsets in the mapping are u32. */
#define MAX_SLOTS	16777216
#define MAX_BUDGET	65536

unsigned int th_max_slots = 1U << 20;
module_param_named(max_slots, th_max_slots, uint, 0444);
MODULE_PARM_DESC(max_slots, "slots that one queue may have, 1 to 16777216 (default 1048576)");

static int set_budget(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 1, MAX_BUDGET);
}

static const struct kernel_param_ops budget_ops = {
	.set = set_budget,
	.get = param_get_uint,
};

unsigned int th_budget = 256;
module_param_cb(budget, &budget_ops, &th_budget, 0644);
MODULE_PARM_DESC(budget, "expiries and doorbells that one run handles at most, 1 to 65536 (default 256)");

unsigned int th_min_period_ns = 10000;
module_param_named(min_period_ns, th_min_period_ns, uint, 0444);
MODULE_PARM_DESC(min_period_ns, "shorter periods are raised to this, in ns, 1 or more (default 10000)");

bool th_require_reliable_tsc;
module_param_named(require_reliable_tsc, th_require_reliable_tsc, bool, 0444);
MODULE_PARM_DESC(require_reliable_tsc, "refuse to load when the clock is not reliable (default 0)");

bool th_inject;
module_param_named(inject, th_inject, bool, 0444);
MODULE_PARM_DESC(inject, "allow TIMERHEAP_IOC_INJECT, which makes timers late on purpose (default 0)");

/* The ABI: what is here never moves. */
#define ASSERT_AT(type, member, offset) \
	static_assert(offsetof(struct type, member) == (offset))

static_assert(sizeof(struct timerheap_header) == 128);
ASSERT_AT(timerheap_header, next_event_ns, 0);
ASSERT_AT(timerheap_header, cq_tail, 8);
ASSERT_AT(timerheap_header, flags, 12);
ASSERT_AT(timerheap_header, wall_offset_ns, 16);
ASSERT_AT(timerheap_header, clock_steps, 24);
ASSERT_AT(timerheap_header, cpu, 28);
ASSERT_AT(timerheap_header, queue, 32);
ASSERT_AT(timerheap_header, cq_head, 64);
ASSERT_AT(timerheap_header, lead_ns, 68);

static_assert(sizeof(struct timerheap_slot) == 32);
ASSERT_AT(timerheap_slot, expires_ns, 0);
ASSERT_AT(timerheap_slot, period_ns, 8);
ASSERT_AT(timerheap_slot, armed_ns, 16);
ASSERT_AT(timerheap_slot, slack_ns, 24);
ASSERT_AT(timerheap_slot, flags, 28);

static_assert(sizeof(struct timerheap_expiry) == 32);
ASSERT_AT(timerheap_expiry, expires_ns, 0);
ASSERT_AT(timerheap_expiry, fired_ns, 8);
ASSERT_AT(timerheap_expiry, slot, 16);
ASSERT_AT(timerheap_expiry, overruns, 20);
ASSERT_AT(timerheap_expiry, cpu, 24);
ASSERT_AT(timerheap_expiry, flags, 28);

static_assert(sizeof(struct timerheap_setup) == 56);
ASSERT_AT(timerheap_setup, clockid, 8);
ASSERT_AT(timerheap_setup, cpu, 12);
ASSERT_AT(timerheap_setup, nslots, 16);
ASSERT_AT(timerheap_setup, ring_entries, 20);
ASSERT_AT(timerheap_setup, header_off, 24);
ASSERT_AT(timerheap_setup, level1_off, 28);
ASSERT_AT(timerheap_setup, level0_off, 32);
ASSERT_AT(timerheap_setup, ring_off, 36);
ASSERT_AT(timerheap_setup, slots_off, 40);
ASSERT_AT(timerheap_setup, mmap_size, 48);

static_assert(sizeof(struct timerheap_info) == 104);
ASSERT_AT(timerheap_info, abi_version, 8);
ASSERT_AT(timerheap_info, min_period_ns, 24);
ASSERT_AT(timerheap_info, clock_flags, 40);
ASSERT_AT(timerheap_info, counter_ppb, 48);
ASSERT_AT(timerheap_info, inject_step_ns, 96);

static_assert(sizeof(struct timerheap_batch) == 24);
ASSERT_AT(timerheap_batch, entries, 16);
static_assert(sizeof(struct timerheap_arm) == 32);
ASSERT_AT(timerheap_arm, slot, 16);
ASSERT_AT(timerheap_arm, flags, 24);
static_assert(sizeof(struct timerheap_cancel) == 8);

static_assert(sizeof(struct timerheap_wait) == 24);
ASSERT_AT(timerheap_wait, min_expiries, 8);
ASSERT_AT(timerheap_wait, deadline_ns, 16);

static_assert(sizeof(struct timerheap_stats) ==
	      16 + 16 * 8 + TIMERHEAP_HIST_BUCKETS * 8);
ASSERT_AT(timerheap_stats, expiries, 16);
ASSERT_AT(timerheap_stats, hist, 16 + 16 * 8);

static_assert(sizeof(struct timerheap_inject) == 32);
ASSERT_AT(timerheap_inject, step_ns, 24);

static_assert(sizeof(struct timerheap_timerfd) == 16);
ASSERT_AT(timerheap_timerfd, fd_flags, 12);
static_assert(sizeof(struct timerheap_timerfd_time) == 32);
ASSERT_AT(timerheap_timerfd_time, value, 16);
ASSERT_AT(timerheap_timerfd_time, old_value, 24);

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "timerheap",
	.fops = &th_file_operations,
	.mode = 0660,
};

static int check_params(void)
{
	if (th_max_slots && th_max_slots <= MAX_SLOTS && th_min_period_ns)
		return 0;
	pr_err("max_slots must be 1 to %u, and min_period_ns 1 or more\n",
	       MAX_SLOTS);
	return -EINVAL;
}

static int __init timerheap_init(void)
{
	int err = check_params();

	if (err)
		return err;
	err = th_clock_init();
	if (err)
		return err;
	err = th_cpu_init();
	if (err)
		goto exit_clock;
	err = th_timerfd_init();
	if (err)
		goto exit_cpu;
	err = misc_register(&device);
	if (err)
		goto exit_timerfd;
	return 0;

exit_timerfd:
	th_timerfd_exit();
exit_cpu:
	th_cpu_exit();
exit_clock:
	th_clock_exit();
	return err;
}

static void __exit timerheap_exit(void)
{
	misc_deregister(&device);
	th_timerfd_exit();
	th_cpu_exit();
	th_clock_exit();
}

module_init(timerheap_init);
module_exit(timerheap_exit);

MODULE_DESCRIPTION("Per-CPU timer heaps armed through shared memory");
MODULE_AUTHOR("The timerheap developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
