/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-distribution.h"

G_BEGIN_DECLS

/**
 * UsParameterRow:
 *
 * The prior of one parameter to be edited: kind, numbers, a drawing of the density, and
 * a message in place when something is wrong.  Signal "changed" () follows the user.
 */
#define US_TYPE_PARAMETER_ROW (us_parameter_row_get_type ())
G_DECLARE_FINAL_TYPE (UsParameterRow, us_parameter_row, US, PARAMETER_ROW, GtkListBoxRow)

GtkWidget *us_parameter_row_new (const UsParameter    *parameter,
                                 GtkSizeGroup         *names,
                                 GtkSizeGroup         *kinds);
/* FALSE while an entry is not valid; the row shows why. */
gboolean   us_parameter_row_get (UsParameterRow       *self,
                                 UsDistribution       *distribution);
/* Emits nothing. */
void       us_parameter_row_set (UsParameterRow       *self,
                                 const UsDistribution *distribution);

G_END_DECLS
