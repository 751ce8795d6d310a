// SPDX-License-Identifier: GPL-2.0-only
/* The calls that move more than a structure: batches, records, the mapping. */
#include "calls_world.h"

#include "reader.h"

/* One entry of a batch, by the memory before the call. */
static long arm_error(uintptr_t at)
{
	struct timerheap_arm arm;

	if (readable(at, sizeof(arm)) < sizeof(arm))
		return -EFAULT;
	fetch(&arm, at, sizeof(arm));
	return arm.slot >= queue()->setup.nslots || !arm.expires_ns ||
			arm.flags > 1 || arm.__resv
		? -EINVAL
		: 0;
}

static long cancel_error(uintptr_t at)
{
	u32 slot;

	if (readable(at, 4) < 4)
		return -EFAULT;
	/* The array may overlap with the results of its own beginning. */
	memcpy(&slot, box.memory + (at - USER), 4);
	if (slot >= queue()->setup.nslots)
		return -EINVAL;
	return readable(at, 8) < 8 ? -EFAULT : 0;
}

void batch(unsigned int cmd, uintptr_t arg)
{
	bool arms = cmd == TIMERHEAP_IOC_ARM;
	struct timerheap_batch asked;
	size_t size = arms ? sizeof(struct timerheap_arm)
			   : sizeof(struct timerheap_cancel);
	long err = call(cmd, arg);
	u32 done;

	if (!queue() || head_error(arg, sizeof(asked))) {
		CHECK(err ==
		      (queue() ? head_error(arg, sizeof(asked)) : -ENXIO));
		CHECK(untouched());
		return;
	}
	fetch(&asked, arg, sizeof(asked));
	memcpy(&done, box.memory + (arg - USER) + 12, 4);
	if (asked.entries + (u64)asked.count * size > arg &&
	    asked.entries < arg + sizeof(asked))
		return; /* overwritten by its own count */
	CHECK(done <= asked.count);
	CHECK(err || done == asked.count);
	if (err == -EINTR) {
		CHECK(box.dying && !done);
		return;
	}
	CHECK(!box.dying || !asked.count);
	if (err)
		CHECK(err ==
		      (arms ? arm_error
			    : cancel_error)(asked.entries + (u64)done * size));
	while (done--)
		CHECK(!(arms ? arm_error
			     : cancel_error)(asked.entries + (u64)done * size));
}

/* The records that are to be read, as far as the caller has room. */
static struct timerheap_expiry records[USER_SIZE / 32];

static void remember_records(u32 head, u32 ready)
{
	const struct th_ring *ring = &queue()->engine.ring;
	u32 i;

	for (i = 0; i < ready && i < USER_SIZE / 32; i++)
		records[i] = ring->entries[(head + i) & ring->mask];
}

void read_records(uintptr_t to, size_t count)
{
	struct iov_iter iter = { .to = (char *)to, .count = count };
	struct kiocb iocb = { .ki_filp = &box.file };
	u32 head = 0, ready = 0;
	ssize_t n;

	if (queue()) {
		head = queue()->engine.header->cq_head;
		ready = th_reader_ready(queue());
		remember_records(head, ready);
	}
	CHECK(th_file_operations.poll(&box.file, NULL) ==
	      (!queue()	       ? EPOLLERR
		       : ready ? EPOLLIN | EPOLLRDNORM
			       : 0));
	box.file.f_flags = box.powers & 0x80 ? O_NONBLOCK : 0;
	memcpy(box.before, box.memory, USER_SIZE);
	n = th_file_operations.read_iter(&iocb, &iter);
	if (!queue()) {
		CHECK(n == -ENXIO);
	} else if (count < sizeof(struct timerheap_expiry)) {
		CHECK(n == -EINVAL);
	} else if (!ready) {
		CHECK(n == (box.file.f_flags ? -EAGAIN : -ERESTARTSYS));
	} else if (n < 0) {
		CHECK(n == -EFAULT);
		CHECK(queue()->engine.header->cq_head == head);
	} else {
		size_t want = min((size_t)ready, count / 32) * 32;

		CHECK((size_t)n == want);
		CHECK(readable(to, want) == want);
		CHECK(!memcmp(box.memory + (to - USER), records, want));
		CHECK(queue()->engine.header->cq_head ==
		      head + (u32)(want / 32));
	}
	CHECK(!queue() || !queue()->read_lock.locked);
	if (n < 0 && n != -EFAULT)
		CHECK(untouched());
}

void map(struct vm_area_struct *vma)
{
	u64 size = queue() ? queue()->setup.mmap_size : 0;
	int err = th_file_operations.mmap(&box.file, vma);

	if (!queue())
		CHECK(err == -ENXIO);
	else if (vma->vm_end - vma->vm_start != size || vma->vm_pgoff ||
		 !(vma->vm_flags & VM_MAYSHARE))
		CHECK(err == -EINVAL);
	else if (vma->vm_flags & VM_EXEC)
		CHECK(err == -EPERM);
	else if (err)
		CHECK(err == -ENOMEM);
	if (err)
		return;
	CHECK(vma->inserted * PAGE_SIZE == size);
	CHECK((vma->vm_flags & (VM_DONTCOPY | VM_DONTEXPAND)) ==
	      (VM_DONTCOPY | VM_DONTEXPAND));
	CHECK(!(vma->vm_flags & (VM_EXEC | VM_MAYEXEC)));
}
