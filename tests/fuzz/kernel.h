/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of a kernel as the module's user boundary and its clock are written
 * for; all the kernel's headers lead here.  What the input decides is a
 * function that the target supplies.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include_next <linux/types.h>

#include "../engine/include/linux/tracepoint.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

/* plain things */
#define __user
#define noinline __attribute__((__noinline__))
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
#define U32_MAX (~0U)
#define PAGE_SIZE 4096UL
#define U64_MAX (~(u64)0)
#define HZ 250
#define NSEC_PER_SEC 1000000000L
#define ERESTARTSYS 512
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE KERNEL_VERSION(7, 2, 0)
#define BIT_ULL(n) (1ULL << (n))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define min_t(type, a, b)                                      \
	__extension__({                                        \
		type standin_a = (a);                          \
		type standin_b = (b);                          \
                                                               \
		standin_a < standin_b ? standin_a : standin_b; \
	})
#define max_t(type, a, b) (~min_t(type, ~(type)(a), ~(type)(b)))
#define max(a, b) max_t(__typeof__(a), a, b)
#define min(a, b) min_t(__typeof__(a), a, b)
#define clamp_t(type, value, least, most) \
	min_t(type, max_t(type, value, least), most)
#define abs(x) ((x) < 0 ? -(x) : (x))
#define ALIGN(x, to) (((x) + (to)-1) & ~((__typeof__(x))(to)-1))
#define PAGE_ALIGN(x) ALIGN(x, PAGE_SIZE)
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-4095)
#define PTR_ERR(p) ((int)(long)(p))
#define ERR_PTR(error) ((void *)(long)(error))

static inline u32 roundup_pow_of_two(u32 n)
{
	return n <= 1 ? 1 : 1U << (32 - __builtin_clz(n - 1));
}

