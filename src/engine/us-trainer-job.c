/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-trainer-private.h"

#include <math.h>

double
us_job_budget_seconds (const UsTrainerJob *job)
{
  const UsTrainerConfig *config = &job->trainer->config;

  return 60 * (config->minutes > 0 ? config->minutes : job->training->preset.minutes);
}

/* -- the record -------------------------------------------------------- */

/* The command that makes the same bits again: draws instead of minutes. */
static char *
make_command (const UsTrainerJob *job)
{
  const UsTrainerConfig *config = &job->trainer->config;
  UsTraining *t = job->training;
  g_autoptr(UsPrior) standard = us_prior_new_default (t->simulator);
  g_autofree char *id = NULL;
  GString *text;

  if (config->command != NULL && config->samples > 0)
    return g_strdup (config->command);
  /* a set of pictures may lie in a folder whose name has spaces */
  id = g_regex_match_simple ("^[A-Za-z0-9_./:=+-]+$", t->simulator->id, 0, 0) ? g_strdup (t->simulator->id)
                                                                         : g_shell_quote (t->simulator->id);
  text = g_string_new (NULL);
  g_string_append_printf (text, "understudy-cli train simvae %s --output %s --preset %s --width %" G_GSIZE_FORMAT,
                          id, t->simulator->outputs[t->output].id, t->preset.id, t->preset.width);
  for (gsize p = 0; p < t->n_parameters; p++)
    {
      g_autofree char *usual = us_distribution_to_string (us_prior_distribution (standard, p));
      g_autofree char *now = us_distribution_to_string (us_prior_distribution (t->prior, p));

      if (g_strcmp0 (usual, now) != 0)
        g_string_append_printf (text, " --prior %s=%s", t->simulator->parameters[p].name, now);
    }
  g_string_append_printf (text, " --seed %" G_GUINT64_FORMAT " --samples %" G_GUINT64_FORMAT, t->seed,
                          t->total[0] * t->preset.batch);
  if (t->total[1] != t->total[0] && t->total[1] > 0)
    g_string_append_printf (text, " --encoder-samples %" G_GUINT64_FORMAT, t->total[1] * t->preset.batch);
  if (config->path != NULL)
    {
      g_autofree char *name = g_path_get_basename (config->path);
      g_autofree char *quoted = g_shell_quote (name);

      g_string_append_printf (text, " --out %s", quoted);
    }
  return g_string_free (text, FALSE);
}

UsSimvae *
us_job_make_model (UsTrainerJob        *job,
                   gboolean             best,
                   const UsCalibration *calibration)
{
  UsTraining *t = job->training;
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  UsSimvaeRecord record = { 0 };
  UsSimvae *model;

  record.preset = g_strdup (t->preset.id);
  record.seed = t->seed;
  record.program_version = g_strdup (US_VERSION);
  record.created = g_date_time_format_iso8601 (now);
  record.command = make_command (job);
  for (int s = 0; s < 2; s++)
    {
      record.samples[s] = t->total[s] * t->preset.batch;
      record.seconds[s] = job->seconds[s];
      record.history[s] = g_array_ref (t->history[s]);
    }
  model = us_training_model (t, &record, best);
  us_simvae_record_clear (&record);
  if (calibration != NULL)
    {
      UsSimvaeParts parts;
      UsSimvae *calibrated;

      us_simvae_get_parts (model, &parts);
      parts.calibration = calibration;
      calibrated = us_simvae_new (&parts);
      us_simvae_unref (model);
      model = calibrated;
    }
  return model;
}

/* -- what is shown ----------------------------------------------------- */

void
us_job_set_state (UsTrainerJob  *job,
                  UsTrainerState state)
{
  g_mutex_lock (&job->trainer->lock);
  job->trainer->progress.state = state;
  g_mutex_unlock (&job->trainer->lock);
  us_trainer_notify (job->trainer);
}

void
us_job_publish_model (UsTrainerJob *job,
                      UsSimvae     *model)
{
  UsSimvae *old;

  g_mutex_lock (&job->trainer->lock);
  old = job->trainer->model;
  job->trainer->model = us_simvae_ref (model);
  g_mutex_unlock (&job->trainer->lock);
  g_clear_pointer (&old, us_simvae_unref);
  job->last_snapshot = g_get_monotonic_time ();
}

/* Share of the whole and the time left, from the nominal cost of both steps. */
static void
estimate (UsTrainerJob      *job,
          UsTrainerProgress *progress)
{
  UsTraining *t = job->training;
  guint step = MIN (t->step, 2);
  double done = t->iteration, total = MAX (t->total[step - 1], 1), per_iteration;
  double cost[2] = { us_training_cost (t, 1), us_training_cost (t, 2) };
  double weight[2];

  per_iteration = job->samples_per_s > 0 ? t->preset.batch / job->samples_per_s : NAN;
  if (job->trainer->config.samples > 0)
    {
      guint64 samples = job->trainer->config.encoder_samples > 0 ? job->trainer->config.encoder_samples
                                                                 : job->trainer->config.samples;

      weight[0] = cost[0] * t->total[0];
      weight[1] = cost[1] * (samples / t->preset.batch);
      progress->seconds_left = (total - done) * per_iteration;
      if (step == 1)
        progress->seconds_left += weight[1] / cost[0] * per_iteration;
    }
  else
    {
      weight[0] = t->preset.decoder_share;
      weight[1] = 1 - t->preset.decoder_share;
      progress->seconds_left = (total - done) * per_iteration;
      if (step == 1)
        progress->seconds_left = MAX (US_JOB_BUDGET_SHARE * us_job_budget_seconds (job) - job->seconds[0],
                                      progress->seconds_left * (1 + weight[1] / weight[0]) / 2);
    }
  progress->fraction = ((step == 2 ? weight[0] : 0) + weight[step - 1] * done / total) / (weight[0] + weight[1]);
}

void
us_job_publish_progress (UsTrainerJob *job,
                         gint64        now)
{
  UsTrainer *self = job->trainer;
  UsTraining *t = job->training;
  guint step = MIN (t->step, 2);
  UsTrainerProgress progress = { 0 };

  if (t->iteration > job->rate_iteration && now - job->rate_clock > 500000)
    {
      double rate = (t->iteration - job->rate_iteration) * t->preset.batch * 1e6 / (now - job->rate_clock);

      job->samples_per_s = job->samples_per_s > 0 ? 0.7 * job->samples_per_s + 0.3 * rate : rate;
      job->rate_iteration = t->iteration;
      job->rate_clock = now;
    }
  estimate (job, &progress);

  g_mutex_lock (&self->lock);
  self->progress.step = step;
  self->progress.samples = t->iteration * t->preset.batch;
  self->progress.total_samples = t->total[step - 1] * t->preset.batch;
  self->progress.fraction = t->step == 3 ? 1 : progress.fraction;
  self->progress.seconds = job->seconds[0] + job->seconds[1];
  self->progress.seconds_left = t->step == 3 ? 0 : progress.seconds_left;
  self->progress.samples_per_s = job->samples_per_s;
  self->progress.simulations_per_s = t->simulations_per_s;
  self->progress.loss = t->last_loss;
  self->progress.held_out = t->last_held_out;
  self->progress.learning_rate = t->adam != NULL ? us_adam_learning_rate (&t->adam->config, t->iteration) : 0;
  for (int s = 0; s < 2; s++)
    {
      g_array_set_size (self->history[s], 0);
      g_array_append_vals (self->history[s], t->history[s]->data, t->history[s]->len);
    }
  g_mutex_unlock (&self->lock);
  job->last_progress = now;
  us_trainer_notify (self);
}
