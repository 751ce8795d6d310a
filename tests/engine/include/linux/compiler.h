/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared memory is touched by atomic builtins, which sanitizers know; or, with
 * TH_SIM, through functions that the simulation supplies.
 */
#ifndef STANDIN_LINUX_COMPILER_H
#define STANDIN_LINUX_COMPILER_H

#ifdef TH_SIM
#include "sim/access.h"

#define READ_ONCE(x) sim_load(&(x), sizeof(x), SIM_RELAXED)
#define WRITE_ONCE(x, value) sim_store(&(x), sizeof(x), (value), SIM_RELAXED)
#else
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#endif

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* For all that the compiler knows, it may be anything from here on. */
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))

#define noinline __attribute__((__noinline__))

/* For the kernel's own checker. */
#define data_race(expr) (expr)

#endif
