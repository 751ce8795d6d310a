/* SPDX-License-Identifier: GPL-2.0-only */
/* The library's side of a queue that no kernel made. */
#ifndef TEST_LIBRARY_H
#define TEST_LIBRARY_H

#include "engine.h"
#include "internal.h"

struct timerheap *library_make(struct th_engine *engine, bool own_slot);
void library_free(struct timerheap *th);

#endif
