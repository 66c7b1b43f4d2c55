/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-disentanglement.h"

#include "us-mutual-information.h"
#include "us-polynomial-r2.h"
#include "us-symmetry.h"
#include "us-sort.h"

#include <math.h>
#include <string.h>

/* n pairs, P parameters. */

#define N_BINS US_INFORMATION_BINS

/* Answers, what they are aligned with, and the same for answers dealt out to the wrong rows, all latents (n, P). */
typedef struct
{
  double *z, *closest;
  double *z_wrong, *closest_wrong;
} Pairs;

static void
pairs_clear (Pairs *pairs)
{
  g_free (pairs->z);
  g_free (pairs->closest);
  g_free (pairs->z_wrong);
  g_free (pairs->closest_wrong);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pairs, pairs_clear)

static double *
to_latents (const UsPrior *prior,
            gsize          n,
            const double  *theta)
{
  gsize p_count = us_prior_simulator (prior)->n_parameters;
  double *latent = g_new (double, n * p_count);

  for (gsize i = 0; i < n; i++)
    us_symmetry_to_latent (prior, theta + i * p_count, latent + i * p_count);
  return latent;
}

/* Rows are independent: the next row's answer is a wrong one. */
static void
pairs_init (Pairs         *pairs,
            const UsPrior *prior,
            gsize          n,
            const double  *v,           /* (n, P) units, and so on */
            const double  *z,
            const double  *closest)
{
  gsize p_count = us_prior_simulator (prior)->n_parameters;
  g_autofree double *wrong = g_new (double, n * p_count);
  g_autofree double *aligned = g_new (double, n * p_count);

  memcpy (wrong, z + p_count, (n - 1) * p_count * sizeof (double));
  memcpy (wrong + (n - 1) * p_count, z, p_count * sizeof (double));
  us_symmetry_closest (prior, n, v, wrong, aligned);
  pairs->z = to_latents (prior, n, z);
  pairs->closest = to_latents (prior, n, closest);
  pairs->z_wrong = to_latents (prior, n, wrong);
  pairs->closest_wrong = to_latents (prior, n, aligned);
}

/* --- accuracy ------------------------------------------------------------- */

/* Errors of parameter p in its unit. */
static void
measure_errors (UsDisentanglement *self,
                const double      *z,
                gsize              p)
{
  gsize n = self->n, p_count = self->n_parameters;
  g_autofree double *absolute = g_new (double, n);
  double squares = 0, sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double e = z[i * p_count + p] - self->closest[i * p_count + p];

      squares += e * e;
      sum += e;
      absolute[i] = fabs (e);
    }
  us_sort_doubles (n, absolute);
  self->rmse[p] = sqrt (squares / n);
  self->bias[p] = sum / n;
  self->median_error[p] = 0.5 * (absolute[(n - 1) / 2] + absolute[n / 2]);
}

static double
mean_square_error (gsize         n,
                   gsize         p_count,
                   const double *a,
                   const double *b,
                   gsize         p)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (a[i * p_count + p] - b[i * p_count + p]) * (a[i * p_count + p] - b[i * p_count + p]);
  return sum / n;
}

static double
slope_of (gsize         n,
          gsize         p_count,
          const double *z,
          const double *v,
          gsize         p)
{
  double mean_z = 0, mean_v = 0, vv = 0, vz = 0;

  for (gsize i = 0; i < n; i++)
    {
      mean_z += z[i * p_count + p] / n;
      mean_v += v[i * p_count + p] / n;
    }
  for (gsize i = 0; i < n; i++)
    {
      vv += (v[i * p_count + p] - mean_v) * (v[i * p_count + p] - mean_v);
      vz += (v[i * p_count + p] - mean_v) * (z[i * p_count + p] - mean_z);
    }
  return vv > 0 ? vz / vv : NAN;
}

static void
measure_ordered (UsDisentanglement *self,
                 const Pairs       *pairs,
                 const double      *z,
                 const double      *spread,       /* (P) */
                 gsize              p)
{
  gsize n = self->n, p_count = self->n_parameters;
  double error = mean_square_error (n, p_count, pairs->z, pairs->closest, p);
  double wrong = mean_square_error (n, p_count, pairs->z_wrong, pairs->closest_wrong, p);

  self->right[p] = self->right_chance[p] = NAN;
  measure_errors (self, z, p);
  self->rmse_share[p] = sqrt (error) / 2;         /* latents are -1 .. 1 */
  self->slope[p] = slope_of (n, p_count, pairs->z, pairs->closest, p);
  self->accuracy[p] = spread[p] > 0 ? 1 - error / spread[p] : NAN;
  self->accuracy_chance[p] = spread[p] > 0 ? 1 - wrong / spread[p] : NAN;
}

