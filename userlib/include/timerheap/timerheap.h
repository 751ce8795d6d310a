/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libtimerheap: timers by the thousand behind one file descriptor, armed
 * without a system call.
 *
 * Every time is in nanoseconds of the queue's clock, absolute, and at least 1.
 * Every call that can fail returns -errno; errno itself is left alone.
 *
 * Threads: any number of them may allocate, arm and cancel in one queue at the
 * same time, as long as no two of them are busy with the same slot.  One
 * thread at a time consumes: timerheap_reap(), timerheap_wait_precise() and
 * timerheap_set_lead() on one queue must not overlap.  timerheap_close() comes
 * when no other call is under way.  After fork() the child cannot use the
 * parent's queues; it opens its own.
 */
#ifndef TIMERHEAP_TIMERHEAP_H
#define TIMERHEAP_TIMERHEAP_H

#include <linux/timerheap.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)
#ifdef __cplusplus
/* A call and the structure it fills share a name, as with stat(2). */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

struct timerheap;
struct timerheap_percpu;

/**
 * struct timerheap_opts - what timerheap_open() shall make
 * @size: sizeof(struct timerheap_opts), by which the library tells versions
 *	of this structure apart.
 * @nslots: how many timers, 1 to timerheap_info()'s max_slots.
 * @ring_entries: expiries that may await timerheap_reap(), rounded up to a
 *	power of two, at most TIMERHEAP_RING_MAX; 0: a quarter of nslots, rounded
 *	down to one, at least TIMERHEAP_RING_MIN.  A full ring delays expiries;
 *	none is lost.
 * @cpu: the home CPU, whose interrupts fire the timers, or
 *	TIMERHEAP_CPU_CURRENT.  timerheap_percpu_open() sets it by itself.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME or CLOCK_TAI.
 * @path: the device; NULL: /dev/timerheap.
 *
 * Start from TIMERHEAP_OPTS_INIT, so that members that later versions add get
 * their defaults.
 */
struct timerheap_opts {
	size_t size;
	uint32_t nslots;
	uint32_t ring_entries;
	int cpu;
	int clockid;
	const char *path;
};

/* 1024 slots on the caller's CPU, on CLOCK_MONOTONIC (which is number 1). */
/* clang-format off */
#define TIMERHEAP_OPTS_INIT \
	{ sizeof(struct timerheap_opts), 1024, 0, TIMERHEAP_CPU_CURRENT, 1, 0 }
/* clang-format on */

/**
 * struct timerheap_event - one expiry
 * @data: what the slot was allocated with.
 * @deadline_ns: the deadline that was met.
 * @fired_ns: when the kernel fired it: never before @deadline_ns, unless
 *	@flags has TIMERHEAP_EXPIRY_LEAD, and then by the lead at most.
 * @slot: index of the slot in its queue.
 * @overruns: whole periods missed, and not reported otherwise.
 * @cpu: the CPU it fired on.
 * @flags: TIMERHEAP_EXPIRY_*.
 * @timer: from timerheap_percpu_reap() the timer's handle, else the slot.
 */
struct timerheap_event {
	void *data;
	uint64_t deadline_ns;
	uint64_t fired_ns;
	uint32_t slot;
	uint32_t overruns;
	uint32_t cpu;
	uint32_t flags;
	uint64_t timer;
};

/*
 * A queue
 * -------
 */

/**
 * timerheap_open() - make a queue
 * @th: set to the queue, or to NULL beside an error.
 * @opts: NULL: TIMERHEAP_OPTS_INIT.
 *
 * timerheap_advice() says in a line what to do about an error.
 *
 * Cost: four system calls; about 60 bytes of kernel memory and 16 of the
 * library's for a slot.
 *
 * Return: 0; -ENOENT no device: the module is not loaded; -EACCES; -EPROTO
 * library and module speak different versions; -ENOTTY @path is another
 * device; -EINVAL an option is out of range; -E2BIG @opts has members that
 * this library does not know; -EPERM the home CPU is not in the caller's
 * affinity mask, and CAP_SYS_NICE is missing; -ENOMEM; or what open(2),
 * mmap(2) and TIMERHEAP_IOC_SETUP return.
 */
int timerheap_open(struct timerheap **th, const struct timerheap_opts *opts);

/* Ends the queue with its timers.  NULL is fine. */
void timerheap_close(struct timerheap *th);

/*
 * The queue's descriptor, for poll(2), epoll(7) and io_uring: readable when
 * the ring holds expiries.  It stays the library's; don't read(2) or close it.
 */
int timerheap_fd(const struct timerheap *th);

/* The home CPU now: another than asked for while that one is offline. */
int timerheap_cpu(const struct timerheap *th);

