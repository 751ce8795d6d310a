/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every test of the command timerheap starts with. */
#ifndef TOOL_SUITE_H
#define TOOL_SUITE_H

#include "hb_suite.h"
#include "timerheap_tool.h"

/* What a function printed, until the next call of this. */
#define PRINTED(call)                                      \
	({                                                 \
		static char printed_[8192];                \
		FILE *out = fmemopen(printed_, 8192, "w"); \
		call;                                      \
		fclose(out);                               \
		printed_;                                  \
	})

#define assert_contains(text, part)                                 \
	do {                                                        \
		const char *text_ = (text);                         \
		if (!strstr(text_, part))                           \
			fail_msg("no \"%s\" in:\n%s", part, text_); \
	} while (0)

#endif
