/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-infer-worker.h"

#include <math.h>
#include <string.h>

#define N_OTHERS 4              /* equally good answers that are shown */
#define OTHERS_SEED 1

struct _UsInferWorker
{
  gatomicrefcount ref_count;
  UsPreview      *preview;      /* borrowed */
  UsMailbox      *mailbox;      /* owned */
  UsPlayer       *player;       /* of the preview thread alone */
};

typedef struct
{
  UsInferWorker *worker;        /* owned, as all that follows */
  UsSimvae      *model;
  gboolean       scaled;        /* wanted */
  double        *xy;            /* a drawing, */
  gsize          n_points;
  char          *path;          /* or a file, */
  gsize          index;
  UsObservation *observation;   /* or data read before */
} Request;

void
us_infer_letter_free (UsInferLetter *letter)
{
  g_clear_pointer (&letter->model, us_simvae_unref);
  g_clear_pointer (&letter->observation, us_observation_free);
  g_clear_pointer (&letter->inference, us_inference_free);
  g_clear_error (&letter->error);
  g_free (letter->others);
  g_free (letter->others_rms);
  g_free (letter->simulated);
  g_free (letter->path);
  g_free (letter);
}

double
us_infer_letter_channel_rms (const UsInferLetter *letter,
                             gsize                channel,
                             const float         *values)
{
  gsize C = us_simvae_simulator (letter->model)->outputs[us_simvae_output (letter->model)].channels;
  gsize n = letter->observation->n_values / C;
  double square = 0;

  for (gsize i = 0; i < n; i++)
    {
      double d = (double) values[i * C + channel] - letter->observation->x[i * C + channel];

      square += d * d;
    }
  return sqrt (square / n);
}

static void
worker_unref (UsInferWorker *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->player, us_player_free);
  us_mailbox_unref (self->mailbox);
  g_free (self);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  worker_unref (request->worker);
  us_simvae_unref (request->model);
  g_clear_pointer (&request->observation, us_observation_free);
  g_free (request->xy);
  g_free (request->path);
  g_free (request);
}

UsInferWorker *
us_infer_worker_new (UsPreview *preview,
                     UsMailbox *mailbox)
{
  UsInferWorker *self = g_new0 (UsInferWorker, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->preview = preview;
  self->mailbox = us_mailbox_ref (mailbox);
  return self;
}

void
us_infer_worker_close (UsInferWorker *self)
{
  worker_unref (self);
}

/* The observation that the request speaks of. */
static UsObservation *
observe (Request  *request,
         GError  **error)
{
  const UsSimulator *simulator = us_simvae_simulator (request->model);
  guint output = us_simvae_output (request->model);

  if (request->observation != NULL)
    return g_steal_pointer (&request->observation);
  if (request->path != NULL)
    return us_observation_load (simulator, output, request->path, request->index, error);
  return us_observation_from_polyline (simulator, output, request->n_points, request->xy, error);
}

/* The drawing as its prior can hold it; its points stay as they were, for the canvas. */
static UsObservation *
scale_down (UsInferLetter *letter,
            UsObservation *observation,         /* taken over */
            GError       **error)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  g_autofree double *xy = g_memdup2 (observation->xy, 2 * observation->n_points * sizeof *xy);
  UsObservation *scaled;

  us_ingest_scale_apply (&letter->scale, observation->n_points, xy);
  scaled = us_observation_from_polyline (simulator, us_simvae_output (letter->model), observation->n_points, xy, error);
  if (scaled != NULL)
    {
      memcpy (scaled->xy, observation->xy, 2 * observation->n_points * sizeof *xy);
      g_free (scaled->origin);
      g_free (scaled->note);
      scaled->origin = g_steal_pointer (&observation->origin);
      scaled->note = g_steal_pointer (&observation->note);
    }
  us_observation_free (observation);
  letter->scaled = TRUE;
  return scaled;
}

static void
stretch (const UsIngestScale *scale,
         gsize                n,
         float               *values)
{
  for (gsize i = 0; i < n; i++)
    values[i] = values[i] / scale->scale + scale->shift;
}

/* Back to the drawing's own height: a series as a whole; of an image what the simulator makes of
 * the parameters, if they are within its bounds. */
static void
scale_up (UsInferLetter *letter)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  guint index = us_simvae_output (letter->model);
  UsInference *inference = letter->inference;
  double theta[US_MAX_PARAMETERS];
  UsRng rng;

  if (simulator->outputs[index].kind == US_OUTPUT_SERIES)
    {
      stretch (&letter->scale, inference->n_values, letter->observation->x);
      stretch (&letter->scale, inference->n_values, inference->decoded);
      stretch (&letter->scale, inference->n_values, inference->simulated);
      inference->rms_decoder /= letter->scale.scale;
      inference->rms_simulator /= letter->scale.scale;
      return;
    }
  for (gsize p = 0; p < inference->n_parameters; p++)
    theta[p] = us_ingest_scale_undo (&letter->scale, p, inference->mean[p]);
  if (!us_simulator_check (simulator, theta, NULL))
    return;
  us_rng_init (&rng, 0, US_RNG_SIMULATOR, 0);
  letter->simulated = g_new0 (float, inference->n_values);
  if (simulator->run (simulator, theta, index, &rng, letter->simulated) != US_SIM_OK)
    g_clear_pointer (&letter->simulated, g_free);
}

