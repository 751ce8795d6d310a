/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints, as Documentation/uapi.rst describes them; a nop each while they
 * are off.  Raw ones get what TP_PROTO says: plain values, but for the queue
 * and the record that was posted.  The queue's number comes as a value, too,
 * where programs are to be quick: reading it by the name takes longer than all
 * the rest of them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM timerheap

#if !defined(TH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define TH_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>
#include <linux/timerheap.h>

#ifndef TH_TRACE_TYPES
#define TH_TRACE_TYPES

/* A queue by name, in each tracepoint.  Programs read it: it only grows. */
struct th_name {
	u32 queue;	/* a number since load, from 1 */
	u32 pid;	/* the process that made it */
	s32 clock;	/* the clock of its times */
};

/* env.c: for as long as timerheap_reap is on, consumers tell. */
int th_env_start_reaps(void);
void th_env_stop_reaps(void);

#endif

TRACE_EVENT(timerheap_run,
	TP_PROTO(const struct th_name *name, u64 start_ns, u32 budget, u32 used,
		 u64 next_ns, bool stalled, u32 queue),
	TP_ARGS(name, start_ns, budget, used, next_ns, stalled, queue),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u64, start_ns)
		__field(u32, budget)
		__field(u32, used)
		__field(u64, next_ns)
		__field(bool, stalled)
	),
	TP_fast_assign(
		__entry->queue = queue;
		__entry->pid = name->pid;
		__entry->start_ns = start_ns;
		__entry->budget = budget;
		__entry->used = used;
		__entry->next_ns = next_ns;
		__entry->stalled = stalled;
	),
	TP_printk("queue=%u pid=%u start_ns=%llu budget=%u used=%u next_ns=%llu stalled=%d",
		  __entry->queue, __entry->pid, __entry->start_ns,
		  __entry->budget, __entry->used, __entry->next_ns,
		  __entry->stalled)
);

TRACE_EVENT(timerheap_expire,
	TP_PROTO(const struct th_name *name,
		 const struct timerheap_expiry *expiry, u32 position,
		 u64 start_ns, u64 delay_ns),
	TP_ARGS(name, expiry, position, start_ns, delay_ns),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u64, deadline_ns)
		__field(u64, fired_ns)
		__field(u64, start_ns)
		__field(u64, delay_ns)
		__field(u32, slot)
		__field(u32, overruns)
		__field(u32, cpu)
		__field(u32, flags)
		__field(u32, position)
		__field(s32, clock)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->deadline_ns = expiry->expires_ns;
		__entry->fired_ns = expiry->fired_ns;
		__entry->start_ns = start_ns;
		__entry->delay_ns = delay_ns;
		__entry->slot = expiry->slot;
		__entry->overruns = expiry->overruns;
		__entry->cpu = expiry->cpu;
		__entry->flags = expiry->flags;
		__entry->position = position;
		__entry->clock = name->clock;
	),
	TP_printk("queue=%u pid=%u slot=%u deadline_ns=%llu fired_ns=%llu start_ns=%llu delay_ns=%llu overruns=%u cpu=%u flags=%#x position=%u clock=%d",
		  __entry->queue, __entry->pid, __entry->slot,
		  __entry->deadline_ns, __entry->fired_ns, __entry->start_ns,
		  __entry->delay_ns, __entry->overruns, __entry->cpu,
		  __entry->flags, __entry->position, __entry->clock)
);

