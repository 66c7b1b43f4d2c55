/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conformance suite: what every simulator of the registry must hold. */
#include "config.h"

#include "us-error.h"
#include "us-pool.h"
#include "us-prior.h"

#include <math.h>
#include <string.h>

static gsize
largest_output (const UsSimulator *simulator)
{
  gsize largest = 0;

  for (gsize o = 0; o < simulator->n_outputs; o++)
    largest = MAX (largest, us_output_n_values (&simulator->outputs[o]));
  return largest;
}

static gboolean
is_identifier (const char *name)
{
  if (!g_ascii_isalpha (*name))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '_')
      return FALSE;
  return TRUE;
}

static void
test_table (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(GError) error = NULL;

  /* Words of an id have hyphens between them; ":", "@" and "+" begin what is added at run time. */
  g_assert_true (g_ascii_isalpha (*simulator->id));
  for (const char *c = simulator->id; *c != '\0'; c++)
    g_assert_true (g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '-');
  g_assert_cmpuint (simulator->version, >=, 1);
  g_assert_true (simulator->title != NULL && *simulator->title != '\0');
  g_assert_true (simulator->summary != NULL && *simulator->summary != '\0');
  g_assert_cmpuint (simulator->n_parameters, >=, 1);
  g_assert_cmpuint (simulator->n_parameters, <=, US_MAX_PARAMETERS);
  g_assert_cmpuint (simulator->n_outputs, >=, 1);
  g_assert_nonnull (simulator->run);
  g_assert_true ((simulator->accepts == NULL) == (simulator->constraint == NULL));
  g_assert_true ((simulator->draw == NULL) == (simulator->log_density == NULL));
  g_assert_true ((simulator->random_equivalent == NULL) == (simulator->closest_equivalent == NULL));
  g_assert_true ((simulator->random_equivalent == NULL) == (simulator->symmetry == NULL));
  g_assert_true ((simulator->derived == NULL) == (simulator->n_derived == 0));
  g_assert_true (us_registry_find (simulator->id, &error) == simulator);

  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const UsParameter *parameter = &simulator->parameters[i];

      g_assert_true (is_identifier (parameter->name));
      g_assert_cmpint (us_simulator_parameter_index (simulator, parameter->name), ==, (gssize) i);
      g_assert_true (parameter->label != NULL && parameter->symbol != NULL && parameter->unit != NULL);
      g_assert_true (parameter->source != NULL && *parameter->source != '\0');
      g_assert_true (isfinite (parameter->lower) && isfinite (parameter->upper));
      g_assert_cmpfloat (parameter->lower, <, parameter->upper);
      us_distribution_check (&parameter->prior, parameter, &error);
      g_assert_no_error (error);
    }
  for (gsize o = 0; o < simulator->n_outputs; o++)
    {
      const UsOutput *output = &simulator->outputs[o];

      g_assert_true (is_identifier (output->id));
      g_assert_cmpint (us_simulator_output_index (simulator, output->id), ==, (gssize) o);
      g_assert_cmpuint (us_output_n_values (output), ==, output->height * output->width * output->channels);
      g_assert_cmpuint (us_output_n_values (output), >, 0);
      g_assert_true (output->kind != US_OUTPUT_SERIES || output->width == 1);
      g_assert_true (output->kind != US_OUTPUT_IMAGE || output->channels == 1 || output->channels == 3);
      g_assert_true (output->label != NULL && output->x_label != NULL && output->y_label != NULL);
      g_assert_true (output->x_unit != NULL && output->y_unit != NULL);
      g_assert_cmpfloat (output->x_lower, <, output->x_upper);
      g_assert_cmpfloat (output->y_lower, <, output->y_upper);
      g_assert_cmpfloat (output->lower, <, output->upper);
      g_assert_true (!output->x_logarithmic || (output->kind == US_OUTPUT_SERIES && output->x_lower > 0.0));
      for (gsize c = 0; output->channel_info != NULL && c < output->channels; c++)
        {
          const UsChannel *channel = &output->channel_info[c];

          g_assert_true (is_identifier (channel->id));
          g_assert_true (channel->label != NULL && *channel->label != '\0' && channel->unit != NULL);
          g_assert_cmpfloat (channel->lower, <, channel->upper);
          g_assert_cmpfloat (channel->lower, >=, output->lower);
          g_assert_cmpfloat (channel->upper, <=, output->upper);
        }
    }
  for (gsize d = 0; d < simulator->n_derived; d++)
    {
      const UsDerived *derived = &simulator->derived[d];

      g_assert_true (is_identifier (derived->name));
      g_assert_cmpint (us_simulator_parameter_index (simulator, derived->name), ==, -1);
      g_assert_true (derived->label != NULL && derived->symbol != NULL && derived->unit != NULL);
      g_assert_nonnull (derived->value);
    }
}

