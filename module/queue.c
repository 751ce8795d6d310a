// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "params.h"
#include "queue.h"

/* A caller who asks for too much gets -ENOMEM; nobody is killed for it. */
#define GFP_TH		(GFP_KERNEL_ACCOUNT | __GFP_ZERO | \
			 __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
/* Parts start on lines of their own. */
#define PART_ALIGN	64
#define HEAP_OFFSET	ALIGN(sizeof(struct th_queue), PART_ALIGN)

static u32 ring_size(u32 wanted, u32 nslots)
{
	if (wanted)
		return roundup_pow_of_two(wanted);
	return rounddown_pow_of_two(clamp_t(u32, nslots / 4, TIMERHEAP_RING_MIN,
					    TIMERHEAP_RING_MAX));
}

static u32 take(u64 *end, u64 bytes)
{
	u32 offset = *end;

	*end = ALIGN(*end + bytes, PART_ALIGN);
	return offset;
}

/* Where each part goes; max_slots keeps all of it below 4 GiB. */
static void lay_out(struct timerheap_setup *setup)
{
	u32 words = TH_BELL_WORDS(setup->nslots);
	u64 end = 0;

	setup->ring_entries = ring_size(setup->ring_entries, setup->nslots);
	setup->header_off = take(&end, sizeof(struct timerheap_header));
	setup->level1_off = take(&end, TH_BELL_WORDS(words) * sizeof(u64));
	setup->level0_off = take(&end, words * sizeof(u64));
	setup->ring_off = take(&end, (u64)setup->ring_entries *
			       sizeof(struct timerheap_expiry));
	setup->slots_off = take(&end, (u64)setup->nslots *
				sizeof(struct timerheap_slot));
	setup->mmap_size = PAGE_ALIGN(end);
}

/* What tracepoints call a queue; from 1, and again after 2^32 of them. */
u32 th_queue_number(void)
{
	static atomic_t numbers;

	return atomic_inc_return(&numbers);
}

/* With the heap's keys, slots and positions behind it. */
static struct th_queue *alloc_queue(size_t entries)
{
	return __vmalloc(HEAP_OFFSET +
			 entries * (sizeof(u64) + 2 * sizeof(u32)), GFP_TH);
}

static void init_heap(struct th_queue *queue, size_t entries)
{
	u64 *keys = (void *)queue + HEAP_OFFSET;
	u32 *slots = (u32 *)(keys + entries);

	th_heap_init(&queue->engine.heap, keys, slots, slots + entries);
}

static void init_engine(struct th_queue *queue)
{
	const struct timerheap_setup *setup = &queue->setup;
	struct th_engine *engine = &queue->engine;

	engine->name = (struct th_name){
		.queue = th_queue_number(),
		.pid = task_tgid_nr(current),
		.clock = setup->clockid,
	};
	engine->header = queue->area + setup->header_off;
	engine->header->queue = engine->name.queue;
	engine->slots = queue->area + setup->slots_off;
	engine->nslots = setup->nslots;
	engine->min_period_ns = th_min_period_ns;
	th_doorbell_init(&engine->doorbells, queue->area + setup->level1_off,
			 queue->area + setup->level0_off, setup->nslots);
	init_heap(queue, TH_HEAP_ENTRIES(setup->nslots));
	th_ring_init(&engine->ring, engine->header,
		     queue->area + setup->ring_off, setup->ring_entries);
	th_engine_init(engine);
}

/**
 * th_queue_create - a queue that no CPU runs yet
 * @setup: valid
 * @wait: who sleeps until there are expiries
 *
 * All of its memory is charged to the caller's memory cgroup.
 *
 * Return: the queue, whose setup member holds what the user is told, or an
 * ERR_PTR: -ENOMEM.
 */
struct th_queue *th_queue_create(const struct timerheap_setup *setup,
				 wait_queue_head_t *wait)
{
	struct th_queue *queue = alloc_queue(TH_HEAP_ENTRIES(setup->nslots));

	if (!queue)
		return ERR_PTR(-ENOMEM);
	queue->setup = *setup;
	queue->home = setup->cpu;
	queue->cpu = -1;
	queue->clockid = setup->clockid;
	INIT_LIST_HEAD(&queue->node);
	queue->wait = wait;
	mutex_init(&queue->read_lock);
	lay_out(&queue->setup);

	if (!alloc_cpumask_var(&queue->allowed, GFP_TH))
		goto free_queue;
	cpumask_copy(queue->allowed, current->cpus_ptr);
	queue->area = __vmalloc(queue->setup.mmap_size, GFP_TH);
	if (!queue->area)
		goto free_mask;
	init_engine(queue);
	return queue;

free_mask:
	free_cpumask_var(queue->allowed);
free_queue:
	vfree(queue);
	return ERR_PTR(-ENOMEM);
}

/**
 * th_queue_destroy - free a queue that no CPU runs
 * @queue: the queue
 */
void th_queue_destroy(struct th_queue *queue)
{
	vfree(queue->area);
	free_cpumask_var(queue->allowed);
	vfree(queue);
}

/**
 * th_queue_map - map the shared part
 * @queue: the queue
 * @vma: where to
 *
 * Return: 0; -EINVAL: wrong size or offset, or private; -EPERM: executable;
 * -ENOMEM.
 */
int th_queue_map(struct th_queue *queue, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start;
	unsigned long offset;

	if (size != queue->setup.mmap_size || vma->vm_pgoff ||
	    !(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vm_flags_mod(vma, VM_DONTCOPY | VM_DONTEXPAND, VM_MAYEXEC);
	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		int err = vm_insert_page(vma, vma->vm_start + offset,
					 vmalloc_to_page(queue->area + offset));

		if (err)
			return err;
		cond_resched();
	}
	return 0;
}
