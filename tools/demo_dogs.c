// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The watchdogs: each is pushed back once in a round, in an order shuffled
 * for each round, until it is abandoned.
 */
#include <inttypes.h>

#include "demo.h"

#define ROUND_NS (100 * DEMO_MS)

static void shuffle(struct demo_lane *lane)
{
	struct demo_dogs *dogs = &lane->dogs;

	for (unsigned int i = dogs->nliving; i > 1; i--) {
		uint64_t k = demo_random_below(&lane->random, i);
		uint32_t other = dogs->living[k];

		dogs->living[k] = dogs->living[i - 1];
		dogs->living[i - 1] = other;
	}
}

/* Which ones will be abandoned was drawn before the phase. */
int demo_dogs_begin(struct demo_lane *lane)
{
	struct demo_dogs *dogs = &lane->dogs;

	for (unsigned int i = 0; i < dogs->count; i++) {
		int slot = timerheap_slot_alloc(lane->queue, &dogs->all[i]);

		if (slot < 0)
			return slot;
		dogs->all[i].slot = (uint32_t)slot;
		dogs->living[i] = i;
	}
	dogs->nliving = dogs->count;
	shuffle(lane);
	lane->result.watchdogs = dogs->count;
	return 0;
}

static int arm(struct demo_lane *lane, struct demo_dog *dog, uint64_t now)
{
	struct demo *demo = lane->demo;

	dog->deadline_ns = now + demo->timeout_ns +
		demo_random_below(&lane->random, demo->extra_ns);
	lane->result.arms++;
	return timerheap_arm_deferred(lane->queue, dog->slot, dog->deadline_ns);
}

int demo_dogs_arm(struct demo_lane *lane)
{
	struct demo_dogs *dogs = &lane->dogs;

	dogs->round_ns = lane->demo->start_ns;
	for (unsigned int i = 0; i < dogs->count; i++) {
		struct demo_dog *dog = &dogs->all[i];
		int rc;

		if (dog->abandon_ns != UINT64_MAX)
			dog->abandon_ns += lane->demo->start_ns;
		rc = arm(lane, dog, lane->demo->start_ns);
		if (rc)
			return rc;
	}
	return 0;
}

static void abandon(struct demo_lane *lane, struct demo_dog *dog)
{
	dog->abandoned = true;
	lane->result.abandoned++;
	demo_progress(&lane->progress.abandoned, lane->result.abandoned);
}

/* Push back as many as the round is old enough for. */
int demo_dogs_push(struct demo_lane *lane, uint64_t now)
{
	struct demo_dogs *dogs = &lane->dogs;
	uint64_t age = now > dogs->round_ns ? now - dogs->round_ns : 0;
	uint64_t due = UINT64_MAX;

	if (age < ROUND_NS)
		due = dogs->nliving * age / ROUND_NS;
	while (dogs->turn < dogs->nliving && dogs->turn < due) {
		uint32_t *place = &dogs->living[dogs->turn];
		struct demo_dog *dog = &dogs->all[*place];
		int rc;

		if (now >= dog->abandon_ns) {
			abandon(lane, dog);
			*place = dogs->living[--dogs->nliving];
			continue;
		}
		rc = arm(lane, dog, now);
		if (rc)
			return rc;
		dogs->turn++;
	}
	if (age >= ROUND_NS) {
		dogs->turn = 0;
		dogs->round_ns += ROUND_NS;
		/* After a long pause the rounds missed are not made up for. */
		if (age >= 2 * ROUND_NS)
			dogs->round_ns = now;
		shuffle(lane);
	}
	demo_progress(&lane->progress.arms, lane->result.arms);
	return 0;
}

