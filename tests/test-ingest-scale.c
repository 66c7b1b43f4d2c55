/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drawing that the prior cannot hold: scaled, read, and scaled back. */
#include "config.h"

#include "us-ingest-scale.h"
#include "us-ingest.h"
#include "us-simvae.h"

#include <math.h>
#include <string.h>

#define P 11
#define N 256
#define ROOM (0.9 * 0.25)       /* nine tenths of the prior ±0.25 */
#define LIMIT_EPSILON 1e-9

typedef double (*Shape) (double u);

/* The closed form. */
static double
series (const double *theta,
        double        u)
{
  double y = theta[0];

  for (int k = 1; k <= 5; k++)
    y += theta[k] * cos (2 * G_PI * k * u) + theta[5 + k] * sin (2 * G_PI * k * u);
  return y;
}

static void
draw_series (const double *theta,
             double       *xy)
{
  for (int i = 0; i < N; i++)
    {
      xy[2 * i] = (double) i / (N - 1);
      xy[2 * i + 1] = series (theta, xy[2 * i]);
    }
}

static void
draw_shape (Shape   shape,
            double  from,
            double  to,
            double *xy)
{
  for (int i = 0; i < N; i++)
    {
      xy[2 * i] = from + (to - from) * i / (N - 1);
      xy[2 * i + 1] = shape (xy[2 * i]);
    }
}

static UsPrior *
default_prior (void)
{
  return us_prior_new_default (us_registry_find ("fourier", NULL));
}

static void
test_fits (void)
{
  const double theta[P] = { 0.1, 0.22, -0.1, 0, 0, 0.05, -0.2, 0, 0.1, 0, 0 };
  g_autoptr(UsPrior) prior = default_prior ();
  UsIngestScale scale;
  double xy[2 * N];

  draw_series (theta, xy);
  us_ingest_scale_find (&scale, prior, 0, N, xy);
  g_assert_true (scale.possible);
  g_assert_true (us_ingest_scale_is_identity (&scale));
  g_assert_cmpfloat (us_ingest_scale_undo (&scale, 3, 0.2), ==, 0.2);
}

