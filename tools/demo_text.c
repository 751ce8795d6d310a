// SPDX-License-Identifier: LGPL-2.1-or-later
/* Figures as people read them. */
#include <inttypes.h>
#include <string.h>

#include "demo.h"

/* 1,234,567 */
struct demo_text demo_count(uint64_t count)
{
	struct demo_text out;
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *to = out.text;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

/* Three digits, and a unit. */
struct demo_text demo_time(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	struct demo_text out;
	int unit = 0;

	while (value >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(out.text, sizeof(out.text), "%.*f %s",
		 !unit || value >= 99.95  ? 0
			 : value >= 9.995 ? 1
					  : 2,
		 value, units[unit]);
	return out;
}
