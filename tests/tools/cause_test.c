// SPDX-License-Identifier: LGPL-2.1-or-later
/* What timerheap trace says of ways that are known. */
#include <string.h>
#include <sys/syscall.h>

#include "timerheap_judge.h"
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

static void assert_cause(struct trace_expiry way, enum trace_cause cause,
			 const char *who, uint64_t ns)
{
	struct trace_verdict verdict = { .ns = 0 };
	char name[TRACE_WHO];

	if (!trace_judge_handled(&verdict, &way, trace_total(&way)))
		trace_judge_rest(&verdict, &way);
	trace_who(&verdict.blame, name, sizeof(name));
	assert_string_equal(trace_cause_name(verdict.blame.cause),
			    trace_cause_name(cause));
	assert_string_equal(name, who);
	assert_int_equal(verdict.ns, ns);
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
	/* It was about to wait, and came late for another reason. */
	way.busy_in = TRACE_OWN_CALL;
	assert_cause(way, CAUSE_CONSUMER, "", 5000000);
	way = slow(TRACE_WOKEN, TRACE_NOTHING, 0, "");
	way.asleep_in = TRACE_OWN_CALL;
	assert_cause(way, CAUSE_WAIT, "", 5000000);
}

/* Of each piece of code as much as the CPU was too slow. */
static void of_slow_cpus(void **state)
{
	struct trace_expiry way = slow(TRACE_REAPED, TRACE_NOTHING, 0, "");

	(void)state;
	way.run_speed = 10;
	way.reap_speed = 100;
	assert_cause(way, CAUSE_CONSUMER, "", 5000000);
	way.reap_speed = 50;
	assert_cause(way, CAUSE_CONSUMER, "", 2500000);
	way.reap_speed = 22;
	assert_cause(way, CAUSE_FREQUENCY, "at 22 %", 3900000);
	/* It was in a system call, and may have slept. */
	way.busy_in = SYS_write;
	assert_cause(way, CAUSE_SYSCALL, "write", 5000000);
	way = slow(TRACE_POSTED, TRACE_NOTHING, 0, "");
	way.run_speed = 101;
	way.reap_speed = 10;
	assert_cause(way, CAUSE_RUN, "", 5000000);
	way.run_speed = 25;
	assert_cause(way, CAUSE_FREQUENCY, "at 25 %", 3750000);
}

/* A name may fill its field to the end. */
static void of_long_names(void **state)
{
	struct trace_expiry way = slow(TRACE_ON_CPU, TRACE_TASK, 7, "");

	(void)state;
	memset(way.waiting.comm, 'x', TRACE_COMM);
	assert_cause(way, CAUSE_TASK, "xxxxxxxxxxxxxxxx (pid 7)", 5000000);
}

/* The pieces are compared as they are, even where one is most of the whole. */
static void of_nearly_half(void **state)
{
	struct trace_expiry way = quick();

	(void)state;
	way.delay_ns = way.parts_ns[TRACE_HANDLED] = 40001;
	assert_cause(way, CAUSE_INJECTED, "", 40001);
	way.parts_ns[TRACE_POSTED] = 40002;
	assert_cause(way, CAUSE_RUN, "", 40002);
	way.parts_ns[TRACE_HANDLED] = 80002;
	assert_cause(way, CAUSE_RUN, "", 40002);
	way.parts_ns[TRACE_POSTED] = 10000;
	assert_cause(way, CAUSE_INJECTED, "", 40001);
}

static void ranks(void **state)
{
	static struct trace_ranks all = {
		.count = 3,
		.ranks = { { { CAUSE_TASK, 7, "hog" }, { 3, 17, 7 } },
			   { { CAUSE_SYSCALL, SYS_recvmsg, "" },
			     { 1, 100, 100 } },
			   { { CAUSE_UNKNOWN, BLAME_VARIOUS, "" },
			     { 9, 2, 1 } } },
	};
	json_t *json;

	(void)state;
	trace_rank_sort(&all);
	assert_int_equal(all.late, 13);
	assert_int_equal(all.ranks[0].answer.sum_ns, 100);
	assert_int_equal(all.ranks[2].answer.sum_ns, 2);
	json = trace_rank_json(&all);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "recvmsg", "hog (pid 7)",
						     "various" };
		json_t *who = json_object_get(json_array_get(json, i), "who");

		assert_string_equal(json_string_value(who), names[i]);
	}
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_it_was_handled), TEST(as_it_was_asked_for),
		TEST(by_the_queue_itself),   TEST(after_it_was_posted),
		TEST(of_slow_cpus),	     TEST(of_long_names),
		TEST(of_nearly_half),	     TEST(ranks),
	};

	return RUN(tests);
}
