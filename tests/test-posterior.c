/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posteriors learnt from simulations, held to exact ones. */
#include "config.h"

#include "us-error.h"
#include "us-npy.h"
#include "us-posterior-private.h"
#include "us-prior.h"
#include "us-rng.h"
#include "us-safetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* N rows, P parameters, V values. */

#define DRAWS 4000

typedef struct
{
  gsize   n, P, V;
  double *theta;             /* (N, P) */
  float  *x;                 /* (N, V) */
} Table;

static void
table_clear (Table *t)
{
  g_clear_pointer (&t->theta, g_free);
  g_clear_pointer (&t->x, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Table, table_clear)

static Table
table_new (gsize n,
           gsize P,
           gsize V)
{
  return (Table) { n, P, V, g_new0 (double, n * P), g_new0 (float, n * V) };
}

/* θ ~ N (0, 1) each, x_v = θ_v + N (0, 0.5²): the posterior is N (0.8 x, 0.2). */
static Table
gaussian_table (gsize n)
{
  Table t = table_new (n, 2, 2);
  UsRng rng;

  us_rng_init (&rng, 3, US_RNG_TEST, 0);
  for (gsize i = 0; i < 2 * n; i++)
    {
      t.theta[i] = us_rng_normal (&rng);
      t.x[i] = (float) (t.theta[i] + 0.5 * us_rng_normal (&rng));
    }
  return t;
}

/* θ ~ U (-1, 1), U (2, 7), x = θ + noise as large as the prior: much of the posterior lies at the edges. */
static Table
uniform_table (gsize n)
{
  Table t = table_new (n, 2, 3);
  UsRng rng;

  us_rng_init (&rng, 4, US_RNG_TEST, 0);
  for (gsize i = 0; i < n; i++)
    {
      t.theta[2 * i] = us_rng_range (&rng, -1.0, 1.0);
      t.theta[2 * i + 1] = us_rng_range (&rng, 2.0, 7.0);
      t.x[3 * i] = (float) (t.theta[2 * i] + us_rng_normal (&rng));
      t.x[3 * i + 1] = 17.0f;
      t.x[3 * i + 2] = (float) (t.theta[2 * i + 1] + 3.0 * us_rng_normal (&rng));
    }
  return t;
}

static UsPosteriorConfig
config_for (const Table *t,
            gsize        epochs)
{
  return (UsPosteriorConfig) {
    .theta = t->theta, .x = t->x, .n_rows = t->n, .n_parameters = t->P, .n_values = t->V, .seed = 5, .n_workers = 1,
    .tuning = { .members = 2, .width = 32, .blocks = 1, .n_summaries = 8, .bins = 8, .epochs = epochs },
  };
}

static UsPosterior *
train (const UsPosteriorConfig *config)
{
  g_autoptr(GError) error = NULL;
  UsPosterior *model = us_posterior_train (config, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (model);
  return model;
}

static gboolean
has_note (const UsPosterior *model,
          const char        *words)
{
  for (char **note = us_posterior_record (model)->notes; *note != NULL; note++)
    if (strstr (*note, words) != NULL)
      return TRUE;
  return FALSE;
}

static void
moments (const double *theta,
         gsize         P,
         gsize         p,
         double       *mean,
         double       *sd)
{
  *mean = *sd = 0.0;
  for (gsize i = 0; i < DRAWS; i++)
    *mean += theta[i * P + p] / DRAWS;
  for (gsize i = 0; i < DRAWS; i++)
    *sd += (theta[i * P + p] - *mean) * (theta[i * P + p] - *mean) / DRAWS;
  *sd = sqrt (*sd);
}

/* Mean within a tenth, spread within a tenth of the exact spread: some three times what 5,000 rows leave. */
static void
test_gaussian (void)
{
  g_auto(Table) t = gaussian_table (5000);
  UsPosteriorConfig config = config_for (&t, 80);
  g_autoptr(UsPosterior) model = train (&config);
  g_autofree double *theta = g_new (double, DRAWS * 2);
  const float observations[3][2] = { { 0.0f, 0.5f }, { 1.0f, -0.7f }, { -1.5f, 1.2f } };

  for (gsize k = 0; k < 3; k++)
    {
      double log_density[1], at[2] = { 0.8 * (double) observations[k][0], 0.8 * (double) observations[k][1] };

      g_assert_true (us_posterior_sample (model, observations[k], DRAWS, 1, theta, NULL));
      for (gsize p = 0; p < 2; p++)
        {
          double mean, sd, exact = sqrt (0.2);

          moments (theta, 2, p, &mean, &sd);
          g_test_message ("x %g: mean %.3f (%.3f), sd %.3f (%.3f)", (double) observations[k][p], mean, at[p], sd, exact);
          g_assert_cmpfloat (fabs (mean - at[p]), <, 0.1);
          g_assert_cmpfloat (fabs (sd / exact - 1.0), <, 0.12);
        }
      /* where the density is highest, log (1 / (2π 0.2)) */
      g_assert_true (us_posterior_log_density (model, observations[k], 1, at, log_density, NULL));
      g_assert_cmpfloat (fabs (log_density[0] + log (2.0 * G_PI * 0.2)), <, 0.4);
    }
}

/* No draw leaves the prior, the constant column is told, and the density integrates to one over the prior. */
static void
test_bounded (void)
{
  enum { SIDE = 60 };
  g_auto(Table) t = uniform_table (3000);
  UsPosteriorConfig config = config_for (&t, 12);
  g_autoptr(UsPosterior) model = train (&config);
  g_autofree double *theta = g_new (double, DRAWS * 2);
  g_autofree double *grid = g_new (double, SIDE * SIDE * 2);
  g_autofree double *log_density = g_new (double, SIDE * SIDE);
  const float x[3] = { 1.4f, 17.0f, 1.0f };
  double lower, upper, sum = 0.0;
  gsize first = 9;

  us_posterior_range (model, 0, &lower, &upper);
  g_assert_cmpfloat (lower, ==, -1.0);         /* the round numbers just beyond the rows */
  g_assert_cmpfloat (upper, ==, 1.0);
  us_posterior_range (model, 1, &lower, &upper);
  g_assert_cmpfloat (lower, ==, 2.0);
  g_assert_cmpfloat (upper, ==, 7.0);
  g_assert_true (has_note (model, "olumn 2 of “x” is 17"));

  g_assert_true (us_posterior_sample (model, x, DRAWS, 1, theta, NULL));
  for (gsize i = 0; i < DRAWS; i++)
    {
      g_assert_true (theta[2 * i] >= -1.0 && theta[2 * i] <= 1.0);
      g_assert_true (theta[2 * i + 1] >= 2.0 && theta[2 * i + 1] <= 7.0);
    }
  for (gsize i = 0; i < SIDE * SIDE; i++)
    {
      grid[2 * i] = -1.0 + 2.0 * ((double) (i % SIDE) + 0.5) / SIDE;
      grid[2 * i + 1] = 2.0 + 5.0 * ((double) (i / SIDE) + 0.5) / SIDE;
    }
  g_assert_true (us_posterior_log_density (model, x, SIDE * SIDE, grid, log_density, NULL));
  for (gsize i = 0; i < SIDE * SIDE; i++)
    sum += exp (log_density[i]) * 10.0 / (SIDE * SIDE);
  g_assert_cmpfloat (fabs (sum - 1.0), <, 0.03);
  grid[0] = 1.01;
  g_assert_true (us_posterior_log_density (model, x, 1, grid, log_density, NULL));
  g_assert_cmpfloat (log_density[0], ==, -INFINITY);

  /* what lies outside of all rows is counted */
  g_assert_cmpuint (us_posterior_n_outside (model, x, &first), ==, 0);
  g_assert_cmpuint (us_posterior_n_outside (model, (const float[]) { 0.0f, 18.0f, 900.0f }, &first), ==, 2);
  g_assert_cmpuint (first, ==, 1);
}

/* One worker or three, the same bits; another seed, others. */
static void
test_workers (void)
{
  g_auto(Table) t = gaussian_table (800);
  UsPosteriorConfig config = config_for (&t, 3);
  g_autoptr(UsPosterior) one = train (&config);
  g_autoptr(UsPosterior) three = NULL;
  g_autoptr(UsPosterior) other = NULL;
  double a[2 * 50], b[2 * 50];
  const float x[2] = { 0.3f, 0.4f };

  config.n_workers = 3;
  three = train (&config);
  config.seed++;
  other = train (&config);
  g_assert_true (us_posterior_sample (one, x, 50, 7, a, NULL));
  g_assert_true (us_posterior_sample (three, x, 50, 7, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  /* the first draws do not depend on how many are asked for */
  g_assert_true (us_posterior_sample (one, x, 20, 7, b, NULL));
  for (gsize i = 0; i < 40; i++)
    g_assert_cmpfloat (fabs (a[i] - b[i]), <, 1e-5);
  g_assert_true (us_posterior_sample (other, x, 50, 7, b, NULL));
  g_assert_cmpfloat (a[0], !=, b[0]);
}

static void
test_file (void)
{
  g_auto(Table) t = uniform_table (600);
  UsPosteriorConfig config = config_for (&t, 3);
  g_autoptr(UsPosterior) model = NULL;
  g_autoptr(UsPosterior) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("us-posterior-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.safetensors", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.safetensors", NULL);
  const float x[3] = { 0.1f, 17.0f, 4.0f };
  double a[2 * 30], b[2 * 30];
  float h[2][64];
  gsize shape[US_ARRAY_MAX_DIMS];

  config.command = "a command";
  model = train (&config);
  g_assert_true (us_posterior_save (model, path, &error));
  g_assert_no_error (error);
  g_assert_true (us_posterior_is_file (path));
  again = us_posterior_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (us_posterior_sample (model, x, 30, 7, a, NULL));
  g_assert_true (us_posterior_sample (again, x, 30, 7, b, NULL));
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
  g_assert_cmpuint (us_posterior_n_summaries (again), ==, us_posterior_n_summaries (model));
  us_posterior_summaries (model, 1, x, h[0]);
  us_posterior_summaries (again, 1, x, h[1]);
  g_assert_cmpmem (h[0], us_posterior_n_summaries (model) * sizeof (float),
                   h[1], us_posterior_n_summaries (model) * sizeof (float));
  g_assert_cmpstr (us_posterior_name (again, 1), ==, "theta2");
  g_assert_cmpuint (us_posterior_x_shape (again, shape), ==, 1);
  g_assert_cmpuint (shape[0], ==, 3);
  g_assert_cmpstr (us_posterior_record (again)->command, ==, "a command");
  g_assert_cmpstr (us_posterior_record (again)->bank, ==, us_posterior_record (model)->bank);
  g_assert_cmpuint (us_posterior_record (again)->n_rows, ==, 600);
  g_assert_cmpuint (us_posterior_record (again)->history->len, ==, us_posterior_record (model)->history->len);

  /* Each change of the metadata that makes no sense is refused, none is believed. */
  {
    static const char *const changes[][2] = {
      { "\"bins\":8", "\"bins\":80" }, { "\"bins\":8", "\"bins\":-1" }, { "\"width\":32", "\"width\":4000" },
      { "\"transforms\":2", "\"transforms\":3" }, { "\"summaries\":8", "\"summaries\":9" }, { "\"column\":2", "\"column\":3" },
      { "\"scale\":", "\"scale\":-" }, { "\"coordinates\":[", "\"coordinates\":[{}," }, { "\"kind\":3", "\"kind\":4" },
      { "\"x_shape\":[3]", "\"x_shape\":[300000000]" }, { "\"x_shape\":[3]", "\"x_shape\":[3.5]" }, { "\"names\":[", "\"names\":[7," }, { "\"turns\":[", "\"turns\":[[1,1,2]," }, { "{", "[" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
      {
        g_autoptr(UsSafetensors) file = us_safetensors_read (path, 0, NULL);
        g_auto(GStrv) parts = g_strsplit (us_safetensors_get_metadata (file, "posterior"), changes[i][0], 2);
        g_autofree char *text = NULL;
        g_autoptr(UsPosterior) none = NULL;
        g_autoptr(GError) local = NULL;

        g_assert_cmpuint (g_strv_length (parts), ==, 2);
        text = g_strjoin (changes[i][1], parts[0], parts[1], NULL);
        us_safetensors_set_metadata (file, "posterior", text);
        g_assert_true (us_safetensors_write (file, bad, NULL));
        none = us_posterior_load (bad, &local);
        g_assert_null (none);
        g_assert_nonnull (local);
        g_assert_true (local->domain == US_FORMAT_ERROR);
      }
  }
  /* bounds the wrong way round */
  {
    g_autoptr(UsSafetensors) file = us_safetensors_read (path, 0, NULL);
    UsArray *lower = us_safetensors_get (file, "x.lower");
    g_autoptr(UsPosterior) none = NULL;
    g_autoptr(GError) local = NULL;

    ((float *) lower->data)[2] = 1e9f;
    g_assert_true (us_safetensors_write (file, bad, NULL));
    none = us_posterior_load (bad, &local);
    g_assert_null (none);
    g_assert_error (local, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  }
  g_remove (bad);
  g_remove (path);
  g_rmdir (folder);
}

static void
expect_refusal (const UsPosteriorConfig *config,
                int                      code,
                const char              *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) model = us_posterior_train (config, NULL, NULL, NULL, &error);

  g_assert_null (model);
  g_assert_error (error, US_FORMAT_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_bad_tables (void)
{
  g_auto(Table) t = gaussian_table (200);
  UsPosteriorConfig config = config_for (&t, 2);
  const char *unknown[] = { "theta9", NULL }, *second[] = { "theta2", NULL };
  float kept = t.x[2 * 41 + 1];

  t.x[2 * 41 + 1] = NAN;
  t.theta[2 * 77] = INFINITY;
  expect_refusal (&config, US_FORMAT_ERROR_VALUE, "“x”, row 42, column 2 (both from 1) is not a finite number; 2 of 200");
  config.drop_bad_rows = TRUE;
  {
    g_autoptr(UsPosterior) model = train (&config);

    g_assert_cmpuint (us_posterior_record (model)->n_dropped, ==, 2);
    g_assert_cmpuint (us_posterior_record (model)->n_rows, ==, 198);
    g_assert_nonnull (strstr (us_posterior_record (model)->notes[0], "2 of 200 rows"));
  }
  t.x[2 * 41 + 1] = kept;
  t.theta[2 * 77] = 0.1;

  config.targets = unknown;
  expect_refusal (&config, US_FORMAT_ERROR_MISSING, "no parameter “theta9”; known are: theta1, theta2");
  config.targets = second;
  {
    g_autoptr(UsPosterior) model = train (&config);
    double draws[10];

    g_assert_cmpuint (us_posterior_n_parameters (model), ==, 1);
    g_assert_cmpstr (us_posterior_name (model, 0), ==, "theta2");
    g_assert_true (us_posterior_sample (model, t.x, 10, 1, draws, NULL));
    g_assert_false (us_posterior_sample (model, (const float[]) { NAN, 0.0f }, 10, 1, draws, NULL));
  }
  config.targets = NULL;
  config.n_rows = 20;
  expect_refusal (&config, US_FORMAT_ERROR_SHAPE, "20 rows are too few");
  config.n_rows = 200;
  for (gsize i = 0; i < 200; i++)
    t.theta[2 * i] = 3.0;
  expect_refusal (&config, US_FORMAT_ERROR_VALUE, "“theta1” is 3 in all rows");
  for (gsize i = 0; i < 400; i++)
    {
      t.theta[i] = (double) i;
      t.x[i] = 1.0f;
    }
  expect_refusal (&config, US_FORMAT_ERROR_VALUE, "no column changes");
}

/* Values of very different sizes and heavy tails: nothing overflows, and what there is to learn is learnt. */
static void
test_wild_values (void)
{
  g_auto(Table) t = table_new (2000, 1, 3);
  UsPosteriorConfig config = config_for (&t, 15);
  g_autoptr(UsPosterior) model = NULL;
  g_autofree double *theta = g_new (double, DRAWS);
  double mean, sd;
  UsRng rng;
  float x[3];

  us_rng_init (&rng, 9, US_RNG_TEST, 0);
  for (gsize i = 0; i < t.n; i++)
    {
      t.theta[i] = exp (2.0 * us_rng_normal (&rng));                               /* over decades */
      t.x[3 * i] = (float) (1e12 * t.theta[i] * exp (0.1 * us_rng_normal (&rng)));
      t.x[3 * i + 1] = (float) (1e-20 * tan (G_PI * (us_rng_uniform (&rng) - 0.5)));       /* Cauchy, of nothing */
      t.x[3 * i + 2] = i == 17 ? 1.0f : 0.0f;                                      /* hardly ever anything */
    }
  model = train (&config);
  x[0] = (float) (1e12 * 5.0);
  x[1] = 0.0f;
  x[2] = 0.0f;
  g_assert_true (us_posterior_sample (model, x, DRAWS, 1, theta, NULL));
  moments (theta, 1, 0, &mean, &sd);
  g_test_message ("mean %g, sd %g (about 5 and 0.5)", mean, sd);
  g_assert_cmpfloat (fabs (mean - 5.0), <, 1.0);
  g_assert_cmpfloat (sd, <, 2.0);
  for (gsize i = 0; i < DRAWS; i++)
    g_assert_cmpfloat (theta[i], >, 0.0);
}

/* Two clusters about the middle of what is between two edges: the middle stays where it is as long as the rows do not show
 * another, or their mirror image would be missed by what chance put more on one side. */
static void
test_middle (void)
{
  g_autofree double *theta = g_new (double, 1000);
  g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  UsCoordinate c;
  UsRng rng;

  for (guint lopsided = 0; lopsided < 2; lopsided++)
    {
      us_rng_init (&rng, 11, US_RNG_TEST, lopsided);
      for (gsize i = 0; i < 1000; i++)
        {
          double size = us_rng_range (&rng, 0.8, 1.0);

          theta[i] = us_rng_uniform (&rng) < (lopsided ? 0.7 : 0.5) ? size : -size;
        }
      g_assert_true (us_coordinate_measure (&c, 1000, theta, 1, "a", notes, NULL));
      g_assert_cmpint (c.kind, ==, US_COORDINATE_BETWEEN);
      us_coordinate_standardise (&c, NULL, 1000, theta, 1);
      g_assert_cmpfloat (c.scale, >, 1.2);
      if (lopsided)
        g_assert_cmpfloat (c.mean, >, 0.3);
      else
        g_assert_cmpfloat (c.mean, ==, 0.0);
    }
}

/* Whole numbers stay whole. */
static void
test_whole_numbers (void)
{
  g_auto(Table) t = table_new (1500, 1, 1);
  UsPosteriorConfig config = config_for (&t, 60);
  g_autoptr(UsPosterior) model = NULL;
  double theta[500];
  gsize n_right = 0;
  UsRng rng;

  us_rng_init (&rng, 10, US_RNG_TEST, 0);
  for (gsize i = 0; i < t.n; i++)
    {
      t.theta[i] = (double) us_rng_below (&rng, 4);
      t.x[i] = (float) (t.theta[i] + 0.2 * us_rng_normal (&rng));
    }
  model = train (&config);
  g_assert_true (us_posterior_sample (model, (const float[]) { 2.0f }, 500, 1, theta, NULL));
  for (gsize i = 0; i < 500; i++)
    {
      g_assert_cmpfloat (theta[i], ==, floor (theta[i]));
      g_assert_true (theta[i] >= 0.0 && theta[i] <= 3.0);
      n_right += theta[i] == 2.0;
    }
  g_assert_cmpuint (n_right, >, 400);
}

/* Two measurements of a mean and of a spread whose sign nothing shows: found and kept to exactly.  What is a
 * correlation's sign, or a measurement that lacks this correlation, is not taken for a symmetry. */
static void
test_symmetries (void)
{
  for (guint broken = 0; broken < 2; broken++)
    {
      g_auto(Table) t = table_new (4000, 3, 4);
      UsPosteriorConfig config = config_for (&t, 2);
      g_autoptr(UsPosterior) model = NULL;
      const float x[4] = { 0.4f, 1.2f, -0.3f, 0.1f }, turned[4] = { -0.3f, 0.1f, 0.4f, 1.2f };
      const double theta[3] = { 0.2, 0.7, 0.3 }, mirrored[3] = { 0.2, -0.7, 0.3 };
      double a, b, c;
      UsRng rng;

      us_rng_init (&rng, 12, US_RNG_TEST, broken);
      for (gsize i = 0; i < t.n; i++)
        {
          double *at = t.theta + 3 * i;

          for (gsize p = 0; p < 3; p++)
            at[p] = us_rng_range (&rng, -1.0, 1.0);
          for (gsize k = 0; k < 2; k++)
            {
              double e = us_rng_normal (&rng), f = us_rng_normal (&rng), size = at[1] * at[1] + 0.1;

              t.x[4 * i + 2 * k] = (float) (at[0] + size * e);
              t.x[4 * i + 2 * k + 1] = (float) (size * (broken == 1 && k == 1 ? f
                                                        : at[2] * e + sqrt (1.0 - at[2] * at[2]) * f));
            }
        }
      model = train (&config);
      g_assert_true (has_note (model, "“theta2” may be mirrored"));
      g_assert_false (has_note (model, "“theta1” may be mirrored"));
      g_assert_false (has_note (model, "“theta3” may be mirrored"));
      g_assert_true (has_note (model, "2 measurements of 2 values") == (broken == 0));
      g_assert_true (us_posterior_log_density (model, x, 1, theta, &a, NULL));
      g_assert_true (us_posterior_log_density (model, x, 1, mirrored, &b, NULL));
      g_assert_true (us_posterior_log_density (model, turned, 1, theta, &c, NULL));
      g_assert_cmpfloat (fabs (a - b), <, 0.01);
      if (broken == 0)
        g_assert_cmpfloat (fabs (a - c), <, 0.01);
    }
}

/* Of a simulator of ours: prior and constraint known, draws inside; cancelled in the middle. */
static void
test_simulator (void)
{
  const UsSimulator *simulator = us_registry_find ("rlc", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  UsPosteriorConfig config = { .prior = prior, .samples = 400, .seed = 2, .tuning = { .members = 1, .width = 16, .epochs = 2 } };
  g_autoptr(UsPosterior) model = train (&config);
  g_autoptr(UsPosterior) none = NULL;
  g_autoptr(GError) error = NULL;
  gsize P = simulator->n_parameters, V = us_output_n_values (&simulator->outputs[0]);
  g_autofree double *theta = g_new (double, 100 * P);
  g_autofree float *x = g_new (float, V);
  gint cancelled = 1;

  g_assert_true (us_posterior_simulator (model) == simulator);
  g_assert_cmpuint (us_posterior_n_values (model), ==, V);
  g_assert_true (us_simulate_rows (prior, 0, 99, 0, 1, theta, x, NULL));
  g_assert_true (us_posterior_sample (model, x, 100, 1, theta, NULL));
  for (gsize i = 0; i < 100; i++)
    g_assert_cmpfloat (us_prior_log_density (prior, theta + i * P), >, -INFINITY);
  none = us_posterior_train (&config, NULL, NULL, &cancelled, &error);
  g_assert_null (none);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/posterior/gaussian", test_gaussian);
  g_test_add_func ("/posterior/bounded", test_bounded);
  g_test_add_func ("/posterior/workers", test_workers);
  g_test_add_func ("/posterior/file", test_file);
  g_test_add_func ("/posterior/bad-tables", test_bad_tables);
  g_test_add_func ("/posterior/wild-values", test_wild_values);
  g_test_add_func ("/posterior/middle", test_middle);
  g_test_add_func ("/posterior/whole-numbers", test_whole_numbers);
  g_test_add_func ("/posterior/symmetries", test_symmetries);
  g_test_add_func ("/posterior/simulator", test_simulator);
  return g_test_run ();
}