/* A watchdog fired. */
void demo_dogs_report(struct demo_lane *lane,
		      const struct timerheap_event *event)
{
	struct demo_dog *dog = event->data;
	struct demo_result *result = &lane->result;
	uint64_t late = event->fired_ns - event->deadline_ns;
	long index = dog - lane->dogs.all;

	if (event->fired_ns < event->deadline_ns) {
		demo_fail(lane->demo, DEMO_CHECK_EARLY,
			  "CPU %d, watchdog %ld: fired %" PRIu64 " ns early",
			  lane->cpu, index,
			  event->deadline_ns - event->fired_ns);
		late = 0;
	}
	if (!dog->abandoned) {
		demo_fail(lane->demo, DEMO_CHECK_LIVING,
			  "CPU %d, watchdog %ld: fired, but was not abandoned "
			  "(longest pause of this thread: %s)",
			  lane->cpu, index, demo_time(result->pause_ns).text);
		return;
	}
	if (dog->barks++ || event->deadline_ns != dog->deadline_ns) {
		demo_fail(lane->demo, DEMO_CHECK_ABANDONED,
			  "CPU %d, watchdog %ld: fired %u times, for %" PRIu64
			  " when armed for %" PRIu64,
			  lane->cpu, index, dog->barks, event->deadline_ns,
			  dog->deadline_ns);
		return;
	}
	result->barked++;
	if (late > result->bark_late_ns)
		result->bark_late_ns = late;
	demo_progress(&lane->progress.barked, result->barked);
}

static void cancel_living(struct demo_lane *lane, struct demo_dog *dog)
{
	int rc = timerheap_cancel(lane->queue, dog->slot);

	if (rc == 1) {
		lane->result.living++;
		return;
	}
	demo_fail(lane->demo, DEMO_CHECK_LIVING,
		  "CPU %d, watchdog %ld: alive, but cancel answered %d "
		  "(longest pause of this thread: %s)",
		  lane->cpu, (long)(dog - lane->dogs.all), rc,
		  demo_time(lane->result.pause_ns).text);
}

/*
 * The end of the load: those that live are cancelled, which must find each
 * pending.  Any whose time to be abandoned a slow machine did not reach, is
 * abandoned now.
 */
void demo_dogs_end(struct demo_lane *lane, bool interrupted)
{
	struct demo_dogs *dogs = &lane->dogs;

	for (unsigned int i = 0; i < dogs->nliving; i++) {
		struct demo_dog *dog = &dogs->all[dogs->living[i]];

		if (dog->abandon_ns != UINT64_MAX && !interrupted)
			abandon(lane, dog);
		else
			cancel_living(lane, dog);
	}
}

bool demo_dogs_complete(const struct demo_lane *lane)
{
	return lane->result.barked == lane->result.abandoned;
}

/* The last deadline of those that were abandoned. */
uint64_t demo_dogs_last(const struct demo_lane *lane)
{
	uint64_t last = 0;

	for (unsigned int i = 0; i < lane->dogs.count; i++) {
		const struct demo_dog *dog = &lane->dogs.all[i];

		if (dog->abandoned && dog->deadline_ns > last)
			last = dog->deadline_ns;
	}
	return last;
}

static void check_abandoned(struct demo_lane *lane, struct demo_dog *dog)
{
	int rc = timerheap_cancel(lane->queue, dog->slot);

	if (dog->barks && !rc)
		return;
	demo_fail(lane->demo, DEMO_CHECK_ABANDONED,
		  "CPU %d, watchdog %ld: abandoned, fired %u times, and cancel "
		  "answered %d",
		  lane->cpu, (long)(dog - lane->dogs.all), dog->barks, rc);
}

/* After the last expiry was awaited. */
void demo_dogs_check(struct demo_lane *lane, bool interrupted)
{
	for (unsigned int i = 0; i < lane->dogs.count; i++) {
		struct demo_dog *dog = &lane->dogs.all[i];

		if (!dog->abandoned)
			continue;
		/* Interrupted, some still had time to live. */
		if (interrupted && !dog->barks)
			timerheap_cancel(lane->queue, dog->slot);
		else
			check_abandoned(lane, dog);
	}
}
