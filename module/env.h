/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's environment in the kernel: time, hrtimer, wake-up, and how much
 * of a CPU the queues on it may take.
 */
#ifndef TH_ENV_H
#define TH_ENV_H

#include "queue.h"

bool th_env_run(struct th_queue *queue);
void th_env_let_go(struct th_queue *queue);
void th_env_run_within_grant(struct th_queue *queue);
bool th_env_timer_came(struct th_queue *queue);
void th_env_gap_came(struct th_queue *queue);
void th_env_stop(struct th_queue *queue);

u64 th_env_draw_delay(struct rnd_state *random);
void th_env_inject_delay(u64 min_ns, u64 max_ns);
void th_env_inject_info(struct timerheap_info *info);

#endif
