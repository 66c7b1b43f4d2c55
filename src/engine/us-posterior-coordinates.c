/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coordinates in which the flow sees θ: where its prior ends, they do not. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-sort.h"

#include <glib/gi18n-lib.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* N rows. */

#define SURELY_MOVED 3.0         /* standard errors */
#define END 1e-9                 /* shares of a range are kept this far from its ends */

/* --- edges, from a table alone ---------------------------------------------------- */

/* Is the lower end of sorted values (sign 1; of their mirror image: -1) an edge rather than a tail?  A density that
 * ends has about as many rows in the outermost hundredth of the range as in the next; a tail has next to none. */
static gboolean
is_edge (gsize         n,
         const double *sorted,
         gboolean      upper)
{
  double range = sorted[n - 1] - sorted[0];
  double band = range * MAX (0.01, MIN (60.0 / (double) n, 0.1));
  gsize outer = 0, next = 0;

  for (gsize i = 0; i < n; i++)
    {
      double d = upper ? sorted[n - 1] - sorted[n - 1 - i] : sorted[i] - sorted[0];

      if (d > 2.0 * band)
        break;
      if (d <= band)
        outer++;
      else
        next++;
    }
  return outer >= 12 && (double) outer >= 0.55 * (double) next;
}

/* Just beyond the outermost row, by the gaps between rows there; a round number where one is that near. */
static double
place_edge (gsize         n,
            const double *sorted,
            gboolean      upper)
{
  gsize m = MIN (20, n - 1);
  double sign = upper ? -1.0 : 1.0, range = sorted[n - 1] - sorted[0];
  double end = upper ? sorted[n - 1] : sorted[0];
  double gap = fabs (end - (upper ? sorted[n - 1 - m] : sorted[m])) / (double) m;
  double step = pow (10.0, ceil (log10 (range)));

  for (guint digits = 0; digits < 4; digits++, step /= 10.0)
    {
      static const double parts[] = { 1.0, 0.5 };

      for (guint k = 0; k < G_N_ELEMENTS (parts); k++)
        {
          double s = step * parts[k], edge = upper ? ceil (end / s) * s : floor (end / s) * s;

          /* the rounder, the farther: an outermost row this far inside is one case in thousands */
          if (sign * (end - edge) <= (8.0 - digits) * gap && sign * (end - edge) >= 0.0)
            return edge;
        }
    }
  return end - sign * gap;
}

static double
skew_of (gsize         n,
         const double *v)
{
  double mean = 0.0, s2 = 0.0, s3 = 0.0;

  for (gsize i = 0; i < n; i++)
    mean += v[i] / (double) n;
  for (gsize i = 0; i < n; i++)
    {
      double d = v[i] - mean;

      s2 += d * d / (double) n;
      s3 += d * d * d / (double) n;
    }
  return s2 > 0.0 ? s3 / (s2 * sqrt (s2)) : 0.0;
}

/* Few whole numbers: a count or a kind. */
static gboolean
are_whole (gsize         n,
           const double *sorted)
{
  gsize different = 1;

  for (gsize i = 0; i < n; i++)
    if (sorted[i] != floor (sorted[i]) || fabs (sorted[i]) > 1e9)
      return FALSE;
  for (gsize i = 1; i < n; i++)
    different += sorted[i] != sorted[i - 1];
  return different <= MAX (2, n / 20);
}

