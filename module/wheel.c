// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/minmax.h>

#include "sat.h"
#include "wheel.h"

/**
 * th_wheel_init - an empty wheel
 * @wheel: the wheel, all 0
 * @heap: whose entries it shares
 * @nslots: what the heap was made for; below 2^31
 */
void th_wheel_init(struct th_wheel *wheel, const struct th_heap *heap,
		   u32 nslots)
{
	wheel->links = (struct th_link *)heap->keys;
	wheel->slots = heap->slots;
	wheel->pos = heap->pos;
	wheel->last = nslots;
	wheel->next_ns = TH_NEVER;
}

/**
 * th_wheel_turn - see which lists may be linked to
 * @wheel: the wheel
 * @horizon: what has begun by then is being emptied; it may have been set back
 *
 * TH_NEVER is in none of them.
 */
void th_wheel_turn(struct th_wheel *wheel, u64 horizon)
{
	u64 now = horizon >> TH_WHEEL_SHIFT, end;
	u64 least = min(wheel->next_ns, horizon) >> TH_WHEEL_SHIFT;

	if (!wheel->count || wheel->base < least)
		wheel->base = least;
	end = min(wheel->base + TH_WHEEL_LISTS, TH_NEVER >> TH_WHEEL_SHIFT);
	/* Who would wait for less than a list takes stays in the heap. */
	wheel->open = max(now + 2, wheel->base);
	wheel->room = th_sat_sub(end, wheel->open);
}

/* When the first list from that @number on begins that is not empty. */
static u64 next_filled(const struct th_wheel *wheel, u64 number)
{
	u32 word = number % TH_WHEEL_LISTS / 64, left = TH_WHEEL_LISTS / 64;
	u64 bits = wheel->filled[word] & ~0ULL << number % 64;

	for (number -= number % 64; !bits; number += 64) {
		if (!left--)
			return TH_NEVER;
		word = (word + 1) % (TH_WHEEL_LISTS / 64);
		bits = wheel->filled[word];
	}
	return (number + __ffs64(bits)) << TH_WHEEL_SHIFT;
}

/**
 * th_wheel_emptied - the first list has nothing in it any more
 * @wheel: the wheel
 *
 * Cost: TH_WHEEL_LISTS / 64 loads at most.
 */
void th_wheel_emptied(struct th_wheel *wheel)
{
	u32 list = th_wheel_list(wheel->next_ns);

	wheel->filled[list / 64] &= ~BIT_ULL(list % 64);
	wheel->next_ns = next_filled(wheel, wheel->next_ns >> TH_WHEEL_SHIFT);
}

static void set_head(struct th_wheel *wheel, u32 list, u32 i)
{
	wheel->heads[list] = i;
	if (i)
		return;
	if (list == th_wheel_list(wheel->next_ns))
		th_wheel_emptied(wheel);
	else
		wheel->filled[list / 64] &= ~BIT_ULL(list % 64);
}

/* What stands before @i in its list, or the list itself, goes on to @to. */
static void redirect(struct th_wheel *wheel, u32 i, u32 to)
{
	u32 before = wheel->links[i].before;

	if (before & TH_WHEEL_HEAD)
		set_head(wheel, before & ~TH_WHEEL_HEAD, to);
	else
		wheel->links[before].after = to;
}

/**
 * th_wheel_unlink - take a slot's entry out of its list
 * @wheel: the wheel
 * @slot: one that has an entry, in a list
 *
 * Return: the entry, to be linked again or freed.
 */
u32 th_wheel_unlink(struct th_wheel *wheel, u32 slot)
{
	u32 i = wheel->pos[slot], after = wheel->links[i].after;

	if (after)
		wheel->links[after].before = wheel->links[i].before;
	redirect(wheel, i, after);
	return i;
}

/* Entry @from, which is in a list, takes the place of @i, which is in none. */
static void move(struct th_wheel *wheel, u32 from, u32 i)
{
	struct th_link link = wheel->links[from];

	redirect(wheel, from, i);
	if (link.after)
		wheel->links[link.after].before = i;
	wheel->links[i] = link;
	wheel->slots[i] = wheel->slots[from];
	wheel->pos[wheel->slots[i]] = i;
}

/**
 * th_wheel_free - give an entry back
 * @wheel: the wheel
 * @i: the entry, in no list, while all others are in one
 *
 * Its slot may then go to the heap.
 */
void th_wheel_free(struct th_wheel *wheel, u32 i)
{
	u32 first = wheel->last - --wheel->count;

	wheel->pos[wheel->slots[i]] = 0;
	if (i != first)
		move(wheel, first, i);
}