/* The time now by the queue's clock.  Cost: one clock_gettime(2), by vDSO. */
uint64_t timerheap_now(const struct timerheap *th);

/*
 * What to do about an error of timerheap_open(), in one line of English
 * without a full stop.  Takes -errno or errno, never returns NULL; the string
 * is constant.
 */
const char *timerheap_advice(int error);

/*
 * Slots
 * -----
 */

/**
 * timerheap_slot_alloc() - take a free slot
 * @th: the queue.
 * @data: handed back in each of the slot's events.
 *
 * One-shot, without slack, idle.  Any thread; lock-free.
 *
 * Cost: three atomic operations at best; O(nslots / 64) when almost all of
 * the slots are taken.
 *
 * Return: the slot, 0 to nslots - 1; -ENOSPC all are taken.
 */
int timerheap_slot_alloc(struct timerheap *th, void *data);

/**
 * timerheap_slot_free() - cancel a slot and give it back
 * @th: the queue.
 * @slot: a slot that was allocated.
 *
 * An expiry that was not reaped yet is dropped, whoever owns the slot next.  A
 * timerheap_reap() that is running in another thread meanwhile may still
 * return one, so what @data points to has to outlive that call.
 *
 * Return: 0; -EINVAL no such slot, or it is free.
 */
int timerheap_slot_free(struct timerheap *th, uint32_t slot);

/**
 * timerheap_slot_config() - settings, from the slot's next arm on
 * @th: the queue.
 * @slot: a slot that was allocated.
 * @period_ns: 0: one-shot; else the next deadline follows by itself.  Below
 *	timerheap_info()'s min_period_ns it counts as that.
 * @slack_ns: delivery may be this much later than the deadline, to share an
 *	interrupt with another slot.
 * @flags: 0, or TIMERHEAP_SLOT_RESTART: the next period starts when the tick
 *	fired rather than when it was due.
 *
 * If the slot is armed: a one-shot timer that stays one still fires once, not
 * early; but with a period before or after, the ticks up to the next
 * timerheap_arm() may follow either setting, and some may be missing.
 * From that arm on everything is exact, with one exception: an arm for the very
 * deadline that the slot held before, while that is passing or being reaped.
 * Ticks may then follow the former settings, or not come until the next arm;
 * choose another deadline, if only by a nanosecond.
 *
 * Return: 0; -EINVAL no such slot, or unknown flags.
 */
int timerheap_slot_config(struct timerheap *th, uint32_t slot,
			  uint64_t period_ns, uint32_t slack_ns,
			  uint32_t flags);

/*
 * Arming and cancelling
 * ---------------------
 */

/**
 * timerheap_arm() - set a slot's deadline, whatever it was before
 * @th: the queue.
 * @slot: a slot that was allocated.
 * @deadline_ns: when; in the past: at once.  More than INT64_MAX (292 years)
 *	counts as that.
 *
 * Replaces what the slot was armed for, and an expiry of it that was not
 * reaped yet: of those arms there will be one event, for @deadline_ns.
 *
 * Cost: pushing a deadline back, one atomic exchange and one load.  Otherwise
 * two atomic operations more, and a system call when the deadline is before
 * everything that the kernel would look at by itself.
 *
 * Return: 0; -EINVAL no such slot, or @deadline_ns is 0; or an error of
 * TIMERHEAP_IOC_KICK, and then the slot is armed, but the kernel may come to
 * it late unless timerheap_flush() succeeds.
 */
int timerheap_arm(struct timerheap *th, uint32_t slot, uint64_t deadline_ns);

/**
 * timerheap_arm_deferred() - the same, without the system call
 * @th: the queue.
 * @slot: a slot that was allocated.
 * @deadline_ns: as for timerheap_arm().
 *
 * The timer is sure to fire in time only after timerheap_flush(), or after a
 * call of timerheap_wait() that sleeps.
 *
 * Return: 0; -EINVAL as timerheap_arm().
 */
int timerheap_arm_deferred(struct timerheap *th, uint32_t slot,
			   uint64_t deadline_ns);

/**
 * timerheap_flush() - kick for the deferred arms that returned before
 * @th: the queue.
 *
 * Return: 1 kicked; 0 none was needed; or an error of TIMERHEAP_IOC_KICK, and
 * then the kick is still due.
 */
int timerheap_flush(struct timerheap *th);

/**
 * timerheap_cancel() - stop a timer
 * @th: the queue.
 * @slot: a slot that was allocated.
 *
 * Cost: two atomic operations; for a periodic timer three.
 *
 * Return: 1 it was pending; no event of it will be reaped from now on, and
 * neither will be a tick of a periodic timer that waits in the ring.
 * 0 too late: its event was reaped, or is in the ring and will be; or it was
 * idle.  -EINVAL no such slot.
 */
int timerheap_cancel(struct timerheap *th, uint32_t slot);

