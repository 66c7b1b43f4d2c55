/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-evaluate-anonymous.h"

#include "us-csv.h"
#include "us-error.h"
#include "us-file.h"
#include "us-json.h"
#include "us-polynomial-r2.h"
#include "us-simvae-private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* n pairs, P factors, L latents, N values. */

#define BATCH        64
#define ROWS_A_CHUNK 4
#define NORMAL_RANGE 3.464      /* of a flat latent that varies as much as a standard normal one: 2 √3 */

typedef struct
{
  UsSimvae *model;
  guint64   seed, first;
  gsize     count;
  double   *v;                  /* (B, P) */
  float    *x;                  /* (B, N) */
  GError   *errors[BATCH / ROWS_A_CHUNK];
} Work;

static void
simulate (gpointer data,
          gsize    chunk,
          guint    worker)
{
  Work *work = data;
  gsize at = chunk * ROWS_A_CHUNK;

  us_simulate_rows (us_simvae_prior (work->model), us_simvae_output (work->model), work->seed, work->first + at,
                    MIN (ROWS_A_CHUNK, work->count - at), work->v + at * us_simvae_n_parameters (work->model),
                    work->x + at * us_simvae_n_values (work->model), &work->errors[chunk]);
}

/* The same held-out draws that a model with names is judged by. */
static gboolean
run_pairs (UsAnonymousEvaluation  *self,
           UsSimvae               *model,
           guint64                 seed,
           UsPlayer               *player,
           UsPool                 *pool,
           GCancellable           *cancellable,
           GError                **error)
{
  gsize n_values = us_simvae_n_values (model);
  g_autofree float *x = g_new (float, BATCH * n_values);
  g_autofree float *decoded = g_new (float, BATCH * n_values);
  Work work = { .model = model, .seed = seed, .x = x };
  double sum = 0;

  for (gsize done = 0; done < self->n_pairs; done += BATCH)
    {
      gsize n_chunks;
      gboolean ok = TRUE;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      work.first = US_ROWS_EVALUATION + done;
      work.count = MIN (BATCH, self->n_pairs - done);
      work.v = self->v + done * self->n_factors;
      n_chunks = (work.count + ROWS_A_CHUNK - 1) / ROWS_A_CHUNK;
      us_pool_run (pool, n_chunks, simulate, &work);
      for (gsize c = 0; c < n_chunks; c++)
        {
          if (work.errors[c] != NULL && ok)
            g_propagate_error (error, g_steal_pointer (&work.errors[c]));
          ok = ok && (error == NULL || *error == NULL);
          g_clear_error (&work.errors[c]);
        }
      if (!ok)
        return FALSE;
      us_player_encode_anonymous (player, work.count, x, self->mean + done * self->n_latents,
                                  self->sd + done * self->n_latents, decoded);
      for (gsize i = 0; i < work.count; i++)
        {
          double rms = us_rms_difference (n_values, decoded + i * n_values, x + i * n_values);

          sum += rms * rms;
        }
    }
  self->rms_both = sqrt (sum / self->n_pairs);
  return TRUE;
}

/* Adjusted by what the latents of the next row tell, as with names. */
static void
measure_told (UsAnonymousEvaluation *self,
              const UsSimulator     *simulator,
              const double          *truth,       /* (n, P) latents of V */
              const gboolean        *discrete)
{
  gsize n = self->n_pairs, p_count = self->n_factors, m = 0;
  g_autofree double *wrong = g_new (double, n * self->n_latents);
  g_autofree double *chance = g_new (double, p_count);
  gboolean done;

  for (gsize i = 0; i < n; i++)
    memcpy (wrong + i * self->n_latents, self->mean + (i + 1) % n * self->n_latents, self->n_latents * sizeof (double));
  done = simulator->closest_equivalent == NULL
         && us_polynomial_r2 (n, self->n_latents, self->mean, p_count, truth, self->told)
         && us_polynomial_r2 (n, self->n_latents, wrong, p_count, truth, chance);
  self->mean_told = 0;
  for (gsize p = 0; p < p_count; p++)
    if (!done || discrete[p])
      self->told[p] = NAN;
    else
      {
        self->told[p] = chance[p] < 1 ? MAX ((self->told[p] - chance[p]) / (1 - chance[p]), 0.0) : 0;
        self->mean_told += self->told[p];
        m++;
      }
  self->mean_told = m > 0 ? self->mean_told / m : NAN;
}

static void
measure (UsAnonymousEvaluation *self,
         const UsPrior         *prior,
         UsPool                *pool)
{
  gsize n = self->n_pairs, p_count = self->n_factors;
  g_autofree double *truth = g_new (double, n * p_count);
  g_autofree gboolean *discrete = g_new0 (gboolean, p_count);
  g_autoptr(UsFactors) factors = NULL;

  for (gsize i = 0; i < n; i++)
    us_prior_to_latent (prior, self->v + i * p_count, truth + i * p_count);
  for (gsize p = 0; p < p_count; p++)
    discrete[p] = us_prior_distribution (prior, p)->kind == US_DISTRIBUTION_DISCRETE;
  factors = us_factors_new (n, p_count, truth, discrete, US_INFORMATION_BINS);
  self->histogram = us_information_new_histogram (factors, self->n_latents, self->mean, truth, NULL, US_INFORMATION_BINS);
  self->chen = us_information_new_chen (factors, self->n_latents, self->mean, self->sd, truth, NULL,
                                        us_information_width (n, NORMAL_RANGE), pool);
  measure_told (self, us_prior_simulator (prior), truth, discrete);
}