/* Share of rows where both round to the same whole number of the parameter. */
static double
share_right (const UsPrior *prior,
             gsize          n,
             const double  *a,          /* (n, P) latents */
             const double  *b,
             gsize          p)
{
  const UsDistribution *distribution = us_prior_distribution (prior, p);
  gsize p_count = us_prior_simulator (prior)->n_parameters, same = 0;
  double half = (distribution->b - distribution->a) / 2;

  for (gsize i = 0; i < n; i++)
    same += rint (half * (a[i * p_count + p] + 1)) == rint (half * (b[i * p_count + p] + 1));
  return (double) same / n;
}

static void
measure_discrete (UsDisentanglement *self,
                  const UsPrior     *prior,
                  const Pairs       *pairs,
                  const UsFactors   *factors,
                  gsize              p)
{
  gsize n = self->n, p_count = self->n_parameters;
  g_autofree gsize *count = g_new0 (gsize, factors->n_classes[p]);
  double most = 0;

  for (gsize i = 0; i < n; i++)
    count[factors->label[i * p_count + p]]++;
  for (gsize c = 0; c < factors->n_classes[p]; c++)
    most = MAX (most, (double) count[c] / n);

  self->rmse[p] = self->bias[p] = self->median_error[p] = self->rmse_share[p] = self->slope[p] = NAN;
  self->right[p] = share_right (prior, n, pairs->z, pairs->closest, p);
  self->right_chance[p] = share_right (prior, n, pairs->z_wrong, pairs->closest_wrong, p);
  self->accuracy[p] = most < 1 ? (self->right[p] - most) / (1 - most) : NAN;
  self->accuracy_chance[p] = most < 1 ? (self->right_chance[p] - most) / (1 - most) : NAN;
}

static void
measure_accuracy (UsDisentanglement *self,
                  const UsPrior     *prior,
                  const Pairs       *pairs,
                  const UsFactors   *factors,
                  const double      *v,
                  const double      *z)
{
  double centre[US_MAX_PARAMETERS], spread[US_MAX_PARAMETERS];

  us_symmetry_spread (prior, self->n, v, centre, spread);
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->discrete[p])
      measure_discrete (self, prior, pairs, factors, p);
    else
      measure_ordered (self, pairs, z, spread, p);
}

/* --- information ---------------------------------------------------------- */

static void
measure_read_out (UsDisentanglement *self,
                  const Pairs       *pairs)
{
  gsize n = self->n, p_count = self->n_parameters;
  g_autofree double *chance = g_new (double, p_count);
  gboolean done = us_polynomial_r2 (n, p_count, pairs->z, p_count, pairs->closest, self->information)
                  && us_polynomial_r2 (n, p_count, pairs->z_wrong, p_count, pairs->closest_wrong, chance);

  for (gsize p = 0; p < p_count; p++)
    {
      double told = self->information[p];

      if (!done || self->discrete[p])
        self->information[p] = NAN;
      else
        self->information[p] = chance[p] < 1 ? MAX ((told - chance[p]) / (1 - chance[p]), 0.0) : 0;
    }
}

/* --- disentanglement ------------------------------------------------------ */

/* Mutual information of pairs and of wrong pairs by bins, and what is left of it above chance, (P, P) each. */
static void
separate (const Pairs    *pairs,
          gsize           n,
          gsize           p_count,
          const gboolean *discrete,
          double         *information,
          double         *chance,
          double         *separation,
          double         *entropy)      /* (P) */
{
  g_autoptr(UsFactors) factors = us_factors_new (n, p_count, pairs->closest, discrete, N_BINS);
  g_autoptr(UsFactors) wrong = us_factors_new (n, p_count, pairs->closest_wrong, discrete, N_BINS);

  us_information_histogram (factors, p_count, pairs->z, N_BINS, information);
  us_information_histogram (wrong, p_count, pairs->z_wrong, N_BINS, chance);
  memcpy (entropy, factors->entropy, p_count * sizeof (double));
  for (gsize j = 0; j < p_count; j++)
    for (gsize k = 0; k < p_count; k++)
      {
        gsize at = j * p_count + k;
        double room = entropy[k] - chance[at];

        /* Vinh, Epps, Bailey 2010: adjusted for chance */
        separation[at] = room > 0 ? MAX ((information[at] - chance[at]) / room, 0.0) : 0;
      }
}

/* Of what the best latents tell, the share that the second best do not. */
static double
disentangled_share (gsize         n,
                    gsize         p_count,
                    const double *separation,
                    const double *entropy)
{
  /* below this what is told cannot be told from chance */
  double least = 0.01 + 10.0 / n, tops = 0, gaps = 0;
  gsize n_varying = 0;

  for (gsize k = 0; k < p_count; k++)
    {
      double top = 0, second = 0;

      for (gsize j = 0; j < p_count; j++)
        {
          double value = separation[j * p_count + k];

          second = MAX (second, MIN (top, value));
          top = MAX (top, value);
        }
      tops += top;
      gaps += top - second;
      n_varying += entropy[k] > 0;
    }
  return tops > least * n_varying ? gaps / tops : NAN;
}

