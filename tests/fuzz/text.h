/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that libinih reads, made of words that they are made of. */
#ifndef FUZZ_TEXT_H
#define FUZZ_TEXT_H

#include "fuzz.h"

/* Bytes below 32 are one of 32 words, others stand for themselves. */
static inline char *text_make(struct input *in, const char *const *words)
{
	char *text = calloc(1, in->left * 20 + 1), *end = text;

	while (in->left) {
		uint8_t byte = (uint8_t)input_take(in, 1);

		if (byte < 32)
			end = stpcpy(end, words[byte]);
		else
			*end++ = byte == 127 ? '\n' : (char)byte;
	}
	return text;
}

static inline unsigned int text_lines(const char *text)
{
	unsigned int lines = 1, column = 0;

	/* Libinih takes a long line for several. */
	for (; *text; text++)
		if (*text == '\n' || ++column == 150) {
			lines++;
			column = 0;
		}
	return lines;
}

#endif
