/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_UACCESS_H
#define STANDIN_LINUX_UACCESS_H

#include <errno.h>
#include <string.h>

#include <linux/kernel.h>

#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif

/* Memory of the caller, which never faults here. */
#define get_user(value, p) ((value) = *(p), 0)
#define put_user(value, p) (*(p) = (value), 0)
#define copy_to_user(to, from, size) (memcpy(to, from, size), 0)
#define copy_struct_from_user(to, known, from, size) \
	((void)(size), memcpy(to, from, known), 0)

#endif
