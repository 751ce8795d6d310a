// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a user does to a slot, a reap and two looks of the kernel at the queue,
 * each of these placed before every access that the others make to shared
 * memory.  The accesses of user and reap overlap in that one is interrupted
 * anywhere by the whole of the other.
 */
#include "suite.h"

#define ACTIONS 3
#define EVENTS 64
#define PERIOD 1000

struct event {
	void *data;
	__u64 deadline_ns;
	__u64 fired_ns;
	/* the reap began when the user was through */
	bool late;
};

static struct timerheap *th;
static __u32 slot;
static __u64 first, second;
static struct event events[EVENTS];
static unsigned int count;
static bool user_done;
static int user_result;

static struct {
	unsigned int when;
	void (*act)(void);
} plan[ACTIONS];
static unsigned int accesses;

void hook(void)
{
	if (!th)
		return;
	accesses++;
	for (int i = 0; i < ACTIONS; i++) {
		void (*act)(void) = plan[i].act;

		if (!act || plan[i].when != accesses)
			continue;
		plan[i].act = NULL;
		act();
	}
}

static void reap(void)
{
	bool late = user_done;
	struct timerheap_event ev[EVENTS];
	int n = timerheap_reap(th, ev, EVENTS);

	assert_in_range(n, 0, EVENTS - count);
	for (int i = 0; i < n; i++)
		events[count++] = (struct event){
			.data = ev[i].data,
			.deadline_ns = ev[i].deadline_ns,
			.fired_ns = ev[i].fired_ns,
			.late = late,
		};
}

static void kernel(void)
{
	fake_run(th);
}

static unsigned int events_of(__u64 deadline_ns, bool only_late)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += events[i].deadline_ns == deadline_ns &&
			(events[i].late || !only_late);
	return n;
}

static unsigned int late_before(__u64 deadline_ns)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += events[i].late && events[i].deadline_ns < deadline_ns;
	return n;
}

struct scenario {
	/* before anything: the slot is there, with data 1 */
	void (*prepare)(void);
	void (*user)(void);
	/* once the kernel has caught up and all was reaped */
	void (*check)(void);
};

static const struct scenario *scenario;

static void user(void)
{
	scenario->user();
	user_done = true;
}

static void finish(void)
{
	/* By itself: what needed a kick and got none shows up as late. */
	for (int i = 0; i < 8; i++) {
		fake_advance(fake.now + PERIOD);
		reap();
	}
}

/* One order of events; how many accesses there were. */
static unsigned int play(bool user_outside, const unsigned int when[ACTIONS])
{
	unsigned int most;

	fake_reset();
	th = NULL;
	count = 0;
	user_done = false;
	user_result = -1;
	th = fake_open(1, 16);
	slot = suite_alloc(th, tag(1));
	first = fake.now + PERIOD;
	second = first + 700;
	memset(plan, 0, sizeof(plan));
	scenario->prepare();

	accesses = 0;
	for (int i = 0; i < ACTIONS; i++) {
		plan[i].when = when[i];
		plan[i].act = kernel;
	}
	plan[0].act = user_outside ? reap : user;
	if (user_outside)
		user();
	else
		reap();
	for (int i = 0; i < ACTIONS; i++) {
		void (*act)(void) = plan[i].act;

		plan[i].act = NULL;
		if (act)
			act();
	}
	most = accesses;
	finish();
	scenario->check();
	timerheap_close(th);
	th = NULL;
	return most;
}

static void play_all(const struct scenario *s)
{
	unsigned int most = 1, when[ACTIONS], seen;

	scenario = s;
	for (int outside = 0; outside < 2; outside++)
		for (when[0] = 1; when[0] <= most; when[0]++)
			for (when[1] = 1; when[1] <= most; when[1]++)
				for (when[2] = when[1]; when[2] <= most;
				     when[2]++) {
					seen = play(outside, when);
					/* And once all of it is over. */
					if (most <= seen)
						most = seen + 1;
				}
	/* Or the accesses are not hooked at all. */
	assert_true(most > 5);
}

static void arm_first(void)
{
	assert_int_equal(timerheap_arm(th, slot, first), 0);
}

/* The record is in the ring, or will be with the kernel's next look. */
static void first_is_due(void)
{
	arm_first();
	fake.now = first + 10;
}

static void first_fired(void)
{
	first_is_due();
	fake_run(th);
}

static void ticks_are_due(void)
{
	assert_int_equal(timerheap_slot_config(th, slot, PERIOD, 0, 0), 0);
	first_is_due();
	fake_run(th);
	fake.now = first + PERIOD + 10;
}

/* Push back. */

static void arm_second(void)
{
	user_result = timerheap_arm(th, slot, second);
}

static void second_replaces_first(void)
{
	assert_int_equal(user_result, 0);
	assert_int_equal(events_of(second, false), 1);
	assert_int_equal(events_of(first, true), 0);
	assert_in_range(events_of(first, false), 0, 1);
	for (unsigned int i = 0; i < count; i++)
		assert_true(events[i].fired_ns >= events[i].deadline_ns);
}

