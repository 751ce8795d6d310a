// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"
#include "sim/clock.h"
#include "sim/kernel.h"
#include "sim/ledger.h"
#include "sim/oracle.h"
#include "sim/truth.h"
#include "sim/world.h"

bool oracle_tracing;
u64 oracle_steps_planned;
u64 oracle_steps_before;

void oracle_fail(const char *check, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	printf("not ok 1 - simulation\n# failed: %s: ", check);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# seed %llu, step %llu, agent %s, time %llu\n", world.seed,
	       agent_steps, agent_self ? agent_self->name : "none",
	       clock_now());
	printf("# after %llu accesses in all\n",
	       oracle_steps_before + agent_steps);
	printf("# replay: %s --seed %llu --steps %llu%s --trace\n",
	       program_invocation_short_name, world.seed, oracle_steps_planned,
	       world_weak ? " --weak" : "");
	fflush(stdout);
	_Exit(1);
}

void oracle_say(const char *format, ...)
{
	va_list args;

	printf("# %6llu %12llu %-9s ", agent_steps, clock_now(),
	       agent_self ? agent_self->name : "-");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* The slot that @p lies in, and where; false: in none. */
static bool find_slot(const volatile void *p, u32 *slot, size_t *offset)
{
	const struct th_engine *engine = &world.engine;
	size_t at = (const volatile char *)p - (const char *)engine->slots;

	if (p < (const volatile void *)engine->slots ||
	    at >= engine->nslots * sizeof(*engine->slots))
		return false;
	*slot = at / sizeof(*engine->slots);
	*offset = at % sizeof(*engine->slots);
	return true;
}

static bool is_expected(const volatile void *p, u32 *slot)
{
	const struct timerheap *th = world.th;

	if (p < (const volatile void *)th->expected ||
	    p >= (const volatile void *)(th->expected + th->nslots))
		return false;
	*slot = (const volatile __u64 *)p - th->expected;
	return true;
}

static bool by_engine(void)
{
	return agent_self && agent_self == kernel.runner;
}

void oracle_loaded(const volatile void *p, u64 value)
{
	struct truth_slot *truth;
	size_t offset;
	u32 slot;

	if (is_expected(p, &slot))
		ledger_looked(slot);
	if (!by_engine())
		return;
	kernel.accesses++;
	if (p == &world.engine.header->lead_ns)
		kernel.lead_ns = value < TIMERHEAP_LEAD_MAX_NS
			? value
			: TIMERHEAP_LEAD_MAX_NS;
	if (!find_slot(p, &slot, &offset))
		return;
	truth = truth_slot(slot);
	switch (offset) {
	case offsetof(struct timerheap_slot, expires_ns):
		truth->seen_exchanges = truth->exchanges;
		break;
	case offsetof(struct timerheap_slot, period_ns):
		truth->seen_period_ns = value;
		break;
	case offsetof(struct timerheap_slot, flags):
		truth->seen_flags = value;
		break;
	}
}

static void storing_in_slot(size_t offset, u32 slot)
{
	bool kernels = offset == offsetof(struct timerheap_slot, armed_ns);

	if (offset == offsetof(struct timerheap_slot, expires_ns))
		oracle_fail("atomic", "expires_ns of slot %u was stored to",
			    slot);
	if (kernels != by_engine())
		oracle_fail("owner", "a word of slot %u has one writer", slot);
}

void oracle_storing(volatile void *p, u64 value)
{
	const struct th_engine *engine = &world.engine;
	size_t offset;
	u32 slot;

	if (by_engine())
		kernel.accesses++;
	if (find_slot(p, &slot, &offset))
		storing_in_slot(offset, slot);
	else if (p == &engine->header->next_event_ns)
		kernel.publications++;
	else if (p == &engine->header->cq_tail)
		truth_tail(value);
	else if (p == &engine->header->cq_head)
		truth_head(value);
}

void oracle_committed(const volatile void *p)
{
	size_t offset;
	u32 slot;

	if (find_slot(p, &slot, &offset) &&
	    offset != offsetof(struct timerheap_slot, armed_ns))
		truth_settings_changed(slot);
}

void oracle_exchanged(const volatile void *p, u64 old, u64 value)
{
	size_t offset;
	u32 slot;

	if (by_engine())
		kernel.accesses++;
	if (find_slot(p, &slot, &offset))
		truth_exchanged(slot, old, value);
	else if (is_expected(p, &slot))
		ledger_taken(slot, old);
}
