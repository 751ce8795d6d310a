// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "internal.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

/* Bit 63 of expected[]: reap.c's own. */
#define DEADLINE(expected) ((expected) & ~(1ULL << 63))

struct arm {
	u32 slot;
	u64 deadline;
	u64 period;
	void *data;
	u32 fired;
	u32 events;
	u64 last; /* deadline of the last event */
	u32 dropped; /* records in a row */
	bool replaced; /* or its slot was freed */
	bool cancelled;
	bool loose; /* settings changed without an arm */
	/* a record of an earlier arm has the same deadline: one for both */
	bool twin;
	u32 twin_events;
};

struct slot {
	int current; /* arm; -1: none */
	int arming; /* the one under way */
	u64 changed; /* step */
	u64 looked; /* step: the consumer read expected[] */
	bool unsettled; /* other settings, written since the last arm */
	u64 resettled; /* step: that was armed with them */
	u32 consumed; /* records, when the arm began */
};

/* A successful exchange of expected[] by the consumer. */
struct taken {
	u32 slot;
	u64 deadline;
	int current;
	int arming;
	bool cancelled;
	bool undisturbed; /* by calls since it was looked at */
};

static struct slot *slots;
static struct arm *arms;
static int narms, arms_size;

static struct {
	struct agent *agent; /* who reaps; NULL: nobody */
	u64 begun;
	u32 from;
	struct taken *taken;
	u32 ntaken, size;
} reap;

void ledger_reset(u32 nslots)
{
	u32 slot;

	free(slots);
	slots = calloc(nslots, sizeof(*slots));
	for (slot = 0; slot < nslots; slot++) {
		slots[slot].current = -1;
		slots[slot].arming = -1;
	}
	narms = 0;
	reap.agent = NULL;
}

/* An arm begins; returns its number. */
int ledger_arm(u32 slot, u64 deadline, u64 period, void *data)
{
	if (narms == arms_size) {
		arms_size = arms_size ? 2 * arms_size : 1024;
		arms = realloc(arms, arms_size * sizeof(*arms));
	}
	if (deadline > TIMERHEAP__FOREVER)
		deadline = TIMERHEAP__FOREVER;
	arms[narms] = (struct arm){
		.slot = slot,
		.deadline = deadline,
		.period = period,
		.data = data,
	};
	slots[slot].arming = narms;
	slots[slot].changed = agent_steps;
	slots[slot].consumed = truth_consumed();
	return narms++;
}

/* It was set after the arm had begun, and before the exchange. */
void ledger_period(int arm, u64 period)
{
	arms[arm].period = period;
}

static void find_twin(int number)
{
	struct arm *arm = &arms[number];
	u32 i;

	for (i = slots[arm->slot].consumed; i < truth_fired(); i++) {
		const struct truth_fire *fire = truth_fire(i);

		if (fire->record.slot == arm->slot && fire->arm != number &&
		    fire->record.expires_ns == arm->deadline)
			arm->twin = true;
	}
}

void ledger_armed(u32 slot, int number)
{
	struct slot *s = &slots[slot];

	if (s->current >= 0)
		arms[s->current].replaced = true;
	s->current = number;
	s->arming = -1;
	s->changed = agent_steps;
	if (s->unsettled)
		s->resettled = agent_steps;
	s->unsettled = false;
	find_twin(number);
}

/*
 * Armed for the same time again with other settings, while that time passed:
 * the former may have been used.
 */
void ledger_fired(int arm, bool own_settings)
{
	arms[arm].fired++;
	if (!own_settings)
		arms[arm].loose = true;
}

void ledger_cancelled(u32 slot, int result)
{
	struct slot *s = &slots[slot];
	struct arm *arm = s->current >= 0 ? &arms[s->current] : NULL;

	s->changed = agent_steps;
	if (!arm || arm->cancelled) {
		if (result)
			oracle_fail("cancel", "idle slot %u was pending", slot);
		return;
	}
	if (result) {
		if (!arm->period && arm->fired && !arm->loose)
			oracle_fail("cancel", "slot %u had fired", slot);
		arm->cancelled = true;
	} else if (!arm->twin && !arm->loose && (arm->period || !arm->fired)) {
		oracle_fail("cancel", "slot %u is pending", slot);
	}
}

/* From here on the slot's arm may end; somebody else's may begin. */
void ledger_freeing(u32 slot)
{
	struct slot *s = &slots[slot];

	if (s->current >= 0)
		arms[s->current].replaced = true;
	s->arming = s->current;
	s->current = -1;
	s->changed = agent_steps;
}

/* It has ended. */
void ledger_freed(u32 slot)
{
	struct slot *s = &slots[slot];

	if (s->arming >= 0 && arms[s->arming].replaced)
		s->arming = -1;
}

/* Other settings were written, for the next arm. */
void ledger_unsettled(u32 slot)
{
	slots[slot].unsettled = true;
	if (slots[slot].current >= 0)
		arms[slots[slot].current].loose = true;
	slots[slot].changed = agent_steps;
}

void ledger_reap_begins(void)
{
	reap.agent = agent_self;
	reap.begun = agent_steps;
	reap.from = truth_consumed();
	reap.ntaken = 0;
}

void ledger_looked(u32 slot)
{
	if (reap.agent && agent_self == reap.agent)
		slots[slot].looked = agent_steps;
}

static void excuse(const struct slot *s, u64 deadline)
{
	if (s->current >= 0 && arms[s->current].deadline == deadline)
		arms[s->current].loose = true;
	if (s->arming >= 0 && arms[s->arming].deadline == deadline)
		arms[s->arming].loose = true;
}

