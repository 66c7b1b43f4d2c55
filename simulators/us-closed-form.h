/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the simulators share whose series are formulas of x: T points, C channels. */
#pragma once

#include "us-simulator.h"

#include <float.h>
#include <math.h>

/* The C values of an output at one x. */
typedef void (*UsClosedForm) (const double *theta,      /* (P) */
                              guint         output,
                              double        x,
                              double       *values);    /* (C) */

#define US_CLOSED_FORM_MAX_CHANNELS 4

/* One point; FALSE: not a number that single precision holds. */
static inline gboolean
us_closed_form_point (UsClosedForm  form,
                      const double *theta,
                      guint         output,
                      double        x,
                      gsize         channels,
                      float        *out)        /* (C) */
{
  double values[US_CLOSED_FORM_MAX_CHANNELS];

  form (theta, output, x, values);
  for (gsize c = 0; c < channels; c++)
    {
      if (!(fabs (values[c]) <= FLT_MAX))
        return FALSE;
      out[c] = (float) values[c];
    }
  return TRUE;
}

static inline UsSimStatus
us_closed_form_run_at (const UsSimulator *self,
                       UsClosedForm       form,
                       const double      *theta,
                       guint              output,
                       gsize              n_times,
                       const double      *times,
                       float             *out)  /* (n_times, C) */
{
  const UsOutput *of;

  if (output >= self->n_outputs)
    return US_SIM_FAILED;
  of = &self->outputs[output];
  for (gsize t = 0; t < n_times; t++)
    {
      if (!(times[t] >= of->at_lower && times[t] <= of->at_upper))
        return US_SIM_FAILED;
      if (!us_closed_form_point (form, theta, output, times[t], of->channels, out + t * of->channels))
        return US_SIM_RETRY;
    }
  return US_SIM_OK;
}

static inline UsSimStatus
us_closed_form_run (const UsSimulator *self,
                    UsClosedForm       form,
                    const double      *theta,
                    guint              output,
                    float             *out)     /* (T, C) */
{
  const UsOutput *of;

  if (output >= self->n_outputs)
    return US_SIM_FAILED;
  of = &self->outputs[output];
  for (gsize t = 0; t < of->height; t++)
    if (!us_closed_form_point (form, theta, output, us_output_x (of, t), of->channels, out + t * of->channels))
      return US_SIM_RETRY;
  return US_SIM_OK;
}

/* `run` and `run_at` of a simulator whose series are `form`. */
#define US_CLOSED_FORM(name, form) \
  static UsSimStatus \
  name##_run (const UsSimulator *self, const double *theta, guint output, UsRng *rng, float *out) \
  { \
    return us_closed_form_run (self, form, theta, output, out); \
  } \
  static UsSimStatus \
  name##_run_at (const UsSimulator *self, const double *theta, guint output, gsize n_times, const double *times, \
                 UsRng *rng, float *out) \
  { \
    return us_closed_form_run_at (self, form, theta, output, n_times, times, out); \
  }
