/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutual information by histograms, as disentanglement_lib computes it (Locatello et
 * al. 2019, evaluation/metrics/{utils,mig}.py): numpy.histogram's equal-width bins
 * over each column's own range, numpy.digitize on all edges but the last, scikit-learn's
 * mutual_info_score.  Discrete factors are counted by their own values, as there. */
#include "config.h"

#include "us-mutual-information.h"
#include "us-sort.h"

#include <math.h>
#include <string.h>

/* n rows, K bins, F factors, L latents. */

/* Which bin (0 .. K-1) each value falls into. */
static void
discretise (gsize         n,
            const double *values,
            gsize         stride,
            gsize         n_bins,
            guint        *bin,          /* (n), stride_bin */
            gsize         stride_bin)
{
  double lower = INFINITY, upper = -INFINITY, step;
  g_autofree double *edges = g_new (double, n_bins);

  for (gsize i = 0; i < n; i++)
    {
      lower = MIN (lower, values[i * stride]);
      upper = MAX (upper, values[i * stride]);
    }
  /* numpy widens an empty range by one half each way */
  if (lower == upper)
    {
      lower -= 0.5;
      upper += 0.5;
    }
  step = (upper - lower) / n_bins;
  for (gsize k = 0; k < n_bins; k++)
    edges[k] = k * step + lower;
  for (gsize i = 0; i < n; i++)
    {
      gsize low = 0, high = n_bins;

      /* the last edge that is not above the value */
      while (high - low > 1)
        {
          gsize middle = (low + high) / 2;

          if (edges[middle] <= values[i * stride])
            low = middle;
          else
            high = middle;
        }
      bin[i * stride_bin] = low;
    }
}

/* Each distinct value is a class, in rising order.  Returns: how many there are. */
static guint
enumerate (gsize         n,
           const double *values,
           gsize         stride,
           guint        *label,         /* (n), stride too */
           gsize         stride_label)
{
  g_autofree double *sorted = g_new (double, n);
  gsize m = 0;

  for (gsize i = 0; i < n; i++)
    sorted[i] = values[i * stride];
  us_sort_doubles (n, sorted);
  for (gsize i = 0; i < n; i++)
    if (m == 0 || sorted[i] != sorted[m - 1])
      sorted[m++] = sorted[i];
  for (gsize i = 0; i < n; i++)
    {
      const double *found = bsearch (&values[i * stride], sorted, m, sizeof *sorted, us_compare_doubles);

      label[i * stride_label] = found - sorted;
    }
  return m;
}

/* Labels a (0 .. n_a - 1) and b, counted: scikit-learn's mutual_info_score. */
static double
information_of_labels (gsize        n,
                       const guint *a,
                       gsize        stride_a,
                       gsize        n_a,
                       const guint *b,
                       gsize        stride_b,
                       gsize        n_b)
{
  g_autofree gsize *joint = g_new0 (gsize, n_a * n_b);
  g_autofree gsize *count_a = g_new0 (gsize, n_a);
  g_autofree gsize *count_b = g_new0 (gsize, n_b);
  double information = 0;

  for (gsize i = 0; i < n; i++)
    {
      joint[a[i * stride_a] * n_b + b[i * stride_b]]++;
      count_a[a[i * stride_a]]++;
      count_b[b[i * stride_b]]++;
    }
  for (gsize i = 0; i < n_a; i++)
    for (gsize j = 0; j < n_b; j++)
      {
        double c = joint[i * n_b + j];

        if (c > 0)
          information += c / n * (log (c) + log (n) - log (count_a[i]) - log (count_b[j]));
      }
  return MAX (information, 0.0);
}

double
us_mutual_information (gsize         n,
                       const double *a,
                       gsize         stride_a,
                       const double *b,
                       gsize         stride_b,
                       gsize         n_bins)
{
  g_autofree guint *bin_a = g_new (guint, n);
  g_autofree guint *bin_b = g_new (guint, n);

  g_return_val_if_fail (n > 0 && n_bins > 0, NAN);

  discretise (n, a, stride_a, n_bins, bin_a, 1);
  discretise (n, b, stride_b, n_bins, bin_b, 1);
  return information_of_labels (n, bin_a, 1, n_bins, bin_b, 1, n_bins);
}

UsFactors *
us_factors_new (gsize           n,
                gsize           n_factors,
                const double   *values,
                const gboolean *discrete,
                gsize           n_bins)
{
  UsFactors *self;

  g_return_val_if_fail (n > 0 && n_factors > 0 && n_bins > 0, NULL);

  self = g_new0 (UsFactors, 1);
  self->n = n;
  self->n_factors = n_factors;
  self->label = g_new (guint, n * n_factors);
  self->n_classes = g_new (guint, n_factors);
  self->entropy = g_new (double, n_factors);
  for (gsize f = 0; f < n_factors; f++)
    {
      self->n_classes[f] = n_bins;
      if (discrete != NULL && discrete[f])
        self->n_classes[f] = enumerate (n, values + f, n_factors, self->label + f, n_factors);
      else
        discretise (n, values + f, n_factors, n_bins, self->label + f, n_factors);
      self->entropy[f] = information_of_labels (n, self->label + f, n_factors, self->n_classes[f],
                                                self->label + f, n_factors, self->n_classes[f]);
    }
  return self;
}

