/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-predictor.h"
#include "us-safetensors.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* Predictors against exact posteriors: a normal mean with a normal prior, two normal classes. */

#define N        60000
#define POINTS   4
#define N_LEVELS 5

static const double levels[N_LEVELS] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
static const double normal_quantiles[N_LEVELS] = { -1.6448536270, -0.6744897502, 0, 0.6744897502, 1.6448536270 };

/* θ ~ N(0, 1), POINTS times θ + N(0, 1): with n points seen the posterior is N(Σ / (n + 1), 1 / (n + 1)). */
static void
make_normal (gsize    n,
             guint64  seed,
             float   *x,            /* (n, POINTS) */
             double  *theta)        /* (n) */
{
  for (gsize r = 0; r < n; r++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_TEST, r);
      theta[r] = us_rng_normal (&rng);
      for (gsize i = 0; i < POINTS; i++)
        x[r * POINTS + i] = (float) (theta[r] + us_rng_normal (&rng));
    }
}

/* θ in units that are not the network's own: the answers must come back in them. */
static double
unit (double theta)
{
  return 50 + 7 * theta;
}

static UsPredictor *
train_normal (UsHeadKind    head,
              UsMissing     missing,
              UsSummaryKind kind,
              guint         n_workers)
{
  g_autofree float *x = g_new (float, N * POINTS);
  g_autofree double *theta = g_new (double, N);
  const UsPredictorTarget info = { "theta", "Theta", "m", NAN, unit (-6), unit (6) };
  UsPredictorConfig config = { .head = head, .n_rows = N, .x = x, .targets = theta, .n_targets = 1, .info = &info,
                               .levels = levels, .n_levels = N_LEVELS, .epochs = 8, .seed = 1,
                               .n_workers = n_workers };
  g_autoptr(GError) error = NULL;
  UsPredictor *self;

  make_normal (N, 1, x, theta);
  for (gsize i = 0; i < N; i++)
    theta[i] = unit (theta[i]);
  config.summary = (UsSummaryConfig) { .kind = kind, .height = POINTS, .width = 1, .channels = 1,
                                       .unordered = kind == US_SUMMARY_DEEP_SET, .missing = missing, .features = 32 };
  self = us_predictor_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return self;
}

/* Root mean square of answer − exact over fresh rows, in posterior spreads; some rows with gaps. */
static double
miss (const UsPredictor *self,
      gboolean           gaps)
{
  const gsize n = 2000, A = us_head_n_answers (us_predictor_head (self));
  g_autofree float *x = g_new (float, n * POINTS);
  g_autofree double *theta = g_new (double, n), *answer = g_new (double, n * A);
  double sum = 0;

  make_normal (n, 99, x, theta);
  for (gsize r = 0; gaps && r < n; r++)
    for (gsize i = 0; i < r % POINTS; i++)
      x[r * POINTS + (r / POINTS + i) % POINTS] = NAN;
  us_predictor_answer (self, n, x, answer);
  for (gsize r = 0; r < n; r++)
    {
      double mean = 0, sd, seen = 0;

      for (gsize i = 0; i < POINTS; i++)
        if (!isnan (x[r * POINTS + i]))
          {
            mean += (double) x[r * POINTS + i];
            seen++;
          }
      mean /= seen + 1;
      sd = 1 / sqrt (seen + 1);
      for (gsize i = 0; i < A; i++)
        sum += pow ((answer[r * A + i] - unit (mean + (A > 1 ? normal_quantiles[i] * sd : 0))) / (7 * sd), 2);
    }
  return sqrt (sum / (double) (n * A));
}

static void
test_mean (void)
{
  g_autoptr(UsPredictor) self = train_normal (US_HEAD_MEAN, (UsMissing) { 0 }, US_SUMMARY_DENSE, 2);

  g_test_message ("misses the posterior mean by %.3f spreads", miss (self, FALSE));
  g_assert_cmpfloat (miss (self, FALSE), <, 0.1);
  /* the loss of the posterior mean is the posterior's variance, over that of θ */
  g_assert_cmpfloat_with_epsilon (us_predictor_record (self)->held_out, 0.2, 0.02);
  g_assert_cmpstr (us_predictor_target (self, 0)->unit, ==, "m");
}

