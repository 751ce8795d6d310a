// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <linux/math.h>

#include "check.h"
#include "doorbell.h"
#include "prng.h"

struct made {
	struct th_doorbells bells;
	u32 nslots;
};

static void make(struct made *made, u32 nslots)
{
	u32 words = TH_BELL_WORDS(nslots);

	memset(&made->bells, 0, sizeof(made->bells));
	made->nslots = nslots;
	th_doorbell_init(&made->bells, calloc(TH_BELL_WORDS(words), 8),
			 calloc(words, 8), nslots);
	assert_int_equal(made->bells.level0_words, words);
	assert_int_equal(made->bells.level1_words, TH_BELL_WORDS(words));
}

static void drop(struct made *made)
{
	free(made->bells.level1);
	free(made->bells.level0);
}

/*
 * A round of at most @quota bells, each of which is counted in @answers.
 * Returns how much of the quota was used.
 */
static u32 go_round(struct made *made, u32 quota, u8 *answers)
{
	struct th_bells bells = { 0xa5a5a5a5, 0 };
	u32 used = 0;

	th_doorbell_begin(&made->bells);
	while (used < quota && th_doorbell_next(&made->bells, &bells)) {
		assert_int_equal(bells.first % 64, 0);
		if (!bells.bits)
			used++;
		for (; bells.bits && used < quota;
		     bells.bits &= bells.bits - 1) {
			u32 slot = bells.first + __builtin_ctzll(bells.bits);

			used++;
			if (slot < made->nslots)
				answers[slot]++;
		}
	}
	th_doorbell_end(&made->bells, &bells);
	return used;
}

static bool is_rung(const struct made *made, u32 slot)
{
	const struct th_doorbells *bells = &made->bells;

	return bells->level0[slot / 64] >> slot % 64 & 1 &&
		bells->level1[slot / 64 / 64] >> slot / 64 % 64 & 1;
}

static void ring_sets_both_levels(void **state)
{
	static const u32 slots[] = { 0, 63, 64, 4095, 4096, 8191, 8192, 8199 };
	u32 n;

	(void)state;
	for (n = 0; n < sizeof(slots) / sizeof(*slots); n++) {
		struct made made;
		u8 *answers = calloc(1, 8200);
		u32 slot;

		make(&made, 8200);
		assert_false(th_doorbell_any(&made.bells));
		th_doorbell_ring(&made.bells, slots[n]);
		assert_true(th_doorbell_any(&made.bells));
		for (slot = 0; slot < 8200; slot++)
			assert_int_equal(is_rung(&made, slot),
					 slot == slots[n]);
		assert_int_equal(go_round(&made, 100, answers), 1);
		assert_false(th_doorbell_any(&made.bells));
		assert_int_equal(made.bells.level0[slots[n] / 64], 0);
		assert_int_equal(answers[slots[n]], 1);
		/* Once is enough. */
		assert_int_equal(go_round(&made, 100, answers), 0);
		assert_int_equal(answers[slots[n]], 1);
		free(answers);
		drop(&made);
	}
}

static void all_at_once(void **state)
{
	static const u32 sizes[] = { 1, 2, 63, 64, 65, 4096, 4097, 12300 };
	u32 n, slot;

	(void)state;
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		u8 *answers = calloc(1, sizes[n]);
		struct made made;

		make(&made, sizes[n]);
		/* From any cursor. */
		made.bells.cursor = sizes[n] / 3 + 1;
		for (slot = 0; slot < sizes[n]; slot++)
			th_doorbell_ring(&made.bells, slot);
		/* The word it starts in may come twice. */
		assert_in_range(go_round(&made, ~0U, answers), sizes[n],
				sizes[n] + 1);
		for (slot = 0; slot < sizes[n]; slot++)
			assert_int_equal(answers[slot], 1);
		assert_false(th_doorbell_any(&made.bells));
		free(answers);
		drop(&made);
	}
}

/* A round cut short puts back what it took, and goes on there. */
static void cut_short(u32 nslots, u32 quota)
{
	u8 *answers = calloc(1, nslots);
	u32 slot, rung = 0, used = 0, more;
	struct made made;

	make(&made, nslots);
	for (slot = 0; slot < nslots; slot += 1 + slot % 7) {
		th_doorbell_ring(&made.bells, slot);
		rung++;
	}
	while ((more = go_round(&made, quota, answers))) {
		used += more;
		for (slot = 0; slot < nslots; slot += 1 + slot % 7)
			assert_int_equal(answers[slot] + is_rung(&made, slot),
					 1);
	}
	assert_int_equal(used, rung);
	assert_false(th_doorbell_any(&made.bells));
	free(answers);
	drop(&made);
}

static void cut_short_is_put_back(void **state)
{
	(void)state;
	cut_short(1, 1);
	cut_short(64, 1);
	cut_short(65, 1);
	cut_short(200, 3);
	cut_short(4097, 63);
	cut_short(4097, 64);
	cut_short(9000, 65);
	cut_short(9000, 1000);
}

