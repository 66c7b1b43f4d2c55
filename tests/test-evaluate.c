/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-evaluate.h"

#include <json-glib/json-glib.h>

#define N_BINS 20

/* numpy.random-like data is not at hand: pinned by hand instead.  Two columns of 8 rows, 2 bins:
 *   a: 0 0 0 0 1 1 1 1   b: 0 0 1 0 1 1 0 1  →  joint 3 1 / 1 3
 *   I = 2 · 3/8 log (3/8 / ¼) + 2 · 1/8 log (1/8 / ¼) */
static void
test_by_hand (void)
{
  const double a[] = { 0, 0, 0, 0, 1, 1, 1, 1 }, b[] = { 0, 0, 1, 0, 1, 1, 0, 1 };
  double expected = 0.75 * log (1.5) + 0.25 * log (0.5);

  g_assert_cmpfloat_with_epsilon (us_mutual_information (8, a, 1, b, 1, 2), expected, 1e-15);
  g_assert_cmpfloat_with_epsilon (us_mutual_information (8, a, 1, a, 1, 2), log (2), 1e-15);
}

/* sklearn.metrics.mutual_info_score on numpy.histogram / numpy.digitize of the same columns
 *   i = arange (1000); a = sin (i); b = cos (2 i) + sin (3 i) / 2
 * computed with numpy 1.24 and scikit-learn's formula, 20 bins. */
static void
test_pinned (void)
{
  double *values = g_new (double, 2000);

  for (gsize i = 0; i < 1000; i++)
    {
      values[2 * i] = sin ((double) i);
      values[2 * i + 1] = cos (2.0 * i) + sin (3.0 * i) / 2;
    }
  g_assert_cmpfloat_with_epsilon (us_mutual_information (1000, values, 2, values + 1, 2, N_BINS), 1.9111540119506445, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_mutual_information (1000, values + 1, 2, values, 2, N_BINS), 1.9111540119506445, 1e-12);
  g_assert_cmpfloat_with_epsilon (us_mutual_information (1000, values, 2, values, 2, N_BINS), 2.842498706752667, 1e-12);
  g_free (values);
}

/* A value on an edge belongs to the bin above it, the greatest to the last (numpy.digitize on bins[:-1]). */
static void
test_edges (void)
{
  double values[21];

  for (int i = 0; i <= 20; i++)
    values[i] = i;
  /* bins of width 1: 19 alone with 20 in the last, 19 others with one each */
  g_assert_cmpfloat_with_epsilon (us_mutual_information (21, values, 1, values, 1, N_BINS),
                                  19.0 / 21 * log (21) + 2.0 / 21 * log (21.0 / 2), 1e-12);
}

/* (n, P) uniform on -1 .. 1. */
static double *
uniform_columns (gsize n,
                 gsize p_count)
{
  double *v = g_new (double, n * p_count);
  UsRng rng;

  us_rng_init (&rng, 1, US_RNG_TEST, 0);
  for (gsize i = 0; i < n * p_count; i++)
    v[i] = us_rng_range (&rng, -1, 1);
  return v;
}

static double
gap (gsize         n,
     gsize         p_count,
     const double *z,
     const double *v)
{
  g_autofree double *information = g_new (double, p_count * p_count);
  g_autofree double *entropy = g_new (double, p_count);

  for (gsize factor = 0; factor < p_count; factor++)
    {
      for (gsize latent = 0; latent < p_count; latent++)
        information[latent * p_count + factor]
          = us_mutual_information (n, z + latent, p_count, v + factor, p_count, N_BINS);
      entropy[factor] = us_mutual_information (n, v + factor, p_count, v + factor, p_count, N_BINS);
    }
  return us_mutual_information_gap (p_count, information, entropy);
}

/* Codes whose gap is known.  Independent columns share (K-1)²/2n nats by chance (Miller 1955), the greatest
 * of ten of them a little more: a perfect code of 10,000 pairs reaches 1 - 0.021/log 20 ≈ 0.993. */
