/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One observation read whole: scaled where it must be, with what follows and how far that holds, and with all that
 * is as good. */
#include "us-error.h"
#include "us-reading.h"
#include "us-simvae-private.h"
#include "us-symmetry.h"

#include <math.h>
#include <string.h>

/* P parameters, D derived quantities. */

#define N_OTHERS 7

static UsSimvae *
shipped (const char *name)
{
  g_autofree char *path = g_strdup_printf (US_TEST_SOURCE_ROOT "/data/models/%s.safetensors", name);
  g_autoptr(GError) error = NULL;
  UsSimvae *model = us_simvae_load (path, &error);

  g_assert_no_error (error);
  return model;
}

/* What the simulator makes of theta, as if it came from outside. */
static UsObservation *
simulate (const UsSimulator *simulator,
          const double      *theta)
{
  UsObservation *observation = g_new0 (UsObservation, 1);
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_SIMULATOR, 0);
  observation->n_values = us_output_n_values (&simulator->outputs[0]);
  observation->x = g_new (float, observation->n_values);
  observation->note = g_strdup ("");
  observation->origin = g_strdup ("");
  g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, observation->x), ==, US_SIM_OK);
  return observation;
}

static double
rms (gsize        n,
     const float *a,
     const float *b)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
  return sqrt (sum / n);
}

/* --- the others ---------------------------------------------------------------- */

