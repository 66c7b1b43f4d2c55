/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate-private.h"

#include "us-simvae-private.h"
#include "us-symmetry.h"

#include <math.h>

/* n pairs, P parameters, D derived quantities. */

UsEvaluation *
us_evaluation_alloc (const UsSimulator *simulator,
                     gsize              n_pairs)
{
  UsEvaluation *self = g_new0 (UsEvaluation, 1);
  gsize p_count = simulator->n_parameters, d_count = simulator->n_derived;

  self->n_pairs = n_pairs;
  self->n_parameters = p_count;
  self->n_bins = US_INFORMATION_BINS;
  self->v = g_new0 (double, n_pairs * p_count);
  self->z = g_new0 (double, n_pairs * p_count);
  self->rmse = g_new0 (double, p_count);
  self->rmse_share = g_new0 (double, p_count);
  self->bias = g_new0 (double, p_count);
  self->r2 = g_new0 (double, p_count);
  self->slope = g_new0 (double, p_count);
  self->coverage = g_new0 (double, p_count);
  self->rms_simulator_of = g_new0 (double, n_pairs);
  self->n_derived = d_count;
  self->derived_v = g_new0 (double, n_pairs * d_count);
  self->derived_z = g_new0 (double, n_pairs * d_count);
  self->derived = g_new0 (UsDerivedScore, d_count);
  return self;
}

void
us_evaluation_free (UsEvaluation *self)
{
  if (self == NULL)
    return;
  g_free (self->v);
  g_free (self->z);
  g_free (self->equivalent);
  g_clear_pointer (&self->histogram, us_information_free);
  g_clear_pointer (&self->chen, us_information_free);
  g_clear_pointer (&self->modulo, us_disentanglement_free);
  g_free (self->rmse);
  g_free (self->rmse_share);
  g_free (self->bias);
  g_free (self->r2);
  g_free (self->slope);
  g_free (self->coverage);
  g_free (self->rms_simulator_of);
  g_free (self->spread);
  g_free (self->derived_v);
  g_free (self->derived_z);
  g_free (self->derived);
  g_free (self);
}

/* Error, bias, determination and slope of z over v, where both are finite. */
static UsDerivedScore
regress (gsize         n,
         gsize         stride,
         const double *v,
         const double *z)
{
  double mean_v = 0, mean_z = 0, vv = 0, vz = 0, ee = 0;
  UsDerivedScore score = { NAN, NAN, NAN, NAN, 0 };
  gsize m = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (v[i * stride]) && isfinite (z[i * stride]))
      {
        mean_v += v[i * stride];
        mean_z += z[i * stride];
        m++;
      }
  score.n_left_out = n - m;
  if (m == 0)
    return score;
  mean_v /= m;
  mean_z /= m;
  for (gsize i = 0; i < n; i++)
    if (isfinite (v[i * stride]) && isfinite (z[i * stride]))
      {
        double dv = v[i * stride] - mean_v, e = z[i * stride] - v[i * stride];

        vv += dv * dv;
        vz += dv * (z[i * stride] - mean_z);
        ee += e * e;
      }
  score.rmse = sqrt (ee / m);
  score.bias = mean_z - mean_v;
  score.r2 = vv > 0 ? 1 - ee / vv : NAN;
  score.slope = vv > 0 ? vz / vv : NAN;
  return score;
}

static void
measure_parameters (UsEvaluation  *self,
                    const UsPrior *prior)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      UsDerivedScore score = regress (self->n_pairs, self->n_parameters, self->v + p, self->z + p);
      double lower, upper;

      us_prior_range (prior, p, &lower, &upper);
      self->rmse[p] = score.rmse;
      self->rmse_share[p] = upper > lower ? score.rmse / (upper - lower) : 0;
      self->bias[p] = score.bias;
      self->r2[p] = score.r2;
      self->slope[p] = score.slope;
    }
}

static void
measure_derived (UsEvaluation      *self,
                 const UsSimulator *simulator)
{
  gsize n = self->n_pairs, d_count = self->n_derived, p_count = self->n_parameters;
  g_autofree double *v = g_new (double, n);
  g_autofree double *z = g_new (double, n);

  for (gsize d = 0; d < d_count; d++)
    {
      const UsDerived *derived = &simulator->derived[d];

      for (gsize i = 0; i < n; i++)
        {
          double of_v = derived->value (simulator, self->v + i * p_count);
          double of_z = derived->value (simulator, self->z + i * p_count);

          self->derived_v[i * d_count + d] = of_v;
          self->derived_z[i * d_count + d] = of_z;
          v[i] = derived->logarithmic ? log10 (of_v) : of_v;
          z[i] = derived->logarithmic ? log10 (of_z) : of_z;
        }
      self->derived[d] = regress (n, 1, v, z);
    }
}

static double *
to_latents (const UsPrior *prior,
            gsize          n,
            const double  *theta)
{
  gsize p_count = us_prior_simulator (prior)->n_parameters;
  double *latent = g_new (double, n * p_count);

  for (gsize i = 0; i < n; i++)
    us_prior_to_latent (prior, theta + i * p_count, latent + i * p_count);
  return latent;
}

/* Bins and widths are of latents: where a prior is flat in the logarithm, the bins are too. */
static void
measure_information (UsEvaluation  *self,
                     const UsPrior *prior,
                     const double  *latent,
                     const double  *sd,
                     UsPool        *pool)
{
  gsize n = self->n_pairs, p_count = self->n_parameters;
  g_autofree gboolean *discrete = g_new0 (gboolean, p_count);
  g_autofree double *truth = to_latents (prior, n, self->v);
  g_autofree double *equivalent = self->equivalent != NULL ? to_latents (prior, n, self->equivalent) : NULL;
  g_autoptr(UsFactors) factors = NULL;

  for (gsize p = 0; p < p_count; p++)
    discrete[p] = us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_DISCRETE;
  factors = us_factors_new (n, p_count, truth, discrete, self->n_bins);
  self->histogram = us_information_new_histogram (factors, p_count, latent, truth, equivalent, self->n_bins);
  self->chen = us_information_new_chen (factors, p_count, latent, sd, truth, equivalent,
                                        us_information_width (n, 2), pool);
  self->mutual_information = self->histogram->information;
  self->truth_information = self->histogram->truth;
  self->entropy = self->histogram->entropy;
  self->mig = self->histogram->mig;
  self->mig_truth = self->histogram->mig_truth;
}

gboolean
us_evaluation_measure (UsEvaluation  *self,
                       const UsPrior *prior,
                       guint64        seed,
                       const double  *latent,
                       const double  *sd,
                       UsPool        *pool,
                       GCancellable  *cancellable,
                       GError       **error)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  gsize n = self->n_pairs, p_count = self->n_parameters;

  measure_parameters (self, prior);
  measure_derived (self, simulator);
  if (simulator->random_equivalent != NULL)
    {
      self->equivalent = g_new (double, n * p_count);
      us_symmetry_draw (prior, seed, US_ROWS_EVALUATION, n, self->v, self->equivalent);
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  measure_information (self, prior, latent, sd, pool);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  self->modulo = us_disentanglement_new (prior, n, self->v, self->z);
  return TRUE;
}
