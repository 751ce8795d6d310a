// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells against a list of who rang.  Rounds are cut short, bells are rung
 * in the middle of them, and others set bits that mean nothing.
 */
#include "fuzz.h"

#include <linux/bitops.h>
#include <linux/math.h>

#include "doorbell.h"

static const u32 sizes[] = { 1, 5, 63, 64, 65, 200, 4095, 4096, 4097, 8300 };

struct world {
	struct th_doorbells doorbells;
	u32 words, groups;
	u64 *set; /* bits of level 0, whoever set them */
	u64 *rung; /* of these, the ones properly rung */
	u64 answered; /* bells all told */
	u64 *since; /* what that was when a slot was rung */
};

static bool test(const u64 *bits, u32 i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void ring(struct world *w, u32 slot)
{
	th_doorbell_ring(&w->doorbells, slot);
	if (!test(w->rung, slot))
		w->since[slot] = w->answered;
	w->set[slot / 64] |= BIT_ULL(slot % 64);
	w->rung[slot / 64] |= BIT_ULL(slot % 64);
}

/* Bits past the last slot and past the last word too. */
static void set_any(struct world *w, struct input *in)
{
	u32 word = (u32)input_take(in, 2);
	u64 bits = input_number(in, 0);

	if (word & 1) {
		w->doorbells.level0[word / 2 % w->words] |= bits;
		w->set[word / 2 % w->words] |= bits;
	} else {
		w->doorbells.level1[word / 2 % w->groups] |= bits;
	}
}

static void take(struct world *w, u32 i)
{
	CHECK(i < w->words * 64);
	CHECK(test(w->set, i));
	if (test(w->rung, i))
		/* Nobody else has had more than two turns. */
		CHECK(w->answered - w->since[i] <= 2 * 64 * w->words);
	w->set[i / 64] &= ~BIT_ULL(i % 64);
	w->rung[i / 64] &= ~BIT_ULL(i % 64);
	w->answered++;
}

static void step(struct world *w, struct input *in, u32 nslots)
{
	u8 op = (u8)input_take(in, 1);

	if (op % 4 == 3)
		set_any(w, in);
	else
		ring(w, (u32)input_take(in, 2) % nslots);
}

/* Where no round is under way, whoever rang can be found. */
static void verify(const struct world *w)
{
	bool any = false;
	u32 i;

	for (i = 0; i < w->groups; i++)
		any |= w->doorbells.level1[i] != 0;
	CHECK(th_doorbell_any(&w->doorbells) == any);
	for (i = 0; i < w->words; i++) {
		CHECK(w->doorbells.level0[i] == w->set[i]);
		CHECK(!w->rung[i] || test(w->doorbells.level1, i));
	}
}

/* A round of at most @quota bells and empty words; whether it came to its end. */
static bool walk(struct world *w, struct input *in, u32 quota, u32 nslots)
{
	struct th_bells bells = { 0 };
	bool more = true;

	th_doorbell_begin(&w->doorbells);
	while (quota && (more = th_doorbell_next(&w->doorbells, &bells))) {
		if (!bells.bits)
			quota--;
		for (; bells.bits && quota; quota--) {
			take(w, bells.first + (u32)__ffs64(bells.bits));
			bells.bits &= bells.bits - 1;
		}
		if (in->left && input_below(in, 4) == 0)
			step(w, in, nslots);
	}
	th_doorbell_end(&w->doorbells, &bells);
	return !more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u32 nslots = sizes[input_below(&in, sizeof(sizes) / sizeof(*sizes))];
	struct world w = { .words = DIV_ROUND_UP(nslots, 64) };
	u32 i;

	w.groups = DIV_ROUND_UP(w.words, 64);
	w.set = calloc(w.words, sizeof(u64));
	w.rung = calloc(w.words, sizeof(u64));
	w.since = calloc(w.words * 64, sizeof(u64));
	th_doorbell_init(&w.doorbells, calloc(w.groups, sizeof(u64)),
			 calloc(w.words, sizeof(u64)), nslots);
	while (in.left) {
		u32 n = input_below(&in, 16);

		while (n-- && in.left)
			step(&w, &in, nslots);
		n = (u32)input_take(&in, 1);
		walk(&w, &in, n < 200 ? n : 10 * n, nslots);
		verify(&w);
	}
	CHECK(walk(&w, &in, ~0U, nslots));
	verify(&w);
	for (i = 0; i < w.words; i++)
		CHECK(!w.rung[i]);
	for (i = 0; i < w.groups; i++)
		CHECK(!w.doorbells.level1[i]);
	free(w.doorbells.level0);
	free(w.doorbells.level1);
	free(w.since);
	free(w.rung);
	free(w.set);
	return 0;
}
