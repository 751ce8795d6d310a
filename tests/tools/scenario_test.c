// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a scenario file may say, and what is said of one that is wrong. */
#include "suite.h"

static struct thbeat_scenario scenario;
static char why[256];

static int read_text(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc;

	assert_non_null(file);
	thbeat_scenario_init(&scenario);
	memset(why, 'x', sizeof(why));
	rc = thbeat_scenario_read(&scenario, file, why, sizeof(why));
	fclose(file);
	return rc;
}

static void world(void **state)
{
	(void)state;
	assert_int_equal(read_text("[world]\n"
				   "seed = 8999999999999999 ; odd\n"
				   "  nodes=7\n"
				   "# nodes = 8\n"
				   "duration = 30d\n"
				   "loss = 0.5%\n"
				   "duplicate = 0\n"
				   "delay = 1.5 ms\n"
				   "sender_clock = 40ppm\n"
				   "monitor_clock = -30ppm\n"
				   "timer_late = 2.7ms\n"
				   "load = 0.25\n"),
			 0);
	assert_int_equal(scenario.seed, 8999999999999999);
	assert_int_equal(scenario.nodes, 7);
	assert_int_equal(scenario.duration_ns, 30 * 24 * THBEAT_HOUR);
	assert_int_equal(scenario.loss_ppm, 5000);
	assert_int_equal(scenario.duplicate_ppm, 0);
	assert_int_equal(scenario.delay_ns, 1500000);
	assert_int_equal(scenario.sender_ppb, 40000);
	assert_int_equal(scenario.monitor_ppb, -30000);
	assert_int_equal(scenario.timer_late_ns, 2700000);
	assert_int_equal(scenario.load_milli, 250);
}

/* Without arms there is one for each policy. */
static void default_arms(void **state)
{
	(void)state;
	assert_int_equal(read_text("[world]\nnodes = 1\n"), 0);
	assert_int_equal(scenario.arm_count, THB_POLICIES);
	for (unsigned int i = 0; i < THB_POLICIES; i++)
		assert_int_equal(scenario.arms[i].set.policy, i);
}

static void arms(void **state)
{
	const struct thbeat_arm *a = &scenario.arms[0], *b = a + 1;

	(void)state;
	assert_int_equal(read_text("[arm a]\n"
				   "policy = naive\n"
				   "[arm b c]\n"
				   "policy = phi\n"
				   "phi = 12.5\n"
				   "failures = 4\n"
				   "interval = 10s\n"
				   "[arm a]\n"
				   "allowance = 20us\n"),
			 0);
	assert_int_equal(scenario.arm_count, 2);
	assert_string_equal(a->name, "a");
	assert_string_equal(b->name, "b c");
	assert_true(a->naive && !b->naive);
	assert_int_equal(a->set.allowance_ns, 20000);
	assert_int_equal(b->set.policy, THB_PHI);
	assert_int_equal(b->set.phi_milli, 12500);
	assert_int_equal(b->set.failures, 4);
	/* Bounds of an interval that is fixed are in nobody's way. */
	assert_int_equal(b->pace.base_ns, 10 * THBEAT_SEC);
}

/* An arm of which nothing is said is one by default; so is an indented one. */
static void bare_arms(void **state)
{
	struct thb_settings set;

	(void)state;
	thb_settings_init(&set);
	assert_int_equal(read_text("[arm a]\n \t\v[arm b]\n[arm c] ; last\n"
				   "[arm a]"),
			 0);
	assert_int_equal(scenario.arm_count, 3);
	assert_string_equal(scenario.arms[0].name, "a");
	assert_string_equal(scenario.arms[1].name, "b");
	assert_string_equal(scenario.arms[2].name, "c");
	assert_int_equal(scenario.arms[1].set.failures, set.failures);
	assert_int_equal(scenario.arms[1].pace.fixed, 1);
}

