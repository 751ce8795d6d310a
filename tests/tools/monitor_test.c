// SPDX-License-Identifier: LGPL-2.1-or-later
/* thbeat monitor: what a reload changes, and what it does not. */
#include "rig.h"

#include <sys/stat.h>

#define HEAD                         \
	"[monitor]\n"                \
	"address = 127.0.0.1:7400\n" \
	"status = /tmp/thbeat_test.sock\n"

static struct thbeat_watching w;
static char why[THBEAT_WHY];

static void start(const char *text)
{
	memset(&w, 0, sizeof(w));
	rig_task(&w.task, &thbeat_monitor_job);
	rig_load(&w.task, text);
	assert_int_equal(w.task.job->start(&w.task, why), 0);
	rig_said(&w.task);
}

static void run(void)
{
	struct pollfd fds[THBEAT_FDS];
	unsigned int count = w.task.job->poll(&w.task, fds);

	/* The monitor's own is a number and no more. */
	fds[0].revents = POLLIN;
	assert_true(poll(fds + 1, count - 1, 0) >= 0);
	assert_int_equal(w.task.job->run(&w.task, fds), 0);
}

static void beat(uint64_t node, uint64_t sequence)
{
	struct thb__packet p = rig_beat(node, sequence);

	fake_net_put(&p, 5000);
	run();
}

/* -1: it is not watched. */
static int state_of(uint64_t node)
{
	struct thb_peer_info info;

	return thb_monitor_peer(w.m, node, &info) ? -1 : (int)info.state;
}

static void starts_and_stops(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	rig_task(&w.task, &thbeat_monitor_job);
	rig_load(&w.task, HEAD "peer = 2\npeer = 1\n");
	assert_int_equal(w.task.job->start(&w.task, why), 0);
	assert_string_equal(rig_said(&w.task),
			    "listens at 127.0.0.1:7400, for 2 peers\n");
	assert_int_equal(access("/tmp/thbeat_test.sock", F_OK), 0);
	assert_int_equal(state_of(1), THB_IDLE);
	beat(1, 1);
	assert_string_equal(rig_said(&w.task),
			    "node 1: idle -> alive (heard)\n");
	w.task.job->describe(&w.task, why, sizeof(why));
	assert_string_equal(why, "2 peers: 1 alive, 0 suspect, 0 dead");
	w.task.job->stop(&w.task);
	assert_string_equal(rig_said(&w.task), "stopped\n");
	assert_int_equal(access("/tmp/thbeat_test.sock", F_OK), -1);
	rig_end(&w.task);
}

/* Those that stay know nothing of it. */
static void peers_come_and_go(void **state)
{
	(void)state;
	start(HEAD "peer = 1\npeer = 2\npeer = 3 127.0.0.1:1\n"
		   "peer = 5 127.0.0.1:1\n");
	beat(1, 1);
	beat(3, 1);
	beat(5, 1);
	rig_said(&w.task);
	assert_int_equal(rig_reload(&w.task,
				    HEAD "peer = 9\npeer = 5 127.0.0.1:1\n"
					 "peer = 3 127.0.0.1:2\npeer = 1\n",
				    why),
			 0);
	assert_string_equal(rig_said(&w.task),
			    "reloaded: goes on, 2 peers "
			    "added, 2 removed, 0 failed\n");
	assert_int_equal(state_of(1), THB_ALIVE);
	assert_int_equal(state_of(2), -1);
	assert_int_equal(state_of(5), THB_ALIVE);
	assert_int_equal(state_of(9), THB_IDLE);
	/* It may be another one there. */
	assert_int_equal(state_of(3), THB_IDLE);
	assert_int_equal(w.task.config.monitor.peer_count, 4);
	/* What is the same again changes nothing. */
	assert_int_equal(rig_reload(&w.task,
				    HEAD "peer = 1\npeer = 3 127.0.0.1:2\n"
					 "peer = 5 127.0.0.1:1\npeer = 9\n",
				    why),
			 0);
	assert_string_equal(rig_said(&w.task),
			    "reloaded: goes on, 0 peers "
			    "added, 0 removed, 0 failed\n");
	assert_int_equal(fake.opened, 1);
	rig_end(&w.task);
}

static void settings_change(void **state)
{
	struct thb_peer_info info;
	uint64_t bound;

	(void)state;
	start(HEAD "peer = 1\n");
	beat(1, 1);
	assert_int_equal(thb_monitor_peer(w.m, 1, &info), 0);
	bound = info.bound_ns;
	rig_said(&w.task);
	assert_int_equal(
		rig_reload(&w.task, HEAD "peer = 1\nfailures = 9\n", why), 0);
	assert_string_equal(rig_said(&w.task),
			    "reloaded: begins anew, 0 peers "
			    "added, 0 removed, 0 failed\n");
	assert_int_equal(state_of(1), THB_IDLE);
	beat(1, 2);
	assert_int_equal(state_of(1), THB_ALIVE);
	assert_int_equal(thb_monitor_peer(w.m, 1, &info), 0);
	assert_int_equal(info.bound_ns, bound + 6 * INTERVAL);
	assert_int_equal(access("/tmp/thbeat_test.sock", F_OK), 0);
	rig_end(&w.task);
}

