/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a queue, without a kernel. */
#ifndef TEST_AREA_H
#define TEST_AREA_H

#include "engine.h"

void area_make(struct th_engine *engine, u32 nslots, u32 ring_size);
void area_free(struct th_engine *engine);
u64 area_look(const struct th_engine *engine, u32 slot);
const char *area_kept_flaw(const struct th_engine *engine);
const char *area_flaw(const struct th_engine *engine);

#endif