static void
test_quantiles (void)
{
  g_autoptr(UsPredictor) self = train_normal (US_HEAD_QUANTILES, (UsMissing) { 0 }, US_SUMMARY_DENSE, 2);

  g_test_message ("misses the quantiles by %.3f spreads; %.3f are covered", miss (self, FALSE),
                  us_predictor_record (self)->coverage);
  g_assert_cmpfloat (miss (self, FALSE), <, 0.12);
  /* of 6000 held-out rows: four standard errors, and a little for the network's own errors */
  g_assert_cmpfloat_with_epsilon (us_predictor_record (self)->coverage, 0.9, 4 * sqrt (0.09 / 6000) + 0.01);
}

/* A set of one to four points: the interval must know how many there were. */
static void
test_quantiles_with_gaps (gconstpointer kind)
{
  g_autoptr(UsPredictor) self = train_normal (US_HEAD_QUANTILES, (UsMissing) { 0.4, 0 },
                                              (UsSummaryKind) GPOINTER_TO_INT (kind), 2);

  g_test_message ("%s misses the quantiles by %.3f spreads", us_summary_kind_name (GPOINTER_TO_INT (kind)),
                  miss (self, TRUE));
  g_assert_cmpfloat (miss (self, TRUE), <, 0.15);
}

/* --- classes ----------------------------------------------------------- */

#define SHIFT 0.6        /* of each of three coordinates, either way */

/* Class 0 or 1: three coordinates N(∓SHIFT, 1): the log odds are 2 SHIFT Σ x. */
static void
make_classes (gsize    n,
              guint64  seed,
              float   *x,           /* (n, 3) */
              guint32 *classes)
{
  for (gsize r = 0; r < n; r++)
    {
      UsRng rng;

      us_rng_init (&rng, seed, US_RNG_TEST, r);
      classes[r] = us_rng_uniform (&rng) < 0.5;
      for (gsize i = 0; i < 3; i++)
        x[r * 3 + i] = (float) ((classes[r] ? SHIFT : -SHIFT) + us_rng_normal (&rng));
    }
}

