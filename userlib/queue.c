// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DEVICE "/dev/timerheap"

/* Take over what this version knows of the caller's options. */
int timerheap__read_opts(struct timerheap_opts *to,
			 const struct timerheap_opts *from)
{
	const struct timerheap_opts defaults = TIMERHEAP_OPTS_INIT;
	const unsigned char *bytes = (const unsigned char *)from;

	if (!from) {
		*to = defaults;
		return 0;
	}
	if (from->size < sizeof(*to))
		return -EINVAL;
	for (size_t i = sizeof(*to); i < from->size; i++)
		if (bytes[i])
			return -E2BIG;
	*to = *from;
	return 0;
}

static int check_module(struct timerheap *th, const struct timerheap_opts *opts,
			__u32 *max_slots)
{
	struct timerheap_info info;
	int rc = timerheap_info(th, &info);

	if (rc)
		return rc;
	if (info.abi_version != TIMERHEAP_ABI_VERSION)
		return -EPROTO;
	if (!opts->nslots || opts->nslots > info.max_slots)
		return -EINVAL;
	th->min_period_ns = info.min_period_ns;
	*max_slots = info.max_slots;
	return 0;
}

/* One slot more than asked for is the library's own, if it is to be had. */
static int set_up(struct timerheap *th, const struct timerheap_opts *opts,
		  __u32 max_slots)
{
	struct timerheap_setup setup = {
		.size = sizeof(setup),
		.clockid = opts->clockid,
		.cpu = opts->cpu,
		.nslots = opts->nslots + (opts->nslots < max_slots),
		.ring_entries = opts->ring_entries,
	};
	char *map;
	int rc;

	rc = timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_SETUP, &setup);
	if (rc)
		return rc;
	rc = timerheap__sys_map(th->fd, setup.mmap_size, &th->map);
	if (rc)
		return rc;
	map = th->map;
	th->map_size = setup.mmap_size;
	th->header = (void *)(map + setup.header_off);
	th->number = th->header->queue;
	th->level1 = (void *)(map + setup.level1_off);
	th->level0 = (void *)(map + setup.level0_off);
	th->ring = (void *)(map + setup.ring_off);
	th->slots = (void *)(map + setup.slots_off);
	th->nslots = opts->nslots;
	th->own_slot = setup.nslots > opts->nslots;
	th->ring_mask = setup.ring_entries - 1;
	th->clockid = opts->clockid;
	return 0;
}

static int allocate(struct timerheap *th)
{
	__u32 words = (th->nslots + TIMERHEAP__BITS - 1) / TIMERHEAP__BITS;
	__u32 last = th->nslots % TIMERHEAP__BITS;

	th->expected =
		calloc((size_t)th->nslots + words, sizeof(*th->expected));
	th->data = calloc(th->nslots, sizeof(*th->data));
	if (!th->expected || !th->data)
		return -ENOMEM;
	th->taken = th->expected + th->nslots;
	if (last)
		th->taken[words - 1] = ~0ULL << last;
	return 0;
}

int timerheap_open(struct timerheap **thp, const struct timerheap_opts *opts)
{
	struct timerheap_opts o;
	struct timerheap *th;
	__u32 max_slots;
	int rc;

	if (!thp)
		return -EINVAL;
	*thp = NULL;
	rc = timerheap__read_opts(&o, opts);
	if (rc)
		return rc;
	th = aligned_alloc(_Alignof(struct timerheap), sizeof(*th));
	if (!th)
		return -ENOMEM;
	memset(th, 0, sizeof(*th));

	th->fd = timerheap__sys_open(o.path ? o.path : DEVICE);
	rc = th->fd < 0 ? th->fd : check_module(th, &o, &max_slots);
	if (rc)
		goto close;
	rc = set_up(th, &o, max_slots);
	if (rc)
		goto close;
	rc = allocate(th);
	if (rc)
		goto close;
	*thp = th;
	return 0;

close:
	timerheap_close(th);
	return rc;
}

void timerheap_close(struct timerheap *th)
{
	if (!th)
		return;
	free(th->data);
	free(th->expected);
	if (th->map_size)
		timerheap__sys_unmap(th->map, th->map_size);
	if (th->fd >= 0)
		timerheap__sys_close(th->fd);
	free(th);
}

int timerheap_fd(const struct timerheap *th)
{
	return th->fd;
}

int timerheap_cpu(const struct timerheap *th)
{
	return (int)th_load32(&th->header->cpu);
}

uint64_t timerheap_now(const struct timerheap *th)
{
	return timerheap__sys_now(th->clockid);
}

int timerheap_info(struct timerheap *th, struct timerheap_info *info)
{
	*info = (struct timerheap_info){ .size = sizeof(*info) };
	return timerheap__sys_ioctl(th->fd, TIMERHEAP_IOC_INFO, info);
}
