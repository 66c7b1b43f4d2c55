/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-simvae-private.h"

#include "us-error.h"
#include "us-sort.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* K bins, P parameters. */

#define MAX_BINS_CLEAN     8
#define MAX_BINS_AUGMENTED 8
#define MIN_BIN            128       /* draws */
#define CLEAN_SHARE        0.99      /* of the clean draws: beyond their errors only augmented ones speak */
#define N_QUANTILES        101

static UsCalibration *
calibration_alloc (gsize n_bins,
                   gsize n_parameters,
                   gsize n_quantiles)
{
  UsCalibration *self = g_new0 (UsCalibration, 1);

  self->n_bins = n_bins;
  self->n_parameters = n_parameters;
  self->n_quantiles = n_quantiles;
  self->error = g_new0 (double, n_bins);
  self->sd = g_new0 (double, n_bins * n_parameters);
  self->half = g_new0 (double, n_bins * n_parameters);
  self->unusual = g_new0 (double, n_quantiles);
  return self;
}

void
us_calibration_free (UsCalibration *self)
{
  if (self == NULL)
    return;
  g_free (self->error);
  g_free (self->sd);
  g_free (self->half);
  g_free (self->unusual);
  g_free (self);
}

UsCalibration *
us_calibration_copy (const UsCalibration *self)
{
  UsCalibration *copy = calibration_alloc (self->n_bins, self->n_parameters, self->n_quantiles);

  copy->level = self->level;
  memcpy (copy->error, self->error, self->n_bins * sizeof (double));
  memcpy (copy->sd, self->sd, self->n_bins * self->n_parameters * sizeof (double));
  memcpy (copy->half, self->half, self->n_bins * self->n_parameters * sizeof (double));
  if (self->n_quantiles > 0)
    memcpy (copy->unusual, self->unusual, self->n_quantiles * sizeof (double));
  return copy;
}

UsCalibration *
us_calibration_new_prior (gsize n_parameters)
{
  UsCalibration *self = calibration_alloc (1, n_parameters, 0);

  self->level = 0.9;
  for (gsize p = 0; p < n_parameters; p++)
    {
      /* a uniform latent on -1 .. 1 */
      self->sd[p] = 1.0 / sqrt (3.0);
      self->half[p] = self->level;
    }
  return self;
}

static int
compare_by_error (gconstpointer a,
                  gconstpointer b,
                  gpointer      data)
{
  const double *error = data;
  gsize i = *(const gsize *) a, j = *(const gsize *) b;

  if (error[i] != error[j])
    return error[i] < error[j] ? -1 : 1;
  return (i > j) - (i < j);
}

static gsize *
order_by_error (const UsResiduals *set)
{
  gsize *order = g_new (gsize, MAX (set->n, 1));

  for (gsize i = 0; i < set->n; i++)
    order[i] = i;
  if (set->n > 1)
    g_qsort_with_data (order, set->n, sizeof *order, compare_by_error, (gpointer) set->error);
  return order;
}

/* One bin from rows order[first .. last-1]. */
static void
fill_bin (UsCalibration     *self,
          gsize              bin,
          const UsResiduals *set,
          const gsize       *order,
          gsize              first,
          gsize              last)
{
  gsize n = last - first, p_count = self->n_parameters;
  g_autofree double *absolute = g_new (double, n);
  gsize rank = MIN (n - 1, (gsize) ceil (self->level * (n + 1)) - 1);   /* conformal quantile */

  self->error[bin] = set->error[order[first + n / 2]];
  for (gsize p = 0; p < p_count; p++)
    {
      double sum = 0;

      for (gsize i = 0; i < n; i++)
        {
          double e = set->residual[order[first + i] * p_count + p];

          absolute[i] = fabs (e);
          sum += e * e;
        }
      us_sort_doubles (n, absolute);
      self->sd[bin * p_count + p] = sqrt (sum / n);
      self->half[bin * p_count + p] = absolute[rank];
    }
}

