// SPDX-License-Identifier: GPL-2.0-only
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

/* splitmix64 (Steele, Lea and Flood, 2014) */
uint64_t prng_next(struct prng *prng)
{
	uint64_t z = prng->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t prng_below(struct prng *prng, uint64_t range)
{
	return prng_next(prng) % range;
}

static bool one_in(struct prng *prng, unsigned int n)
{
	return !prng_below(prng, n);
}

/* Limits of the ABI, of types and of pages; and those beside them. */
static uint64_t near_limit(struct prng *prng)
{
	static const uint64_t limits[] = {
		1,	     32,	64,	    256,       4096,
		4097,	     MAX_SLOTS, 65536,	    1 << 20,   10000000,
		10000000000, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX - 1,
	};

	return limits[prng_below(prng, sizeof(limits) / sizeof(limits[0]))] +
		prng_below(prng, 4) - 1;
}

static uint64_t some_value(struct prng *prng)
{
	switch (prng_below(prng, 6)) {
	case 0:
		return 1 + prng_below(prng, 8);
	case 1:
		return 1 + prng_below(prng, 100);
	case 2:
		return near_limit(prng);
	case 3:
		return 1ULL << prng_below(prng, 64);
	case 4:
		return prng_below(prng, 1 << 20);
	default:
		return prng_next(prng);
	}
}

static void new_call(struct call *call, unsigned int op, struct prng *prng)
{
	bool wild = one_in(prng, 4);

	memset(call, 0, sizeof(*call));
	call->op = op;
	if (one_in(prng, 16))
		call->fail = 1 + prng_below(prng, 12);
	/* The first says which file or mapping. */
	if (one_in(prng, 5))
		call->arg[0] = prng_below(prng, 6);
	for (unsigned int i = 1; i < ops[op].args; i++)
		if (one_in(prng, wild ? 2 : 5))
			call->arg[i] = some_value(prng);
}

static unsigned int some_op(struct prng *prng)
{
	unsigned int total = 0, op, left;

	for (op = 0; op < nops; op++)
		total += ops[op].weight;
	left = prng_below(prng, total);
	for (op = 0; left >= ops[op].weight; op++)
		left -= ops[op].weight;
	return op;
}

static void add_some_call(struct program *program, struct prng *prng)
{
	struct call *call = &program->calls[program->n++];

	new_call(call, some_op(prng), prng);
	call->thread = prng_below(prng, MAX_THREADS);
}

static unsigned int find_op(const char *name)
{
	unsigned int op = 0;

	while (op < nops && strcmp(ops[op].name, name))
		op++;
	return op;
}

void program_new(struct program *program, struct prng *prng)
{
	static const char *const starts[2][3] = {
		{ "open", "setup", "mmap" },
		{ "open", "timerfd", "settime" },
	};
	const char *const *start = starts[one_in(prng, 4)];
	unsigned int n = 1 + prng_below(prng, MAX_CALLS - 5);

	memset(program, 0, sizeof(*program));
	if (one_in(prng, 12))
		new_call(&program->calls[program->n++], some_op(prng), prng);
	for (int i = 0; i < 3; i++) {
		struct call *call = &program->calls[program->n];

		if (one_in(prng, 10))
			continue;
		new_call(call, find_op(start[i]), prng);
		if (!one_in(prng, 4))
			*call = (struct call){ .op = call->op };
		program->n++;
	}
	program->serial = program->n;
	while (n--)
		add_some_call(program, prng);
	/* Without races, so that one thing follows from the other. */
	if (one_in(prng, 2))
		program->serial = program->n;
}

static void mutate_arg(struct call *call, struct prng *prng)
{
	uint64_t *arg = &call->arg[prng_below(prng, MAX_ARGS)];

	switch (prng_below(prng, 5)) {
	case 0:
		*arg = 0;
		break;
	case 1:
		*arg += prng_below(prng, 9) - 4;
		break;
	case 2:
		*arg ^= 1ULL << prng_below(prng, 64);
		break;
	default:
		*arg = some_value(prng);
	}
}

static void remove_call(struct program *program, unsigned int i)
{
	program->n--;
	memmove(&program->calls[i], &program->calls[i + 1],
		(program->n - i) * sizeof(program->calls[0]));
}

/* A copy of @call before the one at @i; the last may have to go for it. */
static void insert_call(struct program *program, unsigned int i,
			const struct call *call)
{
	struct call copy = *call;

	if (program->n == MAX_CALLS)
		program->n--;
	memmove(&program->calls[i + 1], &program->calls[i],
		(program->n - i) * sizeof(program->calls[0]));
	program->calls[i] = copy;
	program->n++;
}

static void splice(struct program *program, const struct program *other,
		   struct prng *prng)
{
	unsigned int keep = 1 + prng_below(prng, program->n);
	unsigned int from = prng_below(prng, other->n);

	program->n = keep;
	while (from < other->n && program->n < MAX_CALLS)
		program->calls[program->n++] = other->calls[from++];
}

static void mutate_once(struct program *program, const struct program *other,
			struct prng *prng)
{
	unsigned int i = prng_below(prng, program->n);
	struct call *call = &program->calls[i], added;

	switch (prng_below(prng, 10)) {
	case 0:
		splice(program, other, prng);
		break;
	case 1:
		if (program->n > 1)
			remove_call(program, i);
		break;
	case 2:
		insert_call(program, prng_below(prng, program->n), call);
		break;
	case 3:
		call->fail = prng_below(prng, 13);
		break;
	case 4:
		call->thread = prng_below(prng, MAX_THREADS);
		program->serial = prng_below(prng, program->n + 1);
		break;
	case 5:
	case 6:
		new_call(&added, some_op(prng), prng);
		added.thread = prng_below(prng, MAX_THREADS);
		insert_call(program, i, &added);
		break;
	default:
		mutate_arg(call, prng);
	}
	if (program->serial > program->n)
		program->serial = program->n;
}

void program_mutate(struct program *program, const struct program *other,
		    struct prng *prng)
{
	unsigned int times = 1 + prng_below(prng, 4);

	while (times--)
		mutate_once(program, other, prng);
}

bool program_has(const struct program *program, const char *op)
{
	for (unsigned int i = 0; i < program->n; i++)
		if (!strcmp(ops[program->calls[i].op].name, op))
			return true;
	return false;
}

unsigned int program_threads(const struct program *program)
{
	unsigned int most = 0;

	for (unsigned int i = program->serial; i < program->n; i++)
		if (program->calls[i].thread > most)
			most = program->calls[i].thread;
	return most + 1;
}

void program_print(const struct program *program, char line[MAX_LINE])
{
	char *to = line + sprintf(line, "%x", program->serial);

	for (unsigned int i = 0; i < program->n; i++) {
		const struct call *call = &program->calls[i];
		unsigned int args = MAX_ARGS;

		while (args && !call->arg[args - 1])
			args--;
		to += sprintf(to, "; %u %s", call->thread, ops[call->op].name);
		if (call->fail)
			to += sprintf(to, "!%x", call->fail);
		for (unsigned int arg = 0; arg < args; arg++)
			to += sprintf(to, " %llx",
				      (unsigned long long)call->arg[arg]);
	}
}

static bool parse_call(struct call *call, char *text)
{
	char name[20];
	unsigned int thread, fail = 0;
	int used = 0;

	if (sscanf(text, "%u %19[a-z_]%n!%x%n", &thread, name, &used, &fail,
		   &used) < 2)
		return false;
	memset(call, 0, sizeof(*call));
	call->op = find_op(name);
	call->thread = thread;
	call->fail = fail;
	text += used;
	for (unsigned int i = 0; i < MAX_ARGS; i++)
		call->arg[i] = strtoull(text, &text, 16);
	return call->op < nops && thread < MAX_THREADS && !*text;
}

bool program_parse(struct program *program, char *line)
{
	char *part = strtok(line, ";");

	program->n = 0;
	program->serial = part ? strtoul(part, NULL, 16) : 0;
	while ((part = strtok(NULL, ";")))
		if (program->n == MAX_CALLS ||
		    !parse_call(&program->calls[program->n++], part))
			return false;
	return program->n && program->serial <= program->n;
}
