/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each stage of noise does to one value, and how likely it makes one. */
#include "config.h"

#include "us-noise-private.h"

#include "us-draw.h"

#include <gsl/gsl_integration.h>
#include <math.h>

/* ---- what is expected ---- */

void
us_noise_walk_init (UsNoiseWalk        *walk,
                    const UsNoiseChain *chain,
                    const double       *theta,
                    double              x,
                    double              x_next,
                    double              value,
                    double              value_next)
{
  *walk = (UsNoiseWalk) { .chain = chain, .theta = theta, .growth = 1.0 };
  if (x_next > x && value > 0.0 && value_next > value)
    walk->growth = pow (value_next / value, 1.0 / (x_next - x));
  /* the rise from one lone case to many is no rate */
  if (!(walk->growth < 10.0))
    walk->growth = 10.0;
}

/* Each value is counted k units late with probability (1 - q) q^k, q = d / (1 + d).  One unit on that is
 * out = q out + (1 - q) in; over a longer step the values between lie on a line. */
static double
delayed (UsNoiseWalk *walk,
         double       delay,
         double       x,
         double       in)
{
  const double q = delay / (1.0 + delay);
  double out;

  if (!walk->started)
    out = in * (1.0 - q) / (1.0 - q / walk->growth);
  else
    {
      const double step = x - walk->previous_x, kept = pow (q, step);
      /* Σ (1 - q) q^k k over the units of the step: how much of it was not yet there at its end */
      const double lag = MAX (q * (1.0 - kept) / (1.0 - q) - step * kept, 0.0);

      out = kept * walk->previous_out + (1.0 - kept) * in - lag * (in - walk->previous_in) / step;
    }
  walk->previous_in = in;
  walk->previous_out = out;
  return out;
}

/* Keeps the sum over a week. */
static double
weekday_factor (double x,
                double weekend,         /* share that is missing on Saturday and Sunday */
                double first_day)       /* what x = 0 is; 0 Monday */
{
  const double day = floor (x + 1e-9) + first_day;
  const double of_week = day - 7.0 * floor (day / 7.0);

  return of_week > 4.5 ? 1.0 - weekend : 1.0 + 0.4 * weekend;
}

double
us_noise_walk_step (UsNoiseWalk *walk,
                    double       x,
                    double       value)
{
  for (gsize s = 0; s < walk->chain->n_stages; s++)
    {
      const double *theta = walk->theta + walk->chain->stages[s].first;

      if (walk->chain->stages[s].kind == US_NOISE_REPORTING)
        value *= theta[0];
      else if (walk->chain->stages[s].kind == US_NOISE_DELAY)
        value = delayed (walk, theta[0], x, value);
      else if (walk->chain->stages[s].kind == US_NOISE_WEEKDAY)
        value *= weekday_factor (x, theta[0], theta[1]);
    }
  walk->previous_x = x;
  walk->started = TRUE;
  return value;
}

/* ---- what is measured ---- */

double
us_noise_draw (const UsNoiseChain *chain,
               const double       *theta,
               gsize               channel,
               double              expected,
               UsRng              *rng)
{
  double value = expected;

  for (gsize s = 0; s < chain->n_stages; s++)
    {
      const double *own = theta + chain->stages[s].first;

      switch (chain->stages[s].kind)
        {
        case US_NOISE_MULTIPLICATIVE:
          value *= exp (own[0] * us_rng_normal (rng));
          break;
        case US_NOISE_NORMAL:
          value += own[channel] * us_rng_normal (rng);
          break;
        case US_NOISE_POISSON:
          /* a solver's rounding may end a little below zero */
          value = us_draw_poisson (rng, CLAMP (value, 0.0, 1e12));
          break;
        case US_NOISE_NEGATIVE_BINOMIAL:
          value = us_draw_negative_binomial (rng, CLAMP (value, 0.0, 1e12), own[0]);
          break;
        case US_NOISE_REPORTING:
        case US_NOISE_DELAY:
        case US_NOISE_WEEKDAY:
        case US_NOISE_N_KINDS:
        default:
          break;
        }
    }
  return value;
}

/* ---- how likely it is ---- */

static double
normal_log (double z)
{
  return -0.5 * z * z - 0.5 * log (2.0 * G_PI);
}

static gboolean
is_count (double y)
{
  return y >= 0.0 && y == floor (y);
}

static double
poisson_log (double y,
             double m)
{
  if (!is_count (y))
    return -INFINITY;
  if (m <= 0.0)
    return y == 0.0 ? 0.0 : -INFINITY;
  return y * log (m) - m - us_log_gamma (y + 1.0);
}

static double
negative_binomial_log (double y,
                       double m,
                       double k)
{
  if (!is_count (y))
    return -INFINITY;
  if (m <= 0.0)
    return y == 0.0 ? 0.0 : -INFINITY;
  return us_log_gamma (y + k) - us_log_gamma (k) - us_log_gamma (y + 1.0) - k * log1p (m / k)
         + (y > 0.0 ? -y * log1p (k / m) : 0.0);
}