/* Prior draws: inside the bounds, accepted, of a density, back from their latents; finite outputs, images in 0..1. */
static void
test_draws (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree float *x = g_new (float, largest_output (simulator));
  g_autoptr(GError) error = NULL;
  const gsize n = simulator->n_parameters;

  for (guint row = 0; row < 1000; row++)
    {
      double theta[US_MAX_PARAMETERS], z[US_MAX_PARAMETERS], back[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 1, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      us_simulator_check (simulator, theta, &error);
      g_assert_no_error (error);
      g_assert_true (isfinite (us_prior_log_density (prior, theta)));

      us_prior_to_latent (prior, theta, z);
      us_prior_from_latent (prior, z, back);
      for (gsize i = 0; i < n; i++)
        {
          g_assert_true (z[i] >= -1.0 && z[i] <= 1.0);
          g_assert_cmpfloat_with_epsilon (back[i], theta[i], 1e-9 * (1.0 + fabs (theta[i])));
        }

      for (guint o = 0; o < simulator->n_outputs; o++)
        {
          const UsOutput *output = &simulator->outputs[o];

          g_assert_true (us_simulate_rows (prior, o, 1, row, 1, theta, x, &error));
          g_assert_no_error (error);
          for (gsize k = 0; k < us_output_n_values (output); k++)
            {
              g_assert_true (isfinite (x[k]));
              g_assert_true (output->kind != US_OUTPUT_IMAGE || (x[k] >= 0.0f && x[k] <= 1.0f));
            }
        }
    }
}

/* The range of one value of an output: its channel's own. */
static double
range_of (const UsOutput *output,
          gsize           index)
{
  const UsChannel *channel = output->channel_info;

  if (channel == NULL)
    return output->upper - output->lower;
  channel += index % output->channels;
  return channel->upper - channel->lower;
}

/* The latent, not cut to -1..1: distances between members of a class, some of which may lie a period outside. */
static double
latent (const UsParameter *parameter,
        double             value)
{
  const UsDistribution *prior = &parameter->prior;

  if (prior->kind == US_DISTRIBUTION_LOG_UNIFORM)
    return 2.0 * log (value / prior->a) / log (prior->b / prior->a) - 1.0;
  g_assert_true (prior->kind == US_DISTRIBUTION_UNIFORM || prior->kind == US_DISTRIBUTION_DISCRETE);
  return 2.0 * (value - prior->a) / (prior->b - prior->a) - 1.0;
}

static double
latent_distance (const UsSimulator *simulator,
                 const double      *one,
                 const double      *other)
{
  double sum = 0.0;

  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const double d = latent (&simulator->parameters[i], one[i]) - latent (&simulator->parameters[i], other[i]);

      sum += d * d;
    }
  return sqrt (sum);
}

/* The largest difference of all outputs, as a share of their ranges. */
static double
output_difference (const UsSimulator *simulator,
                   const double      *one,
                   const double      *other)
{
  const gsize largest = largest_output (simulator);
  g_autofree float *x = g_new (float, largest);
  g_autofree float *y = g_new (float, largest);
  double worst = 0.0;
  UsRng rng;

  for (guint o = 0; o < simulator->n_outputs; o++)
    {
      const UsOutput *output = &simulator->outputs[o];

      us_rng_init (&rng, 9, US_RNG_SIMULATOR, 0);
      g_assert_cmpint (simulator->run (simulator, one, o, &rng, x), ==, US_SIM_OK);
      us_rng_init (&rng, 9, US_RNG_SIMULATOR, 0);
      g_assert_cmpint (simulator->run (simulator, other, o, &rng, y), ==, US_SIM_OK);
      for (gsize k = 0; k < us_output_n_values (output); k++)
        worst = MAX (worst, fabs ((double) x[k] - y[k]) / range_of (output, k));
    }
  return worst;
}

