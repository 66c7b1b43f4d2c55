/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-prior.h"

G_BEGIN_DECLS

/**
 * UsLatentRow:
 *
 * One latent of a model: its name, a slider over the support of its prior and a
 * number in the parameter's unit.  Signal "changed" () follows both.
 */
#define US_TYPE_LATENT_ROW (us_latent_row_get_type ())
G_DECLARE_FINAL_TYPE (UsLatentRow, us_latent_row, US, LATENT_ROW, GtkListBoxRow)

GtkWidget *us_latent_row_new          (UsPrior      *prior,
                                       gsize         parameter,
                                       GtkSizeGroup *names,
                                       GtkSizeGroup *numbers);
double     us_latent_row_get_value    (UsLatentRow *self);
/* Emits "changed" when it differs. */
void       us_latent_row_set_value    (UsLatentRow *self,
                                       double       value);
/* The place on the slider, 0..1: linear in the value, or in its logarithm where the
 * prior is logarithmic. */
double     us_latent_row_get_position (UsLatentRow *self);
void       us_latent_row_set_position (UsLatentRow *self,
                                       double       position);

G_END_DECLS
