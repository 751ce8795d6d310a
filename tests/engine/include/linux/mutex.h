/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_MUTEX_H
#define STANDIN_LINUX_MUTEX_H

#include <linux/types.h>

struct mutex {
	bool locked;
};

#define DEFINE_MUTEX(name) struct mutex name

static inline void mutex_init(struct mutex *mutex)
{
	mutex->locked = false;
}

void mutex_lock(struct mutex *mutex);
bool mutex_trylock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

static inline int mutex_lock_interruptible(struct mutex *mutex)
{
	mutex_lock(mutex);
	return 0;
}

#endif