/* Random members of a class: possible, likely, and of the same output and derived quantities.  The closest
 * one: of the same output, and no farther than any of them. */
static void
test_symmetry (gconstpointer data)
{
  const UsSimulator *simulator = data;
  const gsize n = simulator->n_parameters;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(GError) error = NULL;
  double worst = 0.0;
  guint moved = 0;

  if (simulator->random_equivalent == NULL)
    {
      g_assert_null (simulator->closest_equivalent);
      g_assert_null (simulator->symmetry);
      g_test_skip ("one theta, one output");
      return;
    }

  for (guint row = 0; row < 200; row++)
    {
      double theta[US_MAX_PARAMETERS], reference[US_MAX_PARAMETERS];
      double member[US_MAX_PARAMETERS], closest[US_MAX_PARAMETERS];
      double distance;
      UsRng rng;

      us_rng_init (&rng, 10, US_RNG_PRIOR, row);
      g_assert_true (us_prior_sample (prior, &rng, theta));
      g_assert_true (us_prior_sample (prior, &rng, reference));
      simulator->closest_equivalent (simulator, theta, reference, closest);
      worst = MAX (worst, output_difference (simulator, theta, closest));
      distance = latent_distance (simulator, closest, reference);
      g_assert_cmpfloat (distance, <=, latent_distance (simulator, theta, reference) + 1e-12);

      for (guint k = 0; k < 40; k++)
        {
          simulator->random_equivalent (simulator, theta, &rng, member);
          us_simulator_check (simulator, member, &error);
          g_assert_no_error (error);
          g_assert_true (isfinite (us_prior_log_density (prior, member)));
          g_assert_cmpfloat (distance, <=, latent_distance (simulator, member, reference) + 1e-12);
          moved += memcmp (member, theta, n * sizeof *theta) != 0;
          for (gsize d = 0; d < simulator->n_derived; d++)
            {
              const double value = simulator->derived[d].value (simulator, theta);

              g_assert_true (isfinite (value) && (value > 0.0 || !simulator->derived[d].logarithmic));
              g_assert_cmpfloat_with_epsilon (simulator->derived[d].value (simulator, member), value, 1e-12 * fabs (value));
            }
          if (k < 3)
            worst = MAX (worst, output_difference (simulator, theta, member));
        }

      /* Nothing is closer to a member of the class than itself. */
      simulator->closest_equivalent (simulator, theta, member, closest);
      g_assert_cmpfloat (latent_distance (simulator, closest, member), <, 1e-7);
    }
  g_test_message ("largest difference of outputs %.3g of the range", worst);
  g_assert_cmpuint (moved, >, 0);
  /* Single precision. */
  g_assert_cmpfloat (worst, <, 2e-7);
}

/* Corners of the prior and of the bounds; those that the constraint refuses are left out. */
static void
test_corners (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autofree float *x = g_new (float, largest_output (simulator));
  const gsize n = simulator->n_parameters;
  const guint n_corners = n < 9 ? 1u << n : 512;
  guint run = 0;

  for (guint corner = 0; corner < 2 * n_corners; corner++)
    {
      double theta[US_MAX_PARAMETERS];
      UsRng rng;

      us_rng_init (&rng, 2, US_RNG_TEST, corner);
      for (gsize i = 0; i < n; i++)
        {
          const gboolean high = n < 9 ? (corner >> i & 1) : us_rng_below (&rng, 2);
          double lower = simulator->parameters[i].lower, upper = simulator->parameters[i].upper;

          if (corner >= n_corners)
            us_prior_range (prior, i, &lower, &upper);
          theta[i] = high ? upper : lower;
        }
      if (!us_simulator_check (simulator, theta, NULL))
        continue;
      run++;
      for (guint o = 0; o < simulator->n_outputs; o++)
        {
          const UsSimStatus status = simulator->run (simulator, theta, o, &rng, x);

          g_assert_cmpint (status, !=, US_SIM_FAILED);
          for (gsize k = 0; status == US_SIM_OK && k < us_output_n_values (&simulator->outputs[o]); k++)
            g_assert_true (isfinite (x[k]));
        }
    }
  g_assert_cmpuint (run, >, 0);
}

