/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * timerheap: per-CPU heaps of timers, armed through shared memory.
 *
 * open("/dev/timerheap"), TIMERHEAP_IOC_SETUP and mmap() make one queue: one
 * heap, on one clock, with one home CPU and nslots slots.  All times are u64
 * nanoseconds of the queue's clock unless a field says otherwise.
 * Documentation/uapi.rst has every call with its errors.
 */
#ifndef _UAPI_LINUX_TIMERHEAP_H
#define _UAPI_LINUX_TIMERHEAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What TIMERHEAP_IOC_INFO must answer for this header to apply. */
#define TIMERHEAP_ABI_VERSION	1

/* "Not in the heap", "no event", "no limit", depending on the field. */
#define TIMERHEAP_NEVER		(~(__u64)0)

/*
 * The mapping
 * -----------
 * One shared mapping a queue, of setup.mmap_size bytes at offset 0, with its
 * parts at the offsets that SETUP returned.  Each word has one kind of
 * writer; words written by both sides take atomic operations only.
 */

/**
 * struct timerheap_header - the two lines that describe the queue
 * @next_event_ns: when the kernel will next look at the queue by itself;
 *	TIMERHEAP_NEVER if it will not; 0 if it comes back as soon as it may, or
 *	waits for the consumer's kick (TIMERHEAP_HDR_STALLED).  Read it after
 *	ringing a doorbell; kick when the slot's latest time is before it.
 * @cq_tail: where the next expiry will be posted, free-running; read with
 *	acquire, so that the records before it are complete.
 * @flags: TIMERHEAP_HDR_*.
 * @wall_offset_ns: CLOCK_REALTIME minus the queue's clock, as of the last
 *	run.
 * @clock_steps: how often the wall clock had been stepped since SETUP, as of
 *	the last run.  Read it with acquire, then @wall_offset_ns, then again.
 * @cpu: the home CPU; another than SETUP returned while that one is offline.
 * @queue: the queue's number since load, from 1, as tracepoints name it; 0: the
 *	module is older than that.
 * @cq_head: where the consumer reads next, free-running; store with release.
 *	After the store, a full barrier, then read @flags: kick when
 *	TIMERHEAP_HDR_STALLED is set.
 * @lead_ns: deliver this much before the deadline (timerheap_wait_precise
 *	spins out the rest); 0 to TIMERHEAP_LEAD_MAX_NS, more counts as that.
 *	Kick after changing it.
 */
struct timerheap_header {
	/* written by the kernel */
	__aligned_u64 next_event_ns;
	__u32 cq_tail;
	__u32 flags;
	__s64 wall_offset_ns;
	__u32 clock_steps;
	__u32 cpu;
	__u32 queue;
	__u8 __pad0[28];
	/* written by the user; a cache line of its own */
	__u32 cq_head;
	__u32 lead_ns;
	__u8 __pad1[56];
};

/* The ring is full, and the kernel waits for the consumer's kick. */
#define TIMERHEAP_HDR_STALLED		(1U << 0)
/* The clock cannot be relied upon; INFO's clock_flags tell why. */
#define TIMERHEAP_HDR_CLOCK_UNRELIABLE	(1U << 1)
/* TIMERHEAP_IOC_INJECT is in force: lateness or steps may be made up. */
#define TIMERHEAP_HDR_INJECTED		(1U << 2)
/* Somebody traces: TIMERHEAP_IOC_REAPED after each store of cq_head. */
#define TIMERHEAP_HDR_TRACED		(1U << 3)

#define TIMERHEAP_LEAD_MAX_NS		10000000U

/**
 * struct timerheap_slot - one timer
 * @expires_ns: the deadline, before which the slot never fires; 0: idle.
 *	Written by both sides, always atomically.  The user exchanges it; the
 *	kernel compares and exchanges it for 0, or the next deadline of a
 *	periodic timer, when it fires.
 * @period_ns: 0: one-shot.  Else the grid: deadlines follow each other by
 *	exactly this much, however late one was.  Below INFO's min_period_ns it
 *	counts as that.
 * @armed_ns: written by the kernel: when it will look at this slot by itself;
 *	TIMERHEAP_NEVER: not at all.
 * @slack_ns: delivery may be this much later than the deadline, to share an
 *	interrupt with another slot.
 * @flags: TIMERHEAP_SLOT_*; bits that are not defined are ignored.
 *
 * To arm for D: write period, slack and flags; exchange @expires_ns for D;
 * let L = D + slack, saturated.  If L >= @armed_ns that is all.  Else set the
 * slot's bit in level 0, then the bit of that word in level 1, both by atomic
 * or; and if L < header.next_event_ns, kick.  The exchange, both ors and the
 * loads of @armed_ns and next_event_ns must be sequentially consistent.
 *
 * A slot that is armed again for the very deadline that it held, with another
 * period or other flags, while that deadline is passing: the tick after it may
 * follow the former settings.
 *
 * To cancel: exchange @expires_ns for 0.  What it held tells: not 0, it was
 * pending and will not fire; 0, it had fired already or was idle.
 */
