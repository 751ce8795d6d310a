// SPDX-License-Identifier: GPL-2.0-only
/* Arithmetic on times against that of twice the width. */
#include "fuzz.h"

#include "sat.h"

static void verify(u64 a, u64 b)
{
	unsigned __int128 sum = (unsigned __int128)a + b;
	unsigned __int128 product = (unsigned __int128)a * (u32)b;
	__int128 rest = (__int128)a - b;

	CHECK(th_sat_add(a, b) == (sum > TH_NEVER ? TH_NEVER : (u64)sum));
	CHECK(th_sat_sub(a, b) == (rest < 0 ? 0 : (u64)rest));
	CHECK(th_sat_mul(a, (u32)b) ==
	      (product > TH_NEVER ? TH_NEVER : (u64)product));
	CHECK(th_sat_add(a, TH_NEVER) == TH_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	while (in.left) {
		u64 a = input_number(&in, 0);
		u64 b = input_number(&in, a);

		verify(a, b);
		verify(b, a);
		verify(a, ~b);
	}
	return 0;
}