static void
test_codes (void)
{
  const gsize n = 10000, p_count = 11;
  g_autofree double *v = uniform_columns (n, p_count);
  g_autofree double *z = g_new (double, n * p_count);
  double perfect = gap (n, p_count, v, v), last = 1;
  UsRng rng;

  g_test_message ("perfect %.4f", perfect);
  g_assert_cmpfloat (perfect, >, 0.992);
  g_assert_cmpfloat (perfect, <, 0.994);

  /* named otherwise, mirrored and in other units: the same */
  for (gsize i = 0; i < n; i++)
    for (gsize p = 0; p < p_count; p++)
      z[i * p_count + p] = 7 - 3 * v[i * p_count + (p * 3 + 2) % p_count];
  g_assert_cmpfloat_with_epsilon (gap (n, p_count, z, v), perfect, 2e-3);

  /* noise takes away, more noise more; 0.33 % and 1 % of the range leave what a study of this kind found */
  us_rng_init (&rng, 2, US_RNG_TEST, 0);
  for (double noise = 0.0066; noise < 0.3; noise *= 3)
    {
      double mig;

      for (gsize i = 0; i < n * p_count; i++)
        z[i] = CLAMP (v[i] + noise * us_rng_normal (&rng), -1, 1);
      mig = gap (n, p_count, z, v);
      g_test_message ("noise %.4f: %.4f", noise, mig);
      g_assert_cmpfloat (mig, <, last);
      last = mig;
    }
  g_assert_cmpfloat (last, <, 0.6);

  /* one factor by two latents: no gap for it */
  memcpy (z, v, n * p_count * sizeof (double));
  for (gsize i = 0; i < n; i++)
    z[i * p_count] = z[i * p_count + 1];
  g_assert_cmpfloat_with_epsilon (gap (n, p_count, z, v), perfect * (p_count - 2) / p_count, 5e-3);

  /* collapsed: nothing is told */
  memset (z, 0, n * p_count * sizeof (double));
  g_assert_cmpfloat_with_epsilon (gap (n, p_count, z, v), 0, 1e-12);
}

/* A parameter that never varies is left out. */
static void
test_fixed (void)
{
  const gsize n = 1000;
  g_autofree double *v = uniform_columns (n, 3);
  double two, information[4], entropy[2];

  for (gsize i = 0; i < n; i++)
    v[3 * i + 1] = 0.25;
  for (gsize a = 0; a < 2; a++)
    {
      for (gsize b = 0; b < 2; b++)
        information[a * 2 + b] = us_mutual_information (n, v + 2 * a, 3, v + 2 * b, 3, N_BINS);
      entropy[a] = information[a * 2 + a];
    }
  two = us_mutual_information_gap (2, information, entropy);
  g_assert_cmpfloat_with_epsilon (gap (n, 3, v, v), two, 1e-12);
}

