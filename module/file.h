/* SPDX-License-Identifier: GPL-2.0-only */
/* The user boundary of /dev/timerheap. */
#ifndef TH_FILE_H
#define TH_FILE_H

#include <linux/fs.h>

extern const struct file_operations th_file_operations;

#endif