UsAnonymousEvaluation *
us_evaluate_anonymous (UsSimvae                *model,
                       const UsEvaluateConfig  *config,
                       GCancellable            *cancellable,
                       GError                 **error)
{
  g_autoptr(UsAnonymousEvaluation) self = NULL;
  g_autoptr(UsPlayer) player = NULL;
  g_autoptr(UsPool) pool = NULL;
  gsize n = config->n_pairs;

  g_return_val_if_fail (n > 1, NULL);

  if (!us_simvae_is_anonymous (model) || !us_simvae_has_sigma (model))
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                           "this model's latents are parameters, or it has no encoder that gives µ and σ");
      return NULL;
    }
  pool = us_pool_new (config->n_workers, config->niceness);
  player = us_player_new (model, BATCH, pool);
  self = g_new0 (UsAnonymousEvaluation, 1);
  self->n_pairs = n;
  self->n_factors = us_simvae_n_parameters (model);
  self->n_latents = us_player_n_latents (player);
  self->v = g_new (double, n * self->n_factors);
  self->mean = g_new (double, n * self->n_latents);
  self->sd = g_new (double, n * self->n_latents);
  self->told = g_new0 (double, self->n_factors);
  if (!run_pairs (self, model, config->seed, player, pool, cancellable, error))
    return NULL;
  measure (self, us_simvae_prior (model), pool);
  return g_steal_pointer (&self);
}

void
us_anonymous_evaluation_free (UsAnonymousEvaluation *self)
{
  if (self == NULL)
    return;
  g_free (self->v);
  g_free (self->mean);
  g_free (self->sd);
  g_free (self->told);
  g_clear_pointer (&self->histogram, us_information_free);
  g_clear_pointer (&self->chen, us_information_free);
  g_free (self);
}

/* -- files ------------------------------------------------------------- */

static void
add_information (JsonBuilder         *builder,
                 const char          *name,
                 const UsInformation *information)
{
  gsize p_count = information->n_factors;

  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  us_json_number (builder, "mig", information->mig);
  us_json_number (builder, "mig_truth", information->mig_truth);
  us_json_numbers (builder, "gap", information->gap, p_count);
  us_json_numbers (builder, "entropy", information->entropy, p_count);
  json_builder_set_member_name (builder, "information");
  json_builder_begin_array (builder);
  for (gsize l = 0; l < information->n_latents; l++)
    us_json_numbers (builder, NULL, information->information + l * p_count, p_count);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static char *
metrics (const UsAnonymousEvaluation *self,
         const UsSimvae              *model)
{
  const UsSimulator *simulator = us_simvae_simulator (model);
  const UsSimvaeRecord *record = us_simvae_record (model);
  const char *const texts[][2] = {
    { "simulator", simulator->id },
    { "output", simulator->outputs[us_simvae_output (model)].id },
    { "method", us_method_id (record->method) },
    { "preset", record->preset != NULL ? record->preset : "" },
    { "command", record->command != NULL ? record->command : "" },
  };
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) root = NULL;

  json_builder_begin_object (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      json_builder_set_member_name (builder, texts[i][0]);
      json_builder_add_string_value (builder, texts[i][1]);
    }
  json_builder_set_member_name (builder, "pairs");
  json_builder_add_int_value (builder, (gint64) self->n_pairs);
  json_builder_set_member_name (builder, "latents");
  json_builder_add_int_value (builder, (gint64) self->n_latents);
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_array (builder);
  for (gsize p = 0; p < self->n_factors; p++)
    json_builder_add_string_value (builder, simulator->parameters[p].name);
  json_builder_end_array (builder);
  us_json_number (builder, "mig", self->histogram->mig);
  us_json_number (builder, "mig_truth", self->histogram->mig_truth);
  us_json_number (builder, "rms_both", self->rms_both);
  us_json_number (builder, "told", self->mean_told);
  us_json_numbers (builder, "told_of", self->told, self->n_factors);
  add_information (builder, "histogram", self->histogram);
  add_information (builder, "chen", self->chen);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

static gboolean
write_pairs (const UsAnonymousEvaluation *self,
             const UsSimulator           *simulator,
             const char                  *path,
             GError                     **error)
{
  gsize p_count = self->n_factors, n_columns = p_count + self->n_latents;
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree double *values = g_new (double, self->n_pairs * n_columns);

  for (gsize p = 0; p < p_count; p++)
    g_ptr_array_add (names, g_strconcat ("v_", simulator->parameters[p].name, NULL));
  for (gsize l = 0; l < self->n_latents; l++)
    g_ptr_array_add (names, g_strdup_printf ("latent_%" G_GSIZE_FORMAT, l + 1));
  for (gsize i = 0; i < self->n_pairs; i++)
    {
      memcpy (values + i * n_columns, self->v + i * p_count, p_count * sizeof (double));
      memcpy (values + i * n_columns + p_count, self->mean + i * self->n_latents, self->n_latents * sizeof (double));
    }
  return us_csv_write (path, self->n_pairs, n_columns, (const char *const *) names->pdata, values, error);
}

gboolean
us_anonymous_evaluation_write (const UsAnonymousEvaluation  *self,
                               const UsSimvae               *model,
                               const char                   *folder,
                               GError                      **error)
{
  g_autofree char *metrics_path = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *pairs_path = g_build_filename (folder, "pairs.csv", NULL);
  g_autofree char *json = NULL;

  if (g_mkdir_with_parents (folder, 0777) != 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", folder, g_strerror (code));
      return FALSE;
    }
  json = metrics (self, model);
  return us_file_replace (metrics_path, json, strlen (json), error)
         && write_pairs (self, us_simvae_simulator (model), pairs_path, error);
}
