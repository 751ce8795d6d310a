/* SPDX-License-Identifier: GPL-2.0-only */
/* One queue.  Each scenario defines its sizes and what two users do. */
#include "words.pml"
#include "promises.pml"
#include "memory.pml"
#include "user.pml"
#include "kernel.pml"
