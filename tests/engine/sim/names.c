// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include <linux/math.h>

#include "internal.h"
#include "sim/names.h"
#include "sim/world.h"

static char name[64];

static bool in_array(const char *what, const volatile void *base, size_t each,
		     size_t count, const volatile void *p, size_t *offset)
{
	size_t at = (const volatile char *)p - (const volatile char *)base;

	if (!base || p < base || at >= each * count)
		return false;
	*offset = at % each;
	snprintf(name, sizeof(name), "%s[%zu]", what, at / each);
	return true;
}

static const char *member(size_t offset)
{
	switch (offset) {
	case offsetof(struct timerheap_slot, expires_ns):
		return "expires";
	case offsetof(struct timerheap_slot, period_ns):
		return "period";
	case offsetof(struct timerheap_slot, armed_ns):
		return "armed";
	case offsetof(struct timerheap_slot, slack_ns):
		return "slack";
	default:
		return "flags";
	}
}

static const char *single(const volatile void *p)
{
	const struct th_engine *engine = &world.engine;
	const struct timerheap *th = world.th;

	if (p == &engine->header->next_event_ns)
		return "header.next_event";
	if (p == &engine->header->cq_tail)
		return "header.cq_tail";
	if (p == &engine->header->cq_head)
		return "header.cq_head";
	if (p == &engine->header->flags)
		return "header.flags";
	if (p == &engine->header->lead_ns)
		return "header.lead";
	if (p == &engine->next_event_ns)
		return "next_event";
	if (p == &engine->header_flags)
		return "flags";
	if (p == &engine->ring.published)
		return "published";
	if (p == &th->deferred)
		return "deferred";
	if (p == &th->flushed)
		return "flushed";
	if (p == &th->used)
		return "used";
	if (p == &th->hint)
		return "hint";
	return "?";
}

const char *name_of(const volatile void *p)
{
	const struct th_engine *engine = &world.engine;
	const struct th_doorbells *bells = &engine->doorbells;
	const struct timerheap *th = world.th;
	size_t offset;

	if (in_array("slot", engine->slots, sizeof(struct timerheap_slot),
		     engine->nslots, p, &offset)) {
		size_t n = strlen(name);

		snprintf(name + n, sizeof(name) - n, ".%s", member(offset));
		return name;
	}
	if (in_array("level0", bells->level0, 8, bells->level0_words, p,
		     &offset) ||
	    in_array("level1", bells->level1, 8, bells->level1_words, p,
		     &offset) ||
	    in_array("expected", th->expected, 8, th->nslots, p, &offset) ||
	    in_array("data", th->data, 8, th->nslots, p, &offset) ||
	    in_array("taken", th->taken, 8, TH_BELL_WORDS(th->nslots), p,
		     &offset))
		return name;
	return single(p);
}
