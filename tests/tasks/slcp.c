/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simple likelihood, complex posterior (Papamakarios, Sterratt, Murray 2019): four points of a normal
 * distribution in the plane, whose mean, deviations and correlation are asked for. */
#include "config.h"

#include "standard-tasks.h"

#include "grid-sampler.h"

#include <math.h>

#define POINTS 4
#define JITTER 1e-6            /* that sbi-benchmark adds to both variances */
#define CELLS  160

typedef struct
{
  double xx, xy, yy;           /* covariance */
} Covariance;

static Covariance
covariance (double a,
            double b,
            double c)
{
  double s = a * a, t = b * b;

  return (Covariance) { s * s + JITTER, tanh (c) * s * t, t * t + JITTER };
}

static UsSimStatus
simulate (const UsSimulator *self,
          const double      *theta,
          guint              output,
          UsRng             *rng,
          float             *out)
{
  Covariance s = covariance (theta[2], theta[3], theta[4]);
  double along = sqrt (s.xx), across = s.xy / along, rest = sqrt (s.yy - across * across);

  for (gsize i = 0; i < POINTS; i++)
    {
      double u = us_rng_normal (rng), v = us_rng_normal (rng);

      out[2 * i] = (float) (theta[0] + along * u);
      out[2 * i + 1] = (float) (theta[1] + across * u + rest * v);
    }
  return US_SIM_OK;
}

#define PARAMETER(n, label_) \
  { .name = "theta" #n, .label = label_, .symbol = "theta" #n, .unit = "", .lower = -3, .upper = 3, \
    .prior = { US_DISTRIBUTION_UNIFORM, -3.0, 3.0, 0.0 }, .source = "sbi-benchmark" }

static const UsParameter parameters[] = {
  PARAMETER (1, "First mean"), PARAMETER (2, "Second mean"), PARAMETER (3, "Root of the first deviation"),
  PARAMETER (4, "Root of the second deviation"), PARAMETER (5, "Inverse tanh of the correlation"),
};

static const UsOutput outputs[] = {
  { .id = "data", .label = "Data", .kind = US_OUTPUT_SERIES, .height = 2 * POINTS, .width = 1, .channels = 1,
    .x_label = "Coordinate", .x_unit = "", .y_label = "Value", .y_unit = "", .x_lower = 1, .x_upper = 2 * POINTS,
    .y_lower = -30, .y_upper = 30, .lower = -30, .upper = 30 },
};

static const UsSimulator simulator = {
  .id = "slcp", .version = 1, .title = "SLCP", .summary = "Four points of a normal distribution in the plane.",
  .parameters = parameters, .n_parameters = 5, .outputs = outputs, .n_outputs = 1, .run = simulate,
};

static double
log_posterior (const float  *x,
               const double *theta)
{
  Covariance s = covariance (theta[2], theta[3], theta[4]);
  double determinant = s.xx * s.yy - s.xy * s.xy;
  double total = standard_task_log_prior (&simulator, theta) - 0.5 * POINTS * log (determinant);

  for (gsize i = 0; i < POINTS; i++)
    {
      double u = (double) x[2 * i] - theta[0], v = (double) x[2 * i + 1] - theta[1];

      total -= 0.5 * (s.yy * u * u - 2 * s.xy * u * v + s.xx * v * v) / determinant;
    }
  return total;
}

/* --- the posterior, taken apart ---------------------------------------- */

typedef struct
{
  double mean[2];
  double xx, xy, yy;           /* sums of squares about the mean */
} Moments;

/* The means integrated out over the whole plane: three dimensions are left, and the signs of
 * θ3 and θ4, which nothing tells. */
static double
log_marginal (gconstpointer data,
              const double *point)       /* (|θ3|, |θ4|, θ5) */
{
  const Moments *m = data;
  Covariance s = covariance (point[0], point[1], point[2]);
  double determinant = s.xx * s.yy - s.xy * s.xy;

  return -0.5 * (POINTS - 1) * log (determinant)
         - 0.5 * (s.yy * m->xx - 2 * s.xy * m->xy + s.xx * m->yy) / determinant;
}

static Moments
moments (const float *x)
{
  Moments m = { { 0, 0 }, 0, 0, 0 };

  for (gsize i = 0; i < 2 * POINTS; i++)
    m.mean[i % 2] += (double) x[i] / POINTS;
  for (gsize i = 0; i < POINTS; i++)
    {
      double u = (double) x[2 * i] - m.mean[0], v = (double) x[2 * i + 1] - m.mean[1];

      m.xx += u * u;
      m.xy += u * v;
      m.yy += v * v;
    }
  return m;
}

/* Given the covariance the means are normal about those of the points; who leaves the prior's square is
 * drawn anew from the start, which gives the covariance the weight that the square leaves it. */
static gboolean
reference (const float *x,
           gsize        count,
           guint64      seed,
           double      *theta,
           double      *clipped)
{
  const double lower[] = { 0, 0, -3 }, upper[] = { 3, 3, 3 };
  Moments m = moments (x);
  g_autoptr(GridSampler) grid = grid_sampler_new (log_marginal, &m, 3, CELLS, lower, upper);
  gsize done = 0;
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_EVALUATE, 0);
  for (gsize tries = 0; grid != NULL && done < count && tries < 10000 * (count + 1000); tries++)
    {
      double *to = theta + 5 * done, along, across, u, v;
      Covariance s;

      grid_sampler_draw (grid, &rng, to + 2);
      s = covariance (to[2], to[3], to[4]);
      along = sqrt (s.xx);
      across = s.xy / along;
      u = us_rng_normal (&rng) / sqrt (POINTS);
      v = us_rng_normal (&rng) / sqrt (POINTS);
      to[0] = m.mean[0] + along * u;
      to[1] = m.mean[1] + across * u + sqrt (s.yy - across * across) * v;
      if (us_rng_u32 (&rng) & 1)
        to[2] = -to[2];
      if (us_rng_u32 (&rng) & 1)
        to[3] = -to[3];
      if (fabs (to[0]) <= 3 && fabs (to[1]) <= 3)
        done++;
    }
  *clipped = grid != NULL ? (double) grid->n_clipped / (double) MAX (grid->n_proposed, 1) : 0;
  return done == count;
}

static const float published[][2 * POINTS] = {
  { 2.3718784f, 0.49947417f, 9.931435f, 1.7136912f, -10.436423f, -1.9067793f, -1.2343777f, -0.09735f },
  { -0.66452104f, -2.9279308f, -16.49147f, 4.06107f, 4.232153f, -4.652277f, -4.9924355f, -1.5655216f },
  { 3.5023372f, 5.254722f, 8.685451f, 9.995327f, 0.40782332f, -5.7111573f, 10.605566f, 12.695774f },
  { -1.6371447f, -0.037302777f, -1.5622597f, 0.031204943f, -3.683134f, 0.09953671f, -1.7389069f, 0.0309663f },
  { -8.801672f, 8.726709f, -10.484016f, 6.857725f, -6.769688f, 7.574161f, 3.804308f, 2.7593615f },
};

const StandardTask standard_task_slcp = {
  .simulator = &simulator, .published = published[0], .n_published = G_N_ELEMENTS (published),
  .log_posterior = log_posterior, .reference = reference,
};