/* All give theta's output, none is theta or another of them.  Returns how many. */
static gsize
check_others (const char   *id,
              const double *theta,
              double       *others,
              gboolean     *all)
{
  const UsSimulator *simulator = us_registry_find (id, NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(UsObservation) x = simulate (simulator, theta);
  gsize P = simulator->n_parameters, n = us_symmetry_others (prior, theta, 3, N_OTHERS, others, all);

  for (gsize m = 0; m < n; m++)
    {
      g_autoptr(UsObservation) again = simulate (simulator, others + m * P);
      double difference = 0;

      g_assert_cmpfloat (rms (x->n_values, x->x, again->x), <, 1e-4);
      for (gsize p = 0; p < P; p++)
        difference = MAX (difference, fabs (others[m * P + p] - (m > 0 ? others[(m - 1) * P + p] : theta[p])));
      g_assert_cmpfloat (difference, >, 1e-3);
      for (gsize k = 0; k < m; k++)
        g_assert_cmpint (memcmp (others + k * P, others + m * P, P * sizeof (double)), !=, 0);
      g_assert_cmpint (memcmp (theta, others + m * P, P * sizeof (double)), !=, 0);
    }
  return n;
}

static void
test_few (void)
{
  static const double polygon[] = { 12, 15, 52, 18, 45, 48, 20, 51 };         /* pixels */
  const UsSimulator *dsprites = us_registry_find ("dsprites", NULL);
  gssize shape = us_simulator_parameter_index (dsprites, "shape");
  gssize turn = us_simulator_parameter_index (dsprites, "orientation");
  static const char *const names[] = { "Square", "Ellipse", "Heart" };
  static const gsize expected[] = { 3, 1, 0 };
  double others[N_OTHERS * US_MAX_PARAMETERS], theta[US_MAX_PARAMETERS];
  gboolean all;

  /* 4 starts and 2 directions, less the one that is known */
  g_assert_cmpuint (check_others ("polygon", polygon, others, &all), ==, 7);
  g_assert_true (all);

  g_assert_cmpint (shape, >=, 0);
  g_assert_cmpint (turn, >=, 0);
  for (gsize p = 0; p < dsprites->n_parameters; p++)
    theta[p] = (dsprites->parameters[p].lower + dsprites->parameters[p].upper) / 2;
  theta[turn] = 0.3;
  for (int kind = 0; kind <= dsprites->parameters[shape].upper - dsprites->parameters[shape].lower; kind++)
    {
      const char *name = dsprites->parameters[shape].classes[kind];
      gsize n, which = 0;

      while (!g_str_equal (names[which], name))
        g_assert_cmpuint (++which, <, G_N_ELEMENTS (names));
      theta[shape] = dsprites->parameters[shape].lower + kind;
      n = check_others ("dsprites", theta, others, &all);
      g_assert_cmpuint (n, ==, expected[which]);
      g_assert_true (all);
    }
}

/* Of a continuum: from one end of what the bounds allow to the other, in steps that are alike. */
static void
test_continuum (void)
{
  static const double theta[] = { 100, 10, 100 };
  const UsSimulator *simulator = us_registry_find ("rlc", NULL);
  double others[N_OTHERS * US_MAX_PARAMETERS], lower = -INFINITY, upper = INFINITY, reached[2], widest = 0;
  static const double direction[] = { 1, 1, -1 };       /* of ln θ along the class */
  gboolean all;

  g_assert_cmpuint (check_others ("rlc", theta, others, &all), ==, N_OTHERS);
  g_assert_false (all);
  for (gsize p = 0; p < 3; p++)
    {
      double a = direction[p] * log (simulator->parameters[p].lower / theta[p]);
      double b = direction[p] * log (simulator->parameters[p].upper / theta[p]);

      lower = MAX (lower, MIN (a, b));
      upper = MIN (upper, MAX (a, b));
    }
  reached[0] = log (others[0] / theta[0]);
  reached[1] = log (others[3 * (N_OTHERS - 1)] / theta[0]);
  g_assert_cmpfloat (reached[0] - lower, <, 0.05 * (upper - lower));
  g_assert_cmpfloat (upper - reached[1], <, 0.05 * (upper - lower));
  for (gsize m = 1; m < N_OTHERS; m++)
    widest = MAX (widest, log (others[3 * m] / others[3 * (m - 1)]));
  g_assert_cmpfloat (widest, <, 0.4 * (upper - lower));
}

static void
test_none (void)
{
  const UsSimulator *simulator = us_registry_find ("box", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double theta[] = { 0.2, 0.2, 0.3, 0.3 }, others[N_OTHERS * 4];
  gboolean all = FALSE;

  g_assert_cmpuint (us_symmetry_others (prior, theta, 1, N_OTHERS, others, &all), ==, 0);
  g_assert_true (all);
}

/* --- derived quantities ------------------------------------------------------------ */

/* Draws that neither training nor calibration has seen: the interval holds what it says, and is worth having. */
static void
test_derived (void)
{
  enum { N = 300 };
  g_autoptr(UsSimvae) model = shipped ("rlc");
  const UsSimulator *simulator = us_simvae_simulator (model);
  g_autoptr(UsReader) reader = us_reader_new (model);
  gsize inside[2] = { 0, 0 };
  double width[2] = { 0, 0 };

  g_assert_cmpuint (simulator->n_derived, ==, 2);
  for (gsize i = 0; i < N; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsReading) reading = NULL;
      double theta[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 4711, US_RNG_PRIOR, i);
      simulator->draw (simulator, &rng, theta);
      reading = us_reader_read (reader, simulate (simulator, theta), TRUE, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (reading->n_derived, ==, 2);
      for (gsize d = 0; d < 2; d++)
        {
          const UsDerivedReading *of = &reading->derived[d];
          double truth = simulator->derived[d].value (simulator, theta);

          g_assert_cmpfloat (of->value, ==, simulator->derived[d].value (simulator, reading->inference->mean));
          g_assert_cmpfloat (of->lower, <, of->value);
          g_assert_cmpfloat (of->value, <, of->upper);
          g_assert_cmpfloat (of->sd, >, 0);
          inside[d] += truth >= of->lower && truth <= of->upper;
          width[d] += log10 (of->upper / of->lower) / N;
        }
    }
  for (gsize d = 0; d < 2; d++)
    {
      g_test_message ("%s: %.3f inside, mean width %.4f decades", simulator->derived[d].name, (double) inside[d] / N,
                      width[d]);
      /* 3.5 standard errors of N and of the 512 that it was calibrated with */
      g_assert_cmpfloat (fabs ((double) inside[d] / N - 0.9), <, 3.5 * sqrt (0.09 / N + 0.09 / 512));
      g_assert_cmpfloat (width[d], <, 0.1);
    }
}

/* --- scaled drawings ------------------------------------------------------------------ */

#define N_POINTS 80

static UsObservation *
draw_wave (UsSimvae *model,
           double    height)
{
  double xy[2 * N_POINTS];
  g_autoptr(GError) error = NULL;
  UsObservation *observation;

  for (int i = 0; i < N_POINTS; i++)
    {
      xy[2 * i] = (i + 0.5) / N_POINTS;
      xy[2 * i + 1] = height * sin (2 * G_PI * xy[2 * i]);
    }
  observation = us_observation_from_polyline (us_simvae_simulator (model), us_simvae_output (model), N_POINTS, xy, &error);
  g_assert_no_error (error);
  return observation;
}

/* A wave higher than its prior is read as the one that fits, and its numbers are those of its own height. */
static void
test_scaled (void)
{
  g_autoptr(UsSimvae) model = shipped ("fourier");
  g_autoptr(UsReader) reader = us_reader_new (model);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsReading) tall = us_reader_read (reader, draw_wave (model, 0.42), TRUE, &error);
  g_autoptr(UsReading) stubborn = us_reader_read (reader, draw_wave (model, 0.42), FALSE, &error);
  g_autoptr(UsReading) small = us_reader_read (reader, draw_wave (model, 0.1), TRUE, &error);
  gssize b1 = us_simulator_parameter_index (us_simvae_simulator (model), "b1");

  g_assert_no_error (error);
  g_assert_true (tall->scaled);
  g_assert_cmpfloat (tall->scale.scale, <, 0.7);
  g_assert_cmpfloat_with_epsilon (us_reading_in_own_height (tall, b1, tall->inference->mean[b1]), 0.42, 0.04);
  /* its points are still those that were drawn */
  g_assert_cmpfloat_with_epsilon (tall->observation->xy[2 * (N_POINTS / 4) + 1], 0.42, 0.01);

  g_assert_false (stubborn->scaled);
  g_assert_false (us_ingest_scale_is_identity (&stubborn->scale));
  g_assert_cmpfloat (us_reading_in_own_height (stubborn, b1, stubborn->inference->mean[b1]), <, 0.26);

  g_assert_false (small->scaled);
  g_assert_cmpfloat_with_epsilon (small->inference->mean[b1], 0.1, 0.03);
  g_assert_cmpuint (small->n_derived, ==, 0);
  g_assert_cmpuint (small->n_others, ==, 0);
}

/* --- the table -------------------------------------------------------------------------- */

/* Cell of a row and a column by their names; NaN: empty. */
static double
cell (char       **lines,
      const char  *quantity,
      const char  *column)
{
  g_auto(GStrv) header = g_strsplit (lines[0], ",", -1);

  for (gsize l = 1; lines[l] != NULL; l++)
    {
      g_auto(GStrv) cells = g_strsplit (lines[l], ",", -1);

      if (cells[0] == NULL || !g_str_equal (cells[0], quantity))
        continue;
      g_assert_cmpuint (g_strv_length (cells), ==, g_strv_length (header));
      for (gsize c = 0; header[c] != NULL; c++)
        if (g_str_equal (header[c], column))
          return *cells[c] != '\0' ? g_ascii_strtod (cells[c], NULL) : NAN;
    }
  g_assert_not_reached ();
}

static void
test_table (void)
{
  static const double theta[] = { 100, 10, 100 };
  g_autoptr(UsSimvae) model = shipped ("rlc");
  g_autoptr(UsReader) reader = us_reader_new (model);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsReading) reading = us_reader_read (reader, simulate (us_simvae_simulator (model), theta), TRUE, &error);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_no_error (error);
  text = us_reading_to_csv (reading);
  lines = g_strsplit (text, "\n", -1);
  g_assert_true (g_str_has_prefix (text, "quantity,unit,mean,sd,lower,upper,other_1,"));
  g_assert_cmpfloat (cell (lines, "R", "mean"), ==, reading->inference->mean[0]);
  g_assert_cmpfloat (cell (lines, "C", "upper"), ==, reading->inference->upper[2]);
  g_assert_cmpfloat (cell (lines, "L", "other_7"), ==, reading->others[3 * 6 + 1]);
  /* 1 / (2π √(10 mH · 100 nF)) */
  g_assert_cmpfloat_with_epsilon (cell (lines, "f0", "mean") / 5032.9, 1, 0.03);
  g_assert_cmpfloat (cell (lines, "f0", "upper"), ==, reading->derived[0].upper);
  /* the same for every member */
  g_assert_cmpfloat_with_epsilon (cell (lines, "f0", "other_3") / cell (lines, "f0", "mean"), 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (cell (lines, "Q", "other_5") / cell (lines, "Q", "mean"), 1, 1e-9);
  g_assert_cmpfloat_with_epsilon (cell (lines, "rms_gain", "mean"),
                                  us_reading_channel_rms (reading, 0, reading->inference->simulated), 1e-12);
  g_assert_cmpfloat (cell (lines, "rms_phase", "other_2"), ==, reading->others_rms[2 * 1 + 1]);
  g_assert_true (isnan (cell (lines, "rms_gain", "sd")));
}

/* A model without encoder cannot read; the observation is freed all the same. */
static void
test_refused (void)
{
  g_autoptr(UsSimvae) model = shipped ("rlc");
  g_autoptr(UsSimvae) half = NULL;
  g_autoptr(UsReader) reader = NULL;
  g_autoptr(UsReading) reading = NULL;
  g_autoptr(GError) error = NULL;
  static const double theta[] = { 100, 10, 100 };
  UsSimvaeParts parts;

  us_simvae_get_parts (model, &parts);
  parts.encoder = NULL;
  parts.calibration = NULL;
  half = us_simvae_new (&parts);
  reader = us_reader_new (half);
  reading = us_reader_read (reader, simulate (us_simvae_simulator (half), theta), TRUE, &error);
  g_assert_null (reading);
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reading/others/few", test_few);
  g_test_add_func ("/reading/others/continuum", test_continuum);
  g_test_add_func ("/reading/others/none", test_none);
  g_test_add_func ("/reading/derived", test_derived);
  g_test_add_func ("/reading/scaled", test_scaled);
  g_test_add_func ("/reading/table", test_table);
  g_test_add_func ("/reading/refused", test_refused);
  return g_test_run ();
}
