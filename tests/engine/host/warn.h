/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel would write into its log. */
#ifndef HOST_WARN_H
#define HOST_WARN_H

/* Where the kernel warns, the simulation has failed. */
void host_warn(const char *condition) __attribute__((noreturn));
void host_log(const char *format, ...);

#endif