void ledger_taken(u32 slot, u64 expected)
{
	const struct slot *s = &slots[slot];

	if (!reap.agent || agent_self != reap.agent)
		return;
	if (reap.ntaken == reap.size) {
		reap.size = reap.size ? 2 * reap.size : 64;
		reap.taken =
			realloc(reap.taken, reap.size * sizeof(*reap.taken));
	}
	/*
	 * Armed for the same time with other settings, since the consumer
	 * looked: it goes on with what followed from the former ones.
	 */
	if (s->resettled >= s->looked || (s->unsettled && s->arming >= 0))
		excuse(s, DEADLINE(expected));
	reap.taken[reap.ntaken++] = (struct taken){
		.slot = slot,
		.deadline = DEADLINE(expected),
		.current = s->current,
		.arming = s->arming,
		.cancelled = s->current >= 0 && arms[s->current].cancelled,
		.undisturbed = s->arming < 0 && s->changed < s->looked,
	};
}

/* A record of an earlier arm may stand for this one's. */
static bool stands_for(int number, u64 deadline)
{
	const struct arm *arm = number < 0 ? NULL : &arms[number];

	if (!arm)
		return false;
	/* After the first, ticks of others may be taken for its own. */
	return arm->deadline == deadline || (arm->twin && arm->period) ||
		arm->loose;
}

/* The arm that the event counts for. */
static struct arm *arm_for(const struct truth_fire *fire,
			   const struct taken *taken)
{
	u64 deadline = fire->record.expires_ns;
	int number = fire->arm;

	/* Perhaps that of the arm under way, for the same time, as well. */
	if (number != taken->arming && stands_for(taken->arming, deadline))
		arms[taken->arming].twin_events++;
	if ((number == taken->current && !taken->cancelled) ||
	    number == taken->arming)
		return &arms[number];
	number = taken->current;
	if (taken->cancelled || !stands_for(number, deadline))
		number = taken->arming;
	if (!stands_for(number, deadline))
		oracle_fail("event",
			    "slot %u, deadline %llu: of an arm that "
			    "was replaced or cancelled",
			    taken->slot, deadline);
	arms[number].twin = true;
	return &arms[number];
}

static void check_event(const struct truth_fire *fire,
			const struct taken *taken,
			const struct timerheap_event *event)
{
	const struct timerheap_expiry *record = &fire->record;
	struct arm *arm = arm_for(fire, taken);

	if (!arm->period && arm->events && !arm->loose && !arm->twin)
		oracle_fail("event", "slot %u: twice for one arm", taken->slot);
	if (arm->period && arm->events && !arm->twin && !arm->loose &&
	    record->expires_ns <= arm->last)
		oracle_fail("event", "slot %u: ticks go back", taken->slot);
	if (event->data != arm->data && (taken->undisturbed || !arm->twin))
		oracle_fail("event", "slot %u: somebody else's data",
			    taken->slot);
	arm->events++;
	arm->last = record->expires_ns;
	arm->dropped = 0;
}

/* A record without an event must be of no use to anyone. */
static void check_dropped(const struct truth_fire *fire)
{
	const struct slot *s;
	struct arm *arm;

	if (fire->arm < 0)
		return;
	arm = &arms[fire->arm];
	s = &slots[arm->slot];
	if (s->current != fire->arm || s->arming >= 0 ||
	    s->changed >= reap.begun || truth_slot(arm->slot)->busy)
		return;
	if (arm->cancelled || arm->loose)
		return;
	/* Two of a periodic timer may be taken for each other, no more. */
	if (!arm->twin || (arm->period && ++arm->dropped > 2))
		oracle_fail("event", "slot %u: none for deadline %llu",
			    arm->slot, fire->record.expires_ns);
}

static bool is_event_of(const struct timerheap_event *event,
			const struct truth_fire *fire)
{
	const struct timerheap_expiry *record = &fire->record;

	return event->slot == record->slot &&
		event->deadline_ns == record->expires_ns &&
		event->fired_ns == record->fired_ns &&
		event->overruns == record->overruns &&
		event->cpu == record->cpu && event->flags == record->flags;
}

static const struct taken *find_taken(u32 *next,
				      const struct timerheap_event *event)
{
	while (*next < reap.ntaken) {
		const struct taken *taken = &reap.taken[(*next)++];

		if (taken->slot == event->slot &&
		    taken->deadline == event->deadline_ns)
			return taken;
	}
	oracle_fail("event", "slot %u: not expected", event->slot);
}

void ledger_reap_ends(const struct timerheap_event *events, int count)
{
	int n = 0;
	u32 i, next = 0;

	for (i = reap.from; i < truth_consumed(); i++) {
		const struct truth_fire *fire = truth_fire(i);

		if (n < count && is_event_of(&events[n], fire)) {
			check_event(fire, find_taken(&next, &events[n]),
				    &events[n]);
			n++;
		} else {
			check_dropped(fire);
		}
	}
	if (n < count)
		oracle_fail("event", "slot %u: without a record",
			    events[n].slot);
	reap.agent = NULL;
}

/* Its time has not come. */
static bool is_pending(const struct arm *arm)
{
	return !arm->fired &&
		world.engine.slots[arm->slot].expires_ns == arm->deadline;
}

/* In the end: each arm that was left alone had its event. */
void ledger_totals(void)
{
	int i;

	for (i = 0; i < narms; i++) {
		const struct arm *arm = &arms[i];

		if (arm->replaced || arm->cancelled || arm->loose ||
		    arm->period || is_pending(arm))
			continue;
		if (arm->events != 1 && !(arm->twin && arm->twin_events))
			oracle_fail("event", "slot %u: %u for deadline %llu",
				    arm->slot, arm->events, arm->deadline);
	}
}