#define ROWS 96

typedef struct
{
  const UsPrior *prior;
  guint          output;
  gsize          n_values;
  double        *theta;         /* (ROWS, P) */
  float         *x;             /* (ROWS, n) */
} Rows;

static void
one_row (gpointer data,
         gsize    chunk,
         guint    worker)
{
  Rows *rows = data;
  const gsize p = us_prior_simulator (rows->prior)->n_parameters;

  g_assert_true (us_simulate_rows (rows->prior, rows->output, 3, chunk, 1, rows->theta + chunk * p,
                                   rows->x + chunk * rows->n_values, NULL));
}

/* The same bytes: in one call, and row by row on four threads; another seed gives others; nothing outside is written. */
static void
test_purity (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  g_autoptr(UsPool) pool = us_pool_new (4, 0);
  const gsize p = simulator->n_parameters;

  for (guint o = 0; o < simulator->n_outputs; o++)
    {
      const gsize n = us_output_n_values (&simulator->outputs[o]);
      g_autofree double *theta = g_new (double, ROWS * p);
      g_autofree float *x = g_new (float, ROWS * n + 1);
      g_autofree double *again = g_new (double, ROWS * p);
      g_autofree float *x_again = g_new (float, ROWS * n);
      Rows rows = { prior, o, n, again, x_again };

      x[ROWS * n] = 12345.0f;
      g_assert_true (us_simulate_rows (prior, o, 3, 0, ROWS, theta, x, NULL));
      g_assert_cmpfloat (x[ROWS * n], ==, 12345.0f);
      us_pool_run (pool, ROWS, one_row, &rows);
      g_assert_cmpmem (theta, ROWS * p * sizeof *theta, again, ROWS * p * sizeof *again);
      g_assert_cmpmem (x, ROWS * n * sizeof *x, x_again, ROWS * n * sizeof *x_again);

      g_assert_true (us_simulate_rows (prior, o, 4, 0, ROWS, again, x_again, NULL));
      g_assert_true (memcmp (theta, again, ROWS * p * sizeof *theta) != 0);
      g_assert_true (memcmp (x, x_again, ROWS * n * sizeof *x) != 0);
    }
}

/* What run must never be given: refused, by name and range. */
static void
test_bounds (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  double theta[US_MAX_PARAMETERS];
  UsRng rng;

  us_rng_init (&rng, 5, US_RNG_TEST, 0);
  us_prior_sample (prior, &rng, theta);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      const UsParameter *parameter = &simulator->parameters[i];
      const double wrong[] = { parameter->lower - 0.5, parameter->upper + 0.5, NAN, INFINITY, -INFINITY };
      const double right = theta[i];

      for (gsize k = 0; k < G_N_ELEMENTS (wrong); k++)
        {
          g_autoptr(GError) error = NULL;

          theta[i] = wrong[k];
          g_assert_false (us_simulator_check (simulator, theta, &error));
          g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
          g_assert_nonnull (strstr (error->message, simulator->id));
          g_assert_nonnull (strstr (error->message, parameter->name));
          g_assert_true (us_prior_log_density (prior, theta) == -INFINITY);
        }
      theta[i] = right;
      g_assert_true (us_simulator_check (simulator, theta, NULL));
    }
}

static void
test_no_such_output (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autofree float *x = g_new0 (float, largest_output (simulator));
  double theta[US_MAX_PARAMETERS];
  UsRng rng;

  us_rng_init (&rng, 6, US_RNG_TEST, 0);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    theta[i] = simulator->parameters[i].lower;
  g_assert_cmpint (simulator->run (simulator, theta, (guint) simulator->n_outputs, &rng, x), ==, US_SIM_FAILED);
}

