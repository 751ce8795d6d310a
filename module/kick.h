/* SPDX-License-Identifier: GPL-2.0-only */
/* Having the home CPU look at a queue, from wherever the caller is. */
#ifndef TH_KICK_H
#define TH_KICK_H

#include "queue.h"

/* Kicks to one CPU that may be on their way; their runs are one interrupt. */
#ifndef TH_KICKS_AT_ONCE
#define TH_KICKS_AT_ONCE	32
#endif

void th_kick_init(struct th_queue *queue);
void th_kick(struct th_queue *queue);
void th_kick_finish(struct th_queue *queue);

#endif
