/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simvae.h"

G_BEGIN_DECLS

/**
 * UsErrorTrend:
 * @US_TREND_UNKNOWN: too few points over the last factor of four of the draws
 * @US_TREND_FALLING: more draws would help
 * @US_TREND_LEVEL: they would not
 * @US_TREND_RISING: they do harm
 */
typedef enum
{
  US_TREND_UNKNOWN,
  US_TREND_FALLING,
  US_TREND_LEVEL,
  US_TREND_RISING,
} UsErrorTrend;

/* One curve: root mean square over held-out draws, in the output's units. */
typedef struct
{
  guint        step;            /* of training that it was recorded in: 1 or 2 */
  gsize        n;
  double      *draws, *rms;     /* (n) rising draws of that step; rms > 0 */
  double       slope, slope_sd; /* d log rms / d log draws over the last factor of four, least squares; NaN: unknown */
  UsErrorTrend trend;           /* what the slope says beyond twice its uncertainty */
  double       share;           /* of the error that a wrong answer has, at the end; NaN: not known */
} UsErrorCurve;

/**
 * UsErrorBudget:
 *
 * How the reconstruction errors fell while the model was trained: does it
 * converge, and would more draws help?  Const once made.
 */
typedef struct
{
  UsErrorCurve curve[US_BUDGET_N_CURVES];       /* n 0: not recorded (older models, or before step 2) */
} UsErrorBudget;

UsErrorBudget *us_error_budget_new       (const UsSimvaeRecord *record);
void           us_error_budget_free      (UsErrorBudget        *self);
gboolean       us_error_budget_is_empty  (const UsErrorBudget  *self);
/* "Decoder", "Decoder after encoder", "Simulator after encoder", translated. */
const char    *us_budget_curve_name      (UsBudgetCurve         curve);
/* What the slope means, in one translated sentence. */
char          *us_error_curve_to_words   (const UsErrorCurve   *self,
                                          UsBudgetCurve         which);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsErrorBudget, us_error_budget_free)

G_END_DECLS
