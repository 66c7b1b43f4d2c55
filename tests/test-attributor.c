/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A posterior model beside simulations: a linear Gaussian table whose posterior is known, and a simulator. */
#include "us-attributor-plots.h"

#include "us-array.h"
#include "us-csv.h"
#include "us-error.h"
#include "us-npy.h"
#include "us-posterior-data.h"
#include "us-rng.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define P 2
#define V 3
#define ROWS 6000
#define BAD_ROW 17              /* of the bank: not a number */

/* θ ~ N(0, I), x = A θ + ½ ε */
static const double a[V * P] = { 1, 0.4, -0.3, 0.8, 0.5, 0.5 };

typedef struct
{
  char        *folder, *bank;
  double      *theta;           /* (ROWS, P) */
  float       *x;               /* (ROWS, V) */
  UsPosterior *posterior;
} Fixture;

static void
write_array (const char   *folder,
             const char   *name,
             UsDtype       dtype,
             gsize         columns,
             gconstpointer values)
{
  const gsize shape[2] = { ROWS, columns };
  g_autoptr(UsArray) array = us_array_new (dtype, 2, shape);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr(GError) error = NULL;

  memcpy (array->data, values, ROWS * columns * (dtype == US_DTYPE_F64 ? 8 : 4));
  us_npy_write (path, array, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  UsPosteriorConfig config = { .n_rows = ROWS, .n_parameters = P, .n_values = V, .seed = 1, .n_workers = 2,
                               .tuning = { .members = 1, .width = 32, .blocks = 1, .epochs = 25, .transforms = 2 } };

  f->folder = g_dir_make_tmp ("us-attributor-XXXXXX", &error);
  g_assert_no_error (error);
  f->bank = g_build_filename (f->folder, "bank", NULL);
  g_mkdir (f->bank, 0700);
  f->theta = g_new (double, ROWS * P);
  f->x = g_new (float, ROWS * V);
  for (gsize i = 0; i < ROWS; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_TEST, i);
      for (gsize p = 0; p < P; p++)
        f->theta[i * P + p] = us_rng_normal (&rng);
      for (gsize v = 0; v < V; v++)
        f->x[i * V + v] = (float) (a[v * P] * f->theta[i * P] + a[v * P + 1] * f->theta[i * P + 1]
                                   + 0.5 * us_rng_normal (&rng));
    }
  config.theta = f->theta;
  config.x = f->x;
  f->posterior = us_posterior_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  f->x[BAD_ROW * V + 1] = NAN;
  write_array (f->bank, "theta.npy", US_DTYPE_F64, P, f->theta);
  write_array (f->bank, "x.npy", US_DTYPE_F32, V, f->x);
}

