/* SPDX-License-Identifier: GPL-2.0-only */
/* Structures of the ABI in and out. */
#ifndef TH_COPY_H
#define TH_COPY_H

#include <linux/uaccess.h>

/*
 * Copy in a structure that starts with its size and its flags, which must be
 * 0; @known is the size of its first version and of the one known here.
 */
static inline int th_copy_in(void *to, const void __user *from,
			     size_t known)
{
	struct {
		u32 size;
		u32 flags;
	} *head = to;
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)from))
		return -EFAULT;
	if (size < known)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, known, from, size);
	if (err)
		return err;
	head->size = known;
	return head->flags ? -EINVAL : 0;
}

static inline int th_copy_out(void __user *to, const void *from,
			      size_t known)
{
	return copy_to_user(to, from, known) ? -EFAULT : 0;
}

#endif