static inline u32 rounddown_pow_of_two(u32 n)
{
	return 1U << (31 - __builtin_clz(n));
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline unsigned long __ffs64(u64 word)
{
	return (unsigned long)__builtin_ctzll(word);
}

static inline unsigned int hweight64(u64 word)
{
	return (unsigned int)__builtin_popcountll(word);
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

/* The kernel's takes an exception when the result does not fit. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 divisor)
{
	unsigned __int128 result = (unsigned __int128)a * b / divisor;

	if (result > U64_MAX)
		abort();
	return (u64)result;
}

/* atomics */
typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define data_race(x) (x)
#define smp_mb() __sync_synchronize()
#define smp_mb__after_atomic() smp_mb()
#define xchg(p, value) __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, value) __sync_val_compare_and_swap(p, old, value)

#define ATOMIC_INIT(n) \
	{              \
		n      \
	}
#define ATOMIC64_INIT(n) ATOMIC_INIT(n)
#define atomic_read(v) READ_ONCE((v)->counter)
#define atomic64_read(v) READ_ONCE((v)->counter)
#define atomic_inc(v) ((void)__sync_fetch_and_add(&(v)->counter, 1))
#define atomic_inc_return(v) __sync_add_and_fetch(&(v)->counter, 1)
#define atomic_inc_return_release(v) atomic_inc_return(v)
#define atomic64_or(n, v) ((void)__sync_fetch_and_or(&(v)->counter, n))
#define atomic64_add(n, v) ((void)__sync_fetch_and_add(&(v)->counter, n))

#define cond_resched() ((void)0)

/* locks and sleep: one thread, for which sleep ends by a signal */
typedef struct {
	int unused;
} spinlock_t, wait_queue_head_t, call_single_data_t;

struct mutex {
	bool locked;
};

#define __SPIN_LOCK_UNLOCKED(name) ((spinlock_t){ 0 })
#define spin_lock(lock) ((void)(lock))
#define spin_unlock(lock) ((void)(lock))
#define local_irq_save(flags) ((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))
#define init_waitqueue_head(head) ((void)(head))
#define wake_up(head) ((void)(head))
#define DEFINE_WAIT(name) int name = 0
#define prepare_to_wait(head, entry, state) ((void)(head), (void)(entry))
#define finish_wait(head, entry) ((void)(head), (void)(entry))
#define schedule() ((void)0)
#define signal_pending(task) ((void)(task), true)

static inline void mutex_init(struct mutex *mutex)
{
	mutex->locked = false;
}

static inline bool mutex_trylock(struct mutex *mutex)
{
	bool was = mutex->locked;

	mutex->locked = true;
	return !was;
}

static inline void mutex_lock(struct mutex *mutex)
{
	if (!mutex_trylock(mutex))
		abort();
}

static inline int mutex_lock_interruptible(struct mutex *mutex)
{
	mutex_lock(mutex);
	return 0;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	if (!mutex->locked)
		abort();
	mutex->locked = false;
}

/* who calls, and from where */
typedef struct cpumask {
	u64 bits;
} cpumask_var_t[1];

struct task_struct {
	const struct cpumask *cpus_ptr;
};

enum { CAP_SYS_NICE = 1, CAP_SYS_ADMIN = 2 };

extern struct task_struct *current;
#define task_tgid_nr(task) ((void)(task), 1)
extern u64 online_cpus;
extern int nr_cpu_ids;
bool capable(int capability);
bool fatal_signal_pending(const struct task_struct *task);
int raw_smp_processor_id(void);
#define cpu_online(cpu) (online_cpus >> (cpu)&1)
#define cpumask_test_cpu(cpu, mask) ((mask)->bits >> (cpu)&1)
#define cpumask_copy(to, from) ((void)(*(to) = *(from)))
#define free_cpumask_var(mask) ((void)(mask))
#define array_index_nospec(index, size) ((index) < (size) ? (index) : 0)

/* memory: not there when the target says so, and garbage unless zeroed */
enum {
	GFP_KERNEL,
	GFP_KERNEL_ACCOUNT,
	__GFP_ZERO = 2,
	__GFP_RETRY_MAYFAIL = 4,
	__GFP_NOWARN = 8
};

bool no_memory(void);

static inline void *kmalloc(size_t size, int gfp)
{
	void *memory = no_memory() ? NULL : malloc(size);

	return memory ? memset(memory, gfp & __GFP_ZERO ? 0 : 0xa5, size)
		      : NULL;
}

#define kzalloc(size, gfp) kmalloc(size, (gfp) | __GFP_ZERO)
#define kfree(memory) free(memory)
#define alloc_cpumask_var(mask, gfp) ((void)(mask), (void)(gfp), !no_memory())

static inline void *__vmalloc(size_t size, int gfp)
{
	void *memory = NULL;

	if (no_memory() || posix_memalign(&memory, PAGE_SIZE, size))
		return NULL;
	return memset(memory, gfp & __GFP_ZERO ? 0 : 0xa5, size);
}

#define vfree(memory) free(memory)

/* user space: what could not be copied is returned */
size_t copy_from_user(void *to, const void *from, size_t size);
size_t copy_to_user(void *to, const void *from, size_t size);

#define u64_to_user_ptr(address) ((void *)(uintptr_t)(address))
#define get_user(to, from) \
	(copy_from_user(&(to), from, sizeof(*(from))) ? -EFAULT : 0)
#define put_user(value, to)                                                    \
	__extension__({                                                        \
		__typeof__(*(to)) standin_value = (__typeof__(*(to)))(value);  \
                                                                               \
		copy_to_user(to, &standin_value, sizeof(*(to))) ? -EFAULT : 0; \
	})

/* As include/linux/uaccess.h describes it. */
static inline int copy_struct_from_user(void *to, size_t known,
					const void *from, size_t size)
{
	size_t both = min(known, size), i;
	char rest;

	for (i = known; i < size; i++) {
		if (copy_from_user(&rest, (const char *)from + i, 1))
			return -EFAULT;
		if (rest)
			return -E2BIG;
	}
	memset((char *)to + both, 0, known - both);
	return copy_from_user(to, from, both) ? -EFAULT : 0;
}

struct iov_iter {
	char *to;
	size_t count;
};

#define iov_iter_count(iter) ((iter)->count)

static inline size_t copy_to_iter(const void *from, size_t size,
				  struct iov_iter *iter)
{
	size_t copied = min(size, iter->count);

	copied -= copy_to_user(iter->to, from, copied);
	iter->to += copied;
	iter->count -= copied;
	return copied;
}

/* files */
struct inode;
struct module;
struct poll_table;
typedef struct poll_table poll_table;

struct file {
	void *private_data;
	unsigned int f_mode;
	unsigned int f_flags;
};

struct kiocb {
	struct file *ki_filp;
	int ki_flags;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_pgoff, vm_flags;
	unsigned long inserted;
};

struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd,
			       unsigned long value);
	long (*compat_ioctl)(struct file *file, unsigned int cmd,
			     unsigned long value);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	__poll_t (*poll)(struct file *file, poll_table *table);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
};