static void
remove_all (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_all (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  remove_all (f->folder);
  g_free (f->folder);
  g_free (f->bank);
  g_free (f->theta);
  g_free (f->x);
  us_posterior_unref (f->posterior);
}

static void
check_progress (double   fraction,
                gpointer data)
{
  double *last = data;

  g_assert_cmpfloat (fraction, >=, *last);
  g_assert_cmpfloat (fraction, <=, 1);
  *last = fraction;
}

static UsAttributor *
make (Fixture *f,
      guint    n_workers)
{
  const UsAttributorConfig config = { .bank = f->bank, .n_workers = n_workers };
  g_autoptr(GError) error = NULL;
  double last = 0;
  UsAttributor *attributor = us_attributor_new (f->posterior, &config, check_progress, &last, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (last, >, 0.9);
  return attributor;
}

static UsAttributed *
answer (UsAttributor *attributor,
        const float  *x,
        gboolean      adjust)
{
  const UsAttributedOptions options = { .adjust = adjust, .n_samples = 2000 };
  g_autoptr(GError) error = NULL;
  UsAttributed *answered = us_attributor_answer (attributor, x, &options, NULL, &error);

  g_assert_no_error (error);
  return answered;
}

/* The exact posterior of x: precision I + 4 AᵀA. */
static void
exact (const float *x,
       double      *mean,
       double      *sd)
{
  double l00 = 1, l01 = 0, l11 = 1, b[P] = { 0 }, determinant;

  for (gsize v = 0; v < V; v++)
    {
      l00 += 4 * a[v * P] * a[v * P];
      l01 += 4 * a[v * P] * a[v * P + 1];
      l11 += 4 * a[v * P + 1] * a[v * P + 1];
      b[0] += 4 * a[v * P] * x[v];
      b[1] += 4 * a[v * P + 1] * x[v];
    }
  determinant = l00 * l11 - l01 * l01;
  mean[0] = (l11 * b[0] - l01 * b[1]) / determinant;
  mean[1] = (l00 * b[1] - l01 * b[0]) / determinant;
  sd[0] = sqrt (l11 / determinant);
  sd[1] = sqrt (l00 / determinant);
}

/* Matched rows, adjusted or not, lie about the exact posterior; they are the bank's own rows; the bad one is not there. */
static void
test_answer (Fixture       *f,
             gconstpointer  data)
{
  const float x[V] = { 0.9f, 0.1f, 0.7f };
  double mean[P], sd[P];
  g_autoptr(UsAttributor) attributor = make (f, 2);

  exact (x, mean, sd);
  g_assert_cmpuint (us_attributor_n_rows (attributor), ==, ROWS - 1);
  g_assert_cmpuint (us_attributor_n_left_out (attributor), ==, 1);
  g_assert_cmpuint (us_attribution_first_left_out (us_attributor_summaries (attributor)), ==, BAD_ROW);
  for (guint adjust = 0; adjust < 2; adjust++)
    {
      g_autoptr(UsAttributed) answered = answer (attributor, x, adjust);

      g_assert_cmpint (answered->level, ==, US_USUAL);
      g_assert_true (answered->has_data);
      g_assert_true (answered->matches->adjusted == (gboolean) adjust);
      for (gsize k = 0; k < answered->matches->n; k++)
        {
          gsize row = answered->matches->row[k];

          g_assert_cmpuint (row, !=, BAD_ROW);
          if (!adjust)
            g_assert_cmpmem (answered->matches->theta + k * P, P * sizeof (double), f->theta + row * P, P * sizeof (double));
          g_assert_cmpmem (us_attributor_x (attributor, row), V * sizeof (float), f->x + row * V, V * sizeof (float));
        }
      for (gsize p = 0; p < P; p++)
        {
          g_assert_cmpfloat_with_epsilon (us_matches_mean (answered->matches, p), mean[p], 0.5 * sd[p]);
          g_assert_cmpfloat (us_matches_sd (answered->matches, p), <, (adjust ? 1.3 : 1.8) * sd[p]);
          g_assert_cmpfloat (us_matches_sd (answered->matches, p), >, 0.7 * sd[p]);
          g_assert_cmpfloat (answered->agreement[p].wasserstein, <, 0.8);
          g_assert_cmpfloat (answered->agreement[p].overlap, >, 0.5);
        }
    }
}

/* A series off all that was simulated, said before anything else; and the bits, whoever works. */
static void
test_unlike (Fixture       *f,
             gconstpointer  data)
{
  const float x[V] = { 9, 9, -9 };
  g_autoptr(UsAttributor) attributor = make (f, 2), alone = make (f, 1);
  g_autoptr(UsAttributed) answered = answer (attributor, x, FALSE), same = answer (alone, x, FALSE);

  g_assert_cmpint (answered->level, ==, US_UNLIKE_ANY);
  g_assert_true (g_str_has_prefix (answered->sentence, "No simulation resembles"));
  g_assert_cmpstr (answered->sentence, ==, same->sentence);
  g_assert_cmpmem (answered->matches->weight, answered->matches->n * sizeof (double), same->matches->weight,
                   same->matches->n * sizeof (double));
  g_assert_cmpmem (answered->samples, 2000 * P * sizeof (double), same->samples, 2000 * P * sizeof (double));
}

static void
test_files (Fixture       *f,
            gconstpointer  data)
{
  g_autoptr(UsAttributor) attributor = make (f, 1);
  g_autofree char *observation = g_build_filename (f->folder, "x.csv", NULL), *table = g_build_filename (f->folder, "t.csv", NULL);
  g_autofree char *narrow = g_build_filename (f->folder, "narrow", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsCsv) csv = NULL;
  g_autoptr(UsAttributed) answered = NULL;
  UsAttributorConfig config = { .bank = narrow };
  float x[V];

  g_file_set_contents (observation, "a,b,c\n0.5,-0.25,1\n", -1, NULL);
  g_assert_true (us_posterior_read_data (f->posterior, observation, -1, NULL, x, NULL, &error));
  g_assert_cmpfloat (x[1], ==, -0.25f);
  answered = answer (attributor, x, FALSE);
  g_assert_true (us_attributed_write (answered, 5, table, &error));
  csv = us_csv_read (table, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (csv->n_rows, ==, 5);
  g_assert_cmpuint (csv->n_columns, ==, 4 + P);
  g_assert_cmpstr (csv->names[4], ==, us_posterior_name (f->posterior, 0));
  for (gsize k = 0; k < 5; k++)
    {
      g_assert_cmpfloat (csv->values[k * (4 + P) + 1], ==, answered->matches->row[k]);
      g_assert_cmpfloat (csv->values[k * (4 + P) + 5], ==, f->theta[answered->matches->row[k] * P + 1]);
    }
  g_file_set_contents (observation, "a,b\n0.5,1\n", -1, NULL);
  g_assert_false (us_posterior_read_data (f->posterior, observation, -1, NULL, x, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_clear_error (&error);
  g_file_set_contents (observation, "a,b,c\n0.5,,1\n", -1, NULL);
  g_assert_false (us_posterior_read_data (f->posterior, observation, -1, NULL, x, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_clear_error (&error);
  /* a bank of other things; none, where there is no simulator */
  g_mkdir (narrow, 0700);
  write_array (narrow, "theta.npy", US_DTYPE_F64, 1, f->theta);
  write_array (narrow, "x.npy", US_DTYPE_F32, V, f->x);
  g_assert_null (us_attributor_new (f->posterior, &config, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_clear_error (&error);
  write_array (narrow, "theta.npy", US_DTYPE_F64, P, f->theta);
  write_array (narrow, "x.npy", US_DTYPE_F32, 2, f->x);
  g_assert_null (us_attributor_new (f->posterior, &config, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_clear_error (&error);
  config.bank = NULL;
  g_assert_null (us_attributor_new (f->posterior, &config, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
}

static gsize
layer_points (UsPlot *plot,
              const char *name)
{
  gsize found = 0;

  for (guint i = 0; i < us_plot_get_n_layers (plot); i++)
    found += g_strcmp0 (us_plot_get_layer_name (plot, i), name) == 0;
  return found;
}

/* Each drawn match is found again from a point of its line. */
static void
test_plots (Fixture       *f,
            gconstpointer  data)
{
  const float x[V] = { 0.9f, 0.1f, 0.7f };
  g_autoptr(UsAttributor) attributor = make (f, 1);
  g_autoptr(UsAttributed) answered = answer (attributor, x, FALSE);
  g_autoptr(UsPlot) series = us_attributed_plot_series (answered, 0, 20, 3);
  g_autoptr(UsPlot) marginal = us_attributed_plot_marginal (answered, 1, 3);
  guint seen = 0;

  g_assert_cmpuint (us_attributed_n_series (answered), ==, 1);
  g_assert_cmpuint (us_plot_get_n_layers (series), ==, US_ATTRIBUTED_SHADES + 2);
  g_assert_cmpuint (layer_points (series, "Data"), ==, 1);
  g_assert_cmpuint (layer_points (series, "Pinned simulation"), ==, 1);
  for (guint layer = 0; layer < US_ATTRIBUTED_SHADES; layer++)
    for (gsize index = 0; index < 21 * (V + 1); index += V + 1)
      {
        gssize match = us_attributed_match_at (answered, 20, layer, index);

        g_assert_cmpint (match, <, 20);
        if (match >= 0)
          {
            g_assert_false (seen & (1u << match));
            seen |= 1u << match;
            g_assert_cmpint (us_attributed_match_at (answered, 20, layer, index + V - 1), ==, match);
          }
      }
  g_assert_cmphex (seen, ==, (1u << 20) - 1);
  g_assert_cmpint (us_attributed_match_at (answered, 20, US_ATTRIBUTED_SHADES, 0), ==, -1);
  g_assert_cmpuint (layer_points (marginal, "Prior"), ==, 1);
  g_assert_cmpuint (layer_points (marginal, "Pinned simulation"), ==, 1);
}

/* Made anew from the prior of a simulator: the same rows as the simulator's stream, only those parameters. */
static void
test_anew (void)
{
  const UsSimulator *simulator = us_registry_find ("growth-logistic", NULL);
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const char *const targets[] = { simulator->parameters[1].name, NULL };
  UsPosteriorConfig config = { .prior = prior, .samples = 1500, .targets = targets, .n_workers = 2,
                               .tuning = { .members = 1, .width = 16, .blocks = 1, .epochs = 3, .transforms = 1 } };
  const UsAttributorConfig how = { .rows = 1000, .seed = 5, .n_workers = 2 };
  gsize n = us_output_n_values (&simulator->outputs[0]);
  g_autofree double *theta = g_new (double, 1000 * simulator->n_parameters);
  g_autofree float *x = g_new (float, 1000 * n);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosterior) posterior = us_posterior_train (&config, NULL, NULL, NULL, &error);
  g_autoptr(UsAttributor) attributor = NULL;
  g_autoptr(UsAttributed) answered = NULL;
  const gint cancelled = 1;

  g_assert_no_error (error);
  attributor = us_attributor_new (posterior, &how, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (us_simulate_rows (prior, 0, 5, 0, 1000, theta, x, NULL));
  for (gsize i = 0; i < 1000; i++)
    {
      g_assert_cmpfloat (us_attributor_theta (attributor, i)[0], ==, theta[i * simulator->n_parameters + 1]);
      g_assert_cmpmem (us_attributor_x (attributor, i), n * sizeof (float), x + i * n, n * sizeof (float));
    }
  answered = answer (attributor, x + 400 * n, FALSE);
  g_assert_cmpuint (answered->matches->row[0], ==, 400);
  g_assert_cmpuint (us_attributed_n_series (answered), ==, 1);
  g_assert_null (us_attributor_new (posterior, &how, NULL, NULL, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/attributor/answer", Fixture, NULL, set_up, test_answer, tear_down);
  g_test_add ("/attributor/unlike", Fixture, NULL, set_up, test_unlike, tear_down);
  g_test_add ("/attributor/files", Fixture, NULL, set_up, test_files, tear_down);
  g_test_add ("/attributor/plots", Fixture, NULL, set_up, test_plots, tear_down);
  g_test_add_func ("/attributor/anew", test_anew);
  return g_test_run ();
}