static void a_byte_order_mark(void **state)
{
	(void)state;
	assert_int_equal(read_text("\xEF\xBB\xBF[world]\nnodes = 3\n"), 0);
	assert_int_equal(scenario.nodes, 3);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "[world]\nnodes = 0\n", "line 2: nodes: out of range" },
		{ "[world]\nnodes = 10001\n", "line 2: nodes: out of range" },
		{ "[world]\nnodes = 2.5\n", "line 2: 2.5: not a whole number" },
		{ "[world]\nnodes = 0x10\n",
		  "line 2: 0x10: not a value with its unit" },
		{ "[world]\n\ndelay = 5\n",
		  "line 3: 5: not a value with its unit" },
		{ "[world]\ndelay = 5%\n",
		  "line 2: 5%: not a value with its unit" },
		{ "[world]\ndelay = inf s\n",
		  "line 2: inf s: not a value with its unit" },
		{ "[world]\ndelay = nan\n",
		  "line 2: nan: not a value with its unit" },
		{ "[world]\nloss = 101%\n", "line 2: loss: out of range" },
		{ "[world]\nduration = 366d\n",
		  "line 2: duration: out of range" },
		{ "[world]\nfoo = 1\n", "line 2: foo: no such key" },
		{ "[wrold]\nnodes = 1\n",
		  "line 1: wrold: not [world] or [arm NAME]" },
		{ "nodes = 1\n", "line 1: nodes: before the first [section]" },
		{ "[arm x]\npolicy = wild\n",
		  "line 2: wild: not naive, fixed, rtt or phi" },
		{ "[arm x]\nphi = 17\n", "line 2: phi: out of range" },
		{ "[arm ]\npolicy = phi\n",
		  "line 1: : not a name, or one arm too many" },
		{ "[arm a\001]\npolicy = phi\n",
		  "line 1: a?: not a name, or one arm too many" },
		{ "[arm fifteen letters]\npolicy = phi\n",
		  "line 1: fifteen letters: not a name, or one arm too many" },
		{ "[world]\nhello\nnodes = 0\n",
		  "line 2: : neither \"key = value\" nor [section]" },
		{ "[arm x]\nleast = 2s\nmost = 1s\n",
		  "arm x: least is more than most" },
		{ "[arm x]\nwindow = 3\n",
		  "arm x: window_seen is more than window" },
		{ "[arm x]\nsequences = 100\n",
		  "arm x: sequences is no multiple of 64" },
		{ "[arm x]\nretry_most = 1ms\n",
		  "arm x: retry is more than retry_most" },
		{ "[arm x]\ninterval = 3s\ninterval_fixed = 0\n",
		  "arm x: interval is more than interval_most" },
		{ "[arm x]\ninterval = 1ms\ninterval_fixed = 0\n",
		  "arm x: interval is less than interval_least" },
		/* What follows is no one's fault. */
		{ "[world]\nnodes = 0\nseed = 1\n\n",
		  "line 2: nodes: out of range" },
		{ "[wrold]\n[world]\n",
		  "line 1: wrold: not [world] or [arm NAME]" },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(bad); i++) {
		assert_int_equal(read_text(bad[i].text), -1);
		assert_string_equal(why, bad[i].why);
	}
}

static void too_many_arms(void **state)
{
	char text[1024] = "";

	(void)state;
	for (unsigned int i = 0; i <= THBEAT_ARMS; i++)
		sprintf(text + strlen(text), "[arm %u]\nfailures = 1\n", i);
	assert_int_equal(read_text(text), -1);
	assert_string_equal(why, "line 17: 8: not a name, or one arm too many");
}

static void a_long_line(void **state)
{
	char text[1000];

	(void)state;
	memset(text, '#', sizeof(text));
	memcpy(text, "[world]\n", 8);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(read_text(text), -1);
	assert_non_null(strstr(why, "line 2: ####"));
	assert_non_null(strstr(why, ": a line too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(world),	 TEST(default_arms),	  TEST(arms),
		TEST(mistakes),	 TEST(too_many_arms),	  TEST(a_long_line),
		TEST(bare_arms), TEST(a_byte_order_mark),
	};

	return RUN(tests);
}
