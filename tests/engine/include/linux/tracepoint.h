/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints that are never on. */
#ifndef STANDIN_LINUX_TRACEPOINT_H
#define STANDIN_LINUX_TRACEPOINT_H

#include <stdbool.h>

#define TP_PROTO(...) __VA_ARGS__
#define PARAMS(...) __VA_ARGS__

#define TRACE_EVENT(name, proto, args, entry, assign, print)                        \
	_Pragma("GCC diagnostic push") _Pragma(                                     \
		"GCC diagnostic ignored \"-Wunused-parameter\"") static inline void \
		trace_##name(proto)                                                 \
	{                                                                           \
	}                                                                           \
	static inline bool trace_##name##_enabled(void)                             \
	{                                                                           \
		return false;                                                       \
	}                                                                           \
	_Pragma("GCC diagnostic pop") struct trace_##name

#define TRACE_EVENT_FN(name, proto, args, entry, assign, print, on, off) \
	TRACE_EVENT(name, PARAMS(proto), args, entry, assign, print)

#endif
