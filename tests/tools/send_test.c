// SPDX-License-Identifier: LGPL-2.1-or-later
/* thbeat send: what a reload changes, and what its monitors are told of it. */
#include "rig.h"

#include "hb_sender.h"

#define HEAD "[sender]\nnode = 7\ninterval = 100ms\n"
#define ONE "target = 127.0.0.1:1001\n"
#define TWO "target = 127.0.0.1:1002\n"

static struct thbeat_sending sd;
static char why[THBEAT_WHY];

static void start(const char *text)
{
	memset(&sd, 0, sizeof(sd));
	rig_task(&sd.task, &thbeat_send_job);
	rig_load(&sd.task, text);
	assert_int_equal(sd.task.job->start(&sd.task, why), 0);
}

static void run(void)
{
	struct pollfd fds[THBEAT_FDS];

	assert_int_equal(sd.task.job->poll(&sd.task, fds), 1);
	fake_advance(fake.now + INTERVAL);
	assert_int_equal(sd.task.job->run(&sd.task, fds), 0);
}

static struct thb__packet taken(uint16_t port)
{
	struct thb__packet p;
	uint16_t to;

	assert_true(fake_net_take(&p, &to));
	assert_int_equal(to, port);
	return p;
}

static void starts_and_stops(void **state)
{
	struct thb__packet p;

	(void)state;
	start(HEAD ONE TWO "ask_every = 0\n");
	assert_string_equal(rig_said(&sd.task),
			    "node 7 beats, for 2 monitors\n");
	run();
	p = taken(1001);
	assert_int_equal(p.node, 7);
	assert_int_equal(p.interval_us, 100000);
	assert_int_equal(p.flags, 0);
	taken(1002);
	sd.task.job->describe(&sd.task, why, sizeof(why));
	assert_string_equal(why, "node 7: 1 beats, 2 packets, 0 not sent");
	sd.task.job->stop(&sd.task);
	assert_int_equal(taken(1001).flags, THB__BYE);
	assert_int_equal(taken(1002).flags, THB__BYE);
	assert_int_equal(net.sent, 0);
	assert_string_equal(rig_said(&sd.task),
			    "stopped: 2 beats, 4 packets, 0 not sent\n");
	rig_end(&sd.task);
}

/* One more to tell: the others know nothing of it. */
static void a_target_more(void **state)
{
	struct thb__packet before, after;

	(void)state;
	start(HEAD ONE);
	run();
	before = taken(1001);
	rig_said(&sd.task);
	assert_int_equal(rig_reload(&sd.task, HEAD TWO ONE, why), 0);
	assert_string_equal(rig_said(&sd.task),
			    "reloaded: goes on, 1 targets added\n");
	assert_int_equal(net.sent, 0);
	run();
	after = taken(1001);
	assert_int_equal(after.incarnation, before.incarnation);
	assert_int_equal(after.sequence, before.sequence + 1);
	taken(1002);
	assert_int_equal(fake.opened, 1);
	rig_end(&sd.task);
}

/* Who is no longer told must not take that for a death. */
static void a_target_less(void **state)
{
	struct thb__packet before, after;

	(void)state;
	start(HEAD ONE TWO);
	run();
	before = taken(1001);
	taken(1002);
	assert_int_equal(rig_reload(&sd.task, HEAD TWO, why), 0);
	assert_int_equal(taken(1001).flags, THB__BYE);
	assert_int_equal(taken(1002).flags, THB__BYE);
	run();
	after = taken(1002);
	assert_int_equal(net.sent, 0);
	assert_true(after.incarnation > before.incarnation);
	assert_int_equal(after.sequence, 1);
	rig_end(&sd.task);
}

/* A new incarnation, later than the last also where the clock was set back. */
static void settings_change(void **state)
{
	struct thb__packet before, after;

	(void)state;
	net.wall_ns = INT64_MAX / 2;
	start(HEAD ONE);
	run();
	before = taken(1001);
	rig_said(&sd.task);
	assert_int_equal(rig_reload(&sd.task,
				    "[sender]\nnode = 7\ninterval = 50ms\n" ONE,
				    why),
			 0);
	assert_string_equal(rig_said(&sd.task),
			    "reloaded: begins anew, 0 targets added\n");
	/* .. without a goodbye, since it stays. */
	assert_int_equal(net.sent, 0);
	run();
	after = taken(1001);
	assert_int_equal(after.interval_us, 50000);
	assert_int_equal(after.incarnation, before.incarnation + 1);
	rig_end(&sd.task);
}

/* The node that it was leaves. */
static void another_node(void **state)
{
	struct thb__packet p;

	(void)state;
	start(HEAD ONE);
	run();
	taken(1001);
	assert_int_equal(rig_reload(&sd.task, "[sender]\nnode = 8\n" ONE, why),
			 0);
	p = taken(1001);
	assert_int_equal(p.node, 7);
	assert_int_equal(p.flags, THB__BYE);
	run();
	assert_int_equal(taken(1001).node, 8);
	rig_end(&sd.task);
}

/* Neither the new settings nor the old ones can be had. */
static void settings_that_end_it(void **state)
{
	(void)state;
	start(HEAD ONE);
	fake.fail_open = -EUCLEAN;
	assert_int_equal(rig_reload(&sd.task, "[sender]\nnode = 8\n" ONE, why),
			 -EUCLEAN);
	assert_null(sd.s);
	rig_end(&sd.task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(starts_and_stops), RIG_TEST(a_target_more),
		RIG_TEST(a_target_less),    RIG_TEST(settings_change),
		RIG_TEST(another_node),	    RIG_TEST(settings_that_end_it),
	};

	return RIG_RUN(tests);
}
