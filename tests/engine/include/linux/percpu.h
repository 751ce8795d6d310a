/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_PERCPU_H
#define STANDIN_LINUX_PERCPU_H

#include <linux/cpumask.h>
#include <linux/smp.h>

#define __percpu

/* As in the kernel, what is defined is only what each CPU's copy starts as. */
#define DEFINE_PER_CPU(type, name) \
	__attribute__((section("host_percpu_data"))) type name
#define per_cpu_ptr(p, cpu) ((__typeof__(p))host_percpu(p, sizeof(*(p)), cpu))
#define this_cpu_ptr(p) per_cpu_ptr(p, smp_processor_id())
void *host_percpu(void *p, size_t size, int cpu);

#define alloc_percpu(type) ((type *)calloc(NR_CPUS, sizeof(type)))
#define free_percpu(p) free(p)

#endif