/* The new settings cannot be had: the old ones are back, with their peers. */
static void settings_that_fail(void **state)
{
	(void)state;
	start(HEAD "peer = 1\n");
	assert_int_equal(rig_reload(&w.task,
				    "[monitor]\naddress = 127.0.0.1:7400\n"
				    "status = /dev/null/none\npeer = 2\n",
				    why),
			 1);
	assert_string_equal(why,
			    "/dev/null/none: Not a directory; choose "
			    "another \"status\" in [monitor]");
	assert_int_equal(state_of(1), THB_IDLE);
	assert_int_equal(state_of(2), -1);
	assert_int_equal(w.task.config.monitor.peers[0].node, 1);
	beat(1, 1);
	assert_int_equal(state_of(1), THB_ALIVE);
	rig_end(&w.task);
}

/* Nothing works any more. */
static void settings_that_end_it(void **state)
{
	(void)state;
	start(HEAD "peer = 1\n");
	fake.fail_open = -EUCLEAN;
	assert_int_equal(
		rig_reload(&w.task, HEAD "peer = 1\nfailures = 9\n", why),
		-EUCLEAN);
	assert_null(w.m);
	rig_end(&w.task);
}

static void whoever_beats(void **state)
{
	(void)state;
	start(HEAD "accept = 1\nmax_peers = 2\n");
	beat(7, 1);
	assert_int_equal(state_of(7), THB_ALIVE);
	/* It is watched already. */
	assert_int_equal(rig_reload(&w.task,
				    HEAD "accept = 1\nmax_peers = 2\n"
					 "peer = 7\n",
				    why),
			 0);
	assert_non_null(strstr(rig_said(&w.task), "1 peers added"));
	assert_int_equal(state_of(7), THB_ALIVE);
	/* There is no room for all. */
	beat(8, 1);
	assert_int_equal(rig_reload(&w.task,
				    HEAD "accept = 1\nmax_peers = 2\n"
					 "peer = 7\npeer = 9\n",
				    why),
			 0);
	assert_non_null(strstr(rig_said(&w.task),
			       "0 peers added, 0 removed, 1 failed"));
	rig_end(&w.task);
}

static void cannot_start(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	rig_task(&w.task, &thbeat_monitor_job);
	rig_load(&w.task,
		 "[monitor]\naddress = 127.0.0.1:7400\npeer = 1\n"
		 "status = /dev/null/none\n");
	assert_int_equal(w.task.job->start(&w.task, why), -ENOTDIR);
	assert_null(w.m);
	rig_end(&w.task);
}

/* With keys, who has none is not heard; a file that is wrong changes nothing. */
static void keys(void **state)
{
	char path[] = "/tmp/thbeat_keys.XXXXXX", text[300];
	int fd = mkstemp(path);
	const char *hex = "1 000102030405060708090a0b0c0d0e0f"
			  "101112131415161718191a1b1c1d1e1f\n";

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, hex, strlen(hex)), (ssize_t)strlen(hex));
	sprintf(text, HEAD "peer = 1\nkeys = %s\n", path);
	start(text);
	beat(1, 1);
	assert_int_equal(state_of(1), THB_IDLE);
	assert_int_equal(rig_reload(&w.task, text, why), 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(rig_reload(&w.task, text, why), 1);
	assert_non_null(strstr(why, "Operation not permitted; it must be"));
	/* Nor are they left out by and by. */
	assert_int_equal(rig_reload(&w.task, HEAD "peer = 1\n", why), 0);
	beat(1, 2);
	assert_int_equal(state_of(1), THB_ALIVE);
	assert_int_equal(rig_reload(&w.task, text, why), 1);
	assert_int_equal(state_of(1), THB_IDLE);
	rig_end(&w.task);
	close(fd);
	assert_int_equal(unlink(path), 0);
}

/* The monitor's own absence is an event as well. */
static void away(void **state)
{
	(void)state;
	start(HEAD "peer = 1\n");
	beat(1, 1);
	rig_said(&w.task);
	fake_advance(fake.now + 5 * SEC);
	run();
	assert_non_null(strstr(rig_said(&w.task), "away for 4"));
	assert_int_equal(state_of(1), THB_ALIVE);
	rig_end(&w.task);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(starts_and_stops),
		RIG_TEST(peers_come_and_go),
		RIG_TEST(settings_change),
		RIG_TEST(settings_that_fail),
		RIG_TEST(settings_that_end_it),
		RIG_TEST(whoever_beats),
		RIG_TEST(cannot_start),
		RIG_TEST(keys),
		RIG_TEST(away),
	};

	return RIG_RUN(tests);
}
