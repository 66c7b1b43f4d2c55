/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-selection.h"

#include "us-json.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define LEAST_PROBABILITY 1e-12

/* The likeliest, the first of several; n_classes: the probabilities are not numbers. */
static gsize
choice_of (gsize         n_classes,
           const double *p)
{
  gsize best = 0;

  for (gsize k = 0; k < n_classes; k++)
    {
      if (isnan (p[k]))
        return n_classes;
      if (p[k] > p[best])
        best = k;
    }
  return best;
}

static void
count_bin (UsSelection *self,
           double       p,
           gboolean     is_true)
{
  gsize bin = (gsize) CLAMP (p * US_SELECTION_BINS, 0, US_SELECTION_BINS - 1);

  self->bins[bin].count++;
  self->bins[bin].stated += p;
  self->bins[bin].seen += is_true;
}

/* Wilson's interval of k of n at 95 %. */
static void
wilson (double  k,
        double  n,
        double *lower,
        double *upper)
{
  const double z = 1.959963984540054;
  double share = k / n, middle = (share + z * z / (2 * n)) / (1 + z * z / n);
  double half = z / (1 + z * z / n) * sqrt (share * (1 - share) / n + z * z / (4 * n * n));

  *lower = MAX (middle - half, 0);
  *upper = MIN (middle + half, 1);
}

static void
finish_bins (UsSelection *self)
{
  double total = 0;

  for (gsize b = 0; b < US_SELECTION_BINS; b++)
    {
      UsReliabilityBin *bin = &self->bins[b];
      double n = (double) bin->count;

      bin->lower = (double) b / US_SELECTION_BINS;
      bin->upper = (double) (b + 1) / US_SELECTION_BINS;
      if (bin->count == 0)
        {
          bin->stated = bin->seen = bin->seen_lower = bin->seen_upper = NAN;
          continue;
        }
      wilson (bin->seen, n, &bin->seen_lower, &bin->seen_upper);
      bin->stated /= n;
      bin->seen /= n;
      self->calibration_error += n * fabs (bin->stated - bin->seen);
      total += n;
    }
  self->calibration_error = total > 0 ? self->calibration_error / total : NAN;
}

UsSelection *
us_selection_new (gsize               n_rows,
                  gsize               n_classes,
                  const char *const  *names,
                  const double       *p,
                  const guint32      *truth)
{
  UsSelection *self;
  gsize K = n_classes, decided;
  double squares = 0, differences = 0, n, mean;

  g_return_val_if_fail (n_rows > 0 && n_classes > 1 && names != NULL && p != NULL && truth != NULL, NULL);

  self = g_new0 (UsSelection, 1);
  self->n_rows = n_rows;
  self->n_classes = K;
  self->names = g_new0 (char *, K + 1);
  self->confusion = g_new0 (gsize, K * K);
  for (gsize k = 0; k < K; k++)
    self->names[k] = g_strdup (names[k]);
  for (gsize i = 0; i < n_rows; i++, p += K)
    {
      gsize choice = choice_of (K, p);
      double sum = 0, entropy = 0, loss = 0;

      g_assert (truth[i] < K);
      self->n_wrong += choice != truth[i];
      for (gsize k = 0; k < K; k++)
        sum += p[k];
      if (choice == K || !(sum > 0) || isinf (sum))
        {
          self->n_undecided++;
          self->n_wrong += choice == truth[i];
          continue;
        }
      self->confusion[truth[i] * K + choice]++;
      for (gsize k = 0; k < K; k++)
        {
          double share = p[k] / sum, is_true = k == truth[i];

          entropy -= share > 0 ? share * log (share) : 0;
          self->brier += (share - is_true) * (share - is_true);
          loss -= is_true > 0 ? log (MAX (share, LEAST_PROBABILITY)) : 0;
          count_bin (self, share, k == truth[i]);
        }
      self->log_loss += loss;
      self->entropy += entropy;
      squares += loss * loss;
      differences += (loss - entropy) * (loss - entropy);
    }

  decided = n_rows - self->n_undecided;
  n = (double) decided;
  self->error_rate = (double) self->n_wrong / (double) n_rows;
  self->error_sd = sqrt (self->error_rate * (1 - self->error_rate) / (double) n_rows);
  self->log_loss = decided > 0 ? self->log_loss / n : NAN;
  self->entropy = decided > 0 ? self->entropy / n : NAN;
  self->brier = decided > 0 ? self->brier / n : NAN;
  self->log_loss_sd = decided > 1 ? sqrt (MAX (squares / n - self->log_loss * self->log_loss, 0) / (n - 1)) : NAN;
  mean = self->log_loss - self->entropy;
  self->calibration_z = decided > 1 ? mean / sqrt (MAX (differences / n - mean * mean, 1e-300) / (n - 1)) : NAN;
  finish_bins (self);
  return self;
}