enum { EPOLLIN = 1, EPOLLERR = 8, EPOLLRDNORM = 0x40 };
enum { FMODE_NOWAIT = 1, IOCB_NOWAIT = 1 };
enum {
	VM_EXEC = 1,
	VM_MAYEXEC = 2,
	VM_MAYSHARE = 4,
	VM_DONTCOPY = 8,
	VM_DONTEXPAND = 16
};
#define THIS_MODULE ((struct module *)NULL)
#define compat_ptr_ioctl NULL
#define poll_wait(file, head, table) ((void)(head), (void)(table))

static inline int stream_open(struct inode *inode, struct file *file)
{
	(void)inode;
	(void)file;
	return 0;
}

#define vmalloc_to_page(address) ((const char *)(address))

static inline int vm_insert_page(struct vm_area_struct *vma,
				 unsigned long address, const char *page)
{
	*(volatile const char *)page;
	if (address != vma->vm_start + vma->inserted++ * PAGE_SIZE)
		abort();
	return no_memory() ? -ENOMEM : 0;
}

static inline void vm_flags_mod(struct vm_area_struct *vma, unsigned long set,
				unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

/* timers, lists and work, which these files only hold or hand on */
struct hrtimer {
	int unused;
};

struct irq_work {
	int unused;
};

struct rnd_state {
	int unused;
};

struct list_head {
	struct list_head *next;
};

struct hrtimer_sleeper {
	struct hrtimer timer;
	void *task;
};

#define KTIME_MAX INT64_MAX
#define HRTIMER_MODE_ABS 0
#define INIT_LIST_HEAD(list) ((void)((list)->next = (list)))
#define ns_to_ktime(ns) (ns)
#define hrtimer_setup_sleeper_on_stack(sleeper, clockid, mode) \
	((void)((sleeper)->task = current))
#define hrtimer_set_expires(timer, when) ((void)(when))
#define hrtimer_sleeper_start_expires(sleeper, mode) ((void)(sleeper))
#define hrtimer_cancel(timer) ((void)(timer))
#define destroy_hrtimer_on_stack(timer) ((void)(timer))

struct work_struct {
	int unused;
};

#define DECLARE_DELAYED_WORK(name, function) \
	void (*name)(struct work_struct * work) = function
#define system_unbound_wq NULL
#define system_dfl_wq NULL
#define queue_delayed_work(queue, work, delay) ((void)(work))
#define cancel_delayed_work_sync(work) ((void)(work))

/* time */
struct timekeeper {
	s64 offs_real, offs_boot, offs_tai;
};

struct system_time_snapshot {
	u64 cycles;
};

struct notifier_block {
	int (*notifier_call)(struct notifier_block *nb, unsigned long was_set,
			     void *timekeeper);
};

enum { X86_FEATURE_CONSTANT_TSC = 1, X86_FEATURE_NONSTOP_TSC = 2 };

#define NOTIFY_OK 1
#define pr_warn_ratelimited(...) ((void)0)
#define pr_notice(...) ((void)0)
#define pr_err(...) ((void)0)

extern unsigned int tsc_khz;
u64 rdtsc_ordered(void);
bool boot_cpu_has(int feature);
bool check_tsc_unstable(void);
void ktime_get_snapshot(struct system_time_snapshot *snapshot);
#define ktime_get_snapshot_id(clockid, snapshot) ktime_get_snapshot(snapshot)
u64 ktime_get_raw_ns(void);
u64 ktime_get_ns(void);
u64 ktime_get_boottime_ns(void);
u64 ktime_get_real_ns(void);
u64 ktime_get_clocktai_ns(void);
void pvclock_gtod_register_notifier(struct notifier_block *nb);
void pvclock_gtod_unregister_notifier(struct notifier_block *nb);

#endif
