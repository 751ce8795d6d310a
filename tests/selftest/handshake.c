// SPDX-License-Identifier: GPL-2.0-only
/*
 * The places where user and kernel each write one word and read the other's:
 * when both happen at once, at least one of them sees the other.
 */
#include <stdatomic.h>

#include "harness.h"
#include "queue.h"

/* Unless each side came first at times, nothing was tried. */
static void require_both(bool tried)
{
	if (!tried && !failures())
		skip("the machine is too busy to aim at the moment");
}

/*
 * When to act so as to meet the kernel: a little later than the last time if
 * that was too early, or else a little earlier.
 */
struct aim {
	struct prng prng;
	uint64_t delay_ns;
};

static void spin_until_aim(struct aim *aim, uint64_t when)
{
	uint64_t until = when + aim->delay_ns +
		prng_below(&aim->prng, 2 * NSEC_PER_USEC);

	while (mono_ns() < until)
		;
}

/* A CPU that has nothing to do takes long to take an interrupt. */
static void *keep_busy(void *arg)
{
	atomic_bool *over = arg;

	pin_to(other_cpu(0));
	while (!*over)
		;
	return NULL;
}

static void correct_aim(struct aim *aim, bool was_early)
{
	if (was_early)
		aim->delay_ns += 500;
	else if (aim->delay_ns >= 500)
		aim->delay_ns -= 500;
}

/*
 * It comes without any kick but those that the protocol asks for, after what
 * fired before it.
 */
static bool comes_alone(struct queue *q, uint32_t slot, uint64_t deadline)
{
	uint64_t give_up = mono_ns() + 5 * NSEC_PER_SEC;
	struct timerheap_expiry e;

	while (mono_ns() < give_up)
		if (queue_reap(q, &e, 1) && e.slot == slot &&
		    e.expires_ns == deadline)
			return true;
	return CHECK(!"it comes within five seconds");
}

/*
 * Slot 0 armed for a time that is near, and in the kernel's heap: that time;
 * 0 if that took so long that it has passed.
 */
static uint64_t arm_soon(struct queue *q)
{
	uint64_t soon = mono_ns() + 300 * NSEC_PER_USEC;

	slot_arm(q, 0, soon, NULL);
	while (slot_armed(q, 0) != soon) {
		if (mono_ns() < soon)
			continue;
		comes_alone(q, 0, soon);
		return 0;
	}
	return soon;
}

/*
 * armed_ns and expires_ns: the kernel moves a slot that was pushed far back
 * just when the user, who still sees it armed for soon, pulls it forward.  If
 * both missed the other, the slot would come in an hour.
 */
static void pulled_while_moved(void)
{
	struct aim aim = { .prng = { 5 } };
	unsigned long lazy = 0, moves;
	atomic_bool over = false;
	struct queue q;

	queue_open(&q, 1, 0, other_cpu(0), CLOCK_MONOTONIC);
	start_thread(keep_busy, &over);
	pin_to(0);
	for (unsigned long i = 0; i < scaled(600); i++) {
		uint64_t soon = arm_soon(&q), deadline;
		bool early;

		if (!soon)
			continue;
		slot_arm(&q, 0, soon + 3600 * NSEC_PER_SEC, NULL);
		deadline = soon + 100 * NSEC_PER_USEC;
		spin_until_aim(&aim, soon);
		early = slot_arm(&q, 0, deadline, NULL) == ARM_LAZY;
		correct_aim(&aim, early);
		lazy += early;
		if (!comes_alone(&q, 0, deadline))
			break;
	}
	moves = queue_stats(&q).lazy_moves;
	note("%lu moves, %lu arms that rang no bell", moves, lazy);
	require_both(lazy && moves);
}

/*
 * next_event_ns and level 1: the kernel goes to sleep for an hour just when
 * the user rings a bell and, as an event seems to be near, does not kick.
 */
static void rung_while_going_to_sleep(void)
{
	unsigned long quiet = 0, kicked = 0;
	struct aim aim = { .prng = { 6 } };
	atomic_bool over = false;
	struct queue q;

	queue_open(&q, 2, 0, other_cpu(0), CLOCK_MONOTONIC);
	start_thread(keep_busy, &over);
	pin_to(0);
	for (unsigned long i = 0; i < scaled(600); i++) {
		uint64_t soon = arm_soon(&q), deadline;
		bool early;

		if (!soon)
			continue;
		deadline = soon + 100 * NSEC_PER_USEC;
		spin_until_aim(&aim, soon);
		early = slot_arm(&q, 1, deadline, NULL) != ARM_KICKED;
		correct_aim(&aim, early);
		if (early)
			quiet++;
		else
			kicked++;
		if (!comes_alone(&q, 1, deadline))
			break;
	}
	note("%lu arms with a kick, %lu without", kicked, quiet);
	require_both(kicked && quiet);
}

/*
 * cq_head and the stalled flag: the consumer makes room just when the kernel
 * finds the ring full.  Slot 1 fills it, slot 0 comes next.
 */
static void emptied_while_stalling(void)
{
	unsigned long quiet = 0, kicked = 0;
	struct aim aim = { .prng = { 7 } };
	atomic_bool over = false;
	struct timerheap_expiry e;
	struct queue q;

	queue_open(&q, 2, 1, other_cpu(0), CLOCK_MONOTONIC);
	start_thread(keep_busy, &over);
	pin_to(0);
	for (unsigned long i = 0; i < scaled(1500); i++) {
		uint64_t soon;
		bool stalled;

		slot_arm(&q, 1, mono_ns(), NULL);
		if (!CHECK(WAIT_UNTIL(queue_ready(&q))))
			break;
		soon = mono_ns() + 300 * NSEC_PER_USEC;
		slot_arm(&q, 0, soon, NULL);
		spin_until_aim(&aim, soon);
		/* Before, so that the consumer's steps are all there is. */
		stalled = queue_flags(&q) & TIMERHEAP_HDR_STALLED;
		REQUIRE_EQ(queue_reap(&q, &e, 1), 1);
		kicked += stalled;
		quiet += !stalled;
		correct_aim(&aim, !stalled);
		if (!comes_alone(&q, 0, soon))
			break;
	}
	note("%lu times stalled before, %lu not", kicked, quiet);
	require_both(kicked && quiet);
}

static const struct test_case cases[] = {
	CASE(pulled_while_moved),
	CASE(rung_while_going_to_sleep),
	CASE(emptied_while_stalling),
};

TEST_MAIN(cases)