/* The last stage alone, given its mean. */
static double
last_log (const UsNoiseStage *stage,
          const double       *theta,
          gsize               channel,
          double              m,
          double              y)
{
  const double *own = theta + stage->first;

  switch (stage->kind)
    {
    case US_NOISE_NORMAL:
      return normal_log ((y - m) / own[channel]) - log (own[channel]);
    case US_NOISE_POISSON:
      return poisson_log (y, m);
    case US_NOISE_NEGATIVE_BINOMIAL:
      return negative_binomial_log (y, m, own[0]);
    case US_NOISE_REPORTING:
    case US_NOISE_DELAY:
    case US_NOISE_WEEKDAY:
    case US_NOISE_MULTIPLICATIVE:
    case US_NOISE_N_KINDS:
    default:
      return NAN;
    }
}

static double
multiplicative_log (double y,
                    double m,
                    double s)
{
  if (m == 0.0)
    return y == 0.0 ? 0.0 : -INFINITY;
  if (!(y / m > 0.0))
    return -INFINITY;
  return normal_log (log (y / m) / s) - log (s * fabs (y));
}

/* Standard deviations of the multiplicative part beyond which nothing counts. */
#define REACH 9.0

typedef struct
{
  const UsNoiseStage *last;
  const double       *theta;
  gsize               channel;
  double              m, y, spread;
  double              largest;          /* of the logarithm */
} Mixture;

static double
mixture_log (const Mixture *mixture,
             double         e)
{
  return normal_log (e)
         + last_log (mixture->last, mixture->theta, mixture->channel, mixture->m * exp (mixture->spread * e), mixture->y);
}

/* One side of the top: cells that grow away from it, each by Gauss and Legendre. */
static double
mixture_side (const Mixture                       *mixture,
              const gsl_integration_glfixed_table *rule,
              double                               from,
              double                               step,        /* below zero: to the left */
              double                               to)
{
  double sum = 0.0;

  for (; step > 0.0 ? from < to : from > to; step *= 1.3)
    {
      const double next = step > 0.0 ? MIN (from + step, to) : MAX (from + step, to);

      for (gsize i = 0; i < rule->n; i++)
        {
          double at, weight;

          gsl_integration_glfixed_point (MIN (from, next), MAX (from, next), i, &at, &weight, rule);
          sum += weight * exp (mixture_log (mixture, at) - mixture->largest);
        }
      from = next;
    }
  return sum;
}

/* Where the integrand is largest: the best of a grid and of where the mean meets the value, then closer by
 * thirds. */
static double
mixture_top (const Mixture *mixture)
{
  enum { CELLS = 200 };
  double best = 0.0, low, high;

  if (mixture->y / mixture->m > 0.0)
    best = CLAMP (log (mixture->y / mixture->m) / mixture->spread, -REACH, REACH);
  for (guint i = 0; i <= CELLS; i++)
    {
      const double e = -REACH + 2.0 * REACH * i / CELLS;

      if (mixture_log (mixture, e) > mixture_log (mixture, best))
        best = e;
    }
  low = MAX (best - 2.0 * REACH / CELLS, -REACH);
  high = MIN (best + 2.0 * REACH / CELLS, REACH);
  for (guint i = 0; i < 60; i++)
    {
      const double a = low + (high - low) / 3.0, b = high - (high - low) / 3.0;

      if (mixture_log (mixture, a) < mixture_log (mixture, b))
        low = a;
      else
        high = b;
    }
  return mixture_log (mixture, 0.5 * (low + high)) > mixture_log (mixture, best) ? 0.5 * (low + high) : best;
}

/* The integral over the multiplicative part e ~ N(0, 1) of the last stage's density. */
static double
mixture_log_density (Mixture *mixture)
{
  gsl_integration_glfixed_table *rule;
  double top, sum;

  if (mixture->m == 0.0)
    return last_log (mixture->last, mixture->theta, mixture->channel, 0.0, mixture->y);
  top = mixture_top (mixture);
  mixture->largest = mixture_log (mixture, top);
  if (!(mixture->largest > -INFINITY))
    return -INFINITY;

  /* From the top to either side, the first cell as wide as the integrand is nearly flat: no needle is missed. */
  rule = gsl_integration_glfixed_table_alloc (16);
  sum = 0.0;
  for (int side = -1; side <= 1; side += 2)
    {
      double step = 1e-8;

      while (step < 1.0 && mixture_log (mixture, top + side * step) > mixture->largest - 0.1)
        step *= 2.0;
      sum += mixture_side (mixture, rule, top, side * step, side * REACH);
    }
  gsl_integration_glfixed_table_free (rule);
  return mixture->largest + log (sum);
}

double
us_noise_log_density (const UsNoiseChain *chain,
                      const double       *theta,
                      gsize               channel,
                      double              expected,
                      double              observed)
{
  const UsNoiseStage *multiplicative = NULL, *last = NULL;

  for (gsize s = 0; s < chain->n_stages; s++)
    if (chain->stages[s].kind == US_NOISE_MULTIPLICATIVE)
      multiplicative = &chain->stages[s];
    else if (chain->stages[s].kind > US_NOISE_MULTIPLICATIVE)
      last = &chain->stages[s];

  if (multiplicative == NULL)
    return last != NULL ? last_log (last, theta, channel, expected, observed) : NAN;
  if (last == NULL)
    return multiplicative_log (observed, expected, theta[multiplicative->first]);
  return mixture_log_density (&(Mixture) { last, theta, channel, expected, observed,
                                           theta[multiplicative->first], 0.0 });
}
