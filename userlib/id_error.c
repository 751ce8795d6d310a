// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>

#include <timerheap/id.h>

const char *thid_advice(int error)
{
	switch (error > 0 ? -error : error) {
	case 0:
		return "no error";
	case -EAGAIN:
		return "all numbers up to now are taken, and those that may be borrowed: wait for the next tick, or choose a layout with a wider counter";
	case -EOVERFLOW:
		return "the layout has run out of time: choose one with more bits for it, or a later epoch";
	case -ERANGE:
		return "the wall clock is before the layout's epoch: set the clock";
	case -ESTALE:
		return "the worker's number may be another's by now: open the lease anew";
	case -EBUSY:
		return "the worker's number is in use by another generator: choose another, or end that one";
	case -ENOSPC:
		return "the disk is full: the worker's times cannot be stored";
	case -ECHILD:
		return "this process was forked from the generator's: open one of its own";
	case -EBADMSG:
		return "what is stored of the worker's times is damaged: choose another worker, or remove it if no number of it can be later than now";
	case -EINVAL:
		return "an option is out of range, or this is not the call for the layout: check bits, unit, epoch and worker";
	case -EIO:
		return "the worker's times cannot be stored: check the disk";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "the directory of leases may not be written: choose another, or mend its permissions";
	case -ETIMEDOUT:
		return "the server of leases does not answer: check it, and the way to it";
	case -EPROTO:
		return "the server of leases has no leader, or is not etcd with the v3 API: check its health and version";
	case -EINTR:
		return "a signal came while it waited: call again";
	case -ENOMEM:
		return "not enough memory";
	default:
		return "see errno(3)";
	}
}
