/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue by the raw ABI: the protocol of linux/timerheap.h, written down a
 * second time so that the tests do not depend on the library.
 */
#ifndef SELFTEST_QUEUE_H
#define SELFTEST_QUEUE_H

#include <linux/timerheap.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define DEVICE "/dev/timerheap"
#define PARAMS "/sys/module/timerheap/parameters/"

struct queue {
	int fd;
	struct timerheap_setup setup;
	char *map;
	struct timerheap_header *header;
	uint64_t *level1;
	uint64_t *level0;
	struct timerheap_expiry *ring;
	struct timerheap_slot *slots;
};

/* An open device; the case ends when that does not work. */
int open_device(void);
/* ioctl(2): its value, or -errno. */
int call(int fd, unsigned long cmd, void *arg);

/* Size and what the arguments say; all else by default. */
struct timerheap_setup setup_of(uint32_t nslots, int cpu);

/* Set up and mapped; the case ends when that does not work. */
void queue_open(struct queue *q, uint32_t nslots, uint32_t ring, int cpu,
		clockid_t clock);
/* Maps what was set up; MAP_FAILED-free, or the case ends. */
void queue_map(struct queue *q);
void queue_close(struct queue *q);
uint64_t queue_now(const struct queue *q);

/* What an arm through the mapping had to do; each includes those before. */
enum arm_path { ARM_LAZY, ARM_RANG, ARM_KICKED };

/* Period, slack and flags of a slot, before it is armed. */
void slot_config(struct queue *q, uint32_t slot, uint64_t period,
		 uint32_t slack, uint32_t flags);
/* The deadline that was replaced goes to *@old, unless that is NULL. */
enum arm_path slot_arm_kickless(struct queue *q, uint32_t slot,
				uint64_t deadline, uint64_t *old);
/* The same with the kick, where one is due. */
enum arm_path slot_arm(struct queue *q, uint32_t slot, uint64_t deadline,
		       uint64_t *old);
/* The deadline that will not be met; 0: too late. */
uint64_t slot_cancel(struct queue *q, uint32_t slot);
uint64_t slot_deadline(const struct queue *q, uint32_t slot);
uint64_t slot_armed(const struct queue *q, uint32_t slot);
void slot_ring(struct queue *q, uint32_t slot);

uint32_t queue_flags(const struct queue *q);
uint64_t queue_next_event(const struct queue *q);
uint32_t queue_ready(const struct queue *q);
/* Takes up to @n records through the mapping. */
uint32_t queue_reap(struct queue *q, struct timerheap_expiry *to, uint32_t n);
/*
 * Sleeps and reaps until there are @n; what it got by the clock's @give_up.
 * PATIENCE_NS from now for 0.
 */
uint32_t queue_collect(struct queue *q, struct timerheap_expiry *to, uint32_t n,
		       uint64_t give_up);
/* Whether nothing comes within @ms. */
bool queue_is_quiet(struct queue *q, unsigned int ms);

/* A hostile user's: level 1 alone; and all bells. */
void queue_ring_hollow(struct queue *q);
void queue_ring_all(struct queue *q);
int queue_kick(struct queue *q);
/* WAIT's return; *@ready as returned. */
int queue_wait(struct queue *q, uint32_t min, uint64_t deadline,
	       uint32_t *ready);
/* One entry by the ARM and CANCEL calls; CANCEL: 0 or 1, or -errno. */
int queue_arm(struct queue *q, uint32_t slot, uint64_t deadline,
	      uint64_t period, uint32_t slack, uint32_t flags);
int queue_cancel(struct queue *q, uint32_t slot);
struct timerheap_stats queue_stats(const struct queue *q);
/* INJECT, by the device's descriptor; 0 or -errno. */
int device_inject(int fd, uint64_t min_ns, uint64_t max_ns, int64_t step_ns);
struct timerheap_stats cpu_stats(int fd, int cpu);
struct timerheap_info device_info(int fd);

#endif
