/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* N(mean, sd²) cut to lower .. upper.  Seen from the far tail: a cut that lies
 * above the mean is mirrored, so that probabilities are differences of small
 * numbers, not of numbers next to one. */
typedef struct
{
  double   mean, sd;
  gboolean mirrored;
  double   lower_share;         /* of N(0, 1) below the (mirrored) lower end */
  double   mass;                /* of N(0, 1) between the ends */
} UsCutNormal;

UsCutNormal us_cut_normal             (double             mean,
                                       double             sd,
                                       double             lower,        /* may be -INFINITY */
                                       double             upper);
double      us_cut_normal_density     (const UsCutNormal *self,
                                       double             value);       /* inside the cut */
/* 2 F(value) - 1 and its inverse. */
double      us_cut_normal_to_latent   (const UsCutNormal *self,
                                       double             value);
double      us_cut_normal_from_latent (const UsCutNormal *self,
                                       double             z);

G_END_DECLS
