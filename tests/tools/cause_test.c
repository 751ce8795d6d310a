// SPDX-License-Identifier: LGPL-2.1-or-later
/* What timerheap trace says of ways that are known. */
#include <string.h>
#include <sys/syscall.h>

#include "timerheap_trace.h"
#include "tool_suite.h"

/* 10 us for each part; none of them is more than the others. */
static struct trace_expiry quick(void)
{
	struct trace_expiry way = { .count = 1,
				    .asleep_in = -1,
				    .busy_in = -1 };

	for (int part = 0; part < TRACE_PARTS; part++)
		way.parts_ns[part] = 10000;
	return way;
}

static struct trace_expiry slow(enum trace_part part, enum trace_kind kind,
				int id, const char *comm)
{
	struct trace_expiry way = quick();
	struct trace_span span = { .kind = kind, .id = id };

	strncpy(span.comm, comm, TRACE_COMM - 1);
	way.parts_ns[part] = 5000000;
	way.before = way.waiting = span;
	return way;
}

static void assert_at(struct trace_expiry way, struct trace_speed speed,
		      enum trace_cause cause, const char *who, uint64_t ns)
{
	struct trace_verdict verdict = trace_judge(&way, &speed);

	assert_string_equal(trace_cause_name(verdict.cause),
			    trace_cause_name(cause));
	assert_string_equal(verdict.who, who);
	assert_int_equal(verdict.ns, ns);
}

static void assert_cause(struct trace_expiry way, enum trace_cause cause,
			 const char *who, uint64_t ns)
{
	assert_at(way, (struct trace_speed){ 0 }, cause, who, ns);
}

static void before_it_was_handled(void **state)
{
	(void)state;
	assert_cause(slow(TRACE_HANDLED, TRACE_TASK, 12, "bad"),
		     CAUSE_INTERRUPTS_OFF, "bad (pid 12)", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_HARDIRQ, 33, "eth0"),
		     CAUSE_HARDIRQ, "eth0 (33)", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_SOFTIRQ, 3, ""), CAUSE_SOFTIRQ,
		     "NET_RX", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_SOFTIRQ, 77, ""), CAUSE_SOFTIRQ,
		     "?", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_IDLE, 4, ""), CAUSE_IDLE,
		     "state 4", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_NOTHING, 0, ""), CAUSE_UNKNOWN,
		     "", 5000000);
	assert_cause(slow(TRACE_HANDLED, TRACE_KINDS, 0, ""), CAUSE_UNKNOWN, "",
		     5000000);
}

/* What was asked for is taken off before others are blamed. */
static void as_it_was_asked_for(void **state)
{
	struct trace_expiry way = slow(TRACE_HANDLED, TRACE_TASK, 12, "bad");

	(void)state;
	way.delay_ns = 3000000;
	way.planned_ns = 3000000;
	assert_cause(way, CAUSE_INJECTED, "", 3000000);
	way.planned_ns = 4600000;
	way.delay_ns = 0;
	assert_cause(way, CAUSE_SLACK, "", 4600000);
	way.planned_ns = 1000000;
	assert_cause(way, CAUSE_INTERRUPTS_OFF, "bad (pid 12)", 4000000);
	way.delay_ns = 9000000;
	assert_cause(way, CAUSE_INJECTED, "", 5000000);
}

static void by_the_queue_itself(void **state)
{
	struct trace_expiry way = slow(TRACE_HANDLED, TRACE_TASK, 12, "bad");

	(void)state;
	way.held_ns = 4000000;
	assert_cause(way, CAUSE_BUDGET, "", 4000000);
	way.held_ns = 0;
	way.stalled_ns = 4900000;
	assert_cause(way, CAUSE_RING_FULL, "", 4900000);
	way.stalled_ns = 0;
	way.armed_late = 1;
	assert_cause(way, CAUSE_ARMED_LATE, "", 5000000);
	assert_cause(slow(TRACE_POSTED, TRACE_NOTHING, 0, ""), CAUSE_RUN, "",
		     5000000);
}

