/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* Made by simulators/meson.build. */
extern const UsSimulator *const us_registry_tables[];
extern const gsize us_registry_n_tables;

G_END_DECLS