TRACE_EVENT(timerheap_fire,
	TP_PROTO(const struct th_name *name, u64 deadline_ns, u64 fired_ns,
		 u64 start_ns, u64 delay_ns, u32 position, u32 count,
		 u32 queue),
	TP_ARGS(name, deadline_ns, fired_ns, start_ns, delay_ns, position,
		count, queue),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u64, deadline_ns)
		__field(u64, fired_ns)
		__field(u64, start_ns)
		__field(u64, delay_ns)
		__field(u32, position)
		__field(u32, count)
		__field(s32, clock)
	),
	TP_fast_assign(
		__entry->queue = queue;
		__entry->pid = name->pid;
		__entry->deadline_ns = deadline_ns;
		__entry->fired_ns = fired_ns;
		__entry->start_ns = start_ns;
		__entry->delay_ns = delay_ns;
		__entry->position = position;
		__entry->count = count;
		__entry->clock = name->clock;
	),
	TP_printk("queue=%u pid=%u deadline_ns=%llu fired_ns=%llu start_ns=%llu delay_ns=%llu position=%u count=%u clock=%d",
		  __entry->queue, __entry->pid, __entry->deadline_ns,
		  __entry->fired_ns, __entry->start_ns, __entry->delay_ns,
		  __entry->position, __entry->count, __entry->clock)
);

TRACE_EVENT(timerheap_move,
	TP_PROTO(const struct th_name *name, u32 slot, u64 key_ns,
		 u64 deadline_ns),
	TP_ARGS(name, slot, key_ns, deadline_ns),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u64, key_ns)
		__field(u64, deadline_ns)
		__field(u32, slot)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->key_ns = key_ns;
		__entry->deadline_ns = deadline_ns;
		__entry->slot = slot;
	),
	TP_printk("queue=%u pid=%u slot=%u key_ns=%llu deadline_ns=%llu",
		  __entry->queue, __entry->pid, __entry->slot, __entry->key_ns,
		  __entry->deadline_ns)
);

TRACE_EVENT(timerheap_kick,
	TP_PROTO(const struct th_name *name, int home, bool remote),
	TP_ARGS(name, home, remote),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(int, home)
		__field(bool, remote)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->home = home;
		__entry->remote = remote;
	),
	TP_printk("queue=%u pid=%u home=%d remote=%d", __entry->queue,
		  __entry->pid, __entry->home, __entry->remote)
);

TRACE_EVENT(timerheap_program,
	TP_PROTO(const struct th_name *name, u64 when_ns, bool soon),
	TP_ARGS(name, when_ns, soon),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u64, when_ns)
		__field(bool, soon)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->when_ns = when_ns;
		__entry->soon = soon;
	),
	TP_printk("queue=%u pid=%u when_ns=%llu soon=%d", __entry->queue,
		  __entry->pid, __entry->when_ns, __entry->soon)
);

TRACE_EVENT(timerheap_stall,
	TP_PROTO(const struct th_name *name, bool on),
	TP_ARGS(name, on),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(bool, on)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->on = on;
	),
	TP_printk("queue=%u pid=%u on=%d", __entry->queue, __entry->pid,
		  __entry->on)
);

TRACE_EVENT(timerheap_handover,
	TP_PROTO(const struct th_name *name, int from, int to),
	TP_ARGS(name, from, to),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(int, from)
		__field(int, to)
	),
	TP_fast_assign(
		__entry->queue = name->queue;
		__entry->pid = name->pid;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("queue=%u pid=%u from=%d to=%d", __entry->queue,
		  __entry->pid, __entry->from, __entry->to)
);

TRACE_EVENT(timerheap_read,
	TP_PROTO(const struct th_name *name, u32 position, u32 count,
		 u32 queue),
	TP_ARGS(name, position, count, queue),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u32, position)
		__field(u32, count)
	),
	TP_fast_assign(
		__entry->queue = queue;
		__entry->pid = name->pid;
		__entry->position = position;
		__entry->count = count;
	),
	TP_printk("queue=%u pid=%u position=%u count=%u", __entry->queue,
		  __entry->pid, __entry->position, __entry->count)
);

TRACE_EVENT_FN(timerheap_reap,
	TP_PROTO(const struct th_name *name, u32 position, u32 queue),
	TP_ARGS(name, position, queue),
	TP_STRUCT__entry(
		__field(u32, queue)
		__field(u32, pid)
		__field(u32, position)
	),
	TP_fast_assign(
		__entry->queue = queue;
		__entry->pid = name->pid;
		__entry->position = position;
	),
	TP_printk("queue=%u pid=%u position=%u", __entry->queue, __entry->pid,
		  __entry->position),
	th_env_start_reaps, th_env_stop_reaps
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
