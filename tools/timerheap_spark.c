// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lateness as a character, on a scale that is the same for all CPUs. */
#include "timerheap_top.h"

/* Each level is four times the one below: 1 us, 4 us, up to 4.1 ms. */
#define FIRST_NS 1000
#define FACTOR 4

unsigned int top_level(uint64_t ns)
{
	uint64_t end = FIRST_NS;
	unsigned int level = 0;

	while (level < TOP_LEVELS - 1 && ns >= end) {
		level++;
		end *= FACTOR;
	}
	return level;
}

const char *top_spark(unsigned int level, bool utf8)
{
	static const char *const blocks[TOP_LEVELS] = { "▁", "▂", "▃", "▄",
							"▅", "▆", "▇", "█" };
	static const char *const ascii[TOP_LEVELS] = { ".", ":", "-", "=",
						       "+", "*", "%", "#" };

	if (level >= TOP_LEVELS)
		return " ";
	return utf8 ? blocks[level] : ascii[level];
}
