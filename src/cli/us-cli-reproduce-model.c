/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The models of a report: brought along, left by an earlier run, or trained now. */
#include "config.h"

#include "us-cli-reproduce-private.h"
#include "us-error.h"
#include "us-evaluate-anonymous.h"
#include "us-file.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define POLL_US (100 * 1000)

void
us_reproduce_rival_free (UsReproduceRival *rival)
{
  g_clear_pointer (&rival->model, us_simvae_unref);
  g_free (rival);
}

/* ---- what is there already ------------------------------------------------ */

/* A model that belongs in this report, or an error that says why not. */
static UsSimvae *
load (const char         *path,
      const UsSimulator  *simulator,
      UsMethod            method,
      GError            **error)
{
  g_autoptr(UsSimvae) model = us_simvae_load (path, error);
  const UsSimulator *of;

  if (model == NULL)
    return NULL;
  of = us_simvae_simulator (model);
  if (of != simulator || us_simvae_output (model) != 0)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "%s: a model of %s (%s), where one of %s (%s) is wanted", path, of->id,
                   of->outputs[us_simvae_output (model)].id, simulator->id, simulator->outputs[0].id);
      return NULL;
    }
  if (us_simvae_record (model)->method != method)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH, "%s: a model trained by “%s”, where “%s” is wanted", path,
                   us_method_id (us_simvae_record (model)->method), us_method_id (method));
      return NULL;
    }
  if (!us_simvae_has_encoder (model))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                   "%s: this model has a decoder only: its training ended before the encoder was trained", path);
      return NULL;
    }
  if (!us_prior_is_default (us_simvae_prior (model)))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   "%s: trained for another prior than the simulator's own, which the report is about", path);
      return NULL;
    }
  return g_steal_pointer (&model);
}

/* Beside each model stands how it is made, so that a second run goes on from it only if it means the same. */
static gboolean
check_plan (const char  *path,
            const char  *plan,
            GError     **error)
{
  g_autofree char *file = g_strconcat (path, ".plan", NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  g_autofree char *old = NULL, *now = g_strstrip (g_strdup (plan));

  if (!g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (checkpoint, G_FILE_TEST_EXISTS))
    return us_file_replace (file, plan, strlen (plan), error);
  if (g_file_get_contents (file, &old, NULL, NULL) && g_str_equal (old, plan))
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
               "%s was made with other options (%s, now %s): remove it, or choose another --out", path,
               old != NULL ? g_strstrip (old) : "unknown ones", now);
  return FALSE;
}

/* ---- training ---------------------------------------------------------------- */

typedef struct
{
  UsTrainer *trainer;
  GError    *error;
  gboolean   done;
  gint       ended;
} Job;

static gpointer
train_thread (gpointer data)
{
  Job *job = data;

  job->done = us_trainer_run (job->trainer, NULL, &job->error);
  g_atomic_int_set (&job->ended, TRUE);
  return NULL;
}

static void
show (UsTrainer  *trainer,
      const char *what)
{
  UsTrainerProgress progress;
  g_autofree char *left = NULL, *text = NULL;

  us_trainer_get_progress (trainer, &progress);
  if (progress.state != US_TRAINER_RUNNING || progress.step == 0)
    return;
  left = us_cli_duration (progress.seconds_left);
  text = g_strdup_printf ("%s: %3.0f %%, loss %.4g, %s left", what, 100 * progress.fraction, progress.loss, left);
  us_cli_progress (text);
}

/* Waits for the trainer; an interrupt lets it write down where it is. */
static gboolean
run (UsReproduction         *self,
     const UsTrainerConfig  *config,
     const char             *what,
     GError                **error)
{
  g_autoptr(UsTrainer) trainer = us_trainer_new (config);
  Job job = { .trainer = trainer };
  GThread *thread = g_thread_new ("train", train_thread, &job);
  gboolean stopping = FALSE;

  while (!g_atomic_int_get (&job.ended))
    {
      g_usleep (POLL_US);
      if (!stopping && g_cancellable_is_cancelled (self->cancellable))
        {
          stopping = TRUE;
          us_trainer_stop (trainer);
        }
      show (trainer, what);
    }
  g_thread_join (thread);
  us_cli_progress (NULL);
  if (!job.done)
    {
      g_propagate_error (error, job.error);
      return FALSE;
    }
  if (stopping)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped; the same command goes on from what is in %s",
                   self->models_out);
      return FALSE;
    }
  return TRUE;
}

static const char *
preset_for (const UsReproduction *self,
            double                minutes)
{
  if (self->quick || self->n_draws > 0)
    return "quick";
  return minutes < 8 ? "quick" : minutes < 28 ? "standard" : "best";
}

/* OUT/models/NAME.safetensors, made unless it is there and finished. */
static UsSimvae *
make (UsReproduction   *self,
      UsReproducePart  *part,
      UsMethod          method,
      const char       *preset,
      double            minutes,
      const char       *name,
      double           *seconds,
      GError          **error)
{
  g_autofree char *file = g_strconcat (name, ".safetensors", NULL);
  g_autofree char *path = g_build_filename (self->models_out, file, NULL);
  g_autofree char *checkpoint = g_strconcat (path, ".checkpoint", NULL);
  g_autofree char *plan = NULL, *what = NULL, *budget = NULL;
  g_autoptr(UsPrior) prior = us_prior_new_default (part->simulator);
  UsTrainerConfig config = { .prior = prior, .seed = self->seed, .path = path, .resume = TRUE, .n_workers = self->n_workers,
                             .method = method, .checkpoint_seconds = self->quick ? 3600 : 0 };
  gint64 began = g_get_monotonic_time ();

  budget = self->n_draws > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT " draws a step", self->n_draws)
                             : g_strdup_printf ("%g minutes", minutes);
  plan = g_strdup_printf ("%s, preset %s, %s, seed %" G_GUINT64_FORMAT "\n", us_method_id (method), preset, budget, self->seed);
  if (!check_plan (path, plan, error))
    return NULL;
  if (!g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (checkpoint, G_FILE_TEST_EXISTS))
    {
      if ((config.preset = us_preset_find (preset, error)) == NULL)
        return NULL;
      config.minutes = self->n_draws > 0 ? 0 : minutes;
      config.samples = self->n_draws;
      what = g_strdup_printf ("%s, %s", part->simulator->id, us_method_id (method));
      if (!run (self, &config, what, error))
        return NULL;
    }
  *seconds = (g_get_monotonic_time () - began) / 1e6;
  return load (path, part->simulator, method, error);
}