/*
 * Consuming
 * ---------
 */

/**
 * timerheap_reap() - take expiries out of the ring
 * @th: the queue.
 * @ev: room for @n events.
 * @n: the most to take.
 *
 * One thread at a time.  Expiries of slots that were armed anew, cancelled or
 * freed since are dropped on the way.
 *
 * Cost: no system call, except one kick after a ring that was full.
 *
 * Return: how many events, 0 to @n; -EINVAL @ev is NULL; or, when there are
 * none, an error of that kick, which the next call tries again.
 */
int timerheap_reap(struct timerheap *th, struct timerheap_event *ev,
		   unsigned int n);

/**
 * timerheap_wait() - sleep until the ring holds expiries
 * @th: the queue.
 * @min: how many, 0 to the ring's size.
 * @deadline_ns: when to give up; 0: do not sleep; TIMERHEAP_NEVER: no limit.
 *
 * Does the kick that deferred arms left due, if it does not return at once.
 *
 * Cost: no system call when @min expiries are there, else one.
 *
 * Return: how many the ring holds, at least @min unless time ran out.
 * timerheap_reap() may return fewer, since it drops some.  -EINVAL @min is
 * more than the ring holds; -EINTR a signal came.
 */
int timerheap_wait(struct timerheap *th, unsigned int min,
		   uint64_t deadline_ns);

/**
 * timerheap_wait_precise() - return right after a point in time
 * @th: the queue, best one of its own: see timerheap_set_lead().
 * @deadline_ns: when.
 *
 * Sleeps until the lead before @deadline_ns, and spins for the rest.  Counts
 * as a consumer, but leaves the expiries of other slots in the ring; each of
 * these costs the sleeper a short wake-up.  While the ring is full, or when
 * the queue has all of max_slots, it sleeps by clock_nanosleep(2).
 *
 * Return: 0 at or after @deadline_ns, never before; -EINVAL it is 0 or above
 * INT64_MAX; -EINTR a signal came.
 */
int timerheap_wait_precise(struct timerheap *th, uint64_t deadline_ns);

/* The lead follows what timerheap_wait_precise() measures. */
#define TIMERHEAP_LEAD_AUTO UINT32_MAX

/**
 * timerheap_set_lead() - how long timerheap_wait_precise() spins
 * @th: the queue.
 * @lead_ns: 0 (as opened) to TIMERHEAP_LEAD_MAX_NS, or TIMERHEAP_LEAD_AUTO:
 *	what 99 % of the recent waits took to wake up, measured by the library.
 *
 * It holds for the whole queue: events of other slots come that much early
 * too, and say so in their flags.
 *
 * Return: 0; -EINVAL; or an error of TIMERHEAP_IOC_KICK.
 */
int timerheap_set_lead(struct timerheap *th, uint32_t lead_ns);

/*
 * Figures
 * -------
 * The library fills in the structures' size; callers need not.
 */

/* The module and the state of the clock.  One system call. */
int timerheap_info(struct timerheap *th, struct timerheap_info *info);

/* What the queue did since it was opened or reset.  One system call. */
int timerheap_stats(struct timerheap *th, struct timerheap_stats *st);

/*
 * What all of the queues on a CPU did, through any queue.  One system call.
 * -EINVAL: no such CPU.
 */
int timerheap_cpu_stats(struct timerheap *th, int cpu,
			struct timerheap_stats *st);

/* Makes the queue's figures start anew.  One system call. */
int timerheap_reset_stats(struct timerheap *th);

/**
 * timerheap_hist_percentile() - the lateness that percent of expiries kept
 * @st: figures of a queue or a CPU.
 * @percent: 0 to 100; what lies outside counts as the nearer of these.
 *
 * Return: nanoseconds, rounded up to the end of the histogram's bucket (by at
 * most 12.5 %), but not above lateness_max_ns; 0 without expiries.
 */
uint64_t timerheap_hist_percentile(const struct timerheap_stats *st,
				   double percent);

/*
 * Statistics page
 * ---------------
 * A small file with an object's figures, for "timerheap export" and whoever
 * watches it: those of a queue, a monitor, a sender or an ID generator are its
 * owner's alone otherwise.  A page shows one object; one thread at a time uses
 * it.  Nothing is published unless the application does it.
 */

struct timerheap_page;

/**
 * timerheap_page_open() - make a page, with nothing in it yet
 * @p: set to it, or to NULL beside an error.
 * @name: of the object, in the metrics: 1 to 63 letters, digits and - _ .; the
 *	first one no dot.
 * @directory: NULL: /run/timerheap; or timerheap in $XDG_RUNTIME_DIR, if the
 *	former is not there or the caller may not write to it.
 *
 * The file has the access that the caller's umask leaves of 0644.  One that is
 * left over from a process that is gone is taken over.  A child of fork(2)
 * shares the page until it ends or calls execve(2).
 *
 * Return: 0; -EINVAL the name is none; -EBUSY another has a page of that name;
 * -EPERM a file of that name is another user's, or no plain file; -ELOOP it is
 * a symbolic link; -ENOMEM; or what open(2) and fcntl(2) return.
 */