/* The least that it takes, by hand: the largest coefficient to the end of its room, the constant with it or moved. */
static void
test_closed_form (void)
{
  static const struct
  {
    double theta[P];
    double scale, shift;
    gsize  parameter;
  } cases[] = {
    { { 0, 0, 0, 0, 0, 0, 0.9 }, ROOM / 0.9, 0, 6 },
    { { 0.05, 0.1, 0, -0.6, 0, 0, 0.2 }, ROOM / 0.6, 0, 3 },
    { { 0.6, 0.1 }, 1, 0.6 - ROOM, 0 },
    { { -0.5, 0, 0, 0, 0, 0, 0, 0.45 }, 0.5, -0.5 + ROOM / 0.5, 7 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint output = 0; output < 2; output++)
      {
        const UsSimulator *fourier = us_registry_find ("fourier", NULL);
        g_autoptr(UsPrior) prior = default_prior ();
        UsIngestScale scale;
        double xy[2 * N], fitted[P];

        draw_series (cases[i].theta, xy);
        us_ingest_scale_find (&scale, prior, output, N, xy);
        g_assert_true (scale.possible);
        /* the drawing is a polyline of 255 pieces, sampled at 128 columns: not quite the curve */
        g_assert_cmpfloat_with_epsilon (scale.scale, cases[i].scale, 2e-3);
        g_assert_cmpfloat_with_epsilon (scale.shift, cases[i].shift, 2e-3);
        g_assert_cmpuint (scale.parameter, ==, cases[i].parameter);
        g_assert_cmpfloat_with_epsilon (scale.fitted, cases[i].theta[scale.parameter], 2e-3);
        g_assert_cmpfloat (scale.limit, ==, scale.fitted > 0 ? 0.25 : -0.25);

        /* What is read of the scaled drawing is inside the prior, and leads back. */
        us_ingest_scale_apply (&scale, N, xy);
        g_assert_true (fourier->fit (fourier, N, xy, fitted));
        for (gsize p = 0; p < P; p++)
          {
            g_assert_cmpfloat (fabs (fitted[p]), <=, ROOM + 2e-3);
            g_assert_cmpfloat_with_epsilon (us_ingest_scale_undo (&scale, p, fitted[p]), cases[i].theta[p], 2e-3);
          }
      }
}

/* A deep notch in a high line: moved down it would leave the field. */
static double
notch (double u)
{
  return fabs (u - 0.5) < 0.02 ? -0.9 : 0.95;
}

static double
big_ramp (double u)
{
  return 1.8 * u - 0.9;
}

static void
test_stays_in_field (void)
{
  g_autoptr(UsPrior) prior = default_prior ();
  UsIngestScale scale;
  double xy[2 * N];

  draw_shape (notch, 0, 1, xy);
  us_ingest_scale_find (&scale, prior, 0, N, xy);
  g_assert_true (scale.possible);
  g_assert_cmpfloat (scale.shift, >, 0.1);
  us_ingest_scale_apply (&scale, N, xy);
  for (int i = 0; i < N; i++)
    g_assert_cmpfloat (fabs (xy[2 * i + 1]), <=, 1 + LIMIT_EPSILON);
}

/* Half a curve: the fit of it alone is at liberty elsewhere, so that nothing may follow from it there. */
static void
test_partial (void)
{
  const double theta[P] = { 0, 0, 0, 0, 0, 0, 0.2 };
  g_autoptr(UsPrior) prior = default_prior ();
  UsIngestScale scale;
  double xy[2 * N];

  for (int i = 2; i <= N; i += 2)
    {
      draw_series (theta, xy);
      us_ingest_scale_find (&scale, prior, 0, i, xy);
      g_assert_cmpfloat (scale.scale, >, 0.9);
      g_assert_cmpfloat (fabs (scale.shift), <, 0.1);
    }
  /* nothing at all, a dot, a line straight up: as it stands */
  us_ingest_scale_find (&scale, prior, 0, 0, xy);
  g_assert_true (us_ingest_scale_is_identity (&scale));
  us_ingest_scale_find (&scale, prior, 0, 1, xy);
  g_assert_true (us_ingest_scale_is_identity (&scale));
  us_ingest_scale_find (&scale, prior, 0, 2, (const double[]) { 0.5, -1, 0.5, 1 });
  g_assert_true (us_ingest_scale_is_identity (&scale));
  us_ingest_scale_find (&scale, prior, 0, 5, (const double[]) { 0, 0.9, 0.4, -0.9, NAN, NAN, 0.6, 0.9, 1, -0.9 });
  g_assert_cmpfloat (scale.scale, <, 0.6);
}

static UsPrior *
prior_with (gsize          parameter,
            UsDistribution distribution)
{
  const UsSimulator *fourier = us_registry_find ("fourier", NULL);
  UsDistribution all[P];
  g_autoptr(GError) error = NULL;
  UsPrior *prior;

  for (gsize p = 0; p < P; p++)
    all[p] = fourier->parameters[p].prior;
  all[parameter] = distribution;
  prior = us_prior_new (fourier, all, &error);
  g_assert_no_error (error);
  return prior;
}

/* The model's own prior counts, not the simulator's default one. */
static void
test_other_priors (void)
{
  const double theta[P] = { 0, 0, 0, 0, 0, 0, 0.6 }, both[P] = { 0, 0.3, 0, 0, 0, 0, 0.9 };
  g_autoptr(UsPrior) wide = prior_with (6, (UsDistribution) { US_DISTRIBUTION_UNIFORM, -1, 1, 0 });
  g_autoptr(UsPrior) narrow = prior_with (6, (UsDistribution) { US_DISTRIBUTION_UNIFORM, -0.1, 0.1, 0 });
  g_autoptr(UsPrior) fixed = prior_with (6, (UsDistribution) { US_DISTRIBUTION_FIXED, 0, 0, 0 });
  g_autoptr(UsPrior) away = prior_with (1, (UsDistribution) { US_DISTRIBUTION_UNIFORM, 0.2, 0.25, 0 });
  UsIngestScale scale;
  double xy[2 * N];

  draw_series (theta, xy);
  us_ingest_scale_find (&scale, wide, 0, N, xy);
  g_assert_true (scale.possible && us_ingest_scale_is_identity (&scale));
  us_ingest_scale_find (&scale, narrow, 0, N, xy);
  g_assert_cmpfloat_with_epsilon (scale.scale, 0.09 / 0.6, 1e-3);
  us_ingest_scale_find (&scale, fixed, 0, N, xy);
  g_assert_true (us_ingest_scale_is_identity (&scale));
  /* its cosine is 0 and must not be: no scale does that; nor does one if 0.3 : 0.9 must become 0.2 : 0.25 */
  us_ingest_scale_find (&scale, away, 0, N, xy);
  g_assert_true (!scale.possible && us_ingest_scale_is_identity (&scale));
  draw_series (both, xy);
  us_ingest_scale_find (&scale, away, 0, N, xy);
  g_assert_true (!scale.possible && us_ingest_scale_is_identity (&scale));
}

static gboolean
bent_fit (const UsSimulator *self,
          gsize              n_points,
          const double      *xy,
          double            *theta)
{
  const UsSimulator *fourier = us_registry_find ("fourier", NULL);

  if (!fourier->fit (fourier, n_points, xy, theta))
    return FALSE;
  theta[6] *= 1 + 0.1 * fabs (theta[6]);
  return TRUE;
}

/* No fit, or one that says the simulator is not linear: nothing is offered. */
static void
test_not_offered (void)
{
  const double theta[P] = { 0, 0, 0, 0, 0, 0, 0.6 };
  UsSimulator bent = *us_registry_find ("fourier", NULL);
  g_autoptr(UsPrior) box_prior = us_prior_new_default (us_registry_find ("box", NULL));
  g_autoptr(UsPrior) bent_prior = NULL;
  UsIngestScale scale;
  double xy[2 * N];

  draw_series (theta, xy);
  us_ingest_scale_find (&scale, box_prior, 0, N, xy);
  g_assert_true (!scale.possible && us_ingest_scale_is_identity (&scale));
  bent.fit = bent_fit;
  bent_prior = us_prior_new_default (&bent);
  us_ingest_scale_find (&scale, bent_prior, 0, N, xy);
  g_assert_true (!scale.possible && us_ingest_scale_is_identity (&scale));
}

/* --- by the shipped model --------------------------------------------------- */

static double
big_waves (double u)
{
  return 0.85 * sin (2 * G_PI * u + 0.4);
}

static double
three_waves (double u)
{
  return 0.15 + 0.7 * sin (6 * G_PI * u);
}

static double
triangle (double u)
{
  return 0.9 - 3.6 * fabs (u - 0.5);
}

static double
high_hill (double u)
{
  return 0.4 + 0.5 * exp (-40 * (u - 0.6) * (u - 0.6));
}

static double
root_mean_square (const double *theta,
                  Shape         shape)
{
  double sum = 0;

  for (int j = 0; j < N; j++)
    sum += pow (series (theta, (j + 0.5) / N) - shape ((j + 0.5) / N), 2);
  return sqrt (sum / N);
}

static void
read_parameters (UsPlayer *player,
                 double   *xy,
                 double   *theta)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsObservation) observation = NULL;
  g_autoptr(UsInference) inference = NULL;
  UsSimvae *model = us_player_model (player);

  observation = us_observation_from_polyline (us_simvae_simulator (model), us_simvae_output (model), N, xy, &error);
  g_assert_no_error (error);
  inference = us_player_infer (player, observation->x, &error);
  g_assert_no_error (error);
  memcpy (theta, inference->mean, P * sizeof (double));
}

