/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef STANDIN_LINUX_MINMAX_H
#define STANDIN_LINUX_MINMAX_H

#define min_t(type, a, b)                                      \
	__extension__({                                        \
		type standin_a = (a);                          \
		type standin_b = (b);                          \
                                                               \
		standin_a < standin_b ? standin_a : standin_b; \
	})
#define max_t(type, a, b)                                      \
	__extension__({                                        \
		type standin_a = (a);                          \
		type standin_b = (b);                          \
                                                               \
		standin_a > standin_b ? standin_a : standin_b; \
	})
/* Both arguments are of one type, or the kernel's would not compile. */
#define max(a, b)                                                           \
	__extension__({                                                     \
		_Static_assert(__builtin_types_compatible_p(__typeof__(a),  \
							    __typeof__(b)), \
			       "max() of two types");                       \
		max_t(__typeof__(a), a, b);                                 \
	})
#define min(a, b)                                                           \
	__extension__({                                                     \
		_Static_assert(__builtin_types_compatible_p(__typeof__(a),  \
							    __typeof__(b)), \
			       "min() of two types");                       \
		min_t(__typeof__(a), a, b);                                 \
	})

#endif
