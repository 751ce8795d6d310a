/* SPDX-License-Identifier: GPL-2.0-only */
init {
	atomic {
		th_engine_init();
		run kernel();
		run user1();
		run user2();
		run memory()
	}
}
