// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/spinlock.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "clock.h"
#include "compat.h"
#include "counter.h"
#include "params.h"

#define CHECK_EVERY	(5 * HZ)
/* A check that comes later than this starts anew. */
#define CHECK_LIMIT_NS	(60 * NSEC_PER_SEC)
/* Pairs of readings, of which the closest is taken. */
#define CHECK_TRIES	5

atomic_t th_clock_generation = ATOMIC_INIT(0);

static atomic_t steps = ATOMIC_INIT(0);
static atomic64_t injected_ns = ATOMIC64_INIT(0);

/* What to add to CLOCK_MONOTONIC; written under the timekeeper's lock. */
static s64 offs_real, offs_boot, offs_tai;
static bool offs_known;
static bool reliable;		/* as of the last check */

struct reading {
	u64 counter;
	u64 raw_ns;
	s64 offs_boot;
};

static struct {
	spinlock_t lock;	/* the figures below, for INFO */
	struct reading last;
	u32 checks;
	s64 ppb;
	s64 ppb_max;
} drift = { .lock = __SPIN_LOCK_UNLOCKED(drift.lock) };

#define ALL_FLAGS	(TIMERHEAP_CLOCK_COUNTER | TIMERHEAP_CLOCK_CONSTANT | \
			 TIMERHEAP_CLOCK_NONSTOP | TIMERHEAP_CLOCK_STABLE)

static u32 clock_flags(void)
{
	u32 flags = th_counter_flags();

	if (th_counter_keeps_time())
		flags |= TIMERHEAP_CLOCK_COUNTER;
	if (flags == ALL_FLAGS)
		flags |= TIMERHEAP_CLOCK_RELIABLE;
	return flags;
}

/*
 * How much faster the counter ran than the reference, in parts per billion:
 * 1e9 * (counter - reference) / reference; within a factor of 2.
 */
static s64 ppb_of(u64 cycles, u64 hz, u64 reference_ns)
{
	u64 most = mul_u64_u64_div_u64(reference_ns, 2 * hz, NSEC_PER_SEC);
	s64 counter_ns = mul_u64_u64_div_u64(min(cycles, most), NSEC_PER_SEC,
					     hz);
	s64 ahead = counter_ns - (s64)reference_ns;

	return div64_s64(clamp_t(s64, ahead, -(s64)NSEC_PER_SEC,
				 (s64)NSEC_PER_SEC) * (s64)NSEC_PER_SEC,
			 reference_ns);
}

/* Counter and raw clock as close together as they can be read. */
static struct reading read_both(void)
{
	struct reading best = { 0 };
	u64 best_width = U64_MAX;
	unsigned long flags;
	int i;

	for (i = 0; i < CHECK_TRIES; i++) {
		u64 before, raw_ns, width;

		local_irq_save(flags);
		before = th_counter_read();
		raw_ns = ktime_get_raw_ns();
		width = th_counter_read() - before;
		local_irq_restore(flags);
		if (width >= best_width)
			continue;
		best_width = width;
		best.counter = before + width / 2;
		best.raw_ns = raw_ns;
		best.offs_boot = READ_ONCE(offs_boot);
	}
	return best;
}

/* The raw clock stands still while the host is suspended. */
static bool comparable(const struct reading *from, const struct reading *to)
{
	return from->raw_ns && th_counter_hz() &&
		from->offs_boot == to->offs_boot &&
		to->counter > from->counter && to->raw_ns > from->raw_ns &&
		to->raw_ns - from->raw_ns <= CHECK_LIMIT_NS;
}

static void compare(void)
{
	struct reading now = read_both();
	struct reading last = drift.last;

	spin_lock(&drift.lock);
	if (comparable(&last, &now)) {
		drift.ppb = ppb_of(now.counter - last.counter, th_counter_hz(),
				   now.raw_ns - last.raw_ns);
		if (abs(drift.ppb) > abs(drift.ppb_max))
			drift.ppb_max = drift.ppb;
		drift.checks++;
	}
	drift.last = now;
	spin_unlock(&drift.lock);
}

static void judge(void)
{
	bool verdict = clock_flags() & TIMERHEAP_CLOCK_RELIABLE;

	if (verdict == READ_ONCE(reliable))
		return;
	WRITE_ONCE(reliable, verdict);
	th_clock_changed();
	pr_warn_ratelimited("the clock is %s reliable, flags %#x\n",
			    verdict ? "again" : "no longer", clock_flags());
}

