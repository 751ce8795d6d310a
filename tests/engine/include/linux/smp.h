/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_SMP_H
#define STANDIN_LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/kernel.h>

typedef void (*smp_call_func_t)(void *info);

typedef struct call_single_data {
	smp_call_func_t func;
	void *info;
	unsigned int locked;
	/* the host's */
	struct call_single_data *next;
	u64 arrives_ns;
	bool *done;
} call_single_data_t;

static inline void INIT_CSD(call_single_data_t *csd, smp_call_func_t func,
			    void *info)
{
	*csd = (call_single_data_t){ .func = func, .info = info };
}

int smp_processor_id(void);
int smp_call_function_single(int cpu, smp_call_func_t func, void *info,
			     int wait);
int smp_call_function_single_async(int cpu, call_single_data_t *csd);

void local_irq_disable(void);
void local_irq_enable(void);

#define local_irq_save(flags) ((void)((flags) = 0), local_irq_disable())
#define local_irq_restore(flags) ((void)(flags), local_irq_enable())

void cpu_relax(void);

#endif
