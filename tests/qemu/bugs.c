// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs on purpose, one for each checker of the guest kernels: loading this
 * module with bug=NAME commits it. tests/qemu/selfcheck looks whether it was
 * noticed.
 */
#include <linux/compiler.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#define SIZE 100

static char *bug = "";
module_param(bug, charp, 0);

/* What the compiler knows, it warns of or takes advantage of. */
static void *hidden(void *pointer)
{
	OPTIMIZER_HIDE_VAR(pointer);
	return pointer;
}

static noinline int vmalloc_overrun(void)
{
	u8 *area = hidden(vmalloc(SIZE));

	if (!area)
		return -ENOMEM;
	WRITE_ONCE(area[SIZE], 1);
	vfree(area);
	return 0;
}

static noinline int use_after_free(void)
{
	u8 *object = kmalloc(SIZE, GFP_KERNEL);

	if (!object)
		return -ENOMEM;
	kfree(hidden(object));
	READ_ONCE(*object);
	return 0;
}

static noinline int stack_overrun(void)
{
	u8 array[SIZE];
	u8 *start = hidden(array);

	WRITE_ONCE(start[SIZE], 1);
	return 0;
}

/* Within the object, and so no overrun of memory. */
static noinline int index_overrun(void)
{
	static struct {
		int array[4];
		int behind[4];
	} object;
	int index = 5;

	OPTIMIZER_HIDE_VAR(index);
	WRITE_ONCE(object.array[index], 1);
	return 0;
}

static noinline int lock_order(void)
{
	static DEFINE_MUTEX(one);
	static DEFINE_MUTEX(other);

	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);

	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
	return 0;
}

static noinline int sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	kfree(kmalloc(SIZE, GFP_KERNEL));
	spin_unlock(&lock);
	return 0;
}

static noinline int rcu_unlocked(void)
{
	static int __rcu *pointer;

	rcu_dereference(pointer);
	return 0;
}

static enum hrtimer_restart never(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static noinline int free_active_timer(void)
{
	struct hrtimer *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = never;
	hrtimer_start(timer, ktime_set(3600, 0), HRTIMER_MODE_REL);
	kfree(timer);
	return 0;
}

static noinline int leak(void)
{
	return hidden(kmalloc(SIZE, GFP_KERNEL)) ? 0 : -ENOMEM;
}

static unsigned long shared;

static noinline int count(void *marked)
{
	unsigned long end = jiffies + HZ / 2;

	while (time_before(jiffies, end)) {
		if (marked)
			WRITE_ONCE(shared, READ_ONCE(shared) + 1);
		else
			shared++;
		cond_resched();
	}
	return 0;
}

static int in_two_threads(int (*fn)(void *), void *first, void *second)
{
	struct task_struct *thread = kthread_run(fn, second, "bugs");

	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	fn(first);
	kthread_stop(thread);
	put_task_struct(thread);
	return 0;
}

static noinline int plain_race(void)
{
	return in_two_threads(count, NULL, NULL);
}

static noinline int half_marked_race(void)
{
	return in_two_threads(count, NULL, &shared);
}

static const struct {
	const char *name;
	int (*commit)(void);
} bugs[] = {
	{ "vmalloc_overrun", vmalloc_overrun },
	{ "use_after_free", use_after_free },
	{ "stack_overrun", stack_overrun },
	{ "index_overrun", index_overrun },
	{ "lock_order", lock_order },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "rcu_unlocked", rcu_unlocked },
	{ "free_active_timer", free_active_timer },
	{ "leak", leak },
	{ "plain_race", plain_race },
	{ "half_marked_race", half_marked_race },
};

static int __init bugs_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (!strcmp(bugs[i].name, bug))
			return bugs[i].commit();
	return -EINVAL;
}

static void __exit bugs_exit(void)
{
}

module_init(bugs_init);
module_exit(bugs_exit);

MODULE_DESCRIPTION("Bugs on purpose");
MODULE_LICENSE("GPL");