gboolean
us_reproduce_model (UsReproduction   *self,
                    UsReproducePart  *part,
                    GError          **error)
{
  if (self->models_in != NULL)
    {
      g_autofree char *file = g_strconcat (part->simulator->id, ".safetensors", NULL);
      g_autofree char *path = g_build_filename (self->models_in, file, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        {
          part->origin = g_strdup_printf ("from %s", path);
          part->model = load (path, part->simulator, US_METHOD_SIMVAE, error);
          return part->model != NULL;
        }
    }
  part->origin = g_strdup ("trained for this report");
  part->trained = TRUE;
  part->model = make (self, part, US_METHOD_SIMVAE, preset_for (self, self->minutes), self->minutes, part->simulator->id,
                      &part->train_s, error);
  return part->model != NULL;
}

/* ---- the comparison ----------------------------------------------------------- */

static UsReproduceScores
scores_of (const UsEvaluation *evaluation)
{
  return (UsReproduceScores) {
    .mig_bins = us_reproduce_gap (evaluation, evaluation->histogram).mig,
    .mig_chen = us_reproduce_gap (evaluation, evaluation->chen).mig,
    .accuracy = evaluation->modulo->mean_accuracy,
    .information = evaluation->modulo->mean_information,
    .disentanglement = evaluation->modulo->disentanglement,
    .rms_both = evaluation->rms_both,
    .rms_simulator = evaluation->rms_simulator,
  };
}

/* Latents without names have no accuracy, and cannot be run in the simulator. */
static UsReproduceScores
scores_of_anonymous (const UsAnonymousEvaluation *evaluation,
                     const gboolean              *discrete)
{
  gsize n = evaluation->n_factors;

  return (UsReproduceScores) {
    .mig_bins = us_information_mean_gap (n, evaluation->histogram->gap, discrete),
    .mig_chen = us_information_mean_gap (n, evaluation->chen->gap, discrete),
    .accuracy = NAN,
    .information = evaluation->mean_told,
    .disentanglement = NAN,
    .rms_both = evaluation->rms_both,
    .rms_simulator = NAN,
  };
}

static gboolean
measure (UsReproduction    *self,
         UsReproducePart   *part,
         UsReproduceRival  *rival,
         GError           **error)
{
  UsEvaluateConfig config = { .n_pairs = self->n_pairs, .seed = 1, .n_workers = self->n_workers };
  g_autofree char *text = g_strdup_printf ("%s, %s: measuring", part->simulator->id, us_method_id (rival->method));

  us_cli_progress (text);
  if (us_method_anonymous (rival->method))
    {
      g_autoptr(UsAnonymousEvaluation) evaluation = us_evaluate_anonymous (rival->model, &config, self->cancellable, error);

      if (evaluation == NULL)
        return FALSE;
      rival->scores = scores_of_anonymous (evaluation, part->evidence->evaluation->modulo->discrete);
    }
  else
    {
      g_autoptr(UsEvaluation) evaluation = us_evaluate_full (rival->model, &config, self->cancellable, error);

      if (evaluation == NULL)
        return FALSE;
      rival->scores = scores_of (evaluation);
    }
  return TRUE;
}

/* The model was trained as its rivals are. */
static gboolean
is_same (const UsReproduction  *self,
         const UsReproducePart *part)
{
  const char *preset = preset_for (self, self->compare_minutes);

  return part->trained && (self->n_draws > 0 || self->minutes == self->compare_minutes)
         && g_str_equal (preset, preset_for (self, self->minutes));
}

gboolean
us_reproduce_rivals (UsReproduction   *self,
                     UsReproducePart  *part,
                     GError          **error)
{
  static const UsMethod methods[] = { US_METHOD_SIMVAE, US_METHOD_SUPERVISED, US_METHOD_BETA_VAE };
  gint64 began = g_get_monotonic_time ();

  if (self->compare_minutes <= 0)
    return TRUE;
  for (guint m = 0; m < G_N_ELEMENTS (methods); m++)
    {
      UsReproduceRival *rival = g_new0 (UsReproduceRival, 1);
      g_autofree char *name = g_strdup_printf ("%s.%s", part->simulator->id, us_method_id (methods[m]));
      double seconds;

      rival->method = methods[m];
      g_ptr_array_add (part->rivals, rival);
      /* with --quick the model itself had no more than that */
      if (methods[m] == US_METHOD_SIMVAE && is_same (self, part))
        {
          rival->model = us_simvae_ref (part->model);
          rival->scores = scores_of (part->evidence->evaluation);
          continue;
        }
      rival->model = make (self, part, methods[m], preset_for (self, self->compare_minutes), self->compare_minutes, name,
                           &seconds, error);
      if (rival->model == NULL || !measure (self, part, rival, error))
        return FALSE;
    }
  part->rivals_s = (g_get_monotonic_time () - began) / 1e6;
  return TRUE;
}
