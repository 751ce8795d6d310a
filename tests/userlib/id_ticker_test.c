// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A generator as it was published, whose counter starts anew at each tick of a
 * ticker of one second, and the tick carries the time at which it was read; and
 * ours, on the same ticks.  Each number is looked up among all before it.
 *
 * Usage: id_ticker_test [NUMBERS]
 *
 * The ticker's clock is 40 ppm faster than the wall's, so that its ticks slide
 * past the wall's seconds; each is late as in the file, or up to 2.7 ms.
 */
#include "id_rig.h"

#define FIRST_S 100ULL
#define PHASE_NS (997 * MS)
#define SLIDE_NS 40000
#define MOST_LATE_NS 2700000
#define RECORDS 1000

static uint64_t numbers = 10000000;

/* All positions up to the last: a bit each. */
struct set {
	uint64_t *bits;
	uint64_t room;
	uint64_t repeated;
};

static struct set set_new(void)
{
	/* Half as many again as there will be, and some seconds more. */
	uint64_t room = numbers + numbers / 2 + (1 << 24);
	struct set s = { calloc(room / 64 + 1, 8), room, 0 };

	assert_non_null(s.bits);
	return s;
}

static void set_add(struct set *s, uint64_t id)
{
	uint64_t at = (id >> 16) - ((BOOT_S + FIRST_S - 1) << 16);
	uint64_t bit = 1ULL << at % 64;

	if (at >= s->room)
		fail_msg("a number of another time: %#llx",
			 (unsigned long long)id);
	if (s->bits[at / 64] & bit)
		s->repeated++;
	s->bits[at / 64] |= bit;
}

struct ticker {
	uint64_t due_ns;
	uint64_t late_ns;
	unsigned int count;
	uint64_t seed;
	unsigned int records;
	uint64_t recorded[RECORDS];
};

static uint64_t random_below(struct ticker *t, uint64_t n)
{
	t->seed = t->seed * 6364136223846793005 + 1442695040888963407;
	return (t->seed >> 33) % n;
}

static void tick(struct ticker *t)
{
	t->due_ns += SEC + SLIDE_NS;
	t->late_ns = t->records ? t->recorded[t->count % t->records]
				: random_below(t, MOST_LATE_NS);
	t->count++;
}

static struct ticker ticker_new(void)
{
	return (struct ticker){ .due_ns = (FIRST_S - 1) * SEC + PHASE_NS,
				.seed = 1 };
}

static struct ticker ticker_recorded(void)
{
	struct ticker t = ticker_new();
	FILE *file = fopen(LATENESS, "re");
	char line[100];

	assert_non_null(file);
	while (t.records < RECORDS && fgets(line, sizeof(line), file))
		if (line[0] != '#')
			t.recorded[t.records++] = strtoull(line, NULL, 10);
	fclose(file);
	assert_int_equal(t.records, RECORDS);
	return t;
}

/* How many are wanted until the next tick: mostly what there are. */
static unsigned int demand(struct ticker *t)
{
	return random_below(t, 4) ? 65536
				  : (unsigned int)random_below(t, 65536);
}

/* The published one. */
static uint64_t theirs(struct ticker t)
{
	struct set s = set_new();
	uint64_t made = 0;

	while (made < numbers) {
		uint64_t second, counter, n;

		tick(&t);
		second = BOOT_S + (t.due_ns + t.late_ns) / SEC;
		n = demand(&t);
		for (counter = 0; counter < n; counter++)
			set_add(&s, second << 32 | counter << 16 | WORKER);
		made += n;
	}
	free(s.bits);
	return s.repeated;
}

static uint64_t add_some(struct rig *r, struct set *s, uint64_t n)
{
	uint64_t ids[1024], left = n;

	while (left) {
		uint32_t want = left < 1024 ? (uint32_t)left : 1024;
		int got = left % 2 ? thid_next_n(&r->block, ids, want)
				   : thid_next(&r->block, ids) ?: 1;

		if (got < 0) {
			assert_int_equal(got, -EAGAIN);
			break;
		}
		for (int i = 0; i < got; i++)
			set_add(s, ids[i]);
		left -= (unsigned int)got;
	}
	return n - left;
}

/* Ticks as they may also be: missing, twice, overtaken; and the wall stepped. */
static void tick_roughly(struct rig *r, struct ticker *t)
{
	int64_t offset = (int64_t)(BOOT_S * SEC);
	uint64_t how = random_below(t, 8);

	if (how == 0)
		return;
	if (how == 1)
		offset -= (int64_t)random_below(t, 3 * SEC);
	if (how == 2)
		offset += (int64_t)random_below(t, SEC / 8);
	(void)thid_tick(r->g, t->due_ns, offset);
	if (how == 3)
		(void)thid_tick(r->g, t->due_ns, offset);
	if (how == 4)
		(void)thid_tick(r->g, t->due_ns - SEC, offset);
}

static uint64_t ours(struct ticker t, bool roughly, struct set *s)
{
	uint64_t made = 0;
	struct rig r;

	rig_init(&r, "seconds");
	r.opts.log = NULL;
	rig_open(&r);
	while (made < numbers) {
		tick(&t);
		if (roughly)
			tick_roughly(&r, &t);
		else
			rig_tick(&r, t.due_ns);
		/* At times more than there are: it borrows. */
		made += add_some(&r, s, demand(&t) * 5 / 4);
	}
	thid_close(r.g);
	return made;
}

static void expect_none(struct ticker t, bool roughly)
{
	struct set s = set_new();
	uint64_t made = ours(t, roughly, &s), repeated = s.repeated;
	uint64_t held = 0;

	for (uint64_t i = 0; i < s.room / 64 + 1; i++)
		held += (unsigned int)__builtin_popcountll(s.bits[i]);
	print_message("# %llu numbers, %llu repeated\n",
		      (unsigned long long)made, (unsigned long long)repeated);
	assert_int_equal(repeated, 0);
	/* The set holds each of them, and would see one again. */
	assert_int_equal(held, made);
	for (uint64_t i = 0; i < s.room; i++)
		if (s.bits[i / 64] >> i % 64 & 1) {
			set_add(&s, (((BOOT_S + FIRST_S - 1) << 16) + i) << 16);
			break;
		}
	assert_int_equal(s.repeated, 1);
	free(s.bits);
}

static void expect_many(struct ticker t)
{
	uint64_t repeated = theirs(t);

	print_message("# %llu repeated\n", (unsigned long long)repeated);
	assert_in_range(repeated, 1000, numbers);
}

static void theirs_by_chance(void **state)
{
	(void)state;
	expect_many(ticker_new());
}

static void theirs_as_recorded(void **state)
{
	(void)state;
	expect_many(ticker_recorded());
}

static void ours_by_chance(void **state)
{
	(void)state;
	expect_none(ticker_new(), false);
}

static void ours_as_recorded(void **state)
{
	(void)state;
	expect_none(ticker_recorded(), false);
}

static void ours_roughly(void **state)
{
	(void)state;
	expect_none(ticker_recorded(), true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(theirs_by_chance), TEST(theirs_as_recorded),
		TEST(ours_by_chance),	TEST(ours_as_recorded),
		TEST(ours_roughly),
	};

	if (argc > 1)
		numbers = strtoull(argv[1], NULL, 10);
	return RUN(tests);
}
