/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "us-distribution.h"

G_BEGIN_DECLS

/* A small drawing of one parameter's prior over the range that its default prior and this
 * one span together.  Says it in words to a screen reader. */
#define US_TYPE_DENSITY_VIEW (us_density_view_get_type ())
G_DECLARE_FINAL_TYPE (UsDensityView, us_density_view, US, DENSITY_VIEW, GtkWidget)

/* distribution has passed us_distribution_check(); NULL: nothing is drawn. */
void us_density_view_set (UsDensityView        *self,
                          const UsParameter    *parameter,
                          const UsDistribution *distribution);

G_END_DECLS
