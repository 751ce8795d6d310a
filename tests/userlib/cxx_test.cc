// SPDX-License-Identifier: LGPL-2.1-or-later
/* The headers in C++, against the shared library: every call can be named. */
#include <timerheap/heartbeat.h>
#include <timerheap/id.h>
#include <timerheap/inline.h>
#include <timerheap/timerheap.h>

#include <cstdio>

int main()
{
	struct timerheap_opts opts = TIMERHEAP_OPTS_INIT;
	struct timerheap *th = reinterpret_cast<struct timerheap *>(&opts);
	struct timerheap_percpu *p = nullptr;
	struct timerheap_event ev = {};
	struct timerheap_stats st = {};
	struct timerheap_info info = {};
	struct thb_settings set = {};
	struct thb_pace_settings pace = {};
	struct thb_monitor_opts watch = {};
	struct thb_sender_opts beat = {};
	struct thb_monitor *m = nullptr;
	struct thb_sender *s = nullptr;
	struct thb_keys *keys = nullptr;
	struct thb_auth auth = {};
	struct thid_layout layout = {};
	bool ok;

	/* Not a device that is there: /dev/null is none of ours. */
	opts.path = "/dev/null";
	ok = timerheap_open(&th, &opts) < 0 && th == nullptr &&
		timerheap_percpu_open(&p, &opts) < 0 && p == nullptr &&
		timerheap_hist_percentile(&st, 99) == 0 &&
		timerheap_advice(-1) != nullptr;
	thb_settings_init(&set);
	thb_pace_init(&pace);
	ok = ok && !thb_settings_check(&set) && !thb_pace_check(&pace) &&
		*thb_state_name(THB_IDLE) == 'i' &&
		*thb_cause_name(THB_HEARD) == 'h';
	ok = ok && thb_keys_open(&keys, "/dev/null", 0) < 0 && !keys;
	thb_keys_auth(keys, &auth);
	thb_keys_close(keys);
	ok = ok && !thid_layout_init(&layout, "snowflake") &&
		!thid_layout_check(&layout);
	thb_monitor_opts_init(&watch);
	thb_sender_opts_init(&beat);
	watch.path = "/dev/null";
	beat.path = "/dev/null";
	beat.node = 1;
	ok = ok && thb_monitor_open(&m, &watch) < 0 && m == nullptr &&
		thb_sender_open(&s, &beat) < 0 && s == nullptr;
	thb_monitor_close(m);
	thb_sender_close(s);
	timerheap_close(th);
	timerheap_percpu_close(p);
	if (th) {
		timerheap_arm(th, 0, 1);
		timerheap_cancel(th, 0);
		timerheap_arm_inline(th, 0, 1);
		timerheap_cancel_inline(th, 0);
		timerheap_reap(th, &ev, 1);
		timerheap_wait(th, 1, TIMERHEAP_NEVER);
		timerheap_info(th, &info);
		timerheap_stats(th, &st);
	}
	std::printf("1..1\n%s 1 - open_fails_from_cxx\n", ok ? "ok" : "not ok");
	return !ok;
}
