// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "sim/buffer.h"
#include "sim/fault.h"
#include "sim/oracle.h"
#include "sim/word.h"

const char *const model_names[MODELS] = { "sc", "tso", "weak" };

static void commit(struct buffer *buffer, unsigned int i)
{
	struct delayed store = buffer->stores[i];
	u64 old;

	memmove(&buffer->stores[i], &buffer->stores[i + 1],
		(buffer->count - i - 1) * sizeof(store));
	buffer->count--;
	old = word_get(store.p, store.size);
	history_change(&buffer->view, store.p, old);
	word_put(store.p, store.size,
		 store.add_bits ? old | store.value : store.value);
	oracle_committed(store.p);
}

void buffer_put(struct buffer *buffer, enum model model,
		const struct delayed *store)
{
	if (buffer->count == BUFFER_SIZE)
		commit(buffer, 0);
	buffer->stores[buffer->count++] = *store;
	if (model == MODEL_SC)
		buffer_commit_all(buffer);
}

/* An agent sees its own stores. */
bool buffer_find(const struct buffer *buffer, const volatile void *p,
		 u64 *value)
{
	unsigned int i;

	for (i = buffer->count; i-- > 0;) {
		if (buffer->stores[i].p == p) {
			*value = buffer->stores[i].value;
			return true;
		}
	}
	return false;
}

/* None of the older ones must come first. */
static bool may_commit(const struct buffer *buffer, unsigned int i)
{
	unsigned int older;

	if (buffer->stores[i].release && i)
		return false;
	for (older = 0; older < i; older++)
		if (buffer->stores[older].p == buffer->stores[i].p)
			return false;
	return true;
}

void buffer_commit_some(struct buffer *buffer, enum model model,
			struct prng *prng)
{
	unsigned int i = 0;

	if (!buffer->count)
		return;
	if (model == MODEL_WEAK)
		i = prng_below(prng, buffer->count);
	if (!may_commit(buffer, i))
		return;
	if (i)
		fault(FAULT_LATE_STORE);
	commit(buffer, i);
}

/* For an atomic operation that orders nothing but its own word. */
void buffer_commit_to(struct buffer *buffer, const volatile void *p)
{
	unsigned int i;

	for (i = buffer->count; i-- > 0;) {
		if (buffer->stores[i].p != p)
			continue;
		/* Those before it, too: simpler, and allowed. */
		for (i++; i > 0; i--)
			commit(buffer, 0);
		return;
	}
}

void buffer_finish_or(struct buffer *buffer, const volatile void *p)
{
	unsigned int i;

	for (i = 0; i < buffer->count; i++)
		if (buffer->stores[i].p == p && buffer->stores[i].add_bits)
			break;
	if (i < buffer->count)
		buffer_commit_to(buffer, p);
}

void buffer_commit_all(struct buffer *buffer)
{
	while (buffer->count)
		commit(buffer, 0);
}

/* All that came before is seen, and all that comes after is new. */
void buffer_barrier(struct buffer *buffer)
{
	buffer_commit_all(buffer);
	history_barrier(&buffer->view);
}