struct timerheap_slot {
	__aligned_u64 expires_ns;
	__aligned_u64 period_ns;
	__aligned_u64 armed_ns;
	__u32 slack_ns;
	__u32 flags;
};

/* After a late tick the period starts from then; the grid is given up. */
#define TIMERHEAP_SLOT_RESTART		(1U << 0)

/**
 * struct timerheap_expiry - one record of the completion ring
 * @expires_ns: the deadline that was met.  (@slot, @expires_ns) identifies an
 *	expiry: a slot armed anew since then holds another deadline.
 * @fired_ns: when the kernel fired it; never before @expires_ns, except by
 *	lead_ns and marked so.
 * @slot: index of the slot.
 * @overruns: whole periods missed, saturated; the deadline after this one is
 *	expires_ns + (overruns + 1) * period_ns, or, with
 *	TIMERHEAP_SLOT_RESTART, the later of expires_ns and fired_ns, plus
 *	period_ns.
 * @cpu: the CPU it fired on.
 * @flags: TIMERHEAP_EXPIRY_*.
 *
 * Records between cq_head and cq_tail are the consumer's; index them modulo
 * the ring's size.
 */
struct timerheap_expiry {
	__aligned_u64 expires_ns;
	__aligned_u64 fired_ns;
	__u32 slot;
	__u32 overruns;
	__u32 cpu;
	__u32 flags;
};

/* Delivered before its deadline, because lead_ns asks for it. */
#define TIMERHEAP_EXPIRY_LEAD		(1U << 0)

/*
 * Doorbells: u64 words.  Level 0 has bit (slot % 64) of word (slot / 64) for
 * each slot; level 1 has bit (w % 64) of word (w / 64) for each word w of
 * level 0.  Set by atomic or; cleared by the kernel alone.
 */

/*
 * The calls
 * ---------
 * Structures start with their own size, so that they can grow: a size below
 * the first version's is EINVAL; bytes past what the kernel knows must be 0,
 * else E2BIG.  flags, reserved fields and unknown bits must be 0, else EINVAL.
 * Unless a call says otherwise, an error has changed nothing.
 */

/**
 * struct timerheap_setup - make the queue
 * @size: sizeof(struct timerheap_setup).
 * @flags: 0.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME or CLOCK_TAI.
 * @cpu: the home CPU, or TIMERHEAP_CPU_CURRENT; returns the one taken.
 * @nslots: 1 to INFO's max_slots.
 * @ring_entries: expiries the ring holds, at most TIMERHEAP_RING_MAX, rounded
 *	up to a power of two; 0: nslots / 4, within 256 and
 *	TIMERHEAP_RING_MAX, rounded down to one.  Returns the size taken.
 * @header_off: returned: where struct timerheap_header is in the mapping.
 * @level1_off: returned: where level 1 of the doorbells is.
 * @level0_off: returned: where level 0 of the doorbells is.
 * @ring_off: returned: where the expiries are.
 * @slots_off: returned: where the slots are.
 * @__resv: 0.
 * @mmap_size: returned: the length that mmap() must be given.
 */
struct timerheap_setup {
	__u32 size;
	__u32 flags;
	__s32 clockid;
	__s32 cpu;
	__u32 nslots;
	__u32 ring_entries;
	__u32 header_off;
	__u32 level1_off;
	__u32 level0_off;
	__u32 ring_off;
	__u32 slots_off;
	__u32 __resv;
	__aligned_u64 mmap_size;
};

#define TIMERHEAP_CPU_CURRENT	(-1)
#define TIMERHEAP_RING_MIN	256
#define TIMERHEAP_RING_MAX	65536