static UsPredictor *
train_classes (const double *odds)
{
  static const char *const names[] = { "low", "high" };
  g_autofree float *x = g_new (float, N * 3);
  g_autofree guint32 *classes = g_new (guint32, N);
  UsPredictorConfig config = { .head = US_HEAD_CLASSES, .n_rows = N, .x = x, .classes = classes, .n_targets = 2,
                               .class_names = names, .odds = odds, .epochs = 8, .seed = 1, .n_workers = 2,
                               .summary = { .height = 1, .width = 1, .channels = 3, .features = 32 } };
  g_autoptr(GError) error = NULL;
  UsPredictor *self;

  make_classes (N, 1, x, classes);
  self = us_predictor_train (&config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return self;
}

/* Errors on fresh rows within a tenth of those of the best there is; probabilities close to the exact ones,
 * and a log loss that is no worse than theirs by more than a hundredth. */
static void
test_classes (void)
{
  const gsize n = 40000;
  g_autoptr(UsPredictor) self = train_classes (NULL);
  g_autofree float *x = g_new (float, n * 3);
  g_autofree guint32 *classes = g_new (guint32, n);
  g_autofree double *p = g_new (double, n * 2);
  double ours = 0, best = 0, loss = 0, best_loss = 0, off = 0;
  const double theory = 0.5 * erfc (SHIFT * sqrt (3.0 / 2));

  make_classes (n, 77, x, classes);
  us_predictor_answer (self, n, x, p);
  for (gsize r = 0; r < n; r++)
    {
      double exact = 1 / (1 + exp (-2 * SHIFT * (double) (x[r * 3] + x[r * 3 + 1] + x[r * 3 + 2])));

      g_assert_cmpfloat_with_epsilon (p[r * 2] + p[r * 2 + 1], 1, 1e-12);
      ours += (p[r * 2 + 1] > 0.5) != classes[r];
      best += (exact > 0.5) != classes[r];
      loss -= log (p[r * 2 + classes[r]]) / (double) n;
      best_loss -= log (classes[r] ? exact : 1 - exact) / (double) n;
      off += pow (p[r * 2 + 1] - exact, 2) / (double) n;
    }
  g_test_message ("errors %.4f, best %.4f (theory %.4f); log loss %.4f, best %.4f; probabilities off by %.3f; temperature %.3f",
                  ours / (double) n, best / (double) n, theory, loss, best_loss, sqrt (off),
                  us_predictor_temperature (self));
  g_assert_cmpfloat_with_epsilon (best / (double) n, theory, 4 * sqrt (theory / (double) n));
  g_assert_cmpfloat (ours, <=, 1.1 * best);
  g_assert_cmpfloat (loss, <, best_loss + 0.01);
  g_assert_cmpfloat (sqrt (off), <, 0.03);
  g_assert_cmpfloat_with_epsilon (us_predictor_record (self)->error_rate, theory, 0.03);
}

/* Stated odds move the log odds by theirs, and nothing else. */
static void
test_odds (void)
{
  const double odds[2] = { 1, 4 };
  g_autoptr(UsPredictor) even = train_classes (NULL), stated = train_classes (odds);
  const float x[6] = { 0, 0, 0, -1, 0.5f, -0.2f };
  double a[4], b[4];

  us_predictor_answer (even, 2, x, a);
  us_predictor_answer (stated, 2, x, b);
  for (gsize r = 0; r < 2; r++)
    g_assert_cmpfloat_with_epsilon (log (b[r * 2 + 1] / b[r * 2]), log (a[r * 2 + 1] / a[r * 2]) + log (4), 1e-9);
}

/* --- the same again ---------------------------------------------------- */

static void
test_same_bits (void)
{
  const UsMissing missing = { 0.2, 0.5 };
  g_autofree float *x = g_new (float, 400 * POINTS);
  g_autofree double *theta = g_new (double, 400);
  double answers[3][40];

  make_normal (400, 5, x, theta);
  for (guint w = 0; w < 3; w++)
    {
      UsPredictorConfig config = { .head = US_HEAD_QUANTILES, .n_rows = 400, .x = x, .targets = theta, .n_targets = 1,
                                   .levels = levels, .n_levels = N_LEVELS, .epochs = 2, .seed = 9, .n_workers = 1 + 2 * w,
                                   .summary = { .kind = US_SUMMARY_RECURRENT, .height = POINTS, .width = 1, .channels = 1,
                                                .missing = missing } };
      g_autoptr(UsPredictor) self = us_predictor_train (&config, NULL, NULL, NULL, NULL);

      us_predictor_answer (self, 8, x, answers[w]);
    }
  g_assert_cmpmem (answers[0], sizeof answers[0], answers[1], sizeof answers[1]);
  g_assert_cmpmem (answers[0], sizeof answers[0], answers[2], sizeof answers[2]);
}

static void
on_progress (const UsPredictorProgress *progress,
             gpointer                   data)
{
  gint *cancelled = data;

  g_assert_cmpfloat (progress->fraction, >, 0);
  g_assert_true (isfinite (progress->loss) && isfinite (progress->held_out));
  if (progress->epoch == 2)
    g_atomic_int_set (cancelled, 1);
}

static void
test_refused (void)
{
  g_autofree float *x = g_new (float, 100 * POINTS);
  g_autofree double *theta = g_new (double, 100);
  g_autofree guint32 *classes = g_new0 (guint32, 100);
  UsPredictorConfig config = { .head = US_HEAD_MEAN, .n_rows = 100, .x = x, .targets = theta, .n_targets = 1,
                               .classes = classes, .epochs = 5, .n_workers = 1,
                               .summary = { .height = POINTS, .width = 1, .channels = 1 } };
  g_autoptr(GError) error = NULL;
  gint cancelled = 0;

  make_normal (100, 5, x, theta);
  g_assert_null (us_predictor_train (&config, on_progress, &cancelled, &cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  config.n_rows = 49;
  g_assert_null (us_predictor_train (&config, NULL, NULL, NULL, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
  g_clear_error (&error);
  config.n_rows = 100;
  theta[41] = INFINITY;
  g_assert_null (us_predictor_train (&config, NULL, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "Row 42, target 1"));
  g_clear_error (&error);
  theta[41] = 0;
  x[POINTS * 7 + 2] = NAN;
  g_assert_null (us_predictor_train (&config, NULL, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "Row 8, value 3"));
  g_clear_error (&error);
  x[POINTS * 7 + 2] = 0;
  config.head = US_HEAD_CLASSES;
  config.n_targets = 2;
  classes[3] = 2;
  g_assert_null (us_predictor_train (&config, NULL, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "Row 4: class 2"));
}

/* --- the file ---------------------------------------------------------- */

static UsPredictor *
small (UsHeadKind head)
{
  static const char *const names[] = { "a", "b" };
  static const double times[POINTS] = { 0, 1, 2.5, 4 };
  static const UsOutput observed = { .id = "size", .label = "Size", .kind = US_OUTPUT_SERIES, .height = POINTS, .width = 1,
                                     .channels = 1, .x_label = "Time", .x_unit = "h", .y_label = "Size", .y_unit = "",
                                     .x_upper = 4, .upper = 1, .x_values = times };
  static const UsPredictorTarget info = { "theta", "Theta", "m", NAN, 0, INFINITY };
  g_autofree float *x = g_new (float, 200 * POINTS);
  g_autofree double *theta = g_new (double, 200);
  g_autofree guint32 *classes = g_new (guint32, 200);
  char *simulators[] = { (char *) "normal 1", NULL };
  const UsPredictorRecord record = { .task = (char *) "forecast", .command = (char *) "made by a test", .simulators = simulators,
                                     .horizon = 2.5 };
  UsPredictorConfig config = { .head = head, .n_rows = 200, .x = x, .targets = theta, .classes = classes,
                               .n_targets = head == US_HEAD_CLASSES ? 2 : 1, .class_names = names, .info = &info,
                               .epochs = 2, .seed = 18446744073709551615u, .n_workers = 1, .observed = &observed, .record = &record,
                               .summary = { .kind = US_SUMMARY_RECURRENT, .missing = { 0.1, 0 }, .features = 8 } };

  make_normal (200, 5, x, theta);
  for (gsize i = 0; i < 200; i++)
    {
      classes[i] = theta[i] > 0;
      theta[i] = exp (2 * theta[i]);      /* whose quantiles are learnt in the logarithm */
    }
  us_summary_config_output (&config.summary, &observed);
  return us_predictor_train (&config, NULL, NULL, NULL, NULL);
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("predictor-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  const float x[2 * POINTS] = { 1, NAN, 0.5f, -0.3f, 0, 0, 2, 1 };

  for (UsHeadKind head = US_HEAD_MEAN; head <= US_HEAD_CLASSES; head++)
    {
      g_autoptr(UsPredictor) self = small (head), again = NULL;
      gsize A = us_head_n_answers (us_predictor_head (self)), S = us_predictor_n_summaries (self);
      g_autofree double *a = g_new (double, 2 * A), *b = g_new (double, 2 * A);
      g_autofree float *h = g_new (float, 2 * S), *g = g_new (float, 2 * S);
      const UsPredictorRecord *was = us_predictor_record (self), *is;
      g_autoptr(GError) error = NULL;

      g_assert_true (us_predictor_save (self, path, &error));
      g_assert_true (us_predictor_is_file (path));
      again = us_predictor_load (path, &error);
      g_assert_no_error (error);
      us_predictor_answer (self, 2, x, a);
      us_predictor_answer (again, 2, x, b);
      g_assert_cmpmem (a, 2 * A * sizeof *a, b, 2 * A * sizeof *b);
      us_predictor_summaries (self, 2, x, h);
      us_predictor_summaries (again, 2, x, g);
      g_assert_cmpmem (h, 2 * S * sizeof *h, g, 2 * S * sizeof *g);
      is = us_predictor_record (again);
      g_assert_cmpuint (is->seed, ==, was->seed);
      g_assert_cmpstr (is->task, ==, "forecast");
      g_assert_cmpstr (is->simulators[0], ==, "normal 1");
      g_assert_true (is->n_rows == 200 && is->horizon == 2.5 && is->held_out == was->held_out && is->n_epochs == 2);
      g_assert_cmpfloat (us_output_x (us_predictor_observed (again), 2), ==, 2.5);
      g_assert_cmpstr (us_predictor_observed (again)->x_unit, ==, "h");
      if (head == US_HEAD_CLASSES)
        g_assert_cmpstr (us_predictor_class_name (again, 1), ==, "b");
      else
        g_assert_true (us_predictor_target (again, 0)->lower == 0 && isinf (us_predictor_target (again, 0)->upper)
                       && isnan (us_predictor_target (again, 0)->at));
    }
  g_remove (path);
  g_rmdir (folder);
}

/* Every text of the file changed to what it cannot be, and tensors that do not fit. */
static void
test_bad_files (void)
{
  static const struct { UsHeadKind head; const char *key, *value; } edits[] = {
    { US_HEAD_MEAN, "format", "understudy-simvae" }, { US_HEAD_MEAN, "format_version", "7" },
    { US_HEAD_MEAN, "head", "modes" }, { US_HEAD_MEAN, "head", "quantiles" }, { US_HEAD_MEAN, "head", "classes" },
    { US_HEAD_MEAN, "targets", "[]" }, { US_HEAD_MEAN, "targets", "{}" }, { US_HEAD_MEAN, "targets", "[{}]" },
    { US_HEAD_MEAN, "targets", "[{\"name\":\"a\",\"scale\":[\"none\",1,0,0]}]" },
    { US_HEAD_MEAN, "targets", "[{\"name\":\"a\",\"lower\":2,\"upper\":1,\"scale\":[\"none\",1,0,1]}]" },
    { US_HEAD_QUANTILES, "levels", "[]" }, { US_HEAD_QUANTILES, "levels", "[0.5,0.5]" },
    { US_HEAD_QUANTILES, "levels", "[0,0.5]" }, { US_HEAD_QUANTILES, "levels", "[0.1,0.2,0.5]" },
    { US_HEAD_CLASSES, "classes", "[]" }, { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\"],\"weights\":[1],\"temperature\":1}" },
    { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\",\"b\"],\"weights\":[1],\"temperature\":1}" },
    { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\",\"b\"],\"weights\":[1,0],\"temperature\":1}" },
    { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\",\"b\"],\"weights\":[1,1],\"temperature\":null}" },
    { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\",3],\"weights\":[1,1],\"temperature\":1}" },
    { US_HEAD_CLASSES, "classes", "{\"names\":[\"a\",\"b\",\"c\"],\"weights\":[1,1,1],\"temperature\":1}" },
    { US_HEAD_MEAN, "summary", "[" }, { US_HEAD_MEAN, "summary", "{}" },
    { US_HEAD_MEAN, "observed", "{}" }, { US_HEAD_MEAN, "observed", "[1]" },
    { US_HEAD_MEAN, "summary_network", "{\"input\":[1,4,2],\"layers\":[]}" },
    { US_HEAD_MEAN, "summary_network", "{\"input\":[1,4,4],\"layers\":[]}" },
    { US_HEAD_MEAN, "head_network", "{\"input\":[1,1,4],\"layers\":[]}" },
    { US_HEAD_MEAN, "head_network", "nothing" },
    /* 2^30 weights in a few words: refused before memory is taken */
    { US_HEAD_MEAN, "summary_network", "{\"input\":[1,4,4],\"layers\":[{\"kind\":\"dense\",\"out\":1048576,\"bias\":true},"
                                       "{\"kind\":\"dense\",\"out\":1024,\"bias\":true}]}" },
  };
  g_autofree char *folder = g_dir_make_tmp ("predictor-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.safetensors", NULL);
  g_autofree char *bytes = NULL;
  gsize length;

  for (gsize i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      g_autoptr(UsSafetensors) file = NULL;
      g_autoptr(GError) error = NULL;

      if (i == 0 || edits[i].head != edits[i - 1].head)
        {
          g_autoptr(UsPredictor) self = small (edits[i].head);

          g_assert_true (us_predictor_save (self, path, NULL));
        }
      file = us_safetensors_read (path, 0, NULL);
      us_safetensors_set_metadata (file, edits[i].key, edits[i].value);
      g_assert_true (us_safetensors_write (file, bad, NULL));
      g_assert_null (us_predictor_load (bad, &error));
      if (error == NULL || error->domain != US_FORMAT_ERROR || strstr (error->message, "bad.safetensors") == NULL)
        g_error ("%s = %s: %s", edits[i].key, edits[i].value, error != NULL ? error->message : "taken");
      if (i == G_N_ELEMENTS (edits) - 1)
        g_assert_nonnull (strstr (error->message, "fewer than the architecture needs"));
    }

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (gsize n = 0; n < length; n += 997)
    {
      g_assert_true (g_file_set_contents (bad, bytes, (gssize) n, NULL));
      g_assert_null (us_predictor_load (bad, NULL));
      g_assert_false (us_predictor_is_file (bad));
    }
  g_remove (path);
  g_remove (bad);
  g_rmdir (folder);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/predictor/mean", test_mean);
  g_test_add_func ("/predictor/quantiles", test_quantiles);
  g_test_add_data_func ("/predictor/quantiles/dense-gaps", GINT_TO_POINTER (US_SUMMARY_DENSE), test_quantiles_with_gaps);
  g_test_add_data_func ("/predictor/quantiles/set", GINT_TO_POINTER (US_SUMMARY_DEEP_SET), test_quantiles_with_gaps);
  g_test_add_data_func ("/predictor/quantiles/recurrent", GINT_TO_POINTER (US_SUMMARY_RECURRENT), test_quantiles_with_gaps);
  g_test_add_func ("/predictor/classes", test_classes);
  g_test_add_func ("/predictor/odds", test_odds);
  g_test_add_func ("/predictor/same-bits", test_same_bits);
  g_test_add_func ("/predictor/refused", test_refused);
  g_test_add_func ("/predictor/file", test_file);
  g_test_add_func ("/predictor/bad-files", test_bad_files);
  return g_test_run ();
}
