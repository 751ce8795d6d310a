// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the simulation stands on: clocks, the agenda, the network. */
#include "suite.h"

#define PACKETS 200000U

/* A timer for a time of a clock fires when the clock shows it, not before. */
static void clocks(void **state)
{
	static const int64_t ppbs[] = { 0, 40000, -30000, 1000000, -1000000 };
	uint64_t random = 1;

	(void)state;
	for (unsigned int i = 0; i < 10000; i++) {
		struct thbeat_clock c = {
			.origin_ns = thbeat_random(&random, THBEAT_HOUR),
			.ppb = ppbs[i % COUNT(ppbs)],
		};
		uint64_t local = c.origin_ns +
			thbeat_random(&random, 8766 * THBEAT_HOUR);
		uint64_t at = thbeat_true(&c, local);

		assert_true(thbeat_local(&c, at) >= local);
		assert_true(at < 3 || thbeat_local(&c, at - 3) < local);
	}
}

static void clock_rates(void **state)
{
	const struct thbeat_clock fast = { .origin_ns = 5, .ppb = 40000 };
	const struct thbeat_clock slow = { .origin_ns = 0, .ppb = -30000 };

	(void)state;
	assert_int_equal(thbeat_local(&fast, THBEAT_HOUR),
			 THBEAT_HOUR + 5 + 144 * THBEAT_MS);
	assert_int_equal(thbeat_local(&slow, THBEAT_HOUR),
			 THBEAT_HOUR - 108 * THBEAT_MS);
	assert_int_equal(thbeat_true(&fast, 5), 0);
	assert_int_equal(thbeat_true(&fast, 4), 0);
}

/* By time; at the same time by kind; of the same kind in order of arrival. */
static void agenda_order(void **state)
{
	struct thbeat_agenda a = { .count = 0 };
	struct thbeat_event ev, last = { .at_ns = 0 };
	uint64_t random = 7;

	(void)state;
	assert_false(thbeat_agenda_take(&a, &ev));
	for (uint32_t i = 0; i < 5000; i++) {
		ev = (struct thbeat_event){
			.at_ns = thbeat_random(&random, 500),
			.kind = (enum thbeat_kind)thbeat_random(
				&random, THBEAT_PARTITION),
			.node = i,
		};
		thbeat_agenda_add(&a, &ev);
	}
	assert_false(a.failed);
	for (uint32_t i = 0; i < 5000; i++, last = ev) {
		assert_true(thbeat_agenda_take(&a, &ev));
		assert_true(ev.at_ns >= last.at_ns);
		if (i && ev.at_ns == last.at_ns) {
			assert_true(ev.kind >= last.kind);
			assert_true(ev.kind > last.kind || ev.node > last.node);
		}
	}
	assert_false(thbeat_agenda_take(&a, &ev));
	thbeat_agenda_free(&a);
}

static struct thb__packet a_beat(uint64_t incarnation, uint64_t sequence)
{
	return (struct thb__packet){
		.type = THB__BEAT,
		.incarnation = incarnation,
		.sequence = sequence,
	};
}

static void send_beats(struct thbeat_world *w, uint64_t incarnation,
		       unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++) {
		struct thb__packet p = a_beat(incarnation, i);

		thbeat_send(w, THBEAT_ARRIVE, 0, &p);
	}
}

/* 5 % are lost and 1 % of all come twice, within six standard deviations. */
static void shares(void **state)
{
	const struct thbeat_scenario s = {
		.loss_ppm = 50000,
		.duplicate_ppm = 10000,
		.delay_ns = 1000,
		.jitter_ns = 9,
	};
	struct thbeat_world w = { .s = &s, .now_ns = 7 };
	uint32_t *seen = calloc(PACKETS + 1, sizeof(*seen));
	uint64_t once = 0, twice = 0, delays = 0;
	struct thbeat_event ev;

	(void)state;
	assert_non_null(seen);
	send_beats(&w, 1, PACKETS);
	while (thbeat_agenda_take(&w.agenda, &ev)) {
		assert_in_range(ev.at_ns, 1007, 1016);
		assert_int_equal(ev.since_ns, ev.at_ns);
		delays |= 1U << (ev.at_ns - 1007);
		once += !seen[ev.packet.sequence]++;
		twice += seen[ev.packet.sequence] == 2;
	}
	assert_int_equal(delays, (1U << 10) - 1);
	assert_int_equal(w.result.messages, PACKETS);
	/* The duplicate of a packet that was lost may arrive. */
	assert_in_range(once, PACKETS / 1000 * 950, PACKETS / 1000 * 955);
	assert_in_range(twice, PACKETS / 1000 * 8, PACKETS / 1000 * 10);
	thbeat_agenda_free(&w.agenda);
	free(seen);
}

/* Which of the first 64 beats of an incarnation get through. */
static uint64_t fates(uint64_t seed, uint64_t incarnation)
{
	const struct thbeat_scenario s = { .seed = seed, .loss_ppm = 500000 };
	struct thbeat_world w = { .s = &s };
	uint64_t through = 0;
	struct thbeat_event ev;

	send_beats(&w, incarnation, 64);
	while (thbeat_agenda_take(&w.agenda, &ev))
		through |= 1ULL << (ev.packet.sequence - 1);
	thbeat_agenda_free(&w.agenda);
	return through;
}

/* Fate is the seed's and the packet's; no node relives its former life. */
static void fate(void **state)
{
	(void)state;
	assert_true(fates(1, 1) == fates(1, 1));
	assert_true(fates(1, 1) != fates(2, 1));
	assert_true(fates(1, 1) != fates(1, 2));
	assert_in_range(__builtin_popcountll(fates(1, 1)), 12, 52);
}

static void partition(void **state)
{
	const struct thbeat_scenario s = { .seed = 1 };
	struct thbeat_world w = { .s = &s, .cut_until_ns = 100 };
	struct thbeat_event ev;

	(void)state;
	w.now_ns = 99;
	send_beats(&w, 1, 10);
	assert_false(thbeat_agenda_take(&w.agenda, &ev));
	w.now_ns = 100;
	send_beats(&w, 1, 10);
	for (unsigned int i = 0; i < 10; i++)
		assert_true(thbeat_agenda_take(&w.agenda, &ev));
	assert_int_equal(w.result.messages, 20);
	thbeat_agenda_free(&w.agenda);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clocks), TEST(clock_rates), TEST(agenda_order),
		TEST(shares), TEST(fate),	 TEST(partition),
	};

	return RUN(tests);
}