void
us_selection_free (UsSelection *self)
{
  if (self == NULL)
    return;
  g_strfreev (self->names);
  g_free (self->confusion);
  g_free (self);
}

gsize
us_selection_count (const UsSelection *self,
                    gsize              truth,
                    gsize              choice)
{
  g_return_val_if_fail (self != NULL && truth < self->n_classes && choice < self->n_classes, 0);

  return self->confusion[truth * self->n_classes + choice];
}

double
us_selection_compare (gsize          n_rows,
                      gsize          n_classes,
                      const double  *p_a,
                      const double  *p_b,
                      const guint32 *truth)
{
  guint only_a = 0, only_b = 0;

  g_return_val_if_fail (p_a != NULL && p_b != NULL && truth != NULL, NAN);

  for (gsize i = 0; i < n_rows; i++)
    {
      gboolean a = choice_of (n_classes, p_a + i * n_classes) == truth[i];
      gboolean b = choice_of (n_classes, p_b + i * n_classes) == truth[i];

      only_a += a && !b;
      only_b += b && !a;
    }
  if (only_a + only_b == 0)
    return 1;
  return MIN (1, 2 * gsl_cdf_binomial_P (MIN (only_a, only_b), 0.5, only_a + only_b));
}

void
us_selection_write (const UsSelection *self,
                    JsonBuilder       *builder)
{
  gsize K;

  g_return_if_fail (self != NULL && builder != NULL);

  K = self->n_classes;
  json_builder_begin_object (builder);
  us_json_number (builder, "rows", (double) self->n_rows);
  json_builder_set_member_name (builder, "names");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < K; k++)
    json_builder_add_string_value (builder, self->names[k]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "confusion");
  json_builder_begin_array (builder);
  for (gsize k = 0; k < K; k++)
    {
      json_builder_begin_array (builder);
      for (gsize j = 0; j < K; j++)
        json_builder_add_int_value (builder, (gint64) self->confusion[k * K + j]);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  us_json_number (builder, "undecided", (double) self->n_undecided);
  us_json_number (builder, "error_rate", self->error_rate);
  us_json_number (builder, "error_sd", self->error_sd);
  us_json_number (builder, "log_loss", self->log_loss);
  us_json_number (builder, "log_loss_sd", self->log_loss_sd);
  us_json_number (builder, "entropy", self->entropy);
  us_json_number (builder, "calibration_z", self->calibration_z);
  us_json_number (builder, "brier", self->brier);
  us_json_number (builder, "calibration_error", self->calibration_error);
  json_builder_set_member_name (builder, "reliability");
  json_builder_begin_array (builder);
  for (gsize b = 0; b < US_SELECTION_BINS; b++)
    {
      const UsReliabilityBin *bin = &self->bins[b];

      json_builder_begin_object (builder);
      us_json_number (builder, "lower", bin->lower);
      us_json_number (builder, "upper", bin->upper);
      us_json_number (builder, "count", (double) bin->count);
      us_json_number (builder, "stated", bin->stated);
      us_json_number (builder, "seen", bin->seen);
      us_json_number (builder, "seen_lower", bin->seen_lower);
      us_json_number (builder, "seen_upper", bin->seen_upper);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}
