/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-distribution.h"

#include "us-cut-normal-private.h"

#include <math.h>

/* The cut normal that a normal or log-normal distribution is, in its own
 * coordinate: the value or its logarithm. */
static UsCutNormal
cut_of (const UsDistribution *self,
        const UsParameter    *parameter)
{
  const gboolean logarithm = self->kind == US_DISTRIBUTION_LOG_NORMAL;
  const double lower = !logarithm ? parameter->lower
                       : parameter->lower > 0.0 ? log (parameter->lower) : -INFINITY;

  return us_cut_normal (self->a, self->b, lower, logarithm ? log (parameter->upper) : parameter->upper);
}

/**
 * us_distribution_support:
 * @self: a checked distribution
 * @parameter: whose it is
 * @lower: (out): the smallest value that can be drawn
 * @upper: (out): the largest
 */
void
us_distribution_support (const UsDistribution *self,
                         const UsParameter    *parameter,
                         double               *lower,
                         double               *upper)
{
  switch (self->kind)
    {
    case US_DISTRIBUTION_NORMAL:
      *lower = parameter->lower;
      *upper = parameter->upper;
      break;

    case US_DISTRIBUTION_LOG_NORMAL:
      *lower = MAX (parameter->lower, 0.0);
      *upper = parameter->upper;
      break;

    case US_DISTRIBUTION_FIXED:
      *lower = *upper = self->a;
      break;

    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_LOG_UNIFORM:
    case US_DISTRIBUTION_TRIANGULAR:
    case US_DISTRIBUTION_DISCRETE:
    default:
      *lower = self->a;
      *upper = self->b;
    }
}

static double
triangular_density (const UsDistribution *self,
                    double                value)
{
  const double height = 2.0 / (self->b - self->a);

  if (value < self->c)
    return height * (value - self->a) / (self->c - self->a);
  if (value > self->c)
    return height * (self->b - value) / (self->b - self->c);
  return height;
}

/**
 * us_distribution_density:
 * @self: a checked distribution
 * @parameter: whose it is
 * @value: any number
 *
 * Returns: the density at @value, per unit of the parameter; of discrete and
 *   fixed ones the probability of @value; 0 outside the support
 */
double
us_distribution_density (const UsDistribution *self,
                         const UsParameter    *parameter,
                         double                value)
{
  double lower, upper;
  UsCutNormal cut;

  us_distribution_support (self, parameter, &lower, &upper);
  if (!(value >= lower && value <= upper))
    return 0.0;

  switch (self->kind)
    {
    case US_DISTRIBUTION_UNIFORM:
      return 1.0 / (self->b - self->a);

    case US_DISTRIBUTION_LOG_UNIFORM:
      return 1.0 / (value * log (self->b / self->a));

    case US_DISTRIBUTION_NORMAL:
      cut = cut_of (self, parameter);
      return us_cut_normal_density (&cut, value);

    case US_DISTRIBUTION_LOG_NORMAL:
      cut = cut_of (self, parameter);
      return value > 0.0 ? us_cut_normal_density (&cut, log (value)) / value : 0.0;

    case US_DISTRIBUTION_TRIANGULAR:
      return triangular_density (self, value);

    case US_DISTRIBUTION_DISCRETE:
      return rint (value) == value ? 1.0 / (self->b - self->a + 1.0) : 0.0;

    case US_DISTRIBUTION_FIXED:
      return 1.0;

    default:
      g_return_val_if_reached (0.0);
    }
}

/* The value below which a share u of a triangular distribution lies. */
static double
triangular_quantile (const UsDistribution *self,
                     double                u)
{
  const double width = self->b - self->a;
  const double share = (self->c - self->a) / width;     /* below the mode */

  if (u < share)
    return self->a + sqrt (u * width * (self->c - self->a));
  return self->b - sqrt ((1.0 - u) * width * (self->b - self->c));
}