static void
test_augmented (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autoptr(UsPrior) prior = us_prior_new_default (simulator);
  const gsize largest = largest_output (simulator);
  g_autofree float *plain = g_new (float, largest);
  g_autofree float *augmented = g_new (float, largest);

  if (simulator->run_augmented == NULL)
    {
      g_test_skip ("not offered");
      return;
    }

  for (guint o = 0; o < simulator->n_outputs; o++)
    for (guint row = 0; row < 100; row++)
      {
        const gsize n = us_output_n_values (&simulator->outputs[o]);
        const double strength = row % 10 / 10.0;
        double theta[US_MAX_PARAMETERS];
        UsRng rng;

        us_rng_init (&rng, 7, US_RNG_PRIOR, row);
        us_prior_sample (prior, &rng, theta);
        us_rng_init (&rng, 7, US_RNG_SIMULATOR, row);
        g_assert_cmpint (simulator->run (simulator, theta, o, &rng, plain), ==, US_SIM_OK);
        us_rng_init (&rng, 7, US_RNG_SIMULATOR, row);
        g_assert_cmpint (simulator->run_augmented (simulator, theta, o, strength, &rng, augmented), ==, US_SIM_OK);
        if (strength == 0.0)
          g_assert_cmpmem (plain, n * sizeof *plain, augmented, n * sizeof *augmented);
        for (gsize k = 0; k < n; k++)
          g_assert_true (isfinite (augmented[k]));
      }
}

/* Of "sir-chain" what "sir" has: the same by chance. */
static char *
simulator_file (const UsSimulator *simulator,
                const char        *suffix)      /* of the folder's name; NULL: reference.csv */
{
  const gboolean chain = g_str_has_suffix (simulator->id, "-chain");
  g_autofree char *folder = g_strndup (simulator->id, strlen (simulator->id) - (chain ? strlen ("-chain") : 0));
  g_autofree char *name = suffix != NULL ? g_strconcat (folder, suffix, NULL) : g_strdup ("reference.csv");

  return g_build_filename (US_TEST_SOURCE_ROOT, "simulators", folder, name, NULL);
}

/* reference.csv: output,index,value,PARAMETERS…; made by reference.py, which shares no code with the simulator. */
static void
test_reference (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autofree char *path = simulator_file (simulator, NULL);
  g_autofree char *text = NULL;
  g_autofree float *x = g_new (float, largest_output (simulator));
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  g_auto(GStrv) header = NULL;
  double worst = 0.0;
  guint n = 0;

  if (simulator->outputs[0].noisy)
    {
      g_test_skip ("by chance: test-epidemic-chains has the distributions");
      return;
    }
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  header = g_strsplit (lines[0], ",", -1);
  g_assert_cmpuint (g_strv_length (header), ==, 3 + simulator->n_parameters);
  for (gsize i = 0; i < simulator->n_parameters; i++)
    g_assert_cmpstr (header[3 + i], ==, simulator->parameters[i].name);

  for (char **line = lines + 1; *line != NULL; line++)
    {
      g_auto(GStrv) fields = g_strsplit (*line, ",", -1);
      double theta[US_MAX_PARAMETERS];
      const UsOutput *output;
      guint o;
      gsize index;
      UsRng rng;

      g_assert_cmpuint (g_strv_length (fields), ==, g_strv_length (header));
      o = (guint) g_ascii_strtoull (fields[0], NULL, 10);
      index = (gsize) g_ascii_strtoull (fields[1], NULL, 10);
      g_assert_cmpuint (o, <, simulator->n_outputs);
      output = &simulator->outputs[o];
      g_assert_cmpuint (index, <, us_output_n_values (output));
      for (gsize i = 0; i < simulator->n_parameters; i++)
        theta[i] = g_ascii_strtod (fields[3 + i], NULL);
      us_simulator_check (simulator, theta, &error);
      g_assert_no_error (error);

      us_rng_init (&rng, 8, US_RNG_TEST, 0);
      g_assert_cmpint (simulator->run (simulator, theta, o, &rng, x), ==, US_SIM_OK);
      worst = MAX (worst, fabs (x[index] - g_ascii_strtod (fields[2], NULL)) / range_of (output, index));
      n++;
    }
  g_test_message ("%u values, largest difference %.3g of the range", n, worst);
  g_assert_cmpuint (n, >=, 100);
  /* Single precision, distances of some pixels. */
  g_assert_cmpfloat (worst, <, 5e-6);
}