static void check(struct work_struct *work);
static DECLARE_DELAYED_WORK(check_work, check);

static void check(struct work_struct *work)
{
	compare();
	judge();
	/* Unbound: not on a CPU that is kept free of such things. */
	queue_delayed_work(system_dfl_wq, &check_work, CHECK_EVERY);
}

/*
 * Called for every update of the timekeeper, with its lock held, and once on
 * registration.  @was_set is also true when the clocksource changes, and after
 * a suspend, which moves CLOCK_REALTIME and CLOCK_BOOTTIME alike: a step is
 * when these two move against each other.
 */
static int timekeeper_updated(struct notifier_block *nb, unsigned long was_set,
			      void *timekeeper)
{
	const struct timekeeper *tk = timekeeper;

	if (!was_set)
		return NOTIFY_OK;
	if (offs_known &&
	    tk->offs_real - tk->offs_boot != offs_real - offs_boot)
		atomic_inc(&steps);
	offs_known = true;
	WRITE_ONCE(offs_real, tk->offs_real);
	WRITE_ONCE(offs_boot, tk->offs_boot);
	WRITE_ONCE(offs_tai, tk->offs_tai);
	th_clock_changed();
	return NOTIFY_OK;
}

static struct notifier_block timekeeper_notifier = {
	.notifier_call = timekeeper_updated,
};

/**
 * th_clock_changed - have every queue publish its clock anew in its next run
 */
void th_clock_changed(void)
{
	/* Pairs with the acquire in run(), env.c: what changed is there. */
	atomic_inc_return_release(&th_clock_generation);
}

bool th_clock_known(clockid_t clockid)
{
	return clockid == CLOCK_MONOTONIC || clockid == CLOCK_BOOTTIME ||
		clockid == CLOCK_REALTIME || clockid == CLOCK_TAI;
}

u64 th_clock_other_now(clockid_t clockid)
{
	switch (clockid) {
	case CLOCK_BOOTTIME:
		return ktime_get_boottime_ns();
	case CLOCK_REALTIME:
		return ktime_get_real_ns();
	case CLOCK_TAI:
		return ktime_get_clocktai_ns();
	default:
		return ktime_get_ns();
	}
}

/* CLOCK_REALTIME minus @clockid, injected steps included. */
s64 th_clock_wall_offset(clockid_t clockid)
{
	s64 real = READ_ONCE(offs_real);
	s64 own = 0;

	if (clockid == CLOCK_BOOTTIME)
		own = READ_ONCE(offs_boot);
	else if (clockid == CLOCK_REALTIME)
		own = real;
	else if (clockid == CLOCK_TAI)
		own = READ_ONCE(offs_tai);
	return real - own + th_clock_injected_step();
}

/* Steps of the wall clock since load, injected ones included. */
u32 th_clock_steps(void)
{
	return atomic_read(&steps);
}

bool th_clock_reliable(void)
{
	return READ_ONCE(reliable);
}

void th_clock_inject_step(s64 step_ns)
{
	atomic64_add(step_ns, &injected_ns);
	atomic_inc(&steps);
	th_clock_changed();
}

/* The sum of the steps that were injected. */
s64 th_clock_injected_step(void)
{
	return atomic64_read(&injected_ns);
}

void th_clock_info(struct timerheap_info *info)
{
	info->clock_flags = clock_flags();
	info->counter_khz = div_u64(th_counter_hz(), 1000);
	info->clock_steps = th_clock_steps();
	info->inject_step_ns = th_clock_injected_step();
	spin_lock(&drift.lock);
	info->clock_checks = drift.checks;
	info->counter_ppb = drift.ppb;
	info->counter_ppb_max = drift.ppb_max;
	spin_unlock(&drift.lock);
}

int th_clock_init(void)
{
	u32 flags = clock_flags();

	reliable = flags & TIMERHEAP_CLOCK_RELIABLE;
	if (!reliable && th_require_reliable_tsc) {
		pr_err("the clock is not reliable (flags %#x); load without require_reliable_tsc=1 to run all the same\n",
		       flags);
		return -ENODEV;
	}
	if (!reliable)
		pr_notice("the clock is not reliable, flags %#x\n", flags);
	pvclock_gtod_register_notifier(&timekeeper_notifier);
	check(NULL);
	return 0;
}

void th_clock_exit(void)
{
	cancel_delayed_work_sync(&check_work);
	pvclock_gtod_unregister_notifier(&timekeeper_notifier);
}