gboolean
us_coordinate_measure (UsCoordinate *self,
                       gsize         n_rows,
                       const double *theta,
                       gsize         stride,
                       const char   *name,
                       GPtrArray    *notes,
                       GError      **error)
{
  g_autofree double *t = g_new (double, n_rows);
  gboolean low, high;

  *self = (UsCoordinate) { .mean = 0.0, .scale = 1.0, .lower = -INFINITY, .upper = INFINITY };
  for (gsize r = 0; r < n_rows; r++)
    t[r] = theta[r * stride];
  us_sort_doubles (n_rows, t);
  if (t[0] == t[n_rows - 1])
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   _("“theta”: parameter “%s” is %g in all rows: nothing can be learnt of it; choose the others as targets"),
                   name, t[0]);
      return FALSE;
    }

  if (are_whole (n_rows, t))
    {
      self->whole = TRUE;
      self->kind = US_COORDINATE_BETWEEN;
      self->lower = t[0] - 0.5;
      self->upper = t[n_rows - 1] + 0.5;
      us_posterior_note (notes, _("Parameter “%s” has whole numbers from %g to %g: draws are whole numbers too."),
                         name, t[0], t[n_rows - 1]);
      return TRUE;
    }
  if (t[0] > 0.0)
    {
      double skew = skew_of (n_rows, t), skew_log;
      g_autofree double *logs = g_new (double, n_rows);

      for (gsize r = 0; r < n_rows; r++)
        logs[r] = log (t[r]);
      skew_log = skew_of (n_rows, logs);
      if (skew > 0.3 && fabs (skew_log) < 0.4 * skew)
        {
          self->logarithmic = TRUE;
          memcpy (t, logs, n_rows * sizeof (double));
        }
    }
  low = is_edge (n_rows, t, FALSE);
  high = is_edge (n_rows, t, TRUE);
  if (low)
    self->lower = place_edge (n_rows, t, FALSE);
  if (high)
    self->upper = place_edge (n_rows, t, TRUE);
  self->kind = low && high ? US_COORDINATE_BETWEEN : low ? US_COORDINATE_ABOVE : high ? US_COORDINATE_BELOW
               : US_COORDINATE_LINEAR;
  if (self->logarithmic && self->kind == US_COORDINATE_LINEAR)
    us_posterior_note (notes, _("Parameter “%s” is learnt by its logarithm; its draws stay above 0."), name);
  else if (self->kind != US_COORDINATE_LINEAR)
    {
      double lower, upper;

      us_coordinate_range (self, &lower, &upper);
      if (low && high)
        us_posterior_note (notes, _("The rows of parameter “%s” end at %g and %g: so do its draws."), name, lower, upper);
      else
        us_posterior_note (notes, _("The rows of parameter “%s” end at %g on one side: so do its draws."), name,
                           low ? lower : upper);
    }
  return TRUE;
}

void
us_coordinate_of_prior (UsCoordinate  *self,
                        const UsPrior *prior,
                        gsize          parameter)
{
  *self = (UsCoordinate) { .kind = US_COORDINATE_PRIOR, .parameter = parameter, .scale = 1.0 };
  us_prior_range (prior, parameter, &self->lower, &self->upper);
  if (us_prior_distribution (prior, parameter)->kind == US_DISTRIBUTION_DISCRETE)
    {
      self->kind = US_COORDINATE_BETWEEN;
      self->whole = TRUE;
      self->lower -= 0.5;
      self->upper += 0.5;
    }
}

void
us_coordinate_standardise (UsCoordinate  *self,
                           const UsPrior *prior,
                           gsize          n_rows,
                           const double  *theta,
                           gsize          stride)
{
  double sum = 0.0, squares = 0.0, u, mean;

  self->mean = 0.0;
  self->scale = 1.0;
  for (gsize r = 0; r < n_rows; r++)
    {
      us_coordinate_to (self, prior, theta[r * stride], &u, NULL);
      sum += u;
    }
  mean = sum / (double) n_rows;
  for (gsize r = 0; r < n_rows; r++)
    {
      us_coordinate_to (self, prior, theta[r * stride], &u, NULL);
      squares += (u - mean) * (u - mean);
    }
  squares = sqrt (squares / (double) n_rows);
  /* A uniform or a prior's own coordinate is standard normal as it is. */
  if ((self->kind == US_COORDINATE_PRIOR || self->kind == US_COORDINATE_BETWEEN) && fabs (mean) < 0.1 && fabs (squares - 1.0) < 0.1)
    return;
  /* Nor has its middle moved when the rows do not show it: what is alike on both sides of it must stay so to be found alike. */
  if ((self->kind == US_COORDINATE_PRIOR || self->kind == US_COORDINATE_BETWEEN)
      && fabs (mean) < SURELY_MOVED * squares / sqrt ((double) n_rows))
    mean = 0.0;
  self->mean = mean;
  self->scale = squares > 0.0 ? squares : 1.0;
}

/* --- there and back ------------------------------------------------------------------ */

