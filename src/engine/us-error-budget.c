/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error-budget.h"

#include <glib/gi18n.h>
#include <math.h>

#define TAIL       4.0          /* the slope is taken over draws from 1/4 of the last on */
#define MIN_POINTS 4
#define LEVEL      0.1          /* a slope that doubling the draws would show as less than 7 % */
#define UNLEARNT   0.3          /* a share of a wrong answer's error from which on a level is but a plateau */

static gboolean
recorded (const UsHistoryPoint *point,
          UsBudgetCurve         which)
{
  return point->samples > 0 && isfinite (point->rms[which]) && point->rms[which] > 0;
}

/* Straight line through the logarithms of the tail. */
static void
fit_slope (UsErrorCurve *self)
{
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0, left;
  gsize first = 0, m;

  self->slope = self->slope_sd = self->share = NAN;
  self->trend = US_TREND_UNKNOWN;
  while (first < self->n && self->draws[first] < self->draws[self->n - 1] / TAIL)
    first++;
  m = self->n - first;
  if (m < MIN_POINTS)
    return;
  for (gsize i = first; i < self->n; i++)
    {
      mx += log (self->draws[i]) / m;
      my += log (self->rms[i]) / m;
    }
  for (gsize i = first; i < self->n; i++)
    {
      double x = log (self->draws[i]) - mx, y = log (self->rms[i]) - my;

      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
  if (!(xx > 0))
    return;
  self->slope = xy / xx;
  left = MAX (yy - self->slope * xy, 0);
  self->slope_sd = sqrt (left / (m - 2) / xx);
  if (fabs (self->slope) <= MAX (LEVEL, 2 * self->slope_sd))
    self->trend = US_TREND_LEVEL;
  else
    self->trend = self->slope < 0 ? US_TREND_FALLING : US_TREND_RISING;
}

static void
read_curve (UsErrorCurve         *self,
            const UsSimvaeRecord *record,
            UsBudgetCurve         which)
{
  GArray *history;

  self->step = which == US_BUDGET_DECODER ? 1 : 2;
  history = record->history[self->step - 1];
  self->draws = g_new (double, MAX (history->len, 1));
  self->rms = g_new (double, MAX (history->len, 1));
  for (guint i = 0; i < history->len; i++)
    {
      const UsHistoryPoint *point = &g_array_index (history, UsHistoryPoint, i);

      if (!recorded (point, which))
        continue;
      self->draws[self->n] = point->samples;
      self->rms[self->n] = point->rms[which];
      self->n++;
    }
  fit_slope (self);
}

UsErrorBudget *
us_error_budget_new (const UsSimvaeRecord *record)
{
  UsErrorBudget *self = g_new0 (UsErrorBudget, 1);

  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    read_curve (&self->curve[c], record, c);
  return self;
}

void
us_error_budget_free (UsErrorBudget *self)
{
  if (self == NULL)
    return;
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    {
      g_free (self->curve[c].draws);
      g_free (self->curve[c].rms);
    }
  g_free (self);
}

gboolean
us_error_budget_is_empty (const UsErrorBudget *self)
{
  for (int c = 0; c < US_BUDGET_N_CURVES; c++)
    if (self->curve[c].n > 0)
      return FALSE;
  return TRUE;
}

const char *
us_budget_curve_name (UsBudgetCurve curve)
{
  switch (curve)
    {
    case US_BUDGET_DECODER:
      return _("Decoder");
    case US_BUDGET_BOTH:
      return _("Decoder after encoder");
    default:
      return _("Simulator after encoder");
    }
}

/* With a minus as it is printed, and no minus before nothing. */
static char *
power_to_text (double power)
{
  return g_strdup_printf ("%s%.2f", power <= -0.005 ? "\u2212" : "", fabs (power));
}

char *
us_error_curve_to_words (const UsErrorCurve *self,
                         UsBudgetCurve       which)
{
  const char *name = us_budget_curve_name (which);
  g_autofree char *power = power_to_text (self->slope);

  if (self->n == 0)
    return g_strdup_printf (_("%s: not recorded."), name);
  switch (self->trend)
    {
    case US_TREND_FALLING:
      return g_strdup_printf (_("%s: still falling, as the number of draws to the power %s. More time would help: "
                                "twice the draws would leave about %.0f %% of the error."),
                              name, power, 100 * pow (2, self->slope));
    case US_TREND_LEVEL:
      if (self->share > UNLEARNT)
        return g_strdup_printf (_("%s: level, but at %.0f %% of the error of a wrong answer: little has been learnt yet, "
                                  "and such a plateau may end with more time."), name, 100 * self->share);
      return g_strdup_printf (_("%s: level (the number of draws to the power %s). More time alone would change little."),
                              name, power);
    case US_TREND_RISING:
      return g_strdup_printf (_("%s: rising, as the number of draws to the power %s. More time would do harm."),
                              name, power);
    default:
      return g_strdup_printf (_("%s: too few measurements to tell whether more time would help."), name);
    }
}