/**
 * struct timerheap_info - the module, and what it thinks of the clock
 * @size: sizeof(struct timerheap_info).
 * @flags: 0.
 * @abi_version: TIMERHEAP_ABI_VERSION of the module.
 * @max_slots: the most slots that a queue may have.
 * @max_ring: the most expiries that a ring may hold.
 * @budget: expiries and doorbells that one run handles at most.
 * @min_period_ns: shorter periods count as this.
 * @features: TIMERHEAP_FEATURE_*.
 * @clock_flags: TIMERHEAP_CLOCK_*.
 * @clock_checks: how many comparisons the two figures below rest on.
 * @counter_ppb: how much faster the CPU's counter ran than
 *	CLOCK_MONOTONIC_RAW over the last 5 s, in parts per billion.
 * @counter_ppb_max: the one of these furthest from 0 since load.
 * @counter_khz: the counter's nominal rate; 0: not known.
 * @clock_steps: steps of the wall clock since load, injected ones included.
 * @inject_min_ns: the least delay that INJECT adds.
 * @inject_max_ns: the most that it adds; 0: no injection.
 * @inject_step_ns: the sum of the steps that INJECT pretends.
 */
struct timerheap_info {
	__u32 size;
	__u32 flags;
	__u32 abi_version;
	__u32 max_slots;
	__u32 max_ring;
	__u32 budget;
	__aligned_u64 min_period_ns;
	__aligned_u64 features;
	__u32 clock_flags;
	__u32 clock_checks;
	__s64 counter_ppb;
	__s64 counter_ppb_max;
	__aligned_u64 counter_khz;
	__aligned_u64 clock_steps;
	__aligned_u64 inject_min_ns;
	__aligned_u64 inject_max_ns;
	__s64 inject_step_ns;
};

/* INJECT is allowed by the module parameter of that name. */
#define TIMERHEAP_FEATURE_INJECT	(1ULL << 0)

/* All of the others are set. */
#define TIMERHEAP_CLOCK_RELIABLE	(1U << 0)
/* The kernel keeps time by the CPU's own counter (TSC, arm64's counter). */
#define TIMERHEAP_CLOCK_COUNTER		(1U << 1)
/* Its rate does not follow the CPU's frequency. */
#define TIMERHEAP_CLOCK_CONSTANT	(1U << 2)
/* It goes on counting in idle states. */
#define TIMERHEAP_CLOCK_NONSTOP		(1U << 3)
/* The kernel has not marked it unstable. */
#define TIMERHEAP_CLOCK_STABLE		(1U << 4)

/**
 * struct timerheap_batch - an array of arms or of cancels
 * @size: sizeof(struct timerheap_batch).
 * @flags: 0.
 * @count: entries in the array.
 * @done: returned, also beside an error: entries carried out.  The error is
 *	that of entry number @done.
 * @entries: address of struct timerheap_arm or struct timerheap_cancel.
 */
struct timerheap_batch {
	__u32 size;
	__u32 flags;
	__u32 count;
	__u32 done;
	__aligned_u64 entries;
};

/**
 * struct timerheap_arm - one arm
 * @expires_ns: the deadline; 0 is EINVAL.
 * @period_ns: as in the slot.
 * @slot: index of the slot.
 * @slack_ns: as in the slot.
 * @flags: as in the slot, but unknown bits are EINVAL.
 * @__resv: 0.
 */
struct timerheap_arm {
	__aligned_u64 expires_ns;
	__aligned_u64 period_ns;
	__u32 slot;
	__u32 slack_ns;
	__u32 flags;
	__u32 __resv;
};

/**
 * struct timerheap_cancel - one cancel
 * @slot: index of the slot.
 * @result: returned: 1, it was pending and will not fire; 0, too late or
 *	idle.
 */
struct timerheap_cancel {
	__u32 slot;
	__u32 result;
};

/**
 * struct timerheap_wait - kick, then sleep
 * @size: sizeof(struct timerheap_wait).
 * @flags: 0.
 * @min_expiries: how many to wait for, 0 to the ring's size; a full ring ends
 *	the wait too.
 * @ready: returned: how many the ring held at the end.
 * @deadline_ns: when to give up, in the queue's clock; 0: do not sleep;
 *	TIMERHEAP_NEVER: no limit.
 */
