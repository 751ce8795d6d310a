/* SPDX-License-Identifier: GPL-2.0-only */
/* Having the home CPU look at a queue, from wherever the caller is. */
#ifndef TH_KICK_H
#define TH_KICK_H

#include "queue.h"

void th_kick_init(struct th_queue *queue);
void th_kick(struct th_queue *queue);
void th_kick_finish(struct th_queue *queue);

#endif
