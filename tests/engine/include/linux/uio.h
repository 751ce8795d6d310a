/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_UIO_H
#define STANDIN_LINUX_UIO_H

#include <linux/types.h>
#include <string.h>
#include <sys/types.h>

struct iov_iter {
	char *to;
	size_t count;
};

static inline size_t iov_iter_count(const struct iov_iter *iter)
{
	return iter->count;
}

static inline size_t copy_to_iter(const void *from, size_t size,
				  struct iov_iter *iter)
{
	if (size > iter->count)
		size = iter->count;
	memcpy(iter->to, from, size);
	iter->to += size;
	iter->count -= size;
	return size;
}

#endif