/* What a newcomer does first: a big curve.  Held against the best that 11 coefficients can do. */
static void
test_shipped_model (void)
{
  static const struct { const char *name; Shape shape; } shapes[] = {
    { "one big wave", big_waves }, { "three waves", three_waves }, { "triangle", triangle },
    { "high hill", high_hill }, { "ramp", big_ramp },
  };
  g_autofree char *path = g_build_filename (US_TEST_SOURCE_ROOT, "data", "models", "fourier.safetensors", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsSimvae) model = us_simvae_load (path, &error);
  g_autoptr(UsPlayer) player = NULL;

  g_assert_no_error (error);
  player = us_player_new (model, 1, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      const UsSimulator *fourier = us_simvae_simulator (model);
      double xy[2 * N], plain[P], scaled[P], best[P], rms[3];
      UsIngestScale scale;

      draw_shape (shapes[i].shape, 0, 1, xy);
      g_assert_true (fourier->fit (fourier, N, xy, best));
      us_ingest_scale_find (&scale, us_simvae_prior (model), 0, N, xy);
      g_assert_true (scale.possible && !us_ingest_scale_is_identity (&scale));
      read_parameters (player, xy, plain);
      us_ingest_scale_apply (&scale, N, xy);
      read_parameters (player, xy, scaled);
      for (gsize p = 0; p < P; p++)
        scaled[p] = us_ingest_scale_undo (&scale, p, scaled[p]);
      rms[0] = root_mean_square (best, shapes[i].shape);
      rms[1] = root_mean_square (scaled, shapes[i].shape);
      rms[2] = root_mean_square (plain, shapes[i].shape);
      g_test_message ("%s: scale %.3f, shift %.3f; RMS of the fit %.4f, scaled %.4f, as it stands %.4f",
                      shapes[i].name, scale.scale, scale.shift, rms[0], rms[1], rms[2]);
      /* 0.02 of a field 2 high is two thirds of a pixel */
      g_assert_cmpfloat (rms[1], <=, rms[0] + 0.02);
      g_assert_cmpfloat (rms[2], >, rms[1] + 0.1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ingest-scale/fits", test_fits);
  g_test_add_func ("/ingest-scale/closed-form", test_closed_form);
  g_test_add_func ("/ingest-scale/stays-in-field", test_stays_in_field);
  g_test_add_func ("/ingest-scale/partial", test_partial);
  g_test_add_func ("/ingest-scale/other-priors", test_other_priors);
  g_test_add_func ("/ingest-scale/not-offered", test_not_offered);
  g_test_add_func ("/ingest-scale/shipped-model", test_shipped_model);
  return g_test_run ();
}