static void push_back(void **state)
{
	(void)state;
	play_all(&(struct scenario){ first_is_due, arm_second,
				     second_replaces_first });
	play_all(&(struct scenario){ first_fired, arm_second,
				     second_replaces_first });
}

static void arm_grid(void)
{
	second = first + 3 * PERIOD + 300;
	arm_second();
}

static void new_grid_only(void)
{
	assert_int_equal(user_result, 0);
	for (__u64 i = 0; i < 3; i++)
		assert_int_equal(events_of(second + i * PERIOD, false), 1);
	assert_int_equal(late_before(second), 0);
}

static void push_back_periodic(void **state)
{
	(void)state;
	play_all(&(struct scenario){ ticks_are_due, arm_grid, new_grid_only });
}

/* Bring forward: the kernel has to come earlier than it meant to. */

static void bring_forward_user(void)
{
	second = first - 500;
	arm_second();
}

static void forward_in_time(void)
{
	second_replaces_first();
	assert_int_equal(events_of(first, false), 0);
	assert_int_equal(events[0].fired_ns, second);
}

static void bring_forward_deferred(void)
{
	second = first - 500;
	user_result = timerheap_arm_deferred(th, slot, second);
	assert_int_equal(user_result, 0);
	assert_in_range(timerheap_flush(th), 0, 1);
}

static void bring_forward(void **state)
{
	(void)state;
	play_all(&(struct scenario){ arm_first, bring_forward_user,
				     forward_in_time });
	play_all(&(struct scenario){ arm_first, bring_forward_deferred,
				     forward_in_time });
}

/* The same deadline again. */

static void arm_same(void)
{
	second = first;
	arm_second();
}

static void once_each_at_most(void)
{
	bool before = events_of(first, false) > events_of(first, true);

	assert_int_equal(user_result, 0);
	assert_in_range(events_of(first, false), 1, before ? 2 : 1);
	/* One that began when the user was through is for the second arm. */
	assert_in_range(events_of(first, true), before ? 0 : 1, 1);
	/* Nothing is left behind. */
	assert_int_equal(timerheap_cancel(th, slot), 0);
}

static void same_deadline(void **state)
{
	(void)state;
	play_all(&(struct scenario){ first_is_due, arm_same,
				     once_each_at_most });
	play_all(
		&(struct scenario){ first_fired, arm_same, once_each_at_most });
}

static void still_ticks(void)
{
	__u64 next = th->slots[slot].expires_ns;
	unsigned int before = count;

	assert_true(next > fake.now);
	assert_int_equal((next - first) % PERIOD, 0);
	fake_advance(next);
	reap();
	assert_int_equal(count, before + 1);
	assert_int_equal(events[before].deadline_ns, next);
}

static void same_deadline_periodic(void **state)
{
	(void)state;
	play_all(&(struct scenario){ ticks_are_due, arm_same, still_ticks });
}

/* Cancel. */

static void cancel_user(void)
{
	user_result = timerheap_cancel(th, slot);
}

static void cancelled_or_fired(void)
{
	assert_in_range(user_result, 0, 1);
	assert_int_equal(events_of(first, false), !user_result);
	assert_int_equal(count, !user_result);
}

static void cancelled_for_good(void)
{
	assert_int_equal(user_result, 1);
	assert_int_equal(late_before(TIMERHEAP_NEVER), 0);
}

static void cancel(void **state)
{
	(void)state;
	play_all(&(struct scenario){ arm_first, cancel_user,
				     cancelled_for_good });
	play_all(&(struct scenario){ first_is_due, cancel_user,
				     cancelled_or_fired });
	play_all(&(struct scenario){ first_fired, cancel_user,
				     cancelled_or_fired });
	play_all(&(struct scenario){ ticks_are_due, cancel_user,
				     cancelled_for_good });
}

/* Another owner. */

static void pass_on(void)
{
	second = first + 3 * PERIOD + 300;
	assert_int_equal(timerheap_slot_free(th, slot), 0);
	assert_int_equal(suite_alloc(th, tag(2)), slot);
	arm_second();
}

static void to_each_his_own(void)
{
	assert_int_equal(events_of(second, false), 1);
	assert_int_equal(late_before(second), 0);
	for (unsigned int i = 0; i < count; i++)
		assert_ptr_equal(events[i].data,
				 events[i].deadline_ns == second ? tag(2)
								 : tag(1));
}

static void next_owner(void **state)
{
	(void)state;
	play_all(&(struct scenario){ first_is_due, pass_on, to_each_his_own });
	play_all(&(struct scenario){ first_fired, pass_on, to_each_his_own });
	play_all(&(struct scenario){ ticks_are_due, pass_on, to_each_his_own });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(push_back),
		TEST(push_back_periodic),
		TEST(bring_forward),
		TEST(same_deadline),
		TEST(same_deadline_periodic),
		TEST(cancel),
		TEST(next_owner),
	};

	return RUN(tests);
}