/* Pool adjacent violators: the closest sequence that does not fall, weights w (n). */
static void
make_rising (double       *value,
             const double *w,
             gsize         n,
             gsize         stride)
{
  g_autofree double *level = g_new (double, n);
  g_autofree double *weight = g_new (double, n);
  g_autofree gsize *length = g_new (gsize, n);
  gsize m = 0, k = 0;

  for (gsize i = 0; i < n; i++)
    {
      level[m] = value[i * stride];
      weight[m] = w[i];
      length[m++] = 1;
      for (; m > 1 && level[m - 2] > level[m - 1]; m--)
        {
          level[m - 2] = (level[m - 2] * weight[m - 2] + level[m - 1] * weight[m - 1])
                         / (weight[m - 2] + weight[m - 1]);
          weight[m - 2] += weight[m - 1];
          length[m - 2] += length[m - 1];
        }
    }
  for (gsize j = 0; j < m; j++)
    for (gsize i = 0; i < length[j]; i++)
      value[k++ * stride] = level[j];
}

UsCalibration *
us_calibration_fit (gsize              n_parameters,
                    double             level,
                    const UsResiduals *clean,
                    const UsResiduals *augmented,
                    double            *rms,
                    gsize              n_rms)
{
  g_autofree gsize *order = order_by_error (clean);
  g_autofree gsize *order_augmented = order_by_error (augmented);
  g_autofree double *weight = NULL;
  gsize n_clean = clean->n, n_bins_clean, first_odd = 0, n_odd, n_bins_odd;
  UsCalibration *self;

  g_return_val_if_fail (clean->n > 0, NULL);

  /* Where errors are such as clean draws have, clean draws speak. */
  n_bins_clean = CLAMP (clean->n / MIN_BIN, 1, MAX_BINS_CLEAN);
  if (augmented->n > 0)
    {
      double limit = clean->error[order[MIN (clean->n - 1, (gsize) (CLEAN_SHARE * clean->n))]];

      while (first_odd < augmented->n && augmented->error[order_augmented[first_odd]] <= limit)
        first_odd++;
      n_clean = MAX (1, (gsize) (CLEAN_SHARE * clean->n));
    }
  n_odd = augmented->n - first_odd;
  n_bins_odd = n_odd < 16 ? 0 : CLAMP (n_odd / MIN_BIN, 1, MAX_BINS_AUGMENTED);

  self = calibration_alloc (n_bins_clean + n_bins_odd, n_parameters, n_rms > 0 ? N_QUANTILES : 0);
  self->level = level;
  weight = g_new (double, self->n_bins);
  for (gsize b = 0; b < n_bins_clean; b++)
    {
      gsize first = n_clean * b / n_bins_clean, last = n_clean * (b + 1) / n_bins_clean;

      fill_bin (self, b, clean, order, first, last);
      weight[b] = last - first;
    }
  for (gsize b = 0; b < n_bins_odd; b++)
    {
      gsize first = first_odd + n_odd * b / n_bins_odd, last = first_odd + n_odd * (b + 1) / n_bins_odd;

      fill_bin (self, n_bins_clean + b, augmented, order_augmented, first, last);
      weight[n_bins_clean + b] = last - first;
    }
  for (gsize p = 0; p < n_parameters; p++)
    {
      make_rising (self->sd + p, weight, self->n_bins, n_parameters);
      make_rising (self->half + p, weight, self->n_bins, n_parameters);
    }

  us_sort_doubles (n_rms, rms);
  for (gsize q = 0; q < self->n_quantiles; q++)
    self->unusual[q] = rms[(n_rms - 1) * q / (self->n_quantiles - 1)];
  return self;
}

void
us_calibration_spread (const UsCalibration *self,
                       double               error,
                       const double        *sigma,
                       double              *sd,
                       double              *half)
{
  gsize last = self->n_bins - 1, p_count = self->n_parameters, low = 0, high;
  double t = 0, stretch = 1;

  /* Between two bins: linear.  Past the last: wider in proportion to the error. */
  while (low < last && error >= self->error[low + 1])
    low++;
  high = MIN (low + 1, last);
  if (high > low && error > self->error[low])
    t = (error - self->error[low]) / (self->error[high] - self->error[low]);
  if (low == last && self->error[last] > 0 && error > self->error[last])
    stretch = error / self->error[last];

  for (gsize p = 0; p < p_count; p++)
    {
      double s = stretch * (sigma != NULL ? sigma[p] : 1.0);

      sd[p] = s * ((1 - t) * self->sd[low * p_count + p] + t * self->sd[high * p_count + p]);
      half[p] = s * ((1 - t) * self->half[low * p_count + p] + t * self->half[high * p_count + p]);
    }
}

