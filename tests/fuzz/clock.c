// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock's verdict: clocks are set, the counter and the reference run as
 * they like, features come and go; the figures are those of exact arithmetic.
 */
#include "fuzz.h"

#include "module/clock.c"

struct host {
	u64 cycles;
	u64 raw_ns;
	bool keeps_time;
	u8 features; /* X86_FEATURE_*, and bit 2: not unstable */
	/* what the clock ought to say */
	u32 checks;
	u32 steps;
	s64 injected;
	bool known;
	s64 boot; /* as of the last check */
	struct timekeeper tk;
};

static struct host host;

bool th_require_reliable_tsc;
unsigned int tsc_khz;

u64 rdtsc_ordered(void)
{
	return host.cycles;
}

bool boot_cpu_has(int feature)
{
	return host.features & feature;
}

bool check_tsc_unstable(void)
{
	return !(host.features & 4);
}

void ktime_get_snapshot(struct system_time_snapshot *snapshot)
{
	snapshot->cycles = host.keeps_time ? host.cycles : ~host.cycles;
}

u64 ktime_get_raw_ns(void)
{
	return host.raw_ns;
}

u64 ktime_get_ns(void)
{
	return 1000;
}

u64 ktime_get_boottime_ns(void)
{
	return ktime_get_ns() + host.tk.offs_boot;
}

u64 ktime_get_real_ns(void)
{
	return ktime_get_ns() + host.tk.offs_real;
}

u64 ktime_get_clocktai_ns(void)
{
	return ktime_get_ns() + host.tk.offs_tai;
}

void pvclock_gtod_register_notifier(struct notifier_block *nb)
{
	nb->notifier_call(nb, true, &host.tk);
	host.known = true;
}

void pvclock_gtod_unregister_notifier(struct notifier_block *nb)
{
	(void)nb;
}

static void verify_offset(clockid_t clockid)
{
	u64 wall = th_clock_now(clockid) + th_clock_wall_offset(clockid);

	CHECK(th_clock_known(clockid));
	CHECK(wall == ktime_get_real_ns() + host.injected);
}

static void verify(void)
{
	struct timerheap_info info = { 0 };
	u32 flags;

	th_clock_info(&info);
	flags = (u32)(host.keeps_time * TIMERHEAP_CLOCK_COUNTER) |
		(u32)((host.features & 1) * TIMERHEAP_CLOCK_CONSTANT) |
		(u32)((host.features >> 1 & 1) * TIMERHEAP_CLOCK_NONSTOP) |
		(u32)((host.features >> 2 & 1) * TIMERHEAP_CLOCK_STABLE);
	if (host.keeps_time && host.features == 7)
		flags |= TIMERHEAP_CLOCK_RELIABLE;
	CHECK(info.clock_flags == flags);
	CHECK(info.clock_checks == host.checks);
	CHECK(info.clock_steps == host.steps);
	CHECK(info.inject_step_ns == host.injected);
	CHECK(abs(info.counter_ppb) <= abs(info.counter_ppb_max));
	verify_offset(CLOCK_MONOTONIC);
	verify_offset(CLOCK_BOOTTIME);
	verify_offset(CLOCK_REALTIME);
	verify_offset(CLOCK_TAI);
}

/* Times that a kernel's timekeeper can have. */
static s64 offset(struct input *in, s64 near)
{
	return (s64)input_number(in, (u64)near) >> 2;
}

static void set_clocks(struct input *in)
{
	unsigned long was_set = input_below(in, 4);
	struct timekeeper next = host.tk;
	int generation = atomic_read(&th_clock_generation);

	if (was_set & 1)
		next.offs_real = offset(in, host.tk.offs_real * 4);
	if (was_set & 2)
		next.offs_boot = offset(in, host.tk.offs_boot * 4);
	if (input_below(in, 2)) {
		/* Both alike, as after a suspend: no step. */
		next.offs_real = host.tk.offs_real + 5;
		next.offs_boot = host.tk.offs_boot + 5;
	}
	next.offs_tai = next.offs_real + 37;
	timekeeper_notifier.notifier_call(&timekeeper_notifier, was_set, &next);
	CHECK(!was_set == (atomic_read(&th_clock_generation) == generation));
	if (!was_set)
		return;
	if (next.offs_real - next.offs_boot !=
	    host.tk.offs_real - host.tk.offs_boot)
		host.steps++;
	host.tk = next;
}

