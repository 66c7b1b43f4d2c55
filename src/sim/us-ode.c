/* SPDX-License-Identifier: GPL-3.0-or-later */
/* S states; stages and coefficients: us-ode-private.h. */
#include "config.h"

#include "us-ode.h"

#include "us-ode-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

G_STATIC_ASSERT (US_ODE_MAX_STAGES == US_ODE_STAGES);
G_STATIC_ASSERT (sizeof (((UsOde *) NULL)->powers) / sizeof (double[US_ODE_MAX_STATES]) == US_ODE_POWERS);

/* Two to five states: vectors would wait longer for each other than they save. */
#pragma GCC optimize ("no-tree-vectorize")

#define MAX_STEPS 100000
#define SAFETY 0.9
#define SHRINK 0.2              /* at most, after a step refused or done */
#define GROW 10.0

/* Slopes at one point. */
static void
rates_at (UsOde        *self,
          double        t,
          const double *y,
          guint         stage)
{
  self->rates (t, y, self->data, self->k[stage]);
  self->n_rates++;
}

/* How much error of state i a step may make. */
static double
permitted (const UsOde *self,
           gsize        i)
{
  return self->absolute[i] + self->relative * fmax (fabs (self->y_old[i]), fabs (self->y[i]));
}

/* Root mean square of v, each in what is permitted. */
static double
norm (const UsOde  *self,
      const double *v)          /* (S) */
{
  double sum = 0;

  for (gsize i = 0; i < self->n_states; i++)
    {
      const double share = v[i] / permitted (self, i);

      sum += share * share;
    }
  return sqrt (sum / (double) self->n_states);
}

/* x^(1/8), by what gives the same bits everywhere. */
static double
eighth_root (double x)
{
  return sqrt (sqrt (sqrt (x)));
}

/* A first step whose second derivative matters little: Hairer, Nørsett, Wanner, section II.4. */
static double
first_step (UsOde *self)
{
  double difference[US_ODE_MAX_STATES], end[US_ODE_MAX_STATES];
  const double size = norm (self, self->y), slope = norm (self, self->k[12]);
  double h = size < 1e-5 || !(slope >= 1e-5) ? 1e-6 : 0.01 * size / slope;
  double bend;

  for (gsize i = 0; i < self->n_states; i++)
    end[i] = self->y[i] + h * self->k[12][i];
  rates_at (self, self->t + h, end, 1);
  for (gsize i = 0; i < self->n_states; i++)
    difference[i] = self->k[1][i] - self->k[12][i];
  bend = fmax (norm (self, difference) / h, slope);
  if (!(bend <= DBL_MAX))
    return h * 1e-3;
  return fmin (100.0 * h, bend <= 1e-15 ? fmax (1e-6, h * 1e-3) : eighth_root (0.01 / bend));
}

void
us_ode_init (UsOde        *self,
             UsOdeRates    rates,
             const void   *data,
             gsize         n_states,
             double        t0,
             const double *y0,
             double        relative,
             const double *absolute)
{
  g_return_if_fail (self != NULL && rates != NULL && y0 != NULL && absolute != NULL);
  g_return_if_fail (n_states > 0 && n_states <= US_ODE_MAX_STATES);
  g_return_if_fail (relative > 0);

  self->rates = rates;
  self->data = data;
  self->n_states = n_states;
  self->relative = relative;
  self->max_steps = MAX_STEPS;
  self->n_steps = self->n_rates = 0;
  self->failure = NULL;
  self->t = self->t_old = t0;
  self->h = self->h_next = 0;
  self->interpolates = FALSE;
  for (gsize i = 0; i < n_states; i++)
    {
      self->absolute[i] = absolute[i];
      self->y[i] = self->y_old[i] = y0[i];
    }
}

/* ---- one step ---- */

/* y_old + h · (older + a · newest slope) over all states into `into`, then the slopes there.  The newest slope is what
 * a stage waits for; all else is summed up meanwhile. */
#define K(j) self->k[j][i]
#define A(s, j) ode_a[s][j] * K (j)
#define STAGE(s, older, newest, into) \
  for (gsize i = 0; i < n; i++) \
    into[i] = (y[i] + h * (older)) + (h * ode_a[s][newest]) * K (newest); \
  rates_at (self, self->t_old + ode_c[s] * h, into, s)

/* The step of length h from y_old with the slopes k[0] there: y and k[1..12]. */
static void
try_step (UsOde  *self,
          double  h)
{
  const gsize n = self->n_states;
  const double *y = self->y_old;
  double w[US_ODE_MAX_STATES];

  STAGE (1, 0.0, 0, w);
  STAGE (2, A (2, 0), 1, w);
  STAGE (3, A (3, 0), 2, w);
  STAGE (4, A (4, 0) + A (4, 2), 3, w);
  STAGE (5, A (5, 0) + A (5, 3), 4, w);
  STAGE (6, A (6, 0) + A (6, 3) + A (6, 4), 5, w);
  STAGE (7, A (7, 0) + A (7, 3) + A (7, 4) + A (7, 5), 6, w);
  STAGE (8, A (8, 0) + A (8, 3) + A (8, 4) + A (8, 5) + A (8, 6), 7, w);
  STAGE (9, A (9, 0) + A (9, 3) + A (9, 4) + A (9, 5) + A (9, 6) + A (9, 7), 8, w);
  STAGE (10, A (10, 0) + A (10, 3) + A (10, 4) + A (10, 5) + A (10, 6) + A (10, 7) + A (10, 8), 9, w);
  STAGE (11, A (11, 0) + A (11, 3) + A (11, 4) + A (11, 5) + A (11, 6) + A (11, 7) + A (11, 8) + A (11, 9), 10, w);
  STAGE (12, A (12, 0) + A (12, 5) + A (12, 6) + A (12, 7) + A (12, 8) + A (12, 9) + A (12, 10), 11, self->y);
}

