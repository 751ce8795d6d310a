// SPDX-License-Identifier: GPL-2.0-only
#include "sim/access.h"
#include "sim/history.h"
#include "sim/names.h"
#include "sim/oracle.h"
#include "sim/word.h"
#include "sim/world.h"

/* Others run; and stores of anyone arrive. */
static void before(void)
{
	struct agent *agent;
	unsigned int i;

	agent_step();
	if (world.plan.model == MODEL_SC)
		return;
	for (i = 0; (agent = agent_number(i)); i++)
		if (agent->buffer.count && prng_once_in(&world.prng, 12))
			buffer_commit_some(&agent->buffer, world.plan.model,
					   &world.prng);
}

static void before_atomic(void)
{
	before();
	if (agent_self)
		buffer_barrier(&agent_self->buffer);
}

static void before_ordered(const volatile void *p, enum sim_order order)
{
	before();
	if (!agent_self)
		return;
	if (order == SIM_ORDERED)
		buffer_barrier(&agent_self->buffer);
	else if (order == SIM_RELEASE)
		buffer_commit_all(&agent_self->buffer);
	else
		/* Orders nothing but its own word. */
		buffer_commit_to(&agent_self->buffer, p);
}

/* What the agent sees of the word. */
static u64 see(const volatile void *p, unsigned int size, enum sim_order order)
{
	struct buffer *buffer = &agent_self->buffer;
	u64 value;

	buffer_finish_or(buffer, p);
	value = word_get(p, size);
	if (buffer_find(buffer, p, &value))
		return value;
	if (order == SIM_ORDERED)
		history_barrier(&buffer->view);
	else if (world.plan.model == MODEL_WEAK)
		value = history_load(&buffer->view, p, value, &world.prng);
	return value;
}

u64 sim_load(const volatile void *p, unsigned int size, enum sim_order order)
{
	u64 value;

	before();
	value = agent_self ? see(p, size, order) : word_get(p, size);
	oracle_trace("load  %-22s %llu", name_of(p), value);
	oracle_loaded(p, value);
	return value;
}

void sim_store(volatile void *p, unsigned int size, u64 value,
	       enum sim_order order)
{
	struct delayed store = {
		.p = p,
		.size = size,
		.value = value,
		.release = order == SIM_ORDERED,
	};

	before();
	oracle_trace("store %-22s %llu", name_of(p), value);
	if (!agent_self) {
		word_put(p, size, value);
		return;
	}
	oracle_storing(p, value);
	buffer_put(&agent_self->buffer, world.plan.model, &store);
}

static u64 replace(volatile void *p, unsigned int size, u64 old, u64 value)
{
	oracle_trace("swap  %-22s %llu -> %llu", name_of(p), old, value);
	history_change(agent_self ? &agent_self->buffer.view : NULL, p, old);
	word_put(p, size, value);
	oracle_exchanged(p, old, value);
	return old;
}

u64 sim_xchg(volatile void *p, unsigned int size, u64 value)
{
	before_atomic();
	return replace(p, size, word_get(p, size), value);
}

u64 sim_cmpxchg(volatile void *p, unsigned int size, u64 old, u64 value)
{
	u64 seen;

	before_atomic();
	seen = word_get(p, size);
	if (seen == old)
		return replace(p, size, old, value);
	oracle_trace("swap  %-22s %llu, not %llu", name_of(p), seen, old);
	oracle_loaded(p, seen);
	return seen;
}

u64 sim_add(volatile void *p, unsigned int size, u64 value,
	    enum sim_order order)
{
	u64 old;

	before_ordered(p, order);
	old = word_get(p, size);
	return replace(p, size, old, old + value);
}

/* Nobody waits for its result: it may be overtaken by what follows. */
static void or_later(volatile void *p, u64 bits)
{
	struct delayed store = {
		.p = p,
		.size = sizeof(bits),
		.value = bits,
		.add_bits = true,
	};

	before();
	oracle_trace("or    %-22s %llu", name_of(p), bits);
	buffer_put(&agent_self->buffer, world.plan.model, &store);
}

void sim_or_only(volatile void *p, u64 bits)
{
	if (agent_self && world.plan.model == MODEL_WEAK)
		or_later(p, bits);
	else
		sim_or(p, bits, SIM_RELAXED);
}

u64 sim_or(volatile void *p, u64 bits, enum sim_order order)
{
	u64 old;

	before_ordered(p, order);
	old = word_get(p, sizeof(old));
	return replace(p, sizeof(old), old, old | bits);
}

u64 sim_and(volatile void *p, u64 bits, enum sim_order order)
{
	u64 old;

	before_ordered(p, order);
	old = word_get(p, sizeof(old));
	return replace(p, sizeof(old), old, old & bits);
}

void sim_forget(void)
{
	struct agent *agent;
	unsigned int i;

	history_forget();
	for (i = 0; (agent = agent_number(i)); i++)
		history_forget_view(&agent->buffer.view);
}

void sim_fence(void)
{
	before_atomic();
	oracle_trace("fence");
}

void sim_read_fence(void)
{
	before();
	if (agent_self)
		history_barrier(&agent_self->buffer.view);
	oracle_trace("read fence");
}
