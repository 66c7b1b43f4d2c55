/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-reading.h"

#include "us-refine.h"
#include "us-repeats.h"
#include "us-simvae-private.h"
#include "us-symmetry.h"

#include <math.h>
#include <string.h>

/* P parameters, D derived quantities, C channels, M other members. */

#define MAX_OTHERS   7            /* all other orders of a quadrangle's corners */
#define OTHERS_SEED  1

struct _UsReader
{
  UsPlayer      *player;          /* owned */
  UsCalibration *derived;         /* of the derived quantities; NULL: none, or not measured yet */
  gboolean       refine;
};

UsReader *
us_reader_new (UsSimvae *model)
{
  UsReader *self = g_new0 (UsReader, 1);

  self->player = us_player_new (model, 1, NULL);
  return self;
}

void
us_reader_free (UsReader *self)
{
  if (self == NULL)
    return;
  us_player_free (self->player);
  g_clear_pointer (&self->derived, us_calibration_free);
  g_free (self);
}

UsSimvae *
us_reader_model (UsReader *self)
{
  return us_player_model (self->player);
}

void
us_reader_set_refine (UsReader *self,
                      gboolean  refine)
{
  self->refine = refine;
}

/* --- into the prior and back ------------------------------------------------- */

/* The drawing as its prior can hold it; its points stay as they were, for who shows them. */
static gboolean
scale_down (UsReading  *reading,
            GError    **error)
{
  UsObservation *observation = reading->observation;
  g_autofree double *xy = g_memdup2 (observation->xy, 2 * observation->n_points * sizeof *xy);
  UsObservation *scaled;

  us_ingest_scale_apply (&reading->scale, observation->n_points, xy);
  scaled = us_observation_from_polyline (us_simvae_simulator (reading->model), us_simvae_output (reading->model),
                                         observation->n_points, xy, error);
  if (scaled == NULL)
    return FALSE;
  memcpy (scaled->xy, observation->xy, 2 * observation->n_points * sizeof *xy);
  g_free (scaled->origin);
  g_free (scaled->note);
  scaled->origin = g_steal_pointer (&observation->origin);
  scaled->note = g_steal_pointer (&observation->note);
  us_observation_free (observation);
  reading->observation = scaled;
  reading->scaled = TRUE;
  return TRUE;
}

static void
stretch (const UsIngestScale *scale,
         gsize                n,
         float               *values)
{
  for (gsize i = 0; i < n; i++)
    values[i] = values[i] / scale->scale + scale->shift;
}

/* The simulator; of a noisy output the mean of runs, always the same. */
static gboolean
run_again (const UsReading *reading,
           const double    *theta,      /* (P) */
           float           *x)          /* (N) */
{
  g_autofree float *variance = g_new (float, reading->inference->n_values);

  return us_repeats_run (us_simvae_simulator (reading->model), us_simvae_output (reading->model), theta, US_REPEATS_ONE,
                         0, 0, x, variance);
}

/* Back to the drawing's own height: a series as a whole; of an image what the simulator makes of
 * the parameters, if they are within its bounds. */
static void
scale_up (UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  UsInference *inference = reading->inference;
  double theta[US_MAX_PARAMETERS];

  if (simulator->outputs[us_simvae_output (reading->model)].kind == US_OUTPUT_SERIES)
    {
      stretch (&reading->scale, inference->n_values, reading->observation->x);
      stretch (&reading->scale, inference->n_values, inference->decoded);
      stretch (&reading->scale, inference->n_values, inference->simulated);
      inference->rms_decoder /= reading->scale.scale;
      inference->rms_simulator /= reading->scale.scale;
      return;
    }
  for (gsize p = 0; p < inference->n_parameters; p++)
    theta[p] = us_reading_in_own_height (reading, p, inference->mean[p]);
  if (!us_simulator_check (simulator, theta, NULL))
    return;
  reading->simulated = g_new0 (float, inference->n_values);
  if (!run_again (reading, theta, reading->simulated))
    g_clear_pointer (&reading->simulated, g_free);
}

/* --- what follows from the parameters ------------------------------------------ */

/* Measured on what the simulator makes, not pushed through the parameters' own intervals: where only
 * f0 and Q can be told, those of R, L and C say nothing about them. */
