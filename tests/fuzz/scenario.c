// SPDX-License-Identifier: GPL-2.0-only
/*
 * thbeat's scenarios: whatever stands in the file, it is refused with a line
 * that says where, or everything in it is within the bounds that the manual has,
 * and can be simulated.
 */
#include "fuzz.h"
#include "text.h"

#include <errno.h>

#include "thbeat.h"

#define YEAR_NS (365 * 24 * THBEAT_HOUR)

static const char *const words[32] = {
	"[world]\n", "[arm a]\n",   "[arm b]\n", "\n",
	"policy =",  "seed=",	    "nodes =",	 "duration =",
	"loss=",     "jitter =",    "delay =",	 "partition =",
	"naive\n",   "phi\n",	    "rtt\n",	 "partition_every=",
	"load=",     "kill_every=", "down=",	 "sender_clock=",
	"interval=", "failures=",   "late=",	 "allowance=",
	"1",	     "0.5",	    "ms\n",	 "s\n",
	"d\n",	     "%\n",	    "ppm\n",	 "stall=",
};

static int read_text(struct thbeat_scenario *s, const char *text, char *why,
		     size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc;

	CHECK(file);
	thbeat_scenario_init(s);
	memset(why, 0x5A, size);
	rc = thbeat_scenario_read(s, file, why, size);
	fclose(file);
	return rc;
}

static void verify_complaint(const char *text, const char *why, size_t size)
{
	unsigned int line = 0;
	const char *c;

	CHECK(memchr(why, 0, size));
	for (c = why; *c; c++)
		CHECK(*c >= ' ' && *c <= '~');
	if (sscanf(why, "line %u: ", &line) == 1)
		CHECK(line >= 1 && line <= text_lines(text));
	else
		CHECK(!strncmp(why, "arm ", 4));
}

static bool within(uint64_t value, uint64_t least, uint64_t most)
{
	return value >= least && value <= most;
}

static void verify_world(const struct thbeat_scenario *s)
{
	const uint64_t hour = THBEAT_HOUR;

	CHECK(s->seed <= 9000000000000000 && within(s->nodes, 1, 10000));
	CHECK(within(s->duration_ns, THBEAT_SEC, YEAR_NS));
	CHECK(s->loss_ppm <= 1000000 && s->duplicate_ppm <= 1000000);
	CHECK(s->delay_ns <= hour && s->jitter_ns <= hour);
	CHECK(s->partition_every_ns <= YEAR_NS && s->partition_ns <= YEAR_NS);
	CHECK(s->sender_ppb >= -1000000 && s->sender_ppb <= 1000000);
	CHECK(s->monitor_ppb >= -1000000 && s->monitor_ppb <= 1000000);
	CHECK(s->timer_late_ns <= hour && s->stall_ns <= hour);
	CHECK(s->stall_every_ns <= YEAR_NS && s->stall_room <= 1000000000);
	CHECK(s->kill_every_ns <= YEAR_NS && within(s->down_ns, 1, YEAR_NS));
	CHECK(s->load_milli <= 1000);
}

static void verify_arms(const struct thbeat_scenario *s)
{
	unsigned int i, j;

	CHECK(within(s->arm_count, 1, 8));
	for (i = 0; i < s->arm_count; i++) {
		const struct thbeat_arm *arm = &s->arms[i];

		CHECK(!thb_settings_check(&arm->set));
		CHECK(!thb_pace_check(&arm->pace));
		CHECK(arm->ask_every <= 1000000);
		CHECK(within(strnlen(arm->name, 15), 1, 14));
		for (j = 0; j < i; j++)
			CHECK(strcmp(arm->name, s->arms[j].name));
	}
}

static bool once(void *user, uint64_t now_ns)
{
	(void)user;
	(void)now_ns;
	return false;
}

static void verify_simulation(struct thbeat_scenario *s)
{
	const struct thbeat_watcher watcher = { once, NULL };
	struct thbeat_result r;
	int rc;

	s->nodes = 1 + s->nodes % 3;
	s->arms[0].set.phi_samples = 8;
	rc = thbeat_simulate(s, &s->arms[0], &watcher, &r);
	CHECK(rc == 0 || rc == -EINTR);
	CHECK(r.died == r.found + r.missed + r.open);
	CHECK(r.p50_ns <= r.p99_ns && r.p99_ns <= r.max_ns);
	CHECK(within(r.duration_ns, 0, s->duration_ns));
	CHECK(rc || r.duration_ns == s->duration_ns);
}

/* Digits, a point and digits, of a unit: what is that in nanoseconds? */
static void verify_number(struct input *in)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "ns", 1 },
		      { "us", 1000 },
		      { "ms", 1000000 },
		      { "s", 1000000000 },
		      { "m", 60 * 1000000000ULL },
		      { "h", THBEAT_HOUR } };
	uint64_t whole = input_number(in, 60) % 5000;
	uint64_t tenths = input_below(in, 10);
	unsigned int unit = input_below(in, 6);
	uint64_t want = whole * units[unit].ns + tenths * units[unit].ns / 10;
	struct thbeat_scenario s;
	char text[100], why[256];
	int rc;

	/* A tenth of a nanosecond is rounded. */
	if (!unit)
		want = whole + (tenths > 5 || (tenths == 5 && whole & 1));
	snprintf(text, sizeof(text), "[world]\njitter = %u.%u %s\n",
		 (unsigned int)whole, (unsigned int)tenths, units[unit].name);
	rc = read_text(&s, text, why, sizeof(why));
	CHECK((rc == 0) == (want <= THBEAT_HOUR));
	CHECK(rc || s.jitter_ns == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct thbeat_scenario s;
	char why[256], *text;

	verify_number(&in);
	text = text_make(&in, words);
	if (!read_text(&s, text, why, sizeof(why))) {
		verify_world(&s);
		verify_arms(&s);
		verify_simulation(&s);
	} else {
		verify_complaint(text, why, sizeof(why));
	}
	free(text);
	return 0;
}