static double
density_at (double u)
{
  return exp (-0.5 * u * u) / sqrt (2.0 * G_PI);
}

/* The simulator's latent of one parameter: us_prior_to_latent() asks for all. */
static double
prior_latent (const UsPrior *prior,
              gsize          parameter,
              double         theta)
{
  const UsSimulator *simulator = us_prior_simulator (prior);

  return us_distribution_to_latent (us_prior_distribution (prior, parameter), &simulator->parameters[parameter], theta);
}

gboolean
us_coordinate_to (const UsCoordinate *self,
                  const UsPrior      *prior,
                  double              theta,
                  double             *u,
                  double             *log_slope)
{
  double t = theta, share = 0.5, slope = 0.0, value = 0.0;
  gboolean inside = TRUE;

  if (self->logarithmic)
    {
      inside = theta > 0.0;
      t = log (MAX (theta, DBL_MIN));
      slope -= t;
    }
  switch (self->kind)
    {
    case US_COORDINATE_LINEAR:
    default:
      value = t;
      break;
    case US_COORDINATE_ABOVE:
      inside = inside && t > self->lower;
      value = log (MAX (t - self->lower, DBL_MIN));
      slope -= value;
      break;
    case US_COORDINATE_BELOW:
      inside = inside && t < self->upper;
      value = -log (MAX (self->upper - t, DBL_MIN));
      slope += value;
      break;
    case US_COORDINATE_BETWEEN:
      inside = inside && t >= self->lower && t <= self->upper;
      share = CLAMP ((t - self->lower) / (self->upper - self->lower), END, 1.0 - END);
      value = us_probit (share);
      slope -= log (self->upper - self->lower) + log (density_at (value));
      break;
    case US_COORDINATE_PRIOR:
      inside = theta >= self->lower && theta <= self->upper;
      share = CLAMP (0.5 * (prior_latent (prior, self->parameter, theta) + 1.0), END, 1.0 - END);
      value = us_probit (share);
      if (log_slope != NULL)
        {
          /* by differences inside the support: latents are smooth there */
          double h = 1e-6 * (self->upper - self->lower);
          double a = MAX (theta - h, self->lower), b = MIN (theta + h, self->upper);
          double change = 0.5 * (prior_latent (prior, self->parameter, b) - prior_latent (prior, self->parameter, a));

          slope += log (MAX (change, DBL_MIN) / (b - a)) - log (density_at (value));
        }
      break;
    }
  *u = (value - self->mean) / self->scale;
  if (log_slope != NULL)
    *log_slope += slope - log (self->scale);
  return inside;
}

double
us_coordinate_from (const UsCoordinate *self,
                    const UsPrior      *prior,
                    double              u)
{
  double value = self->mean + self->scale * u, t, share;

  switch (self->kind)
    {
    case US_COORDINATE_LINEAR:
    default:
      t = value;
      break;
    case US_COORDINATE_ABOVE:
      t = self->lower + exp (MIN (value, 700.0));
      break;
    case US_COORDINATE_BELOW:
      t = self->upper - exp (MIN (-value, 700.0));
      break;
    case US_COORDINATE_BETWEEN:
      share = us_normal_cdf (value);
      t = self->lower + share * (self->upper - self->lower);
      if (self->whole)
        t = CLAMP (floor (t + 0.5), self->lower + 0.5, self->upper - 0.5);
      break;
    case US_COORDINATE_PRIOR:
      {
        const UsSimulator *simulator = us_prior_simulator (prior);

        share = us_normal_cdf (value);
        return us_distribution_from_latent (us_prior_distribution (prior, self->parameter),
                                            &simulator->parameters[self->parameter], 2.0 * share - 1.0);
      }
    }
  return self->logarithmic ? exp (MIN (t, 700.0)) : t;
}

void
us_coordinate_range (const UsCoordinate *self,
                     double             *lower,
                     double             *upper)
{
  *lower = self->lower;
  *upper = self->upper;
  if (self->kind == US_COORDINATE_BETWEEN && self->whole)
    {
      *lower += 0.5;
      *upper -= 0.5;
    }
  else if (self->logarithmic)
    {
      *lower = exp (self->lower);        /* of -infinity: 0 */
      *upper = exp (self->upper);
    }
}