/* Over the interval, by exact arithmetic; within a cycle and roundings. */
static void verify_ppb(u64 cycles, u64 ns, s64 ppb)
{
	long double exact =
		(long double)cycles * 1e9L / (tsc_khz * 1000.0L) - ns;
	long double room = (2 + 1e6L / tsc_khz) * 1e9L / ns + 2;

	if (exact > ns)
		exact = ns;
	if (exact > 1e9L)
		exact = 1e9L;
	if (exact < -1e9L)
		exact = -1e9L;
	exact = exact * 1e9L / ns;
	CHECK(ppb >= exact - room && ppb <= exact + room);
}

static void pass(struct input *in)
{
	u64 cycles = host.cycles, raw_ns = host.raw_ns;
	u64 ns = input_number(in, 5000000000);
	u64 rate = (u64)tsc_khz * 1000;
	struct timerheap_info info;
	bool counts;

	host.raw_ns += ns;
	/* About as many as it takes, unless it jumps. */
	host.cycles += input_number(
		in, (u64)((unsigned __int128)ns * rate / 1000000000));
	counts = raw_ns && tsc_khz && host.boot == host.tk.offs_boot &&
		host.cycles > cycles && host.raw_ns > raw_ns &&
		host.raw_ns - raw_ns <= 60000000000;
	check(NULL);
	host.checks += counts;
	host.boot = host.tk.offs_boot;
	th_clock_info(&info);
	if (counts)
		verify_ppb(host.cycles - cycles, host.raw_ns - raw_ns,
			   info.counter_ppb);
}

static void change_features(struct input *in)
{
	u8 bits = (u8)input_take(in, 1);
	bool before = th_clock_reliable();
	int generation = atomic_read(&th_clock_generation);

	host.features = bits & 7;
	host.keeps_time = bits & 8;
	judge();
	CHECK(th_clock_reliable() == ((bits & 15) == 15));
	CHECK((before == th_clock_reliable()) ==
	      (generation == atomic_read(&th_clock_generation)));
}

static void step(struct input *in)
{
	clockid_t clockid;
	s64 ns;

	switch (input_below(in, 6)) {
	case 0:
		set_clocks(in);
		break;
	case 1:
		ns = (s64)input_number(in, 0);
		th_clock_inject_step(ns);
		host.injected += ns;
		host.steps++;
		break;
	case 2:
		change_features(in);
		break;
	case 3:
		clockid = (clockid_t)input_number(in, 0);
		CHECK(th_clock_known(clockid) ==
		      (clockid == 0 || clockid == 1 || clockid == 7 ||
		       clockid == 11));
		break;
	default:
		pass(in);
		break;
	}
}

/* As when the module was loaded. */
static void load(struct input *in)
{
	memset(&host, 0, sizeof(host));
	memset(&drift, 0, sizeof(drift));
	atomic64_add(-th_clock_injected_step(), &injected_ns);
	steps.counter = 0;
	offs_known = false;
	tsc_khz = input_below(in, 8) ? (unsigned int)input_number(in, 3000000)
				     : 0;
	host.features = 7;
	host.keeps_time = true;
	host.raw_ns = input_number(in, 1) % (1ULL << 40);
	host.cycles = input_number(in, 1);
	CHECK(!th_clock_init());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	load(&in);
	verify();
	while (in.left) {
		step(&in);
		verify();
	}
	th_clock_exit();
	th_require_reliable_tsc = true;
	CHECK(th_clock_init() == (th_clock_reliable() ? 0 : -ENODEV));
	th_require_reliable_tsc = false;
	return 0;
}