int timerheap_page_open(struct timerheap_page **p, const char *name,
			const char *directory);

/* Removes the file.  NULL is fine. */
void timerheap_page_close(struct timerheap_page *p);

/**
 * timerheap_publish() - put the queue's figures in the page
 * @th: the queue.
 * @p: the page.
 *
 * To be called each few seconds; figures are as old as the last call.
 *
 * Cost: three system calls, about 29,000 instructions; two and 9,000 for those of
 * the other objects.
 *
 * Return: 0; -ESTALE the file was removed; -ENOSPC the file system is full; or
 * what timerheap_stats() or pwrite(2) returns.
 */
int timerheap_publish(struct timerheap *th, struct timerheap_page *p);

/*
 * A queue on each CPU
 * -------------------
 * For programs with a thread on each CPU, or which do not care where a timer
 * lives.  Timers have a handle, never 0, and stay on the CPU whose queue they
 * were made in.
 *
 * One thread at a time calls timerheap_percpu_reap(); or else a thread for
 * each queue calls timerheap_reap() on that.
 */

/**
 * timerheap_percpu_open() - make a queue on each CPU the caller may run on
 * @p: set to the object, or to NULL beside an error.
 * @opts: for each of the queues; cpu is ignored.  NULL: TIMERHEAP_OPTS_INIT.
 *
 * Return: 0, or -errno as timerheap_open().
 */
int timerheap_percpu_open(struct timerheap_percpu **p,
			  const struct timerheap_opts *opts);

/* Ends the queues with their timers.  NULL is fine. */
void timerheap_percpu_close(struct timerheap_percpu *p);

/* Readable when any of the queues holds expiries; for poll(2) or epoll(7). */
int timerheap_percpu_fd(const struct timerheap_percpu *p);

/* How many queues. */
unsigned int timerheap_percpu_count(const struct timerheap_percpu *p);

/* Queue number i, 0 to count - 1, ascending by CPU; NULL: no such queue. */
struct timerheap *timerheap_percpu_queue(const struct timerheap_percpu *p,
					 unsigned int i);

/*
 * The queue of the CPU that the caller runs on; any, if that has none.  The
 * caller may move to another CPU right after; that costs speed, no more.
 */
struct timerheap *timerheap_percpu_here(const struct timerheap_percpu *p);

/**
 * timerheap_percpu_arm() - make a timer on the caller's CPU and arm it
 * @p: the object.
 * @data: handed back in the timer's event.
 * @deadline_ns: as for timerheap_arm().
 * @timer: set to the handle, or to 0 beside an error.
 *
 * When the queue of this CPU has no free slot, the next one that has.
 *
 * Return: 0; -ENOSPC all slots of all queues are taken; or as
 * timerheap_arm(), and then there is no timer.
 */
int timerheap_percpu_arm(struct timerheap_percpu *p, void *data,
			 uint64_t deadline_ns, uint64_t *timer);

/* timerheap_arm() by handle; -EINVAL also: no such timer. */
int timerheap_percpu_rearm(struct timerheap_percpu *p, uint64_t timer,
			   uint64_t deadline_ns);

/* timerheap_cancel() by handle; the timer can be armed again. */
int timerheap_percpu_cancel(struct timerheap_percpu *p, uint64_t timer);

/* timerheap_slot_free() by handle: the timer is gone. */
int timerheap_percpu_free(struct timerheap_percpu *p, uint64_t timer);

/**
 * timerheap_percpu_reap() - take expiries out of all rings
 * @p: the object.
 * @ev: room for @n events.
 * @n: the most to take.
 *
 * Each queue gets its share of @n before one gets more, and calls take turns
 * in where they start.
 *
 * Return: as timerheap_reap().
 */
int timerheap_percpu_reap(struct timerheap_percpu *p,
			  struct timerheap_event *ev, unsigned int n);

/**
 * timerheap_percpu_wait() - sleep until any of the rings holds expiries
 * @p: the object.
 * @deadline_ns: when to give up; 0: do not sleep; TIMERHEAP_NEVER: no limit.
 *
 * Cost: no system call when there are some, else one (epoll_pwait2(2)).
 *
 * Return: how many the rings hold, 0 when time ran out; -EINTR a signal came.
 */
int timerheap_percpu_wait(struct timerheap_percpu *p, uint64_t deadline_ns);

#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* TIMERHEAP_TIMERHEAP_H */