/* Everything rings all the time: between two turns all others have one. */
static void turns(u32 nslots, u32 quota, u32 rounds)
{
	u8 *answers = calloc(1, nslots);
	struct made made;
	u32 i, slot, least = ~0U, most = 0;

	make(&made, nslots);
	for (i = 0; i < rounds; i++) {
		for (slot = 0; slot < nslots; slot++)
			th_doorbell_ring(&made.bells, slot);
		/* Rounds that may take nothing do no harm. */
		if (i % 3 == 0)
			assert_int_equal(go_round(&made, 0, answers), 0);
		assert_int_equal(go_round(&made, quota, answers),
				 quota < nslots ? quota : nslots);
	}
	for (slot = 0; slot < nslots; slot++) {
		if (answers[slot] < least)
			least = answers[slot];
		if (answers[slot] > most)
			most = answers[slot];
	}
	assert_in_range(most - least, 0, 1);
	free(answers);
	drop(&made);
}

static void turns_are_even(void **state)
{
	(void)state;
	turns(1, 1, 100);
	turns(3, 1, 100);
	turns(64, 1, 200);
	turns(64, 7, 200);
	turns(65, 1, 200);
	turns(200, 64, 40);
	turns(4097, 100, 120);
	turns(8200, 127, 200);
	turns(8200, 5000, 20);
	turns(12288, 4096, 20);
}

/* Some ring all the time, chosen at random; a victim rings once. */
static void random_loops(void **state)
{
	static const u32 sizes[] = { 3, 64, 65, 130, 4097, 8200, 12289 };
	struct prng prng = { 5 };
	u32 i;

	(void)state;
	for (i = 0; i < 400; i++) {
		u32 nslots = sizes[prng_below(&prng, 7)];
		u32 from = prng_below(&prng, nslots);
		u32 count = prng_range(&prng, 1, nslots < 300 ? nslots : 300);
		u32 quota = prng_range(&prng, 1, 50);
		u32 victim = prng_below(&prng, nslots);
		u8 *answers = calloc(1, nslots);
		u32 rounds, slot;
		struct made made;

		make(&made, nslots);
		made.bells.cursor = prng_below(&prng, nslots);
		th_doorbell_ring(&made.bells, victim);
		answers[victim] = 0;
		for (rounds = 0; !answers[victim]; rounds++) {
			for (slot = from; slot < from + count; slot++)
				th_doorbell_ring(&made.bells, slot % nslots);
			if (prng_once_in(&prng, 3))
				go_round(&made, 0, answers);
			go_round(&made, quota, answers);
			/* One way round: each bell has its turn before. */
			assert_in_range(rounds, 0, (count + 1) / quota + 1);
		}
		free(answers);
		drop(&made);
	}
}

/* Level 1 without level 0: a turn for each, and no endless round. */
static void empty_words(void **state)
{
	struct made made;
	u8 answers[70] = { 0 };

	(void)state;
	make(&made, 70);
	made.bells.level1[0] = ~0ULL;
	assert_int_equal(go_round(&made, 10, answers), 10);
	assert_int_equal(go_round(&made, 1000, answers), 54);
	assert_false(th_doorbell_any(&made.bells));
	assert_int_equal(go_round(&made, 1000, answers), 0);
	drop(&made);
}

static void bits_past_the_last_slot(void **state)
{
	struct made made;
	u8 answers[70] = { 0 };

	(void)state;
	make(&made, 70);
	made.bells.level0[1] = ~0ULL;
	made.bells.level1[0] = 3;
	assert_int_equal(go_round(&made, 1000, answers), 65);
	assert_int_equal(answers[69], 1);
	assert_int_equal(answers[0], 0);
	/* The cursor may point past the last slot, too. */
	made.bells.level0[1] = ~0ULL;
	made.bells.level1[0] = 2;
	assert_int_equal(go_round(&made, 20, answers), 20);
	assert_int_equal(go_round(&made, 1000, answers), 44);
	made.bells.cursor = ~0U;
	th_doorbell_ring(&made.bells, 3);
	assert_int_equal(go_round(&made, 20, answers), 1);
	assert_int_equal(answers[3], 1);
	drop(&made);
}

/* Rung while the round is under way, before and behind it. */
static void rung_meanwhile(void **state)
{
	struct th_bells bells = { 0 };
	struct made made;
	u8 answers[200] = { 0 };

	(void)state;
	make(&made, 200);
	th_doorbell_ring(&made.bells, 70);
	th_doorbell_begin(&made.bells);
	assert_true(th_doorbell_next(&made.bells, &bells));
	assert_int_equal(bells.first, 64);
	assert_int_equal(bells.bits, 1ULL << 6);
	bells.bits = 0;
	th_doorbell_ring(&made.bells, 70);
	th_doorbell_ring(&made.bells, 3);
	th_doorbell_end(&made.bells, &bells);
	assert_true(th_doorbell_any(&made.bells));
	assert_int_equal(go_round(&made, 200, answers), 2);
	assert_int_equal(answers[70], 1);
	assert_int_equal(answers[3], 1);
	drop(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_sets_both_levels),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(cut_short_is_put_back),
		cmocka_unit_test(turns_are_even),
		cmocka_unit_test(random_loops),
		cmocka_unit_test(empty_words),
		cmocka_unit_test(bits_past_the_last_slot),
		cmocka_unit_test(rung_meanwhile),
	};

	return cmocka_run_group_tests_name("doorbell", tests, NULL, NULL);
}
