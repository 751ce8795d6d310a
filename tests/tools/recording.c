// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A recording that is made up, on standard output: two CPUs, ten seconds, an
 * expiry each millisecond, 5 to 25 us late; in the fifth second 300 us more; on
 * CPU 0 twenty of 35 us in the beginning; on CPU 1 some are lost after 7 s.
 */
#include <stdlib.h>

#include "timerheap_recording.h"

#define MS 1000000ULL
#define BEGIN (1000 * MS)

static void put(unsigned int cpu, uint64_t at_ns, uint64_t late_ns,
		enum recording_kind kind)
{
	const struct recording_entry entry = {
		.at_ns = BEGIN + at_ns,
		.late_ns = late_ns,
		.queue = 1 + cpu,
		.pid = 42,
		.slot = (uint32_t)(at_ns / MS),
		.cpu = (uint16_t)cpu,
		.kind = (uint8_t)kind,
		.clock = 1,
	};

	if (recording_put(stdout, &entry))
		exit(1);
}

int main(void)
{
	struct recording_head head = {
		.magic = RECORDING_MAGIC,
		.version = RECORDING_VERSION,
		.head_size = sizeof(head),
		.entry_size = sizeof(struct recording_entry),
		.begin_ns = BEGIN,
		.wall_offset_ns = 1700000000000000000,
		.host = "<host> & \"Co\"",
		.kernel = "6.1",
		.module = "0.1",
	};
	unsigned int seed = 1;

	if (recording_put_head(stdout, &head))
		return 1;
	for (unsigned int i = 0; i < 20; i++)
		put(0, i * MS, 35000, RECORDING_EXPIRY);
	for (unsigned int ms = 0; ms < 10000; ms++)
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			uint64_t more = ms / 1000 == 4 ? 300000 : 0;

			seed = seed * 1103515245 + 12345;
			put(cpu, ms * MS, 5000 + (seed >> 8) % 20000 + more,
			    RECORDING_EXPIRY);
		}
	put(1, 7000 * MS, 1234, RECORDING_LOST);
	return fclose(stdout) ? 1 : 0;
}