static void
measure_separation (UsDisentanglement *self,
                    const UsPrior     *prior,
                    const Pairs       *pairs,
                    const double      *v)
{
  gsize n = self->n, p_count = self->n_parameters;
  g_autofree double *chance = g_new (double, p_count * p_count);
  g_autofree double *separation = g_new (double, p_count * p_count);
  g_auto(Pairs) truth = { NULL };

  separate (pairs, n, p_count, self->discrete, self->aligned_information, self->chance_information, self->separation,
            self->entropy);
  self->disentanglement = disentangled_share (n, p_count, self->separation, self->entropy);
  self->mig = us_mutual_information_gap (p_count, self->aligned_information, self->entropy);
  self->mig_chance = us_mutual_information_gap (p_count, self->chance_information, self->entropy);

  /* V* as an answer: each is its own closest member */
  pairs_init (&truth, prior, n, v, self->closest, self->closest);
  separate (&truth, n, p_count, self->discrete, self->truth_information, chance, separation, self->entropy);
  self->disentanglement_truth = disentangled_share (n, p_count, separation, self->entropy);
  self->mig_truth = us_mutual_information_gap (p_count, self->truth_information, self->entropy);
}

/* --- all of it ------------------------------------------------------------ */

static double
mean_of (gsize         n,
         const double *values)
{
  double sum = 0;
  gsize count = 0;

  for (gsize i = 0; i < n; i++)
    if (!isnan (values[i]))
      {
        sum += values[i];
        count++;
      }
  return count > 0 ? sum / count : NAN;
}

static UsDisentanglement *
disentanglement_alloc (gsize n,
                       gsize p_count)
{
  UsDisentanglement *self = g_new0 (UsDisentanglement, 1);

  self->n = n;
  self->n_parameters = p_count;
  self->discrete = g_new0 (gboolean, p_count);
  self->closest = g_new (double, n * p_count);
  self->rmse = g_new0 (double, p_count);
  self->bias = g_new0 (double, p_count);
  self->median_error = g_new0 (double, p_count);
  self->rmse_share = g_new0 (double, p_count);
  self->slope = g_new0 (double, p_count);
  self->right = g_new0 (double, p_count);
  self->right_chance = g_new0 (double, p_count);
  self->accuracy = g_new0 (double, p_count);
  self->accuracy_chance = g_new0 (double, p_count);
  self->information = g_new0 (double, p_count);
  self->separation = g_new0 (double, p_count * p_count);
  self->aligned_information = g_new0 (double, p_count * p_count);
  self->chance_information = g_new0 (double, p_count * p_count);
  self->truth_information = g_new0 (double, p_count * p_count);
  self->entropy = g_new0 (double, p_count);
  return self;
}

void
us_disentanglement_free (UsDisentanglement *self)
{
  if (self == NULL)
    return;
  g_free (self->discrete);
  g_free (self->closest);
  g_free (self->rmse);
  g_free (self->bias);
  g_free (self->median_error);
  g_free (self->rmse_share);
  g_free (self->slope);
  g_free (self->right);
  g_free (self->right_chance);
  g_free (self->accuracy);
  g_free (self->accuracy_chance);
  g_free (self->information);
  g_free (self->separation);
  g_free (self->aligned_information);
  g_free (self->chance_information);
  g_free (self->truth_information);
  g_free (self->entropy);
  g_free (self);
}

UsDisentanglement *
us_disentanglement_new (const UsPrior *prior,
                        gsize          n,
                        const double  *v,
                        const double  *z)
{
  gsize p_count = us_prior_simulator (prior)->n_parameters;
  UsDisentanglement *self;
  g_autoptr(UsFactors) factors = NULL;
  g_auto(Pairs) pairs = { NULL };

  g_return_val_if_fail (n >= 2, NULL);

  self = disentanglement_alloc (n, p_count);
  for (gsize p = 0; p < p_count; p++)
    self->discrete[p] = us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_DISCRETE;
  us_symmetry_closest (prior, n, v, z, self->closest);
  pairs_init (&pairs, prior, n, v, z, self->closest);
  factors = us_factors_new (n, p_count, pairs.closest, self->discrete, N_BINS);

  measure_accuracy (self, prior, &pairs, factors, v, z);
  measure_read_out (self, &pairs);
  measure_separation (self, prior, &pairs, v);
  self->mean_accuracy = mean_of (p_count, self->accuracy);
  self->mean_accuracy_chance = mean_of (p_count, self->accuracy_chance);
  self->mean_information = mean_of (p_count, self->information);
  return self;
}