#define E(order, j) ode_e##order[j] * K (j)

/* The error of the step in what is permitted: 1 is just good enough. */
static double
step_error (const UsOde *self,
            double       h)
{
  double fifth = 0, third = 0, both;

  for (gsize i = 0; i < self->n_states; i++)
    {
      const double scale = 1.0 / permitted (self, i);
      const double five = scale * (E (5, 0) + E (5, 5) + E (5, 6) + E (5, 7) + E (5, 8) + E (5, 9) + E (5, 10) + E (5, 11));
      const double three = scale * (E (3, 0) + E (3, 5) + E (3, 6) + E (3, 7) + E (3, 8) + E (3, 9) + E (3, 10) + E (3, 11));

      fifth += five * five;
      third += three * three;
    }
  both = fifth + 0.01 * third;
  /* nothing, or so little that it underflows; not NaN */
  if (both <= 0)
    return 0;
  return h * fifth / sqrt (both * (double) self->n_states);
}

static gboolean
fail (UsOde      *self,
      const char *why)
{
  self->failure = why;
  return FALSE;
}

/* Goes on by one step that is good enough. */
static gboolean
advance (UsOde *self)
{
  gboolean refused = FALSE;
  double h = self->h_next;

  memcpy (self->y_old, self->y, self->n_states * sizeof (double));
  memcpy (self->k[0], self->k[12], self->n_states * sizeof (double));
  self->t_old = self->t;
  self->interpolates = FALSE;
  for (;;)
    {
      double error, factor;

      if (self->n_steps++ >= self->max_steps)
        return fail (self, "more steps than permitted");
      /* Shorter than the distance of neighbouring times means that t stands still. */
      if (!(h > 4 * DBL_EPSILON * fabs (self->t_old)) || h < DBL_MIN)
        return fail (self, "steps too short for the digits of a number");
      try_step (self, h);
      error = step_error (self, h);
      for (gsize i = 0; i < self->n_states; i++)
        error += 0.0 * (self->y[i] + self->k[12][i]);   /* NaN if not finite */
      factor = error == 0 ? GROW : SAFETY / eighth_root (error);
      if (error < 1)
        {
          self->h = h;
          self->t = self->t_old + h;
          self->h_next = h * CLAMP (factor, SHRINK, refused ? 1.0 : GROW);
          return TRUE;
        }
      h *= factor > SHRINK ? factor : SHRINK;           /* NaN: the shortest */
      refused = TRUE;
    }
}

/* ---- between the ends of a step ---- */

#define D(p, j) ode_d[p - 3][j] * K (j)

static void
make_powers (UsOde *self)
{
  const gsize n = self->n_states;
  const double h = self->h;
  const double *y = self->y_old;
  double w[US_ODE_MAX_STATES];

  STAGE (13, A (13, 0) + A (13, 6) + A (13, 7) + A (13, 8) + A (13, 9) + A (13, 10) + A (13, 11), 12, w);
  STAGE (14, A (14, 0) + A (14, 5) + A (14, 6) + A (14, 7) + A (14, 10) + A (14, 11) + A (14, 12), 13, w);
  STAGE (15, A (15, 0) + A (15, 5) + A (15, 6) + A (15, 7) + A (15, 8) + A (15, 12) + A (15, 13), 14, w);
  for (gsize i = 0; i < n; i++)
    {
      const double change = self->y[i] - y[i];

      self->powers[0][i] = change;
      self->powers[1][i] = h * K (0) - change;
      self->powers[2][i] = 2 * change - h * (K (0) + K (12));
      for (guint p = 3; p < US_ODE_POWERS; p++)
        self->powers[p][i] = h * (D (p, 0) + D (p, 5) + D (p, 6) + D (p, 7) + D (p, 8) + D (p, 9) + D (p, 10) + D (p, 11)
                                  + D (p, 12) + D (p, 13) + D (p, 14) + D (p, 15));
    }
  self->interpolates = TRUE;
}

static void
interpolate (const UsOde *self,
             double       t,
             double      *y)    /* (S) */
{
  const double x = (t - self->t_old) / self->h;

  for (gsize i = 0; i < self->n_states; i++)
    {
      double sum = 0;

      for (guint p = US_ODE_POWERS; p-- > 0; )
        sum = (sum + self->powers[p][i]) * (p % 2 == 0 ? x : 1 - x);
      y[i] = self->y_old[i] + sum;
    }
}

/* Slopes at the start, and how far the first step goes. */
static gboolean
begin (UsOde *self)
{
  rates_at (self, self->t, self->y, 12);
  for (gsize i = 0; i < self->n_states; i++)
    if (!isfinite (self->y[i]) || !isfinite (self->k[12][i]))
      return fail (self, "not finite at the start");
  self->h_next = first_step (self);
  return TRUE;
}

UsSimStatus
us_ode_at (UsOde  *self,
           double  t,
           double *y)
{
  g_return_val_if_fail (self != NULL && y != NULL, US_SIM_FAILED);
  g_return_val_if_fail (isfinite (t) && t >= self->t_old, US_SIM_FAILED);

  if (self->failure != NULL)
    return US_SIM_RETRY;
  if (t > self->t && self->h_next == 0 && !begin (self))
    return US_SIM_RETRY;
  while (t > self->t)
    if (!advance (self))
      return US_SIM_RETRY;

  if (t == self->t)
    memcpy (y, self->y, self->n_states * sizeof *y);
  else
    {
      if (!self->interpolates)
        make_powers (self);
      interpolate (self, t, y);
    }
  return US_SIM_OK;
}
