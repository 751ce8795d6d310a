// SPDX-License-Identifier: GPL-2.0-only
#include "sim/fault.h"
#include "sim/history.h"

/* Changes that are remembered, and may be missed. */
#define DEPTH 32

static struct {
	const volatile void *p;
	u64 old;
} changes[DEPTH];
static u64 count;

void history_reset(void)
{
	count = 0;
}

void history_forget(void)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		changes[i].p = NULL;
}

void history_forget_view(struct view *view)
{
	unsigned int i;

	for (i = 0; i < VIEW_WORDS; i++)
		view->words[i].p = NULL;
}

static u64 *find(struct view *view, const volatile void *p)
{
	unsigned int i;

	for (i = 0; i < VIEW_WORDS; i++)
		if (view->words[i].p == p)
			return &view->words[i].at;
	return NULL;
}

static void remember(struct view *view, const volatile void *p, u64 at)
{
	u64 *known = find(view, p);

	if (!known) {
		unsigned int i = view->next++ % VIEW_WORDS;

		/* What is forgotten must not come back. */
		if (view->words[i].at > view->floor)
			view->floor = view->words[i].at;
		view->words[i].p = p;
		known = &view->words[i].at;
	}
	*known = at;
}

/* The word changed from @old; @view: of who did it, or NULL. */
void history_change(struct view *view, const volatile void *p, u64 old)
{
	changes[count % DEPTH].p = p;
	changes[count % DEPTH].old = old;
	count++;
	if (view)
		remember(view, p, count);
}

/* Now it is @value; the load may bring less. */
u64 history_load(struct view *view, const volatile void *p, u64 value,
		 struct prng *prng)
{
	u64 *known = find(view, p), floor = view->floor, at = count, i;

	if (known && *known > floor)
		floor = *known;
	if (count > DEPTH && floor < count - DEPTH)
		floor = count - DEPTH;
	for (i = count; i > floor; i--) {
		if (changes[(i - 1) % DEPTH].p != p)
			continue;
		if (!prng_once_in(prng, 3))
			break;
		value = changes[(i - 1) % DEPTH].old;
		at = i - 1;
		fault(FAULT_STALE_LOAD);
	}
	remember(view, p, at);
	return value;
}

void history_seen(struct view *view, u64 floor)
{
	if (floor > view->floor)
		view->floor = floor;
}

void history_barrier(struct view *view)
{
	view->floor = count;
}
