// SPDX-License-Identifier: GPL-2.0-only
/* The users' side of the protocol, as the uapi header has it, in single steps. */
#include <linux/bitops.h>

#include "engine_world.h"

/* The steps of an arm; with the settings left alone it starts at EXCHANGE. */
enum { IDLE, PERIOD, SLACK, FLAGS, EXCHANGE, ARMED, LEVEL0, LEVEL1, EVENT };

/* Spread over the queue, first and last included. */
static u32 index_of(u32 hot)
{
	return hot * (world.engine.nslots - 1) / (HOT - 1);
}

struct timerheap_slot *hot_slot(u32 hot)
{
	return &world.engine.slots[index_of(hot)];
}

static bool busy_with(u32 hot)
{
	u32 i;

	/* In small queues some are the same. */
	for (i = 0; i < USERS; i++)
		if (world.users[i].step != IDLE &&
		    hot_slot(world.users[i].hot) == hot_slot(hot))
			return true;
	return false;
}

/* Whether the settings in memory are not those of the deadline there. */
bool mid_arm(u32 hot)
{
	u32 i;

	for (i = 0; i < USERS; i++)
		if (world.users[i].step > PERIOD &&
		    world.users[i].step <= EXCHANGE &&
		    hot_slot(world.users[i].hot) == hot_slot(hot))
			return true;
	return false;
}

bool idle(void)
{
	return world.users[0].step == IDLE && world.users[1].step == IDLE &&
		!world.moved;
}

static void written(u32 hot)
{
	u32 i;

	for (i = 0; i < HOT; i++)
		if (hot_slot(i) == hot_slot(hot))
			world.truth[i].settings++;
}

/* Around now, or around the time at which the engine will look again. */
static u64 deadline(bool now)
{
	u64 value = input_number(
		world.in, now ? world.now : world.engine.header->next_event_ns);

	return value ? value : 1;
}

static void begin(struct user *user)
{
	u8 op = (u8)input_take(world.in, 1);
	struct timerheap_slot *slot;

	user->hot = op % HOT;
	if (busy_with(user->hot))
		return;
	slot = hot_slot(user->hot);
	user->slack = slot->slack_ns;
	switch (op / HOT % 4) {
	case 0: /* cancel */
		slot->expires_ns = 0;
		return;
	case 1: /* as before, at another time */
		user->step = EXCHANGE;
		break;
	default:
		user->step = PERIOD;
		user->period =
			op & 0x80 ? 0 : input_number(world.in, world.now / 64);
		user->slack = op & 0x40 ? 0 : (u32)input_number(world.in, 200);
		user->flags = (u32)input_below(world.in, 4);
		break;
	}
	user->deadline = deadline(op & 0x20);
}

void user_step(struct user *user)
{
	struct timerheap_slot *slot = hot_slot(user->hot);
	u32 index = index_of(user->hot);
	u64 latest = th_sat_add(user->deadline, user->slack);

	switch (user->step++) {
	case IDLE:
		user->step = IDLE;
		begin(user);
		return;
	case PERIOD:
		slot->period_ns = user->period;
		written(user->hot);
		return;
	case SLACK:
		slot->slack_ns = user->slack;
		written(user->hot);
		return;
	case FLAGS:
		slot->flags = user->flags;
		written(user->hot);
		return;
	case EXCHANGE:
		slot->expires_ns = user->deadline;
		return;
	case ARMED:
		if (latest >= slot->armed_ns)
			user->step = IDLE;
		return;
	case LEVEL0:
		world.engine.doorbells.level0[index / 64] |=
			BIT_ULL(index % 64);
		return;
	case LEVEL1:
		world.engine.doorbells.level1[index / 64 / 64] |=
			BIT_ULL(index / 64 % 64);
		return;
	default:
		if (latest < world.engine.header->next_event_ns)
			world.kicked = true;
		user->step = IDLE;
		return;
	}
}

void user_finish(struct user *user)
{
	while (user->step != IDLE)
		user_step(user);
}

