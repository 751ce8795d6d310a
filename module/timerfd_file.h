/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of timerfd share: the file's state. */
#ifndef TH_TIMERFD_FILE_H
#define TH_TIMERFD_FILE_H

#include <linux/list.h>
#include <linux/timerheap.h>

#include "tick.h"

struct th_timerfd {
	struct th_tick tick;

	/* under its lock */
	unsigned int settime_flags;	/* to show in fdinfo */
	bool cancels;		/* when the wall clock is set, */
	bool canceled;		/* which nobody has been told of yet; */
	int seen;		/* and how often it had been */

	struct list_head node;	/* of all of them, in timerfd_wall.c */
};

/* timerfd_time.c */
void th_timerfd_get_value(const struct th_tick *tick,
			  struct itimerspec64 *value);
int th_timerfd_settime(struct th_timerfd *timerfd,
		       const struct timerheap_timerfd_time *time);
int th_timerfd_gettime(struct th_timerfd *timerfd,
		       const struct timerheap_timerfd_time *time);

/* timerfd_wall.c; the lock is held but for the last two. */
void th_timerfd_notice(struct th_timerfd *timerfd);
bool th_timerfd_was_canceled(struct th_timerfd *timerfd);
void th_timerfd_set_cancels(struct th_timerfd *timerfd, unsigned int flags);
void th_timerfd_enlist(struct th_timerfd *timerfd);
void th_timerfd_delist(struct th_timerfd *timerfd);

#endif