/**
 * us_distribution_draw:
 * @self: a checked distribution
 * @parameter: whose it is
 * @rng: the stream; 64 bits of it are used, for whole numbers sometimes more
 *
 * Returns: a draw, never outside the support
 */
double
us_distribution_draw (const UsDistribution *self,
                      const UsParameter    *parameter,
                      UsRng                *rng)
{
  switch (self->kind)
    {
    case US_DISTRIBUTION_FIXED:
      return self->a;

    case US_DISTRIBUTION_DISCRETE:
      return self->a + (double) us_rng_below (rng, (guint64) (self->b - self->a) + 1);

    case US_DISTRIBUTION_TRIANGULAR:
      return CLAMP (triangular_quantile (self, us_rng_uniform (rng)), self->a, self->b);

    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_LOG_UNIFORM:
    case US_DISTRIBUTION_NORMAL:
    case US_DISTRIBUTION_LOG_NORMAL:
    default:
      /* The latent of these is uniform. */
      return us_distribution_from_latent (self, parameter, 2.0 * us_rng_uniform (rng) - 1.0);
    }
}

/**
 * us_distribution_to_latent:
 * @self: a checked distribution
 * @parameter: whose it is
 * @value: a value; what lies outside the support counts as its nearest end
 *
 * Returns: z in -1..1
 */
double
us_distribution_to_latent (const UsDistribution *self,
                           const UsParameter    *parameter,
                           double                value)
{
  double lower, upper, z = 0.0;
  UsCutNormal cut;

  us_distribution_support (self, parameter, &lower, &upper);
  if (lower == upper)
    return 0.0;
  value = CLAMP (value, lower, upper);

  switch (self->kind)
    {
    case US_DISTRIBUTION_LOG_UNIFORM:
      z = 2.0 * log (value / lower) / log (upper / lower) - 1.0;
      break;

    case US_DISTRIBUTION_NORMAL:
      cut = cut_of (self, parameter);
      z = us_cut_normal_to_latent (&cut, value);
      break;

    case US_DISTRIBUTION_LOG_NORMAL:
      cut = cut_of (self, parameter);
      z = us_cut_normal_to_latent (&cut, log (value));
      break;

    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_TRIANGULAR:
    case US_DISTRIBUTION_DISCRETE:
    case US_DISTRIBUTION_FIXED:
    default:
      z = 2.0 * (value - lower) / (upper - lower) - 1.0;
    }

  return CLAMP (z, -1.0, 1.0);
}

/**
 * us_distribution_from_latent:
 * @self: a checked distribution
 * @parameter: whose it is
 * @z: a latent; clamped to -1..1, a NaN counts as 0
 *
 * Returns: a value of the support; a whole number for a discrete one
 */
double
us_distribution_from_latent (const UsDistribution *self,
                             const UsParameter    *parameter,
                             double                z)
{
  double lower, upper, value;
  UsCutNormal cut;

  us_distribution_support (self, parameter, &lower, &upper);
  if (lower == upper)
    return lower;
  z = isnan (z) ? 0.0 : CLAMP (z, -1.0, 1.0);

  switch (self->kind)
    {
    case US_DISTRIBUTION_LOG_UNIFORM:
      value = lower * exp (0.5 * (z + 1.0) * log (upper / lower));
      break;

    case US_DISTRIBUTION_NORMAL:
      cut = cut_of (self, parameter);
      value = us_cut_normal_from_latent (&cut, z);
      break;

    case US_DISTRIBUTION_LOG_NORMAL:
      cut = cut_of (self, parameter);
      value = exp (us_cut_normal_from_latent (&cut, z));
      break;

    case US_DISTRIBUTION_DISCRETE:
      value = rint (lower + 0.5 * (z + 1.0) * (upper - lower));
      break;

    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_TRIANGULAR:
    case US_DISTRIBUTION_FIXED:
    default:
      /* From the middle: symmetric, and exact at both ends. */
      value = 0.5 * (lower + upper) + 0.5 * z * (upper - lower);
    }

  return CLAMP (value, lower, upper);
}
