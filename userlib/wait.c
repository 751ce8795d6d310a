// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include "internal.h"

int timerheap_wait(struct timerheap *th, unsigned int min, uint64_t deadline_ns)
{
	__u64 count;
	__u32 ready;
	int rc;

	if (min > th->ring_mask + 1)
		return -EINVAL;
	ready = timerheap__ready(th);
	if (ready >= min)
		return (int)ready;
	/* The call kicks; should it not come to that, the kick stays due. */
	count = timerheap__deferred(th);
	rc = timerheap__wait(th, min, deadline_ns);
	if (rc >= 0)
		timerheap__flushed(th, count);
	return rc;
}

static void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

/*
 * Sleep until the library's own slot has fired.  The slot's word tells, so
 * that the records of others can stay in the ring: each that comes in ends one
 * call of WAIT, for one more than there were.  The deadline given to WAIT is a
 * net below: a lead that was cut short, or an expiry that was held up.
 */
static int sleep_in_queue(struct timerheap *th, __u64 deadline_ns,
			  __u64 start_ns)
{
	__u64 *word = &th->slots[th->nslots].expires_ns;
	int rc = 0;

	/* WAIT kicks. */
	(void)timerheap__place(th, th->nslots, deadline_ns);
	do {
		/* Before the word: a record that is not in here will be. */
		__u32 ready = timerheap__ready(th);

		if (!th_load64(word))
			break;
		if (ready > th->ring_mask)
			rc = timerheap__sys_sleep(th->clockid, start_ns);
		else
			rc = timerheap__wait(th, ready + 1, deadline_ns);
	} while (rc >= 0 && timerheap_now(th) < start_ns);
	th_xchg64_sc(word, 0);
	timerheap__trim(th);
	return rc < 0 ? rc : 0;
}

int timerheap_wait_precise(struct timerheap *th, uint64_t deadline_ns)
{
	__u64 lead, now, start = 0;
	int rc;

	if (!deadline_ns || deadline_ns > TIMERHEAP__FOREVER)
		return -EINVAL;
	timerheap__lead_learn(th);
	lead = th_load32(&th->header->lead_ns);
	if (deadline_ns > lead)
		start = deadline_ns - lead;
	if (timerheap_now(th) < start) {
		timerheap__trim(th);
		if (th->own_slot)
			rc = sleep_in_queue(th, deadline_ns, start);
		else
			rc = timerheap__sys_sleep(th->clockid, start);
		if (rc)
			return rc;
		now = timerheap_now(th);
		timerheap__lead_measure(th, now > start ? now - start : 0);
	}
	while (timerheap_now(th) < deadline_ns)
		cpu_relax();
	return 0;
}
