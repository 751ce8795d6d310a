// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>

#include "thbeat_event.h"

#define KIND_SHIFT 56

static bool is_before(const struct thbeat_event *a,
		      const struct thbeat_event *b)
{
	return a->at_ns < b->at_ns ||
		(a->at_ns == b->at_ns && a->order < b->order);
}

static bool grow(struct thbeat_agenda *a)
{
	size_t room = a->room ? 2 * a->room : 1024;
	struct thbeat_event *heap = realloc(a->heap, room * sizeof(*heap));

	if (!heap) {
		a->failed = true;
		return false;
	}
	a->heap = heap;
	a->room = room;
	return true;
}

void thbeat_agenda_add(struct thbeat_agenda *a, const struct thbeat_event *ev)
{
	struct thbeat_event event = *ev;
	size_t at = a->count;

	if (at == a->room && !grow(a))
		return;
	event.order = (uint64_t)ev->kind << KIND_SHIFT | a->serial++;
	a->count++;
	for (; at && is_before(&event, &a->heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		a->heap[at] = a->heap[(at - 1) / 2];
	a->heap[at] = event;
}

bool thbeat_agenda_take(struct thbeat_agenda *a, struct thbeat_event *ev)
{
	const struct thbeat_event *last;
	size_t at = 0, child;

	if (!a->count)
		return false;
	*ev = a->heap[0];
	last = &a->heap[--a->count];
	while ((child = 2 * at + 1) < a->count) {
		if (child + 1 < a->count &&
		    is_before(&a->heap[child + 1], &a->heap[child]))
			child++;
		if (!is_before(&a->heap[child], last))
			break;
		a->heap[at] = a->heap[child];
		at = child;
	}
	a->heap[at] = *last;
	return true;
}

void thbeat_agenda_free(struct thbeat_agenda *a)
{
	free(a->heap);
	*a = (struct thbeat_agenda){ .count = 0 };
}
