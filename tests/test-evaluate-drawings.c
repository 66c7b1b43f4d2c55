/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simvae-fixture.h"

#include "us-error.h"
#include "us-evaluate-drawings.h"
#include "us-ingest.h"

#include <json-glib/json-glib.h>

#define P 11
#define COLUMNS 64
#define N_POINTS 4097
#define OVERTONE 0.04           /* of the sixth harmonic, which the series does not have */

static UsSimvae *model;         /* reads pictures, badly: a second of training */
static char *folder;

/* Sines only: odd about the middle, so centred already. */
static const double truth[P] = { 0, 0, 0, 0, 0, 0, 0.15, -0.1, 0.05, 0.08, -0.03 };

/* The closed form, apart from the simulator's own way through a table. */
static double
curve (const double *theta,
       double        u)
{
  double y = theta[0];

  for (int k = 1; k <= 5; k++)
    y += theta[k] * cos (2 * G_PI * k * u) + theta[5 + k] * sin (2 * G_PI * k * u);
  return y;
}

static double
drawn (double u,
       double overtone)
{
  return curve (truth, u) + overtone * sin (2 * G_PI * 6 * u);
}

/* The field is twice as high as it is wide: a drawing 2 wide keeps its heights. */
static void
append_drawing (GString    *text,
                const char *members,
                double      up,
                double      overtone)
{
  g_string_append_printf (text, "{%s,\"strokes\":[{\"x\":[", members);
  for (int i = 0; i < N_POINTS; i++)
    g_string_append_printf (text, "%s%.9f", i > 0 ? "," : "", 2.0 * i / (N_POINTS - 1));
  g_string_append (text, "],\"y\":[");
  for (int i = 0; i < N_POINTS; i++)
    g_string_append_printf (text, "%s%.12f", i > 0 ? "," : "", up * drawn (i / (N_POINTS - 1.0), overtone));
  g_string_append (text, "]}]}");
}

static void
write_text (const char *name,
            const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_cmpint (g_remove (path), ==, 0);
}

/* What the model says of the picture, put there without a file. */
static void
expect_inference (double  overtone,
                  double *theta)
{
  g_autofree double *xy = g_new (double, 2 * N_POINTS);
  g_autoptr(GError) error = NULL;
  g_autoptr(UsObservation) observation = NULL;
  g_autoptr(UsPlayer) player = us_player_new (model, 1, NULL);
  g_autoptr(UsInference) inference = NULL;

  for (int i = 0; i < N_POINTS; i++)
    {
      xy[2 * i] = i / (N_POINTS - 1.0);
      xy[2 * i + 1] = drawn (xy[2 * i], overtone);
    }
  observation = us_observation_from_polyline (us_simvae_simulator (model), 0, N_POINTS, xy, &error);
  g_assert_no_error (error);
  inference = us_player_infer (player, observation->x, &error);
  g_assert_no_error (error);
  memcpy (theta, inference->mean, P * sizeof (double));
}

static double
expect_rms (const double *theta,
            double        overtone)
{
  double sum = 0;

  for (int j = 0; j < COLUMNS; j++)
    sum += pow (curve (theta, (j + 0.5) / COLUMNS) - drawn ((j + 0.5) / COLUMNS, overtone), 2);
  return sqrt (sum / COLUMNS);
}

static void
write_drawings (void)
{
  g_autoptr(GString) text = g_string_new ("{\"format\":\"strokes-1\",\"y_axis\":\"down\",\"drawings\":[\n");

  append_drawing (text, "\"key_id\":\"7\",\"word\":\"a \\\"wave\\\", odd\",\"single_valued\":true", -1, 0);
  g_string_append (text, ",\n{\"single_valued\":false,\"strokes\":[{\"x\":[0,1,0],\"y\":[0,1,2]}]},"
                         "{\"strokes\":[{\"x\":[0,1],\"y\":[0,1]}]},"
                         "{\"single_valued\":1,\"strokes\":[{\"x\":[0,1],\"y\":[0,1]}]},\n");
  append_drawing (text, "\"single_valued\":true", -1, OVERTONE);
  g_string_append (text, "]}");
  write_text ("b.json", text->str);

  g_string_assign (text, "{\"format\":\"strokes-1\",\"y_axis\":\"up\",\"drawings\":[");
  append_drawing (text, "\"single_valued\":true", 1, OVERTONE);
  g_string_append (text, "]}");
  write_text ("a.json", text->str);
  write_text ("notes.txt", "not looked at");
}

