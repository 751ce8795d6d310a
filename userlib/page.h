/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A statistics page: a file of this head and a structure of figures, as long as
 * @length says.  Structures only grow at their end, so that who reads takes what
 * both sides know.  The magic number changes when anything else does.
 *
 * The page is written by one pwrite(2), which others may see half done; the sum
 * tells.  Not by a mapping: where the file system is full, that would kill the
 * application.  Its writer holds a lock on the file (F_OFD_SETLK), which is gone
 * when it is.
 */
#ifndef TIMERHEAP_PAGE_H
#define TIMERHEAP_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <timerheap/timerheap.h>

/* "thpage.1" */
#define TIMERHEAP__PAGE_MAGIC 0x7468706167652E31ULL
/* A longer page is none. */
#define TIMERHEAP__PAGE_MOST 4096
#define TIMERHEAP__PAGE_NAME 64
#define TIMERHEAP__PAGE_DIRECTORY "/run/timerheap"

enum timerheap__page_kind {
	TIMERHEAP__PAGE_QUEUE = 1, /* struct timerheap_stats */
	TIMERHEAP__PAGE_MONITOR, /* struct thb_monitor_stats */
	TIMERHEAP__PAGE_SENDER, /* struct thb_sender_stats */
	TIMERHEAP__PAGE_IDS, /* struct thid_stats */
};

/**
 * struct timerheap__page_head - what a page begins with
 * @magic: TIMERHEAP__PAGE_MAGIC.
 * @kind: enum timerheap__page_kind.
 * @length: of the figures, whole 8 bytes.
 * @written_ns: when, by CLOCK_REALTIME.
 * @sum: of the figures and of the words before it.
 */
struct timerheap__page_head {
	uint64_t magic;
	uint32_t kind;
	uint32_t length;
	uint64_t written_ns;
	uint64_t sum;
};

/* 1 to 63 letters, digits and - _ ., of which the last is not the first. */
bool timerheap__page_name(const char *name);
/* For struct timerheap__page_head. */
uint64_t timerheap__page_sum(const struct timerheap__page_head *head,
			     const void *figures);
/* @length is in whole 8 bytes.  0; -ESTALE; or what pwrite(2) returns. */
int timerheap__page_write(struct timerheap_page *p,
			  enum timerheap__page_kind kind, const void *figures,
			  size_t length);

#endif
