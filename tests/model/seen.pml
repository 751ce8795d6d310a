/* SPDX-License-Identifier: GPL-2.0-only */
/* Said once a search, for tests/model/check: that it came here. */
#ifdef SEEN
#define seen_to(what) \
	c_code { static int once; if (!once++) printf("seen: %s\n", #what); }
#else
#define seen_to(what)	skip
#endif