struct timerheap_wait {
	__u32 size;
	__u32 flags;
	__u32 min_expiries;
	__u32 ready;
	__aligned_u64 deadline_ns;
};

/*
 * Lateness histogram: log-linear, 8 sub-buckets a power of two.  Values below
 * 8 have a bucket each; bucket b >= 8 holds (8 + b % 8) << (b / 8 - 1) up to
 * the next bucket's lower bound, so that a bucket's width is at most 12.5 % of
 * its lower bound.  The last bucket holds everything from 2^40 ns up.
 * (The log-linear layout of HdrHistogram, hdrhistogram.org.)
 */
#define TIMERHEAP_HIST_BUCKETS	305

static inline __u32 timerheap_hist_bucket(__u64 value)
{
	__u32 top;

	if (value < 8)
		return (__u32)value;
	top = 63 - (__u32)__builtin_clzll(value);
	if (top >= 40)
		return TIMERHEAP_HIST_BUCKETS - 1;
	return (top - 2) * 8 + (__u32)((value >> (top - 3)) & 7);
}

/* The least value of the bucket; one past the last: TIMERHEAP_NEVER. */
static inline __u64 timerheap_hist_lower(__u32 bucket)
{
	if (bucket < 8)
		return bucket;
	if (bucket >= TIMERHEAP_HIST_BUCKETS)
		return TIMERHEAP_NEVER;
	return (__u64)(8 + bucket % 8) << (bucket / 8 - 1);
}

/**
 * struct timerheap_stats - what a queue, or a CPU's queues, did
 * @size: sizeof(struct timerheap_stats).
 * @flags: 0.
 * @cpu: CPU_STATS: the CPU asked for.  STATS returns the home CPU here.
 * @queues: returned: queues that live on that CPU (STATS: 1).
 * @expiries: records posted.
 * @overruns: periods missed.
 * @lazy_moves: slots that had been pushed back and were looked at, and moved,
 *	when their time came, or up to 2 ms before.
 * @lazy_drops: slots found cancelled then.
 * @doorbells: rung slots that were looked at.
 * @kicks_local: kicks carried out on the home CPU by the caller.
 * @kicks_remote: kicks that sent the home CPU an interrupt.
 * @runs: times the kernel looked at the queue.
 * @runs_over_budget: those that stopped at the budget, or after 20 us.
 * @stalls: times the ring was found full.
 * @handovers: moves to another CPU, there and back.
 * @clock_steps: steps of the wall clock.
 * @lateness_min_ns: least lateness; TIMERHEAP_NEVER before the first expiry.
 * @lateness_max_ns: most lateness.
 * @lateness_sum_ns: sum, saturated.
 * @lateness_sumsq_us2: sum of squares, in square microseconds, saturated
 *	(of each lateness rounded down to a microsecond).
 * @hist: expiries by lateness, see timerheap_hist_bucket().
 *
 * Lateness is fired_ns minus the deadline (minus lead_ns when there is one).
 * Each figure is exact; they are read one after the other while the queue
 * goes on.
 */
struct timerheap_stats {
	__u32 size;
	__u32 flags;
	__s32 cpu;
	__u32 queues;
	__aligned_u64 expiries;
	__aligned_u64 overruns;
	__aligned_u64 lazy_moves;
	__aligned_u64 lazy_drops;
	__aligned_u64 doorbells;
	__aligned_u64 kicks_local;
	__aligned_u64 kicks_remote;
	__aligned_u64 runs;
	__aligned_u64 runs_over_budget;
	__aligned_u64 stalls;
	__aligned_u64 handovers;
	__aligned_u64 clock_steps;
	__aligned_u64 lateness_min_ns;
	__aligned_u64 lateness_max_ns;
	__aligned_u64 lateness_sum_ns;
	__aligned_u64 lateness_sumsq_us2;
	__aligned_u64 hist[TIMERHEAP_HIST_BUCKETS];
};

/**
 * struct timerheap_inject - make every queue's deliveries late, on purpose
 * @size: sizeof(struct timerheap_inject).
 * @flags: 0.
 * @delay_min_ns: least delay added.
 * @delay_max_ns: most delay added, up to TIMERHEAP_INJECT_MAX_NS; drawn
 *	uniformly for each batch of expiries.  Both 0: none.
 * @step_ns: step the wall clock that queues publish by this much, once.
 */