/* Other members of the answer's class, each handed to the simulator to be checked. */
static void
find_others (UsInferLetter *letter)
{
  const UsSimulator *simulator = us_simvae_simulator (letter->model);
  guint index = us_simvae_output (letter->model);
  gsize P = simulator->n_parameters, C = simulator->outputs[index].channels;
  g_autofree float *x = g_new (float, letter->inference->n_values);
  UsRng rng;

  if (simulator->random_equivalent == NULL || !us_simulator_check (simulator, letter->inference->mean, NULL))
    return;
  letter->others = g_new (double, N_OTHERS * P);
  letter->others_rms = g_new (double, N_OTHERS * C);
  us_rng_init (&rng, OTHERS_SEED, US_RNG_PRIOR, 0);
  for (gsize k = 0; k < N_OTHERS; k++)
    {
      double *theta = letter->others + letter->n_others * P;
      UsRng noise;

      simulator->random_equivalent (simulator, letter->inference->mean, &rng, theta);
      us_rng_init (&noise, 0, US_RNG_SIMULATOR, 0);
      if (simulator->run (simulator, theta, index, &noise, x) != US_SIM_OK)
        continue;
      for (gsize c = 0; c < C; c++)
        letter->others_rms[letter->n_others * C + c] = us_infer_letter_channel_rms (letter, c, x);
      letter->n_others++;
    }
}

/* On the preview thread.  Not cancelled: it is short, and a pen that moves faster than the
 * network must still see answers. */
static void
infer (gpointer    data,
       const gint *cancelled)
{
  Request *request = data;
  UsInferWorker *self = request->worker;
  g_autoptr(UsInferLetter) letter = g_new0 (UsInferLetter, 1);
  gint64 start = g_get_monotonic_time ();

  letter->model = us_simvae_ref (request->model);
  letter->path = g_strdup (request->path);
  letter->scale.scale = 1;
  letter->observation = observe (request, &letter->error);
  if (letter->observation != NULL && letter->observation->xy != NULL)
    us_ingest_scale_find (&letter->scale, us_simvae_prior (request->model), us_simvae_output (request->model),
                          letter->observation->n_points, letter->observation->xy);
  if (request->scaled && !us_ingest_scale_is_identity (&letter->scale))
    letter->observation = scale_down (letter, letter->observation, &letter->error);
  if (letter->observation != NULL)
    {
      if (self->player == NULL || us_player_model (self->player) != request->model)
        {
          g_clear_pointer (&self->player, us_player_free);
          self->player = us_player_new (request->model, 1, NULL);
        }
      letter->inference = us_player_infer (self->player, letter->observation->x, &letter->error);
      if (letter->inference != NULL && letter->scaled)
        scale_up (letter);
      else if (letter->inference != NULL)
        find_others (letter);
    }
  letter->milliseconds = (g_get_monotonic_time () - start) / 1e3;
  us_mailbox_post (self->mailbox, g_steal_pointer (&letter));
}

static Request *
request_new (UsInferWorker *self,
             UsSimvae      *model)
{
  Request *request = g_new0 (Request, 1);

  g_atomic_ref_count_inc (&self->ref_count);
  request->worker = self;
  request->model = us_simvae_ref (model);
  return request;
}

void
us_infer_worker_draw (UsInferWorker *self,
                      UsSimvae      *model,
                      gboolean       scaled,
                      gsize          n_points,
                      double        *xy)
{
  Request *request = request_new (self, model);

  request->scaled = scaled;
  request->n_points = n_points;
  request->xy = xy;
  us_preview_submit (self->preview, infer, request, request_free);
}

void
us_infer_worker_open (UsInferWorker *self,
                      UsSimvae      *model,
                      gboolean       scaled,
                      const char    *path,
                      gsize          index)
{
  Request *request = request_new (self, model);

  request->scaled = scaled;
  request->path = g_strdup (path);
  request->index = index;
  us_preview_submit (self->preview, infer, request, request_free);
}

void
us_infer_worker_repeat (UsInferWorker       *self,
                        UsSimvae            *model,
                        const UsObservation *observation)
{
  Request *request = request_new (self, model);
  UsObservation *copy = g_new0 (UsObservation, 1);

  copy->n_values = observation->n_values;
  copy->x = g_memdup2 (observation->x, observation->n_values * sizeof *observation->x);
  copy->n_points = observation->n_points;
  copy->xy = g_memdup2 (observation->xy, 2 * observation->n_points * sizeof *observation->xy);
  copy->origin = g_strdup (observation->origin);
  copy->note = g_strdup (observation->note);
  request->observation = copy;
  us_preview_submit (self->preview, infer, request, request_free);
}
