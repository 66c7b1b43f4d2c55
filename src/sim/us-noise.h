/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* P parameters of the base, Q of the noise, T points, C channels. */

/**
 * What stands between a mechanism and what somebody wrote down: a table made at run time of one whose first
 * output is a series.  Its first output is that series as measured; the base's other outputs follow untouched
 * (what nobody measures), and last the first one without noise, as "true_" and its id.  Parameters are the
 * base's and then those of the stages, in their order:
 *
 *     sir+poisson    sir:prevalence@0,1,2+negative-binomial    sir+reporting+delay+weekday+negative-binomial
 *
 * | stage             | what it does to a value m                                    | parameters |
 * |-------------------|--------------------------------------------------------------|------------|
 * | reporting         | r m                                                          | reporting r |
 * | delay             | spread over later points, geometric of mean d (units of x)   | delay d |
 * | weekday           | Saturday and Sunday times 1 - w, other days times 1 + 2 w / 5 | weekday w, first_day |
 * | multiplicative    | m exp (s N(0, 1)): m is the median                            | sigma_log s |
 * | normal            | m + s N(0, 1), s in the unit of the channel                   | sigma s, or sigma_ID a channel |
 * | poisson           | Poisson of mean m                                             | |
 * | negative-binomial | mean m, variance m + m² / k                                   | dispersion k |
 *
 * Order: first reporting, delay and weekday, which shape what is expected, in any order; then multiplicative;
 * then one of normal, poisson and negative-binomial.  All but multiplicative and normal are for values that cannot be
 * below zero (`counts`, or a range from zero on), weekday for days ("d").
 *
 * Delay works along the points as they are: between two that are more than one unit apart values go evenly
 * from one to the other, and before the first one they are taken to have grown as from the first to the second.
 *
 * The same stream gives the same trajectory with and without noise, whichever output is asked for.  Tables live as
 * long as the program and are interned by id.  Any thread.
 */
#define US_NOISE_TRUE_PREFIX "true_"

/* stages: "reporting+negative-binomial".  Errors: US_FORMAT_ERROR_SYNTAX (no such stage; names the known
 * ones), VALUE (order, twice), UNSUPPORTED (what the base is not fit for). */
const UsSimulator *us_noise_new           (const UsSimulator  *base,
                                           const char         *stages,
                                           GError            **error);
/* How many characters of an id come before the "+" of its stages; all, where there are none. */
gsize              us_noise_base_length   (const char         *id);
/* What a table was made of; NULL: not one of this kind. */
const UsSimulator *us_noise_base          (const UsSimulator  *self);
/* Which output is the first one without noise. */
guint              us_noise_true_output   (const UsSimulator  *self);
/* FALSE: nothing but reporting, delay and weekday: values are what is expected, and have no density. */
gboolean           us_noise_has_density   (const UsSimulator  *self);

/* What is expected of values that are `mean` without noise: reporting, delay, weekday applied.  Of multiplicative
 * noise the median.  May be in place. */
void               us_noise_expected      (const UsSimulator  *self,
                                           const double       *theta,      /* (P + Q) */
                                           gsize               n,          /* T C, of the first output */
                                           const double       *mean,       /* (T, C) */
                                           double             *expected);  /* (T, C) */
/* Log density (of counts: probability) of what was observed given the series without noise; values are independent given
 * that.  NaN was not observed and does not count.  -INFINITY: impossible (below zero, no whole number).
 * Exact, of multiplicative followed by another stage by quadrature (relative 1e-8).  NaN: has no density. */
double             us_noise_log_likelihood (const UsSimulator *self,
                                           const double       *theta,      /* (P + Q) */
                                           gsize               n,          /* T C, of the first output */
                                           const double       *observed,   /* (T, C) */
                                           const double       *mean);      /* (T, C) */

G_END_DECLS
