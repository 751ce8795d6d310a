/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every test here starts with. */
#ifndef SUITE_H
#define SUITE_H

#include "hb_suite.h"
#include "thbeat_world.h"

#endif