static void
test_described (gconstpointer data)
{
  const UsSimulator *simulator = data;
  g_autofree char *path = simulator_file (simulator, ".md");
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_nonnull (strstr (text, "\n## Sources\n"));
  g_assert_nonnull (strstr (text, "\n## Equations\n"));
  for (gsize i = 0; i < simulator->n_parameters; i++)
    {
      g_autofree char *quoted = g_strdup_printf ("`%s`", simulator->parameters[i].name);

      g_assert_nonnull (strstr (text, quoted));
    }
  for (gsize o = 0; o < simulator->n_outputs; o++)
    {
      g_autofree char *quoted = g_strdup_printf ("`%s`", simulator->outputs[o].id);

      g_assert_nonnull (strstr (text, quoted));
    }
}

static void
test_unknown (void)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (us_registry_find ("fuorier", &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING);
  g_assert_true (g_str_has_prefix (error->message, "There is no simulator “fuorier”; known are: fourier, box"));
}

static void
test_messages (void)
{
  const UsSimulator *fourier = us_registry_find ("fourier", NULL), *box = us_registry_find ("box", NULL);
  g_autoptr(GError) high = NULL;
  g_autoptr(GError) missing = NULL;
  g_autoptr(GError) outside = NULL;
  double theta[11] = { 0.0, 1.25 };
  const double wide[] = { 40.0, 0.0, 30.0, 10.0 };

  g_assert_false (us_simulator_check (fourier, theta, &high));
  g_assert_cmpstr (high->message, ==, "fourier: parameter “a1” = 1.25 is outside its bounds -1 to 1");
  theta[1] = NAN;
  g_assert_false (us_simulator_check (fourier, theta, &missing));
  g_assert_cmpstr (missing->message, ==, "fourier: parameter “a1” is not a finite number");
  g_assert_false (us_simulator_check (box, wide, &outside));
  g_assert_cmpstr (outside->message, ==, "box: the parameters break the constraint: "
                   "the box lies inside the field: x + w ≤ 64 and y + h ≤ 64");

  g_assert_cmpint (us_simulator_parameter_index (fourier, "A1"), ==, -1);
  g_assert_cmpint (us_simulator_output_index (fourier, "picture"), ==, -1);
}

int
main (int    argc,
      char **argv)
{
  static const struct { const char *name; GTestDataFunc func; } suite[] = {
    { "table", test_table },
    { "draws", test_draws },
    { "symmetry", test_symmetry },
    { "corners", test_corners },
    { "purity", test_purity },
    { "bounds", test_bounds },
    { "no-such-output", test_no_such_output },
    { "augmented", test_augmented },
    { "reference", test_reference },
    { "described", test_described },
  };
  /* What is made at run time keeps the same rules; its id has signs of its own, and it has no file. */
  static const struct { const char *name; GTestDataFunc func; } made_suite[] = {
    { "draws", test_draws },
    { "corners", test_corners },
    { "purity", test_purity },
    { "bounds", test_bounds },
    { "no-such-output", test_no_such_output },
  };
  static const char *const made[] = {
    "sir+reporting+delay+weekday+negative-binomial",
    "sir-chain:prevalence@0,3,4.5,90+multiplicative+poisson",
    "rlc+multiplicative+normal",
  };
  const UsSimulator *const *simulators;
  gsize n = 0;

  g_test_init (&argc, &argv, NULL);

  simulators = us_registry_list (&n);
  for (gsize i = 0; i < n; i++)
    for (gsize k = 0; k < G_N_ELEMENTS (suite); k++)
      {
        g_autofree char *path = g_strdup_printf ("/simulator/%s/%s", simulators[i]->id, suite[k].name);

        g_test_add_data_func (path, simulators[i], suite[k].func);
      }
  for (gsize i = 0; i < G_N_ELEMENTS (made); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (made_suite); k++)
      {
        g_autofree char *path = g_strdup_printf ("/simulator/%s/%s", made[i], made_suite[k].name);

        g_test_add_data_func (path, us_registry_find (made[i], NULL), made_suite[k].func);
      }
  g_test_add_func ("/simulator/unknown", test_unknown);
  g_test_add_func ("/simulator/messages", test_messages);

  return g_test_run ();
}
