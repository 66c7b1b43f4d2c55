/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsEstimateRow:
 *
 * One parameter read from data: its name, its interval on a bar that is the
 * support of the prior, its value ± half the interval with its unit; of a quantity over decades
 * the ends of a wide interval.  Main thread.
 */
#define US_TYPE_ESTIMATE_ROW (us_estimate_row_get_type ())
G_DECLARE_FINAL_TYPE (UsEstimateRow, us_estimate_row, US, ESTIMATE_ROW, GtkListBoxRow)

GtkWidget *us_estimate_row_new   (UsPrior       *prior,
                                  gsize          parameter,
                                  GtkSizeGroup  *names,
                                  GtkSizeGroup  *numbers);
/* NaN mean: nothing is known. */
void       us_estimate_row_set   (UsEstimateRow *self,
                                  double         mean,
                                  double         lower,
                                  double         upper);
/* The same, read from data scaled by y' = scale (y − shift): the bar tells where the prior holds
 * what was read, the number is value / scale + shift, of the data as they stand. */
void       us_estimate_row_set_scaled (UsEstimateRow *self,
                                  double         mean,
                                  double         lower,
                                  double         upper,
                                  double         scale,
                                  double         shift);
/* "0.123 ± 0.004": as many digits as the interval is worth; a minus sign, not a hyphen. */
char      *us_estimate_to_string (double         mean,
                                  double         lower,
                                  double         upper);

G_END_DECLS