struct timerheap_inject {
	__u32 size;
	__u32 flags;
	__aligned_u64 delay_min_ns;
	__aligned_u64 delay_max_ns;
	__s64 step_ns;
};

#define TIMERHEAP_INJECT_MAX_NS		10000000000ULL

/**
 * struct timerheap_timerfd - a descriptor as timerfd_create(2) returns them
 * @size: sizeof(struct timerheap_timerfd).
 * @flags: 0.
 * @clockid: as there.
 * @fd_flags: the flags there, TFD_CLOEXEC and TFD_NONBLOCK.
 *
 * TIMERHEAP_IOC_TIMERFD returns the descriptor.  It is timerfd's in all but
 * three things: CPU_STATS counts its expiries, INJECT delays and cancels it,
 * and timerfd_settime(2) and timerfd_gettime(2) do not know it: it has calls of
 * its own for these two.
 */
struct timerheap_timerfd {
	__u32 size;
	__u32 flags;
	__s32 clockid;
	__u32 fd_flags;
};

/**
 * struct timerheap_timerfd_time - set it, or ask for what is left
 * @size: sizeof(struct timerheap_timerfd_time).
 * @flags: 0.
 * @result: returned: 0, or what timerfd_settime(2) or timerfd_gettime(2) would
 *	fail with, negative.
 * @settime_flags: of SETTIME: TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
 * @value: of SETTIME: address of the struct itimerspec to set.
 * @old_value: address of the struct itimerspec to return the former one in, or
 *	of GETTIME the current one.  Of SETTIME 0: it is not wanted.
 *
 * Whoever asks any descriptor whether it is one of these learns so from the
 * call's own return: 0, and no other descriptor knows the two.
 */
struct timerheap_timerfd_time {
	__u32 size;
	__u32 flags;
	__s32 result;
	__u32 settime_flags;
	__aligned_u64 value;
	__aligned_u64 old_value;
};

/*
 * INFO, CPU_STATS, INJECT and TIMERFD concern the module and work on any open
 * file.  The last two are those of the descriptors that TIMERFD returns.
 * The others need a queue: ENXIO before SETUP.
 */
#define TIMERHEAP_IOC_MAGIC		0xD7
#define TIMERHEAP_IOC_SETUP		_IO(TIMERHEAP_IOC_MAGIC, 0)
#define TIMERHEAP_IOC_INFO		_IO(TIMERHEAP_IOC_MAGIC, 1)
/* fdatasync(2) on the queue's descriptor is the same, and quicker. */
#define TIMERHEAP_IOC_KICK		_IO(TIMERHEAP_IOC_MAGIC, 2)
#define TIMERHEAP_IOC_WAIT		_IO(TIMERHEAP_IOC_MAGIC, 3)
#define TIMERHEAP_IOC_ARM		_IO(TIMERHEAP_IOC_MAGIC, 4)
#define TIMERHEAP_IOC_CANCEL		_IO(TIMERHEAP_IOC_MAGIC, 5)
#define TIMERHEAP_IOC_STATS		_IO(TIMERHEAP_IOC_MAGIC, 6)
#define TIMERHEAP_IOC_CPU_STATS		_IO(TIMERHEAP_IOC_MAGIC, 7)
#define TIMERHEAP_IOC_RESET_STATS	_IO(TIMERHEAP_IOC_MAGIC, 8)
#define TIMERHEAP_IOC_INJECT		_IO(TIMERHEAP_IOC_MAGIC, 9)
/* cq_head has moved, for who traces; with an argument, KICK after that. */
#define TIMERHEAP_IOC_REAPED		_IO(TIMERHEAP_IOC_MAGIC, 10)
#define TIMERHEAP_IOC_TIMERFD		_IO(TIMERHEAP_IOC_MAGIC, 0x74)
/* Asked of descriptors that may be anything: numbers that nobody else has. */
#define TIMERHEAP_IOC_TIMERFD_SETTIME \
	_IOWR(TIMERHEAP_IOC_MAGIC, 0x75, struct timerheap_timerfd_time)
#define TIMERHEAP_IOC_TIMERFD_GETTIME \
	_IOWR(TIMERHEAP_IOC_MAGIC, 0x76, struct timerheap_timerfd_time)

#endif /* _UAPI_LINUX_TIMERHEAP_H */
