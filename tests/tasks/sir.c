/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An epidemic in a million people, of which a thousand are tested on ten days. */
#include "config.h"

#include "standard-tasks.h"

#include "grid-sampler.h"

#include <math.h>

#define POPULATION 1e6
#define DAYS       10          /* 0, 17, 34, … 153 */
#define SPACING    17.0
#define TESTED     1000
#define CELLS      300

/* Shares of the population, dS = -β S I, dI = β S I - γ I. */
static void
slope (double  beta,
       double  gamma,
       double  s,
       double  i,
       double *ds,
       double *di)
{
  *ds = -beta * s * i;
  *di = beta * s * i - gamma * i;
}

/* Runge and Kutta's fourth order, in steps of a tenth of the fastest rate's time: relative error below
 * 1e-4 of the infected share, a tenth of what a count of a thousand people could tell. */
static void
infected (double  beta,
          double  gamma,
          double *share)       /* (DAYS) */
{
  gsize steps = (gsize) ceil (SPACING * MAX (beta, gamma) * 10);
  double h = SPACING / (double) steps, s = 1 - 1 / POPULATION, i = 1 / POPULATION;

  share[0] = i;
  for (gsize day = 1; day < DAYS; day++)
    {
      for (gsize k = 0; k < steps; k++)
        {
          double s1, i1, s2, i2, s3, i3, s4, i4;

          slope (beta, gamma, s, i, &s1, &i1);
          slope (beta, gamma, s + 0.5 * h * s1, i + 0.5 * h * i1, &s2, &i2);
          slope (beta, gamma, s + 0.5 * h * s2, i + 0.5 * h * i2, &s3, &i3);
          slope (beta, gamma, s + h * s3, i + h * i3, &s4, &i4);
          s += h / 6 * (s1 + 2 * s2 + 2 * s3 + s4);
          i += h / 6 * (i1 + 2 * i2 + 2 * i3 + i4);
        }
      share[day] = CLAMP (i, 0, 1);
    }
}

/* How many of TESTED, each with probability p: the inverse of the cumulative probability, from the
 * rarer side, whose first probability is at least 2⁻¹⁰⁰⁰. */
static guint
binomial (UsRng  *rng,
          double  p)
{
  double rare = MIN (p, 1 - p), odds = rare / (1 - rare);
  double probability = pow (1 - rare, TESTED), u = us_rng_uniform (rng);
  guint count = 0;

  while (u >= probability && count < TESTED)
    {
      u -= probability;
      probability *= odds * (TESTED - count) / (count + 1.0);
      count++;
    }
  return p <= 0.5 ? count : TESTED - count;
}

static UsSimStatus
simulate (const UsSimulator *self,
          const double      *theta,
          guint              output,
          UsRng             *rng,
          float             *out)
{
  double share[DAYS];

  infected (theta[0], theta[1], share);
  for (gsize day = 0; day < DAYS; day++)
    out[day] = (float) binomial (rng, share[day]);
  return US_SIM_OK;
}

/* Bounds at eight standard deviations of the logarithm. */
static const UsParameter parameters[] = {
  { .name = "beta", .label = "Contact rate", .symbol = "beta", .unit = "1/d", .lower = 0.0073, .upper = 21.8,
    .prior = { US_DISTRIBUTION_LOG_NORMAL, -0.916290731874155, 0.5, 0.0 }, .source = "sbi-benchmark" },
  { .name = "gamma", .label = "Recovery rate", .symbol = "gamma", .unit = "1/d", .lower = 0.0253, .upper = 0.619,
    .prior = { US_DISTRIBUTION_LOG_NORMAL, -2.0794415416798357, 0.2, 0.0 }, .source = "sbi-benchmark" },
};

static const UsOutput outputs[] = {
  { .id = "data", .label = "Infected of a thousand", .kind = US_OUTPUT_SERIES, .height = DAYS, .width = 1, .channels = 1,
    .x_label = "Time", .x_unit = "d", .y_label = "Infected", .y_unit = "", .x_lower = 0, .x_upper = SPACING * (DAYS - 1),
    .y_lower = 0, .y_upper = TESTED, .lower = 0, .upper = TESTED, .counts = TRUE },
};

static const UsSimulator simulator = {
  .id = "sir", .version = 1, .title = "SIR", .summary = "Ten counts of an epidemic.",
  .parameters = parameters, .n_parameters = 2, .outputs = outputs, .n_outputs = 1, .run = simulate,
};

static double
log_posterior (const float  *x,
               const double *theta)
{
  double total = standard_task_log_prior (&simulator, theta), share[DAYS];

  if (!isfinite (total))
    return total;
  infected (theta[0], theta[1], share);
  for (gsize day = 0; day < DAYS; day++)
    {
      if (x[day] > 0)
        total += (double) x[day] * log (share[day]);
      if (x[day] < TESTED)
        total += (TESTED - (double) x[day]) * log1p (-share[day]);
    }
  return total;
}

/* In logarithms, where the prior is as wide as it looks. */
static double
log_density (gconstpointer data,
             const double *point)
{
  const double theta[] = { exp (point[0]), exp (point[1]) };

  return log_posterior (data, theta) + point[0] + point[1];
}

static gboolean
reference (const float *x,
           gsize        count,
           guint64      seed,
           double      *theta,
           double      *clipped)
{
  const double lower[] = { log (0.0073), log (0.0253) }, upper[] = { log (21.8), log (0.619) };
  g_autoptr(GridSampler) grid = grid_sampler_new (log_density, x, 2, CELLS, lower, upper);
  UsRng rng;

  *clipped = 0;
  if (grid == NULL)
    return FALSE;
  us_rng_init (&rng, seed, US_RNG_EVALUATE, 0);
  for (gsize i = 0; i < count; i++)
    {
      double point[2];

      grid_sampler_draw (grid, &rng, point);
      theta[2 * i] = exp (point[0]);
      theta[2 * i + 1] = exp (point[1]);
    }
  *clipped = (double) grid->n_clipped / (double) grid->n_proposed;
  return TRUE;
}

static const float published[][DAYS] = {
  { 0, 1, 352, 40, 3, 0, 0, 0, 0, 0 },
  { 0, 21, 373, 85, 17, 5, 0, 0, 0, 0 },
  { 0, 72, 232, 34, 2, 0, 0, 0, 0, 0 },
  { 0, 0, 8, 349, 222, 62, 17, 6, 1, 0 },
  { 0, 0, 0, 23, 217, 165, 42, 17, 1, 1 },
};

const StandardTask standard_task_sir = {
  .simulator = &simulator, .published = published[0], .n_published = G_N_ELEMENTS (published),
  .log_posterior = log_posterior, .reference = reference,
};
