/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simulator.h"

extern const UsSimulator *const us_simulator_box;
static const UsSimulator table;
const UsSimulator *const us_simulator_box = &table;
