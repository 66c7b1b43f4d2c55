/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-trainer-private.h"

#include "us-file.h"

#include <math.h>

double
us_job_budget_seconds (const UsTrainerJob *job)
{
  const UsTrainerConfig *config = &job->trainer->config;

  return 60 * (config->minutes > 0 ? config->minutes : job->training->preset.minutes);
}

guint64
us_job_iterations (const UsTrainerJob *job,
                   guint               step)
{
  const UsTrainerConfig *config = &job->trainer->config;
  const UsTraining *t = job->training;
  guint64 encoder = config->encoder_samples > 0 ? config->encoder_samples : config->samples;
  guint64 samples = step == 2 ? encoder : config->samples;

  /* both networks at once: all that two steps would draw */
  if (us_training_first_step (t) == 2)
    samples = config->samples + encoder;
  return (samples + t->preset.batch - 1) / t->preset.batch;
}

/* -- the record -------------------------------------------------------- */

static void
append_number (GString    *text,
               const char *option,
               double      value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (value > 0)
    g_string_append_printf (text, " %s %s", option, us_dtoa (number, value));
}

/* What is not SimVAE's own way. */
static void
append_method (GString            *text,
               const UsTrainerJob *job)
{
  const UsTrainerConfig *config = &job->trainer->config;

  if (config->method != US_METHOD_SIMVAE)
    g_string_append_printf (text, " --method %s", us_method_id (config->method));
  append_number (text, "--kl-weight", config->kl_weight);
  append_number (text, "--beta", config->beta);
  append_number (text, "--labelled-share", config->labelled_share);
  if (config->bank != NULL)
    {
      g_autofree char *quoted = g_shell_quote (config->bank);

      g_string_append_printf (text, " --bank %s", quoted);
    }
}

static void
append_samples (GString          *text,
                const UsTraining *t)
{
  guint64 samples[2] = { t->total[0] * t->preset.batch, t->total[1] * t->preset.batch };

  /* both networks at once: the sum of what two steps would have */
  if (us_training_first_step (t) == 2)
    {
      samples[0] = samples[1] / 2;
      samples[1] -= samples[0];
    }
  g_string_append_printf (text, " --samples %" G_GUINT64_FORMAT, samples[0]);
  if (samples[1] != samples[0] && samples[1] > 0)
    g_string_append_printf (text, " --encoder-samples %" G_GUINT64_FORMAT, samples[1]);
}

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
  append_method (text, job);
  g_string_append_printf (text, " --seed %" G_GUINT64_FORMAT, t->seed);
  append_samples (text, t);
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
  record.method = t->method;
  for (int s = 0; s < 2; s++)
    {
      record.samples[s] = t->total[s] * t->preset.batch;
      record.seconds[s] = job->seconds[s];
      record.history[s] = g_array_ref (t->history[s]);
    }
  model = us_training_model (t, &record, best);
  us_simvae_record_clear (&record);
  if (model != NULL && calibration != NULL)
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
      weight[0] = cost[0] * t->total[0];
      weight[1] = cost[1] * us_job_iterations (job, 2);
      progress->seconds_left = (total - done) * per_iteration;
      if (step == 1)
        progress->seconds_left += weight[1] / cost[0] * per_iteration;
    }
  else
    {
      weight[0] = us_training_first_step (t) == 1 ? t->preset.decoder_share : 0;
      weight[1] = 1 - weight[0];
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
  const UsAdam *adam = t->learners[step == 1 ? US_DECODER : US_ENCODER].adam;
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
  self->progress.learning_rate = adam != NULL ? us_adam_learning_rate (&adam->config, adam->step) : 0;
  for (int s = 0; s < 2; s++)
    {
      g_array_set_size (self->history[s], 0);
      g_array_append_vals (self->history[s], t->history[s]->data, t->history[s]->len);
    }
  g_mutex_unlock (&self->lock);
  job->last_progress = now;
  us_trainer_notify (self);
}