static void after_it_was_posted(void **state)
{
	struct trace_expiry way = slow(TRACE_WOKEN, TRACE_NOTHING, 0, "");

	(void)state;
	way.asleep_in = SYS_recvmsg;
	assert_cause(way, CAUSE_SYSCALL, "recvmsg", 5000000);
	assert_cause(slow(TRACE_ON_CPU, TRACE_TASK, 7, "hog"), CAUSE_TASK,
		     "hog (pid 7)", 5000000);
	assert_cause(slow(TRACE_ON_CPU, TRACE_SOFTIRQ, 6, ""), CAUSE_SOFTIRQ,
		     "TASKLET", 5000000);
	way = slow(TRACE_REAPED, TRACE_NOTHING, 0, "");
	assert_cause(way, CAUSE_CONSUMER, "", 5000000);
	way.busy_in = SYS_write;
	assert_cause(way, CAUSE_SYSCALL, "write", 5000000);
}

/* Of each piece of code as much as the CPU was too slow. */
static void of_slow_cpus(void **state)
{
	struct trace_expiry way = slow(TRACE_REAPED, TRACE_NOTHING, 0, "");

	(void)state;
	assert_at(way, (struct trace_speed){ .run = 100, .reap = 1000 },
		  CAUSE_CONSUMER, "", 5000000);
	assert_at(way, (struct trace_speed){ .reap = 500 }, CAUSE_CONSUMER, "",
		  2500000);
	assert_at(way, (struct trace_speed){ .reap = 222 }, CAUSE_FREQUENCY,
		  "at 22.2 %", 3890000);
	/* It was in a system call, and may have slept. */
	way.busy_in = SYS_write;
	assert_at(way, (struct trace_speed){ .reap = 222 }, CAUSE_SYSCALL,
		  "write", 5000000);
	way = slow(TRACE_POSTED, TRACE_NOTHING, 0, "");
	assert_at(way, (struct trace_speed){ .run = 1001, .reap = 100 },
		  CAUSE_RUN, "", 5000000);
	assert_at(way, (struct trace_speed){ .run = 250 }, CAUSE_FREQUENCY,
		  "at 25.0 %", 3750000);
}

/* A name may fill its field to the end. */
static void of_long_names(void **state)
{
	struct trace_expiry way = slow(TRACE_ON_CPU, TRACE_TASK, 7, "");

	(void)state;
	memset(way.waiting.comm, 'x', TRACE_COMM);
	assert_cause(way, CAUSE_TASK, "xxxxxxxxxxxxxxxx (pid 7)", 5000000);
}

static void ranks(void **state)
{
	static struct trace_ranks all;
	struct trace_verdict hog = { CAUSE_TASK, 5, "hog (pid 7)" };
	struct trace_verdict call = { CAUSE_SYSCALL, 100, "recvmsg" };

	(void)state;
	trace_rank_add(&all, &hog, 2);
	trace_rank_add(&all, &call, 1);
	hog.ns = 7;
	trace_rank_add(&all, &hog, 1);
	trace_rank_sort(&all);
	assert_int_equal(all.late, 4);
	assert_int_equal(all.count, 2);
	assert_string_equal(all.ranks[0].who, "recvmsg");
	assert_int_equal(all.ranks[1].count, 3);
	assert_int_equal(all.ranks[1].sum_ns, 17);
	assert_int_equal(all.ranks[1].max_ns, 7);
}

/* More than there is room for: nothing is left out of the sums. */
static void too_many_ranks(void **state)
{
	struct trace_verdict task = { .cause = CAUSE_TASK, .ns = 1 };
	struct trace_ranks *all = test_calloc(1, sizeof(*all));
	uint64_t sum = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(task.who, sizeof(task.who), "task %d", i);
		trace_rank_add(all, &task, 1);
	}
	for (unsigned int i = 0; i < all->count; i++)
		sum += all->ranks[i].count;
	assert_int_equal(all->late, 1000);
	assert_int_equal(sum, 1000);
	trace_rank_sort(all);
	assert_string_equal(all->ranks[0].who, "various");
	test_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_it_was_handled),
		TEST(as_it_was_asked_for),
		TEST(by_the_queue_itself),
		TEST(after_it_was_posted),
		TEST(of_slow_cpus),
		TEST(of_long_names),
		TEST(ranks),
		TEST(too_many_ranks),
	};

	return RUN(tests);
}
