// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timerheap_doctor.h"

#define WORDS (DOCTOR_CPUS / 64)

/* Moves on behind the digits; false: there are none, or too many. */
static bool number(const char **at, unsigned long *value)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*value = strtoul(*at, &end, 10);
	*at = end;
	return *value < DOCTOR_CPUS;
}

static void set(struct doctor_cpus *cpus, unsigned long first,
		unsigned long last)
{
	for (; first <= last; first++)
		cpus->bits[first / 64] |= UINT64_C(1) << first % 64;
}

bool doctor_cpus_parse(struct doctor_cpus *cpus, const char *list)
{
	unsigned long first, last;

	memset(cpus, 0, sizeof(*cpus));
	if (!*list)
		return true;
	for (;; list++) {
		if (!number(&list, &first))
			return false;
		last = first;
		if (*list == '-') {
			list++;
			if (!number(&list, &last))
				return false;
		}
		set(cpus, first, last);
		if (*list != ',')
			return !*list;
	}
}

bool doctor_cpus_have(const struct doctor_cpus *cpus, unsigned int cpu)
{
	return cpus->bits[cpu / 64] >> cpu % 64 & 1;
}

static unsigned int run_end(const struct doctor_cpus *cpus, unsigned int cpu)
{
	while (cpu + 1 < DOCTOR_CPUS && doctor_cpus_have(cpus, cpu + 1))
		cpu++;
	return cpu;
}

void doctor_cpus_print(const struct doctor_cpus *cpus, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int cpu = 0; cpu < DOCTOR_CPUS; cpu++) {
		unsigned int last;

		if (!doctor_cpus_have(cpus, cpu))
			continue;
		last = run_end(cpus, cpu);
		if (used < size)
			used += (size_t)snprintf(text + used, size - used,
						 "%s%u", used ? "," : "", cpu);
		if (last > cpu && used < size)
			used += (size_t)snprintf(text + used, size - used,
						 "-%u", last);
		cpu = last;
	}
}

bool doctor_cpus_overlap(const struct doctor_cpus *a,
			 const struct doctor_cpus *b)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

bool doctor_cpus_cover(const struct doctor_cpus *a, const struct doctor_cpus *b)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (b->bits[i] & ~a->bits[i])
			return false;
	return true;
}

unsigned int doctor_cpus_count(const struct doctor_cpus *cpus)
{
	int count = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		count += __builtin_popcountll(cpus->bits[i]);
	return (unsigned int)count;
}

struct doctor_cpus doctor_cpus_upper(const struct doctor_cpus *cpus)
{
	unsigned int skip = (doctor_cpus_count(cpus) + 1) / 2;
	struct doctor_cpus upper = *cpus;

	for (unsigned int cpu = 0; skip; cpu++) {
		if (!doctor_cpus_have(cpus, cpu))
			continue;
		upper.bits[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
		skip--;
	}
	return upper;
}

struct doctor_cpus doctor_cpus_without(const struct doctor_cpus *a,
				       const struct doctor_cpus *b)
{
	struct doctor_cpus rest;

	for (unsigned int i = 0; i < WORDS; i++)
		rest.bits[i] = a->bits[i] & ~b->bits[i];
	return rest;
}
