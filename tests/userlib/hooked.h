/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's accesses to shared memory, with a call of hook() before each,
 * so that a test can do what another thread or the kernel might do there.
 */
#ifndef HOOKED_H
#define HOOKED_H

void hook(void);

#define th_load64 plain_load64
#define th_load64_acquire plain_load64_acquire
#define th_load32 plain_load32
#define th_load32_acquire plain_load32_acquire
#define th_load_ptr plain_load_ptr
#define th_store64 plain_store64
#define th_store64_release plain_store64_release
#define th_store32 plain_store32
#define th_store32_release plain_store32_release
#define th_store_ptr plain_store_ptr
#define th_xchg64_sc plain_xchg64_sc
#define th_or64_sc plain_or64_sc
#define th_and64_release plain_and64_release
#define th_sub32_release plain_sub32_release
#define th_load64_sc plain_load64_sc
#define th_cas64_sc plain_cas64_sc
#define th_cas32_acquire plain_cas32_acquire
#define th_fence_sc plain_fence_sc

#undef TIMERHEAP_SHARED_H
#undef TIMERHEAP_SHARED_HEADER
#include "shared.h"

#define TIMERHEAP_SHARED_HEADER "hooked.h"

#undef th_load64
#undef th_load64_acquire
#undef th_load32
#undef th_load32_acquire
#undef th_load_ptr
#undef th_store64
#undef th_store64_release
#undef th_store32
#undef th_store32_release
#undef th_store_ptr
#undef th_xchg64_sc
#undef th_or64_sc
#undef th_and64_release
#undef th_sub32_release
#undef th_load64_sc
#undef th_cas64_sc
#undef th_cas32_acquire
#undef th_fence_sc

#define th_load64(p) (hook(), plain_load64(p))
#define th_load64_acquire(p) (hook(), plain_load64_acquire(p))
#define th_load32(p) (hook(), plain_load32(p))
#define th_load32_acquire(p) (hook(), plain_load32_acquire(p))
#define th_load_ptr(p) (hook(), plain_load_ptr(p))
#define th_store64(p, v) (hook(), plain_store64(p, v))
#define th_store64_release(p, v) (hook(), plain_store64_release(p, v))
#define th_store32(p, v) (hook(), plain_store32(p, v))
#define th_store32_release(p, v) (hook(), plain_store32_release(p, v))
#define th_store_ptr(p, v) (hook(), plain_store_ptr(p, v))
#define th_xchg64_sc(p, v) (hook(), plain_xchg64_sc(p, v))
#define th_or64_sc(p, v) (hook(), plain_or64_sc(p, v))
#define th_and64_release(p, v) (hook(), plain_and64_release(p, v))
#define th_sub32_release(p, v) (hook(), plain_sub32_release(p, v))
#define th_load64_sc(p) (hook(), plain_load64_sc(p))
#define th_cas64_sc(p, s, v) (hook(), plain_cas64_sc(p, s, v))
#define th_cas32_acquire(p, s, v) (hook(), plain_cas32_acquire(p, s, v))
#define th_fence_sc() (hook(), plain_fence_sc())

#endif
