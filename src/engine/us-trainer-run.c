/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-trainer-private.h"

#include "us-file.h"

#include <glib/gstdio.h>
#include <math.h>

#define DEFAULT_CHECKPOINT_S  60.0
#define RETRY_CHECKPOINT_S    10.0     /* after one that could not be written */
#define PROGRESS_S            0.1
#define SNAPSHOT_S            0.8
#define MEASURE_S             1.5      /* of training thrown away to plan a step */
#define BUDGET_SHARE          0.95     /* the rest: start, measuring, calibration, saving */
#define CALIBRATION_MIN       512      /* draws */
#define CALIBRATION_MAX       8192

/* One call of us_trainer_run(): belongs to the training thread. */
typedef struct
{
  UsTrainer    *trainer;
  UsTraining   *training;
  UsPool       *pool;
  GCancellable *cancellable;
  char         *settings;
  double        seconds[2];            /* of training, pauses not counted */
  gint64        started, last_clock, last_progress, last_snapshot, next_checkpoint;
  guint64       rate_iteration;        /* where the rate was last measured */
  gint64        rate_clock;
  double        samples_per_s;
} Job;

static void
job_clear (Job *job)
{
  g_clear_pointer (&job->training, us_training_free);
  g_clear_pointer (&job->pool, us_pool_free);
  g_clear_pointer (&job->settings, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Job, job_clear)

static double
budget_seconds (const Job *job)
{
  const UsTrainerConfig *config = &job->trainer->config;

  return 60 * (config->minutes > 0 ? config->minutes : job->training->preset.minutes);
}

/* -- the record -------------------------------------------------------- */

/* The command that makes the same bits again: draws instead of minutes. */
static char *
make_command (const Job *job)
{
  const UsTrainerConfig *config = &job->trainer->config;
  UsTraining *t = job->training;
  g_autoptr(UsPrior) standard = us_prior_new_default (t->simulator);
  GString *text;

  if (config->command != NULL && config->samples > 0)
    return g_strdup (config->command);
  text = g_string_new (NULL);
  g_string_append_printf (text, "understudy-cli train simvae %s --output %s --preset %s --width %" G_GSIZE_FORMAT,
                          t->simulator->id, t->simulator->outputs[t->output].id, t->preset.id, t->preset.width);
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

static UsSimvae *
make_model (Job                 *job,
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

static void
set_state (Job            *job,
           UsTrainerState  state)
{
  g_mutex_lock (&job->trainer->lock);
  job->trainer->progress.state = state;
  g_mutex_unlock (&job->trainer->lock);
  us_trainer_notify (job->trainer);
}

static void
publish_model (Job      *job,
               UsSimvae *model)
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
estimate (Job               *job,
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
        progress->seconds_left = MAX (BUDGET_SHARE * budget_seconds (job) - job->seconds[0],
                                      progress->seconds_left * (1 + weight[1] / weight[0]) / 2);
    }
  progress->fraction = ((step == 2 ? weight[0] : 0) + weight[step - 1] * done / total) / (weight[0] + weight[1]);
}

static void
publish_progress (Job    *job,
                  gint64  now)
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

/* -- checkpoints ------------------------------------------------------- */

static double
checkpoint_seconds (const Job *job)
{
  double seconds = job->trainer->config.checkpoint_seconds;

  return seconds > 0 ? seconds : DEFAULT_CHECKPOINT_S;
}

/* A failure is said and tried again; the training goes on. */
static void
save_checkpoint (Job *job)
{
  UsTrainer *self = job->trainer;
  g_autoptr(GError) error = NULL;
  double wait = checkpoint_seconds (job);

  if (self->checkpoint_path == NULL)
    return;
  if (!us_training_save_checkpoint (job->training, job->settings, job->seconds, self->checkpoint_path, &error))
    wait = MIN (wait, RETRY_CHECKPOINT_S);
  g_mutex_lock (&self->lock);
  if (error != NULL)
    g_strlcpy (self->progress.warning, error->message, sizeof self->progress.warning);
  else
    self->progress.warning[0] = '\0';
  g_mutex_unlock (&self->lock);
  job->next_checkpoint = g_get_monotonic_time () + (gint64) (wait * 1e6);
}

/* -- planning ---------------------------------------------------------- */

static gboolean
begin_step (Job      *job,
            guint     step,
            GError  **error)
{
  const UsTrainerConfig *config = &job->trainer->config;
  UsTraining *t = job->training;
  double per_iteration, left;
  gint64 before = g_get_monotonic_time ();
  guint64 total;

  if (config->samples > 0)
    {
      guint64 samples = step == 2 && config->encoder_samples > 0 ? config->encoder_samples : config->samples;

      total = (samples + t->preset.batch - 1) / t->preset.batch;
    }
  else
    {
      left = BUDGET_SHARE * budget_seconds (job) - job->seconds[0];
      us_training_begin (t, step, G_MAXINT32);
      if (!us_training_measure (t, MIN (MEASURE_S, 0.03 * left), &per_iteration, error))
        return FALSE;
      left -= (g_get_monotonic_time () - before) / 1e6 * (step == 1 ? 2 : 1);
      /* were step 1 to take all the time there is, step 2 gets half its share at least */
      left = step == 1 ? left * t->preset.decoder_share
                       : MAX (left, 0.5 * (1 - t->preset.decoder_share) * budget_seconds (job));
      total = MAX ((guint64) (left / per_iteration), 1);
    }
  us_training_begin (t, step, total);
  job->rate_iteration = 0;
  job->rate_clock = job->last_clock = g_get_monotonic_time ();
  job->samples_per_s = 0;
  return TRUE;
}

/* -- the loop ---------------------------------------------------------- */

typedef enum
{
  GO_ON,
  STOP,
  CANCEL,
} Verdict;

static Verdict
ask (Job *job)
{
  UsTrainer *self = job->trainer;
  Verdict verdict = GO_ON;
  gboolean pause;

  if (g_cancellable_is_cancelled (job->cancellable) || g_cancellable_is_cancelled (self->cancellable))
    return CANCEL;
  g_mutex_lock (&self->lock);
  pause = self->pause;
  verdict = self->stop ? STOP : GO_ON;
  g_mutex_unlock (&self->lock);
  if (!pause || verdict == STOP)
    return verdict;

  /* What was learnt is safe before sleeping. */
  save_checkpoint (job);
  publish_progress (job, g_get_monotonic_time ());
  set_state (job, US_TRAINER_PAUSED);
  g_mutex_lock (&self->lock);
  while (self->pause && !self->stop
         && !g_cancellable_is_cancelled (job->cancellable) && !g_cancellable_is_cancelled (self->cancellable))
    g_cond_wait_until (&self->cond, &self->lock, g_get_monotonic_time () + 100 * G_TIME_SPAN_MILLISECOND);
  verdict = self->stop ? STOP : GO_ON;
  g_mutex_unlock (&self->lock);
  set_state (job, US_TRAINER_RUNNING);
  job->last_clock = job->rate_clock = g_get_monotonic_time ();
  job->rate_iteration = job->training->iteration;
  return ask (job);
}

/* After an iteration: clocks, progress, snapshot, checkpoint. */
static void
keep_house (Job *job)
{
  gint64 now = g_get_monotonic_time ();

  job->seconds[job->training->step - 1] += (now - job->last_clock) / 1e6;
  job->last_clock = now;
  if (now - job->last_progress >= PROGRESS_S * 1e6)
    publish_progress (job, now);
  if (now - job->last_snapshot >= SNAPSHOT_S * 1e6)
    {
      g_autoptr(UsSimvae) model = make_model (job, FALSE, NULL);

      publish_model (job, model);
    }
  if (now >= job->next_checkpoint)
    save_checkpoint (job);
}

static gboolean
train (Job      *job,
       Verdict  *verdict,
       GError  **error)
{
  UsTraining *t = job->training;

  for (;;)
    {
      while (t->iteration < t->total[t->step - 1])
        {
          *verdict = ask (job);
          if (*verdict != GO_ON)
            return TRUE;
          if (!us_training_advance (t, job->seconds[0] + job->seconds[1], error))
            return FALSE;
          keep_house (job);
        }
      us_training_finish_step (t);
      if (t->step == 3)
        return TRUE;
      if (!begin_step (job, 2, error))
        return FALSE;
    }
}

/* The model that is kept: the better of the best weights and (stopped) the newest ones, with its spread measured. */
static gboolean
finish (Job      *job,
        gboolean  stopped,
        GError  **error)
{
  UsTraining *t = job->training;
  gboolean best = !stopped || us_training_held_out (t) >= t->best_held_out;
  g_autoptr(UsSimvae) model = make_model (job, best, NULL);
  g_autoptr(UsSimvae) calibrated = NULL;
  g_autoptr(UsCalibration) calibration = NULL;

  publish_model (job, model);
  if (us_simvae_has_encoder (model))
    {
      gsize n = CLAMP (t->total[1] * t->preset.batch / 32, CALIBRATION_MIN, stopped ? 1024 : CALIBRATION_MAX);

      calibration = us_simvae_calibrate (model, n, t->seed, t->preset.augmentation, t->preset.augmented_share,
                                         job->pool, job->trainer->cancellable, error);
      if (calibration == NULL)
        return FALSE;
      calibrated = make_model (job, best, calibration);
      publish_model (job, calibrated);
    }
  if (job->trainer->config.path != NULL
      && !us_simvae_save (calibrated != NULL ? calibrated : model, job->trainer->config.path, error))
    return FALSE;
  if (!stopped && job->trainer->checkpoint_path != NULL)
    g_unlink (job->trainer->checkpoint_path);
  publish_progress (job, g_get_monotonic_time ());
  return TRUE;
}

static gboolean
prepare (Job      *job,
         GError  **error)
{
  UsTrainer *self = job->trainer;

  job->started = job->last_clock = g_get_monotonic_time ();
  job->pool = us_pool_new (self->config.n_workers, self->config.niceness);
  job->training = us_training_new (&self->config, job->pool, error);
  if (job->training == NULL)
    return FALSE;
  job->settings = us_training_settings (job->training, &self->config);
  job->next_checkpoint = job->started + (gint64) (checkpoint_seconds (job) * 1e6);

  if (self->config.resume && self->checkpoint_path != NULL && g_file_test (self->checkpoint_path, G_FILE_TEST_EXISTS))
    {
      if (!us_training_load_checkpoint (job->training, job->settings, job->seconds, self->checkpoint_path, error))
        return FALSE;
      g_mutex_lock (&self->lock);
      self->progress.resumed_from = job->training->iteration * job->training->preset.batch;
      if (job->training->step == 2)
        self->progress.resumed_from += job->training->total[0] * job->training->preset.batch;
      g_mutex_unlock (&self->lock);
      job->rate_iteration = job->training->iteration;
      job->rate_clock = job->last_clock = g_get_monotonic_time ();
      return TRUE;
    }
  return begin_step (job, 1, error);
}

/* What is learnt outlives what went wrong. */
static void
keep_best (Job *job)
{
  g_autoptr(GError) ignored = NULL;
  g_autoptr(UsSimvae) model = NULL;

  if (job->training == NULL || job->training->best == NULL || job->training->step > 2
      || !isfinite (job->training->best_held_out))
    return;
  model = make_model (job, TRUE, NULL);
  publish_model (job, model);
  if (job->trainer->config.path != NULL && !us_simvae_save (model, job->trainer->config.path, &ignored))
    g_debug ("%s", ignored->message);
}

gboolean
us_trainer_run (UsTrainer     *self,
                GCancellable  *cancellable,
                GError       **error)
{
  g_auto(Job) job = { .trainer = self, .cancellable = cancellable };
  g_autoptr(GError) failure = NULL;
  Verdict verdict = GO_ON;

  set_state (&job, US_TRAINER_RUNNING);
  if (prepare (&job, &failure) && train (&job, &verdict, &failure))
    {
      if (verdict != GO_ON)
        save_checkpoint (&job);
      if (verdict == CANCEL)
        g_set_error_literal (&failure, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The training was cancelled");
      else if (finish (&job, verdict == STOP, &failure))
        {
          set_state (&job, verdict == STOP ? US_TRAINER_STOPPED : US_TRAINER_DONE);
          return TRUE;
        }
    }
  else
    keep_best (&job);

  if (job.training != NULL && job.training->step > 0)
    publish_progress (&job, g_get_monotonic_time ());
  g_mutex_lock (&self->lock);
  if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->error = g_error_copy (failure);
  g_mutex_unlock (&self->lock);
  set_state (&job, self->error != NULL ? US_TRAINER_FAILED : US_TRAINER_STOPPED);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