/* First a store to cq_head, at the next turn a look at the flags. */
void consume(u32 most)
{
	struct timerheap_header *header = world.engine.header;

	if (world.moved) {
		world.moved = false;
		if (header->flags & TIMERHEAP_HDR_STALLED)
			world.kicked = true;
		return;
	}
	if (world.hostile)
		return;
	while (world.head != header->cq_tail && most--)
		verify_record(world.head++);
	header->cq_head = world.head;
	world.moved = true;
}

static void arm_by_call(void)
{
	u32 hot = input_below(world.in, HOT);
	struct timerheap_arm arm = { .slot = index_of(hot) };

	if (busy_with(hot))
		return;
	if (input_below(world.in, 4) == 0) {
		bool pending = hot_slot(hot)->expires_ns;

		CHECK(th_engine_cancel(&world.engine, arm.slot) == pending);
		CHECK(!hot_slot(hot)->expires_ns);
		return;
	}
	arm.expires_ns = deadline(true);
	arm.period_ns = input_number(world.in, world.now / 64);
	arm.slack_ns = (u32)input_number(world.in, 200);
	arm.flags = input_below(world.in, 2);
	written(hot);
	if (th_engine_arm(&world.engine, &arm))
		world.kicked = true;
	CHECK(hot_slot(hot)->expires_ns == arm.expires_ns);
}

static void meddle_with_slot(struct timerheap_slot *slot)
{
	switch (input_below(world.in, 8)) {
	case 0:
		slot->period_ns = input_number(world.in, world.now);
		break;
	case 1:
		slot->slack_ns = (u32)input_number(world.in, 0);
		break;
	case 2:
		slot->flags = (u32)input_take(world.in, 4);
		break;
	case 3:
		slot->armed_ns = input_number(world.in, world.now);
		break;
	default:
		slot->expires_ns = input_number(world.in, world.now);
		break;
	}
}

static void meddle_with_header(void)
{
	struct timerheap_header *header = world.engine.header;

	switch (input_below(world.in, 5)) {
	case 0:
		header->cq_head = (u32)input_number(world.in, world.fired);
		break;
	case 1:
		header->lead_ns = (u32)input_number(world.in, 1000);
		break;
	case 2:
		header->cq_tail = (u32)input_number(world.in, world.fired);
		break;
	case 3:
		header->flags = (u32)input_take(world.in, 1);
		break;
	default:
		header->next_event_ns = input_number(world.in, world.now);
		break;
	}
}

/*
 * In a hostile world any word of the mapping takes any value; else the words
 * of the slots that are meddled with, and bells that mean nothing are rung.
 */
static void meddle(void)
{
	struct th_doorbells *bells = &world.engine.doorbells;
	u32 what = input_below(world.in, 4), hot = input_below(world.in, HOT);
	u64 *word = what == 0 ? &bells->level1[hot % bells->level1_words]
			      : &bells->level0[index_of(hot) / 64];

	if (what < 2) {
		u64 bits = input_number(world.in, 0);

		*word = world.hostile ? bits : *word | bits;
	} else if (world.hostile && what == 2) {
		meddle_with_header();
	} else if (world.hostile || world.meddled >> hot & 1) {
		written(hot);
		meddle_with_slot(hot_slot(hot));
	}
}

static void pass(u64 ns)
{
	world.now = th_sat_add(world.now, ns);
	if (world.now > LATEST)
		world.now = LATEST;
}

/* Whatever anybody but the engine may do, at any moment. */
void act(void)
{
	u8 op = (u8)input_take(world.in, 1);

	if (!world.in->left)
		return;
	switch (op % 8) {
	case 0:
	case 1:
		user_step(&world.users[op % 8]);
		break;
	case 2:
		user_step(&world.users[op >> 3 & 1]);
		user_finish(&world.users[op >> 3 & 1]);
		break;
	case 3:
		consume(op >> 3);
		if (op & 0x80)
			consume(0);
		break;
	case 4:
		pass(op >> 3);
		break;
	case 5:
		pass(input_take(world.in, 1 + (op >> 3 & 7)));
		break;
	case 6:
		meddle();
		break;
	default:
		arm_by_call();
		break;
	}
}
