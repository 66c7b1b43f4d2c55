/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-trainer.h"

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UsMethodGroup:
 *
 * The rows in which a method of training is chosen, with the numbers that it has, and the rows to train
 * on: fresh draws or a bank.
 */
#define US_TYPE_METHOD_GROUP (us_method_group_get_type ())
G_DECLARE_FINAL_TYPE (UsMethodGroup, us_method_group, US, METHOD_GROUP, AdwBin)

/* Method, its numbers and the bank into config; strings are borrowed until the next change. */
void us_method_group_fill (UsMethodGroup   *self,
                           UsTrainerConfig *config);

G_END_DECLS
