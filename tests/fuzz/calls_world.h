/* SPDX-License-Identifier: GPL-2.0-only */
/* A caller of the module, as the input makes it. */
#ifndef FUZZ_CALLS_WORLD_H
#define FUZZ_CALLS_WORLD_H

#include "fuzz.h"

#include <linux/fs.h>

#include "file.h"
#include "queue.h"

/* The caller's memory; what is outside of it faults. */
#define USER_SIZE 8192
#define USER ((uintptr_t)0x10000)
#define CPUS 3

struct sandbox {
	struct file file;
	struct cpumask allowed;
	struct task_struct task;
	u8 allocations; /* the bits say which fail */
	u8 powers; /* capabilities, by bit */
	bool dying;
	u8 *memory;
	u8 before[USER_SIZE];
	u64 now;
	u64 delay_min, delay_max;
	s64 step_ns;
	unsigned int kicks;
};

extern struct sandbox box;

/* calls_kernel.c */
size_t readable(uintptr_t address, size_t size);
struct th_queue *queue(void);

/* calls_expect.c: make a call, and check all that it did */
void setup(unsigned int cmd, uintptr_t arg);
void info(unsigned int cmd, uintptr_t arg);
void stats(unsigned int cmd, uintptr_t arg);
void inject(unsigned int cmd, uintptr_t arg);
void wait(unsigned int cmd, uintptr_t arg);
void bare(unsigned int cmd);

long call(unsigned int cmd, uintptr_t arg);
bool untouched(void);
void fetch(void *to, uintptr_t arg, size_t size);
long head_error(uintptr_t arg, size_t known);

/* calls_data.c: likewise */
void batch(unsigned int cmd, uintptr_t arg);
void read_records(uintptr_t to, size_t count);
void map(struct vm_area_struct *vma);

#endif