static void
test_scores (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsDrawingsEvaluation) evaluation = NULL;
  const UsDrawingScore *up, *exact, *foreign;
  double theta[P], rms[2];

  write_drawings ();
  evaluation = us_evaluate_drawings (model, folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (evaluation->scores->len, ==, 3);
  g_assert_cmpuint (evaluation->n_left_out, ==, 3);
  g_assert_cmpuint (evaluation->n_columns, ==, COLUMNS);
  g_assert_cmpfloat (evaluation->pixels, ==, 32);

  /* by name, then by index */
  up = evaluation->scores->pdata[0];
  exact = evaluation->scores->pdata[1];
  foreign = evaluation->scores->pdata[2];
  g_assert_cmpstr (up->file, ==, "a.json");
  g_assert_cmpstr (exact->file, ==, "b.json");
  g_assert_cmpuint (exact->index, ==, 0);
  g_assert_cmpuint (foreign->index, ==, 4);
  g_assert_cmpstr (exact->word, ==, "a \"wave\", odd");
  g_assert_cmpstr (exact->key_id, ==, "7");
  g_assert_cmpstr (foreign->word, ==, "");

  /* a curve of the series is its own fit */
  for (int p = 0; p < P; p++)
    g_assert_cmpfloat_with_epsilon (exact->fitted[p], truth[p], 1e-5);
  g_assert_cmpfloat (exact->rms_fit, <, 1e-5);
  g_assert_cmpfloat (exact->ratio, >, 100);
  expect_inference (0, theta);
  for (int p = 0; p < P; p++)
    g_assert_cmpfloat_with_epsilon (exact->inferred[p], theta[p], 1e-4);
  rms[0] = expect_rms (theta, 0);
  g_assert_cmpfloat_with_epsilon (exact->rms, rms[0], 1e-4);
  g_assert_cmpfloat (rms[0], >, 0.02);

  /* a sixth harmonic is orthogonal to the five: the fit stays, and leaves its effective value */
  for (int p = 0; p < P; p++)
    g_assert_cmpfloat_with_epsilon (foreign->fitted[p], truth[p], 1e-5);
  g_assert_cmpfloat_with_epsilon (foreign->rms_fit, OVERTONE / G_SQRT2, 1e-5);
  expect_inference (OVERTONE, theta);
  rms[1] = expect_rms (theta, OVERTONE);
  g_assert_cmpfloat_with_epsilon (foreign->rms, rms[1], 1e-4);
  g_assert_cmpfloat_with_epsilon (foreign->ratio, rms[1] / (OVERTONE / G_SQRT2), 5e-3);
  /* no inference beats the fit (up to the fit's finer columns) */
  g_assert_cmpfloat (foreign->ratio, >, 0.999);

  /* the same drawing, its axis the other way up */
  g_assert_cmpfloat_with_epsilon (up->rms, foreign->rms, 1e-6);
  g_assert_cmpfloat_with_epsilon (up->rms_fit, foreign->rms_fit, 1e-6);

  g_assert_cmpfloat_with_epsilon (evaluation->median_ratio, MAX (up->ratio, foreign->ratio), 1e-12);
  g_assert_cmpfloat (evaluation->worst_ratio, ==, exact->ratio);
  g_assert_cmpfloat_with_epsilon (evaluation->median_rms_fit, OVERTONE / G_SQRT2, 1e-5);
}