static void
test_files (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("fourier");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 1, .preset = &preset, .seed = 3, .samples = 6400, .n_workers = 1 };
  g_autoptr(UsSimvae) model = fixture_train (&config);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvaluation) evaluation = us_evaluate (model, 300, 1, 1, NULL, &error);
  g_autoptr(UsEvaluation) again = us_evaluate (model, 300, 1, 3, NULL, NULL);
  g_autoptr(UsEvaluation) other = us_evaluate (model, 300, 2, 1, NULL, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  char *parent = fixture_folder ();
  char *folder = g_build_filename (parent, "new", NULL);
  g_autofree char *metrics = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *pairs = g_build_filename (folder, "pairs.csv", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonObject *object;
  double first;

  g_assert_no_error (error);
  /* the same pairs and answers for any number of workers; others for another seed */
  g_assert_cmpmem (evaluation->z, 300 * 11 * sizeof (double), again->z, 300 * 11 * sizeof (double));
  g_assert_cmpfloat (evaluation->mig, ==, again->mig);
  g_assert_cmpfloat (evaluation->v[0], !=, other->v[0]);
  g_assert_cmpfloat (evaluation->mig, <=, 1);

  us_evaluation_write (evaluation, model, folder, &error);
  g_assert_no_error (error);
  json_parser_load_from_file (parser, metrics, &error);
  g_assert_no_error (error);
  object = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "mig"), evaluation->mig, 1e-12);
  g_assert_cmpint (json_object_get_int_member (object, "pairs"), ==, 300);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "rmse")), ==, 11);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "mutual_information")), ==, 11);
  /* without symmetry nothing is equivalent but V itself, and accuracy is R² */
  g_assert_null (evaluation->equivalent);
  g_assert_true (json_object_get_null_member (json_object_get_object_member (object, "histogram"), "mig_equivalent"));
  g_assert_cmpmem (evaluation->modulo->closest, 300 * 11 * sizeof (double), evaluation->v, 300 * 11 * sizeof (double));
  for (gsize p = 0; p < 11; p++)
    {
      g_assert_cmpfloat_with_epsilon (evaluation->modulo->accuracy[p], evaluation->r2[p], 1e-9);
      g_assert_cmpfloat_with_epsilon (evaluation->modulo->slope[p], evaluation->slope[p], 1e-9);
      g_assert_cmpfloat_with_epsilon (evaluation->modulo->rmse_share[p], evaluation->rmse_share[p], 1e-9);
    }

  g_file_get_contents (pairs, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 301);
  g_assert_true (g_str_has_prefix (lines[0], "v_c0,v_a1,"));
  g_assert_nonnull (strstr (lines[0], ",z_c0,z_a1,"));
  first = g_ascii_strtod (lines[1], NULL);
  g_assert_cmpfloat (first, ==, evaluation->v[0]);

  /* cancelled, and into a place that is none */
  g_cancellable_cancel (cancellable);
  g_assert_null (us_evaluate (model, 300, 1, 1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (us_evaluation_write (evaluation, model, metrics, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "metrics.json"));

  fixture_remove_folder (folder);
  fixture_remove_folder (parent);
}

static double
member (JsonObject *root,
        const char *object,
        const char *name)
{
  return json_object_get_double_member (json_object_get_object_member (root, object), name);
}

/* A simulator with a symmetry and derived quantities: all that metrics.json and pairs.csv say of them. */
static void
test_symmetric (void)
{
  g_autoptr(UsPrior) prior = fixture_prior ("rlc");
  const UsSimulator *simulator = us_prior_simulator (prior);
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = prior, .output = 0, .preset = &preset, .seed = 3, .samples = 12800, .n_workers = 1 };
  g_autoptr(UsSimvae) model = fixture_train (&config);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsEvaluation) evaluation = us_evaluate (model, 1000, 1, 1, NULL, &error);
  g_autoptr(UsEvaluation) again = us_evaluate (model, 1000, 1, 3, NULL, NULL);
  char *folder = fixture_folder ();
  g_autofree char *metrics = g_build_filename (folder, "metrics.json", NULL);
  g_autofree char *pairs = g_build_filename (folder, "pairs.csv", NULL);
  g_autofree char *text = NULL, *text_again = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(JsonParser) parser = json_parser_new ();
  JsonObject *root, *first;
  JsonArray *derived;

  g_assert_no_error (error);
  g_assert_cmpmem (evaluation->chen->information, 9 * sizeof (double), again->chen->information, 9 * sizeof (double));
  g_assert_cmpfloat (evaluation->modulo->mean_accuracy, ==, again->modulo->mean_accuracy);
  /* V̄ gives what V gives, and V* lies no farther from Z than V does */
  for (gsize i = 0; i < 1000; i++)
    {
      double z[3], v[3], c[3], far = 0, near = 0;

      for (gsize d = 0; d < simulator->n_derived; d++)
        {
          double q = simulator->derived[d].value (simulator, evaluation->equivalent + 3 * i);

          g_assert_cmpfloat_with_epsilon (q / evaluation->derived_v[i * simulator->n_derived + d], 1, 1e-9);
        }
      us_prior_to_latent (prior, evaluation->z + 3 * i, z);
      us_prior_to_latent (prior, evaluation->v + 3 * i, v);
      us_prior_to_latent (prior, evaluation->modulo->closest + 3 * i, c);
      for (gsize p = 0; p < 3; p++)
        {
          far += (z[p] - v[p]) * (z[p] - v[p]);
          near += (z[p] - c[p]) * (z[p] - c[p]);
        }
      g_assert_cmpfloat (near, <=, far + 1e-12);
    }
  g_test_message ("MIG %.3f, of V̄ %.3f, of V %.3f; Chen %.3f, %.3f, %.3f; accuracy %.3f, information %.3f; "
                  "f0 R² %.4f, Q R² %.4f; rms %.3f, chance %.3f", evaluation->mig, evaluation->histogram->mig_equivalent,
                  evaluation->mig_truth, evaluation->chen->mig, evaluation->chen->mig_equivalent,
                  evaluation->chen->mig_truth, evaluation->modulo->mean_accuracy, evaluation->modulo->mean_information,
                  evaluation->derived[0].r2, evaluation->derived[1].r2, evaluation->rms_simulator, evaluation->rms_chance);
  g_assert_cmpfloat (evaluation->histogram->mig_equivalent, <, evaluation->mig_truth - 0.2);
  g_assert_cmpfloat (evaluation->chen->mig_equivalent, <, evaluation->chen->mig_truth - 0.2);
  g_assert_cmpfloat (evaluation->modulo->mean_accuracy, >, evaluation->modulo->mean_accuracy_chance + 0.5);
  g_assert_cmpfloat (evaluation->derived[0].r2, >, 0.5);
  g_assert_cmpfloat (evaluation->rms_simulator, <, 0.7 * evaluation->rms_chance);

  us_evaluation_write (evaluation, model, folder, &error);
  g_assert_no_error (error);
  json_parser_load_from_file (parser, metrics, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpfloat (member (root, "histogram", "mig"), ==, json_object_get_double_member (root, "mig"));
  g_assert_cmpfloat_with_epsilon (member (root, "histogram", "mig_equivalent"), evaluation->histogram->mig_equivalent, 1e-12);
  g_assert_cmpfloat_with_epsilon (member (root, "chen", "mig"), evaluation->chen->mig, 1e-12);
  g_assert_cmpfloat_with_epsilon (member (root, "chen", "width"), 2 / (3.58 * sqrt (1000)), 1e-9);
  g_assert_cmpfloat_with_epsilon (member (root, "modulo_symmetry", "accuracy"), evaluation->modulo->mean_accuracy, 1e-12);
  derived = json_object_get_array_member (root, "derived");
  g_assert_cmpuint (json_array_get_length (derived), ==, simulator->n_derived);
  first = json_array_get_object_element (derived, 0);
  g_assert_cmpstr (json_object_get_string_member (first, "name"), ==, simulator->derived[0].name);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (first, "slope"), evaluation->derived[0].slope, 1e-12);

  g_file_get_contents (pairs, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", 2);
  g_assert_cmpstr (g_strchomp (lines[0]), ==, "v_R,v_L,v_C,z_R,z_L,z_C,c_R,c_L,c_C,v_f0,v_Q,z_f0,z_Q");

  /* the same bytes for any number of workers */
  g_remove (metrics);
  us_evaluation_write (again, model, folder, &error);
  g_assert_no_error (error);
  g_file_get_contents (pairs, &text_again, NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&text, g_free);
  us_evaluation_write (evaluation, model, folder, &error);
  g_file_get_contents (pairs, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, text_again);
  fixture_remove_folder (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/evaluate/by-hand", test_by_hand);
  g_test_add_func ("/evaluate/pinned", test_pinned);
  g_test_add_func ("/evaluate/edges", test_edges);
  g_test_add_func ("/evaluate/codes", test_codes);
  g_test_add_func ("/evaluate/fixed", test_fixed);
  g_test_add_func ("/evaluate/files", test_files);
  g_test_add_func ("/evaluate/symmetric", test_symmetric);
  return g_test_run ();
}