void
us_factors_free (UsFactors *self)
{
  if (self == NULL)
    return;
  g_free (self->label);
  g_free (self->n_classes);
  g_free (self->entropy);
  g_free (self);
}

void
us_information_histogram (const UsFactors *factors,
                          gsize            n_latents,
                          const double    *code,
                          gsize            n_bins,
                          double          *information)
{
  gsize n = factors->n, n_factors = factors->n_factors;
  g_autofree guint *bin = g_new (guint, n);

  for (gsize latent = 0; latent < n_latents; latent++)
    {
      discretise (n, code + latent, n_latents, n_bins, bin, 1);
      for (gsize f = 0; f < n_factors; f++)
        information[latent * n_factors + f]
          = information_of_labels (n, bin, 1, n_bins, factors->label + f, n_factors, factors->n_classes[f]);
    }
}

double
us_information_mean_gap (gsize           n_factors,
                         const double   *gap,
                         const gboolean *left_out)
{
  double sum = 0;
  gsize n = 0;

  for (gsize f = 0; f < n_factors; f++)
    if (!isnan (gap[f]) && (left_out == NULL || !left_out[f]))
      {
        sum += gap[f];
        n++;
      }
  return n > 0 ? sum / n : NAN;
}

double
us_information_gap (gsize         n_latents,
                    gsize         n_factors,
                    const double *information,
                    const double *entropy,
                    double       *gap)
{
  for (gsize f = 0; f < n_factors; f++)
    {
      double top = 0, second = 0;

      for (gsize latent = 0; latent < n_latents; latent++)
        {
          double value = information[latent * n_factors + f];

          if (value > top)
            {
              second = top;
              top = value;
            }
          else
            second = MAX (second, value);
        }
      /* a parameter that does not vary has nothing to be told */
      gap[f] = entropy[f] > 0 ? (top - second) / entropy[f] : NAN;
    }
  return us_information_mean_gap (n_factors, gap, NULL);
}

double
us_mutual_information_gap (gsize         n_parameters,
                           const double *information,
                           const double *entropy)
{
  g_autofree double *gap = g_new (double, n_parameters);

  return us_information_gap (n_parameters, n_parameters, information, entropy, gap);
}

/* --- the matrices of one estimator --------------------------------------- */

static UsInformation *
information_alloc (const UsFactors *factors,
                   gsize            n_latents,
                   gboolean         equivalent)
{
  UsInformation *self = g_new0 (UsInformation, 1);
  gsize f = factors->n_factors;

  self->n_latents = n_latents;
  self->n_factors = f;
  self->information = g_new (double, n_latents * f);
  self->truth = g_new (double, f * f);
  self->entropy = g_memdup2 (factors->entropy, f * sizeof (double));
  self->gap = g_new (double, f);
  self->gap_truth = g_new (double, f);
  if (equivalent)
    {
      self->equivalent = g_new (double, f * f);
      self->gap_equivalent = g_new (double, f);
    }
  self->mig_equivalent = self->mig_truth_sd = NAN;
  return self;
}

void
us_information_free (UsInformation *self)
{
  if (self == NULL)
    return;
  g_free (self->information);
  g_free (self->truth);
  g_free (self->equivalent);
  g_free (self->entropy);
  g_free (self->gap);
  g_free (self->gap_truth);
  g_free (self->gap_equivalent);
  g_free (self);
}

static void
fill_gaps (UsInformation *self)
{
  gsize f = self->n_factors;

  self->mig = us_information_gap (self->n_latents, f, self->information, self->entropy, self->gap);
  self->mig_truth = us_information_gap (f, f, self->truth, self->entropy, self->gap_truth);
  if (self->equivalent != NULL)
    self->mig_equivalent = us_information_gap (f, f, self->equivalent, self->entropy, self->gap_equivalent);
}

UsInformation *
us_information_new_histogram (const UsFactors *factors,
                              gsize            n_latents,
                              const double    *code,
                              const double    *truth,
                              const double    *equivalent,
                              gsize            n_bins)
{
  UsInformation *self = information_alloc (factors, n_latents, equivalent != NULL);

  us_information_histogram (factors, n_latents, code, n_bins, self->information);
  us_information_histogram (factors, factors->n_factors, truth, n_bins, self->truth);
  if (equivalent != NULL)
    us_information_histogram (factors, factors->n_factors, equivalent, n_bins, self->equivalent);
  fill_gaps (self);
  return self;
}

UsInformation *
us_information_new_chen (const UsFactors *factors,
                         gsize            n_latents,
                         const double    *mean,
                         const double    *sd,
                         const double    *truth,
                         const double    *equivalent,
                         double           width,
                         UsPool          *pool)
{
  UsInformation *self = information_alloc (factors, n_latents, equivalent != NULL);
  gsize f = factors->n_factors;

  self->width = width;
  us_information_chen (factors, n_latents, mean, sd, width, pool, self->information);
  us_information_chen (factors, f, truth, NULL, width, pool, self->truth);
  if (equivalent != NULL)
    us_information_chen (factors, f, equivalent, NULL, width, pool, self->equivalent);
  fill_gaps (self);
  if (sd != NULL && n_latents == f)
    {
      g_autofree double *unsure = g_new (double, f * f);

      us_information_chen (factors, f, truth, sd, width, pool, unsure);
      self->mig_truth_sd = us_mutual_information_gap (f, unsure, factors->entropy);
    }
  return self;
}