static void
test_files (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsDrawingsEvaluation) evaluation = us_evaluate_drawings (model, folder, NULL, &error);
  g_autoptr(JsonParser) parser = json_parser_new ();
  char *out = g_build_filename (folder, "out", NULL);
  g_autofree char *metrics = g_build_filename (out, "metrics.json", NULL);
  g_autofree char *rows = g_build_filename (out, "drawings.csv", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  JsonObject *object;

  g_assert_no_error (error);
  us_drawings_evaluation_write (evaluation, model, out, &error);
  g_assert_no_error (error);

  /* what stood in metrics.json stays */
  g_assert_true (g_file_set_contents (metrics, "{\"mig\": 0.5, \"drawings\": 3}", -1, NULL));
  us_drawings_evaluation_write (evaluation, model, out, &error);
  g_assert_no_error (error);
  json_parser_load_from_file (parser, metrics, &error);
  g_assert_no_error (error);
  object = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpfloat (json_object_get_double_member (object, "mig"), ==, 0.5);
  object = json_object_get_object_member (object, "drawings");
  g_assert_cmpint (json_object_get_int_member (object, "drawings"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (object, "left_out"), ==, 3);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "median_ratio"), evaluation->median_ratio, 1e-12);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (object, "median_rms_pixels"),
                                  32 * evaluation->median_rms, 1e-12);

  g_file_get_contents (rows, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_true (g_str_has_prefix (lines[0], "file,drawing,key_id,word,rms,rms_fit,ratio,rms_pixels,rms_fit_pixels,z_c0,"));
  g_assert_nonnull (strstr (lines[0], ",z_b5,fit_c0,"));
  g_assert_true (g_str_has_suffix (lines[0], ",fit_b5,note"));
  g_assert_true (g_str_has_prefix (lines[2], "\"b.json\",0,\"7\",\"a \"\"wave\"\", odd\","));
  g_assert_cmpfloat (g_ascii_strtod (lines[2] + strlen ("\"b.json\",0,\"7\",\"a \"\"wave\"\", odd\","), NULL), ==,
                     ((UsDrawingScore *) evaluation->scores->pdata[1])->rms);

  /* what is no object is not written over */
  g_assert_true (g_file_set_contents (metrics, "[1]", -1, NULL));
  g_assert_false (us_drawings_evaluation_write (evaluation, model, out, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
  fixture_remove_folder (out);
}

static void
refuse (UsSimvae   *which,
        GQuark      domain,
        int         code,
        const char *message)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (us_evaluate_drawings (which, folder, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_refusals (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPrior) box = fixture_prior ("box");
  UsPreset preset = fixture_preset (FALSE);
  UsTrainerConfig config = { .prior = box, .output = 0, .preset = &preset, .seed = 3, .samples = 256, .n_workers = 1 };
  g_autoptr(UsSimvae) other = fixture_train (&config);
  static const struct { const char *text; int code; const char *message; } bad[] = {
    { "", US_FORMAT_ERROR_TRUNCATED, "c.json: the file is empty" },
    { "{\"format\":\"strokes-1\",\"drawings\":[", US_FORMAT_ERROR_SYNTAX, "c.json: not JSON" },
    { "{\"format\":\"strokes-2\",\"drawings\":[]}", US_FORMAT_ERROR_SYNTAX, "strokes-1" },
    { "{\"format\":\"strokes-1\"}", US_FORMAT_ERROR_SYNTAX, "drawings" },
    { "{\"format\":\"strokes-1\",\"drawings\":[{\"single_valued\":true}]}", US_FORMAT_ERROR_VALUE, "c.json, drawing 0" },
    { "{\"format\":\"strokes-1\",\"drawings\":[3,{\"single_valued\":true,\"strokes\":[{\"x\":[1,1],\"y\":[0,9]}]}]}",
      US_FORMAT_ERROR_VALUE, "drawing 1: marked single_valued" },
    { "{\"format\":\"strokes-1\",\"drawings\":[{\"single_valued\":true,\"strokes\":[{\"x\":[0,1],\"y\":[0]}]}]}",
      US_FORMAT_ERROR_VALUE, "same length" },
  };

  g_cancellable_cancel (cancellable);
  g_assert_null (us_evaluate_drawings (model, folder, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  refuse (other, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED, "no curve");

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      write_text ("c.json", bad[i].text);
      refuse (model, US_FORMAT_ERROR, bad[i].code, bad[i].message);
    }
  remove_file ("c.json");

  /* none left that is a function of x */
  remove_file ("a.json");
  write_text ("b.json", "{\"format\":\"strokes-1\",\"drawings\":[{\"single_valued\":false}]}");
  refuse (model, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, "other drawings in them: 1");
  g_clear_error (&error);
  g_assert_null (us_evaluate_drawings (model, "/nonexistent", NULL, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(UsPrior) prior = NULL;
  UsPreset preset = fixture_preset (FALSE);
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = fixture_folder ();
  prior = fixture_prior ("fourier");
  model = fixture_train (&(UsTrainerConfig) { .prior = prior, .output = 0, .preset = &preset, .seed = 3,
                                              .samples = 6400, .n_workers = 1 });

  g_test_add_func ("/evaluate-drawings/scores", test_scores);
  g_test_add_func ("/evaluate-drawings/files", test_files);
  g_test_add_func ("/evaluate-drawings/refusals", test_refusals);
  status = g_test_run ();
  us_simvae_unref (model);
  fixture_remove_folder (folder);
  return status;
}