double
us_calibration_unusual (const UsCalibration *self,
                        double               rms_simulator)
{
  gsize q = 0, n = self->n_quantiles;

  if (n < 2)
    return NAN;
  while (q < n && self->unusual[q] < rms_simulator)
    q++;
  if (q == 0 || q == n)
    return q == 0 ? 0 : 1;
  return (q - 1 + (rms_simulator - self->unusual[q - 1]) / (self->unusual[q] - self->unusual[q - 1]))
         / (double) (n - 1);
}

static void
add_numbers (JsonBuilder  *builder,
             const char   *name,
             const double *values,
             gsize         n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (gsize i = 0; i < n; i++)
    json_builder_add_double_value (builder, values[i]);
  json_builder_end_array (builder);
}

char *
us_calibration_to_json (const UsCalibration *self)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "level");
  json_builder_add_double_value (builder, self->level);
  add_numbers (builder, "error", self->error, self->n_bins);
  add_numbers (builder, "sd", self->sd, self->n_bins * self->n_parameters);
  add_numbers (builder, "half", self->half, self->n_bins * self->n_parameters);
  add_numbers (builder, "unusual", self->unusual, self->n_quantiles);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* Finite numbers ≥ 0; n G_MAXSIZE: any count. */
static double *
read_numbers (JsonObject  *object,
              const char  *name,
              gsize        expected,
              gsize       *n,
              GError     **error)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  double *values;

  if (array == NULL || (expected != G_MAXSIZE && json_array_get_length (array) != expected))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "calibration: “%s” is not a list of the expected length", name);
      return NULL;
    }
  *n = json_array_get_length (array);
  values = g_new0 (double, MAX (*n, 1));
  for (gsize i = 0; i < *n; i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      values[i] = JSON_NODE_HOLDS_VALUE (element) ? json_node_get_double (element) : NAN;
      if (!(values[i] >= 0 && isfinite (values[i])))
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                       "calibration: entry %" G_GSIZE_FORMAT " of “%s” is not a number of 0 or more", i + 1, name);
          g_free (values);
          return NULL;
        }
    }
  return values;
}

UsCalibration *
us_calibration_from_json (const char  *json,
                          gsize        n_parameters,
                          GError     **error)
{
  g_autoptr(JsonParser) parser = json_parser_new ();
  g_autoptr(UsCalibration) self = NULL;
  JsonObject *object;
  JsonNode *level;
  gsize n;

  if (!json_parser_load_from_data (parser, json, -1, NULL)
      || json_parser_get_root (parser) == NULL
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, "calibration: not a JSON object");
      return NULL;
    }
  object = json_node_get_object (json_parser_get_root (parser));
  level = json_object_get_member (object, "level");

  self = g_new0 (UsCalibration, 1);
  self->n_parameters = n_parameters;
  self->level = level != NULL && JSON_NODE_HOLDS_VALUE (level) ? json_node_get_double (level) : 0;
  self->error = read_numbers (object, "error", G_MAXSIZE, &self->n_bins, error);
  if (self->error == NULL)
    return NULL;
  if (self->n_bins == 0 || self->n_bins > 4096 || !(self->level > 0 && self->level < 1))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           "calibration: no bins, or a level outside 0 .. 1");
      return NULL;
    }
  for (gsize b = 1; b < self->n_bins; b++)
    if (self->error[b] < self->error[b - 1])
      {
        g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, "calibration: “error” does not rise");
        return NULL;
      }
  self->sd = read_numbers (object, "sd", self->n_bins * n_parameters, &n, error);
  if (self->sd == NULL)
    return NULL;
  self->half = read_numbers (object, "half", self->n_bins * n_parameters, &n, error);
  if (self->half == NULL)
    return NULL;
  self->unusual = read_numbers (object, "unusual", G_MAXSIZE, &self->n_quantiles, error);
  if (self->unusual == NULL)
    return NULL;
  return g_steal_pointer (&self);
}