static gboolean
derive (UsReader   *self,
        UsReading  *reading,
        GError    **error)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  gsize D = simulator->n_derived;
  g_autofree double *spread = g_new (double, 2 * D);    /* (2, D) sd and half width, as compared */
  double theta[US_MAX_PARAMETERS];

  if (D == 0)
    return TRUE;
  if (self->derived == NULL && (self->derived = us_simvae_calibrate_derived (reading->model, error)) == NULL)
    return FALSE;
  us_calibration_spread (self->derived, reading->inference->rms_decoder, NULL, spread, spread + D);
  for (gsize p = 0; p < simulator->n_parameters; p++)
    theta[p] = us_reading_in_own_height (reading, p, reading->inference->mean[p]);
  reading->n_derived = D;
  reading->derived = g_new (UsDerivedReading, D);
  for (gsize d = 0; d < D; d++)
    {
      UsDerivedReading *of = &reading->derived[d];
      double value = simulator->derived[d].value (simulator, theta), half = spread[D + d];

      *of = (UsDerivedReading) { value, NAN, NAN, NAN };
      if (reading->scaled)
        continue;
      of->sd = simulator->derived[d].logarithmic ? value * G_LN10 * spread[d] : spread[d];
      of->lower = simulator->derived[d].logarithmic ? value * pow (10, -half) : value - half;
      of->upper = simulator->derived[d].logarithmic ? value * pow (10, half) : value + half;
    }
  return TRUE;
}

/* --- the other members of its class ------------------------------------------------ */

/* Each is handed to the simulator to be checked. */
static void
find_others (UsReading *reading)
{
  const UsSimulator *simulator = us_simvae_simulator (reading->model);
  gsize P = simulator->n_parameters, C = simulator->outputs[us_simvae_output (reading->model)].channels, n;
  g_autofree float *x = g_new (float, reading->inference->n_values);

  reading->others_are_all = simulator->random_equivalent == NULL;
  if (reading->others_are_all || reading->scaled || !us_simulator_check (simulator, reading->inference->mean, NULL))
    return;
  reading->others = g_new (double, MAX_OTHERS * P);
  reading->others_rms = g_new (double, MAX_OTHERS * C);
  n = us_symmetry_others (us_simvae_prior (reading->model), reading->inference->mean, OTHERS_SEED, MAX_OTHERS,
                          reading->others, &reading->others_are_all);
  for (gsize m = 0; m < n; m++)
    {
      double *theta = reading->others + reading->n_others * P;

      memmove (theta, reading->others + m * P, P * sizeof (double));
      if (!run_again (reading, theta, x))
        continue;
      for (gsize c = 0; c < C; c++)
        reading->others_rms[reading->n_others * C + c] = us_reading_channel_rms (reading, c, x);
      reading->n_others++;
    }
}

/* --- the simulator's last word ------------------------------------------------ */

static void
refine (UsReading *reading)
{
  UsPrior *prior = us_simvae_prior (reading->model);
  double z[US_MAX_PARAMETERS];

  us_prior_to_latent (prior, reading->inference->mean, z);
  reading->rms_refined = us_refine (prior, us_simvae_output (reading->model), reading->observation->x, z,
                                    &reading->n_runs);
  reading->refined = g_new (double, reading->inference->n_parameters);
  us_prior_from_latent (prior, z, reading->refined);
}

/* --- all of it ------------------------------------------------------------------- */

UsReading *
us_reader_read (UsReader       *self,
                UsObservation  *observation,
                gboolean        scaled,
                GError        **error)
{
  g_autoptr(UsReading) reading = g_new0 (UsReading, 1);
  UsSimvae *model = us_reader_model (self);

  reading->model = us_simvae_ref (model);
  reading->observation = observation;
  reading->scale.scale = 1;
  if (observation->xy != NULL)
    us_ingest_scale_find (&reading->scale, us_simvae_prior (model), us_simvae_output (model), observation->n_points,
                          observation->xy);
  if (scaled && !us_ingest_scale_is_identity (&reading->scale) && !scale_down (reading, error))
    return NULL;
  reading->inference = us_player_infer (self->player, reading->observation->x, error);
  if (reading->inference == NULL)
    return NULL;
  if (self->refine && us_refine_refusal (us_simvae_prior (model), us_simvae_output (model)) == NULL)
    refine (reading);
  if (reading->scaled)
    scale_up (reading);
  if (!derive (self, reading, error))
    return NULL;
  find_others (reading);
  return g_steal_pointer (&reading);
}
