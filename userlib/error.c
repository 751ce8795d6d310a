// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include <timerheap/timerheap.h>

const char *timerheap_advice(int error)
{
	switch (error > 0 ? -error : error) {
	case 0:
		return "no error";
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return "the module is not loaded: run \"modprobe timerheap\"";
	case -EACCES:
		return "no permission to open the device: join the group timerheap, or run as root";
	case -EPROTO:
		return "library and module versions differ: install and load matching ones";
	case -ENOTTY:
		return "this is not a timerheap device: check the path";
	case -EPERM:
		return "the home CPU is not in this thread's affinity mask: choose another, or get CAP_SYS_NICE";
	case -ENOMEM:
		return "not enough memory: ask for fewer slots, or raise the memory limit";
	case -EINVAL:
		return "an option is out of range: check slots (1 to the module's max_slots), ring, CPU and clock";
	case -E2BIG:
		return "these options need a later library: update libtimerheap";
	case -EMFILE:
		return "too many open files: raise RLIMIT_NOFILE, or share a queue";
	case -ENFILE:
		return "too many open files in the system: raise fs.file-max";
	default:
		return "see errno(3), and the kernel's log for messages of timerheap";
	}
}
