/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door for measured series: what is taken, what is told, what is refused and where. */
#include "us-error.h"
#include "us-measurements.h"
#include "us-series-setup.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static char *folder;

static UsMeasurements *
read_text (const char                  *text,
           const UsMeasurementsOptions *options,
           GError                     **error)
{
  g_autofree char *path = g_build_filename (folder, "table.csv", NULL);
  g_autoptr(GError) failure = NULL;

  g_file_set_contents (path, text, -1, &failure);
  g_assert_no_error (failure);
  return us_measurements_read (path, options, error);
}

/* The message names each of the words. */
static void
assert_refused (const char                  *text,
                const UsMeasurementsOptions *options,
                const char                  *const *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text (text, options, &error);

  g_assert_null (m);
  g_assert_nonnull (error);
  g_assert_true (error->domain == US_FORMAT_ERROR);
  for (; *words != NULL; words++)
    if (strstr (error->message, *words) == NULL)
      g_error ("“%s” does not say “%s”", error->message, *words);
}

#define REFUSED(text, options, ...) assert_refused (text, options, (const char *const[]) { __VA_ARGS__, NULL })

static void
test_plain (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text ("hour,biomass\n0,9.6\n1,18.3\n2.5,29\n", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (m->n_times, ==, 3);
  g_assert_cmpuint (m->n_columns, ==, 1);
  g_assert_cmpstr (m->time_name, ==, "hour");
  g_assert_cmpstr (m->names[0], ==, "biomass");
  g_assert_cmpfloat (m->times[2], ==, 2.5);
  g_assert_cmpfloat (m->values[1], ==, 18.3);
  g_assert_cmpuint (m->lines[2], ==, 4);
  g_assert_null (m->remarks[0]);
}

static void
test_time_is_found (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) named = read_text ("cases,day,place\n3,0,A\n8,1,A\n", NULL, &error);
  g_autoptr(UsMeasurements) dated = read_text ("date,cases\n1978-01-22,3\n1978-01-24,8\n", NULL, &error);
  g_autoptr(UsMeasurements) both = read_text ("day,date,in_bed\n5,1978-01-22,3\n6,1978-01-23,8\n", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (named->time_name, ==, "day");
  g_assert_cmpuint (named->n_columns, ==, 1);
  g_assert_cmpstr (dated->time_name, ==, "date");
  g_assert_cmpfloat (dated->times[1], ==, 2.0);
  g_assert_nonnull (strstr (dated->remarks[0], "days since"));
  g_assert_cmpstr (both->time_name, ==, "day");
  g_assert_cmpfloat (both->times[0], ==, 5.0);
  g_assert_cmpuint (both->n_columns, ==, 1);
}

static void
test_missing_is_told (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text ("day,cases\n0,3\n1,\n2,NA\n3,7\n", NULL, &error);

  g_assert_no_error (error);
  g_assert_true (isnan (m->values[1]) && isnan (m->values[2]));
  g_assert_cmpuint (m->n_missing, ==, 2);
  g_assert_nonnull (strstr (m->remarks[0], "2 of 4"));
  g_assert_nonnull (strstr (m->remarks[0], "line 3"));
}

/* Calendar years: where a model begins at 0, the first time is 0. */
static void
test_from_zero (void)
{
  g_autoptr(GError) error = NULL;
  UsMeasurementsOptions options = { .from_zero = TRUE };
  g_autoptr(UsMeasurements) m = read_text ("year,hare\n1900,30\n1902,47.2\n1903,70.2\n", &options, &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (m->times[0], ==, 0);
  g_assert_cmpfloat (m->times[1], ==, 2);
  g_assert_cmpfloat (m->times[2], ==, 3);
  g_assert_cmpfloat (m->values[1], ==, 47.2);
  g_assert_nonnull (strstr (m->remarks[0], "1900"));
}

/* A simulator at the times of the data: without those at which nothing was observed, and the same data fit it. */
static void
test_simulator_at_times (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text ("hour,size\n0,3\n1,\n2.5,7\n4,9\n", NULL, &error);
  const UsSimulator *simulator = us_series_simulator ("growth-logistic+normal", m, FALSE, &error), *base;
  g_autoptr(UsPrior) known = NULL, prior = NULL, usual = NULL;
  UsDistribution distributions[3];
  float x[3];

  g_assert_no_error (error);
  g_assert_cmpstr (simulator->id, ==, "growth-logistic@0,2.5,4+normal");
  g_assert_true (us_measurements_to_output (m, &simulator->outputs[0], 3, FALSE, x, &error));
  g_assert_cmpfloat (x[1], ==, 7);

  /* a prior that was changed goes with it, the noise's own stays */
  base = us_registry_find ("growth-logistic", &error);
  g_assert_cmpuint (base->n_parameters, ==, 3);
  for (gsize p = 0; p < 3; p++)
    distributions[p] = base->parameters[p].prior;
  distributions[1] = (UsDistribution) { US_DISTRIBUTION_UNIFORM, 0.3, 0.6, 0 };
  known = us_prior_new (base, distributions, &error);
  g_assert_no_error (error);
  prior = us_series_prior (simulator, known, &error);
  g_assert_no_error (error);
  g_assert_true (us_prior_simulator (prior) == simulator);
  g_assert_true (us_distribution_equal (us_prior_distribution (prior, 1), &distributions[1]));
  g_assert_true (us_distribution_equal (us_prior_distribution (prior, 3), &simulator->parameters[3].prior));
  usual = us_prior_new_default (base);
  us_prior_unref (prior);
  prior = us_series_prior (simulator, usual, &error);
  g_assert_true (us_prior_is_default (prior));

  g_assert_null (us_series_simulator ("growth-logistic@0,1", m, FALSE, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX);
}

/* Where counts below zero are not observed, their times are none either. */
static void
test_simulator_of_counts (void)
{
  g_autoptr(GError) error = NULL;
  UsMeasurementsOptions options = { .mask_bad = TRUE };
  g_autoptr(UsMeasurements) m = read_text ("day,cases\n0,3\n1,-2\n2,7\n", &options, &error);
  const UsSimulator *simulator = us_series_simulator ("sir+poisson", m, TRUE, &error);
  float x[3];

  g_assert_no_error (error);
  g_assert_cmpstr (simulator->id, ==, "sir@0,2+poisson");
  g_assert_true (us_measurements_to_output (m, &simulator->outputs[0], 2, TRUE, x, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (x[1], ==, 7);
  /* else it is a value, and refused */
  simulator = us_series_simulator ("sir+poisson", m, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (simulator->id, ==, "sir@0,1,2+poisson");
  g_assert_false (us_measurements_to_output (m, &simulator->outputs[0], 2, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
}

static void
test_subjects (void)
{
  const char *text = "subject,hour,conc,arm\n1,0,1.5,a\n1,1,0.5,a\n2,0,2.5,b\n2,1,x,b\n";
  UsMeasurementsOptions first = { .where = "subject=1" }, second = { .where = "subject=2, arm=b", .mask_bad = TRUE };
  UsMeasurementsOptions nobody = { .where = "subject=7" }, wrong = { .where = "patient=1" }, vague = { .where = "subject" };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) a = read_text (text, &first, &error), b = read_text (text, &second, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (a->n_times, ==, 2);
  g_assert_cmpuint (a->n_columns, ==, 1);
  g_assert_cmpstr (a->names[0], ==, "conc");
  g_assert_cmpfloat (a->values[1], ==, 0.5);
  g_assert_nonnull (strstr (a->remarks[0], "2 of 4 rows"));
  g_assert_cmpfloat (b->values[0], ==, 2.5);
  g_assert_true (isnan (b->values[1]));
  REFUSED (text, NULL, "line 4", "subject=1");
  REFUSED (text, &nobody, "subject=7");
  REFUSED (text, &wrong, "patient", "conc");
  REFUSED (text, &vague, "COLUMN=VALUE");
}

static void
test_order (void)
{
  const char *text = "t,y\n2,20\n0,0\n1,10\n";
  UsMeasurementsOptions sorted = { .sort = TRUE };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text (text, &sorted, &error);

  g_assert_no_error (error);
  for (gsize t = 0; t < 3; t++)
    {
      g_assert_cmpfloat (m->times[t], ==, t);
      g_assert_cmpfloat (m->values[t], ==, 10.0 * t);
    }
  g_assert_cmpuint (m->lines[0], ==, 3);
  REFUSED (text, NULL, "line 3", "0 after 2");
  REFUSED ("t,y\n0,1\n0,2\n", &sorted, "line 3", "line 2");
  REFUSED ("t,y\n0,1\n,2\n", NULL, "line 3", "missing");
}

static void
test_refused (void)
{
  UsMeasurementsOptions values = { .values = (const char *const[]) { "deaths", NULL } };
  UsMeasurementsOptions time = { .time = "week" };

  REFUSED ("day,cases\n0,3\n1,about 8\n", NULL, "line 3", "column 2", "about 8");
  REFUSED ("day,cases\n0,3\n", &values, "deaths", "cases");
  REFUSED ("day,cases\n0,3\n", &time, "week", "day");
  REFUSED ("day,place\n0,A\n", NULL, "beside the time");
}

static const UsOutput counted = {
  .id = "incidence", .label = "Incidence", .kind = US_OUTPUT_SERIES, .height = 5, .width = 1, .channels = 1,
  .x_label = "Time", .x_unit = "d", .x_lower = 0, .x_upper = 4, .counts = TRUE,
};

static void
test_onto_output (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = read_text ("day,cases\n0,3\n1,8\n3,20\n", NULL, &error);
  float x[5];

  g_assert_no_error (error);
  g_assert_true (us_measurements_to_output (m, &counted, 3, FALSE, x, &error));
  g_assert_cmpfloat (x[0], ==, 3);
  g_assert_cmpfloat (x[1], ==, 8);
  g_assert_true (isnan (x[2]));
  g_assert_cmpfloat (x[3], ==, 20);
  g_assert_true (isnan (x[4]));
  g_assert_false (us_measurements_to_output (m, &counted, 4, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

static void
test_onto_output_refused (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) between = read_text ("day,cases\n0,3\n1.5,8\n", NULL, &error);
  g_autoptr(UsMeasurements) negative = read_text ("day,cases\n0,3\n2,-8\n", NULL, &error);
  g_autoptr(UsMeasurements) two = read_text ("day,a,b\n0,3,1\n2,8,1\n", NULL, &error);
  float x[5];

  g_assert_no_error (error);
  g_assert_false (us_measurements_to_output (between, &counted, 1, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_assert_nonnull (strstr (error->message, "line 3"));
  g_clear_error (&error);
  g_assert_false (us_measurements_to_output (negative, &counted, 1, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "line 3"));
  g_clear_error (&error);
  g_assert_true (us_measurements_to_output (negative, &counted, 1, TRUE, x, &error));
  g_assert_true (isnan (x[2]));
  g_assert_false (us_measurements_to_output (two, &counted, 1, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

/* Days counted from far away are as far apart as others, and no two times share a point. */
static void
test_nearest_point (void)
{
  static const double days[] = { 2440000.0, 2440001.0, 2440002.0 };
  UsOutput output = counted;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) far = read_text ("day,cases\n2440000,3\n2440002,8\n", NULL, &error);
  g_autoptr(UsMeasurements) close = read_text ("day,cases\n0,3\n1,4\n1.000001,8\n", NULL, &error);
  float x[5];

  g_assert_no_error (error);
  output.height = G_N_ELEMENTS (days);
  output.x_values = days;
  g_assert_true (us_measurements_to_output (far, &output, 2, FALSE, x, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (x[0], ==, 3);
  g_assert_true (isnan (x[1]));
  g_assert_cmpfloat (x[2], ==, 8);
  g_assert_false (us_measurements_to_output (close, &counted, 1, FALSE, x, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH);
  g_assert_nonnull (strstr (error->message, "line 4"));
}

static void
test_channels_by_name (void)
{
  static const UsChannel info[] = { { "prey", "Prey", "", 0, 100 }, { "predator", "Predator", "", 0, 100 } };
  UsOutput output = counted;
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) swapped = read_text ("t,Predator,Prey\n0,1,10\n1,2,20\n", NULL, &error);
  g_autoptr(UsMeasurements) others = read_text ("t,hare,predator\n0,10,1\n1,20,2\n", NULL, &error);
  float x[10];

  output.channels = 2;
  output.channel_info = info;
  g_assert_no_error (error);
  g_assert_true (us_measurements_to_output (swapped, &output, 1, FALSE, x, &error));
  g_assert_cmpfloat (x[0], ==, 10);
  g_assert_cmpfloat (x[1], ==, 1);
  g_assert_true (us_measurements_to_output (others, &output, 1, FALSE, x, &error));
  g_assert_cmpfloat (x[2], ==, 20);
  g_assert_cmpfloat (x[3], ==, 2);
}

static void
check_series (const char *folder_name,
              const char *file,
              const char *where,
              gsize       n_times,
              gsize       n_columns)
{
  g_autofree char *path = g_build_filename (folder_name, "series", file, NULL);
  UsMeasurementsOptions options = { .where = where };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsMeasurements) m = us_measurements_read (path, &options, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (m->n_times, ==, n_times);
  g_assert_cmpuint (m->n_columns, ==, n_columns);
}

static void
test_shipped_series (void)
{
  check_series (US_TEST_SOURCE_ROOT "/data", "yeast_carlson_1913.csv", NULL, 19, 1);
  check_series (US_TEST_SOURCE_ROOT "/data", "theophylline_oral.csv", "subject=1", 11, 3);
  check_series (US_TEST_SOURCE_ROOT "/data", "indomethacin_iv.csv", "subject=6", 11, 1);
}

static void
test_shared_series (void)
{
  if (!g_file_test (US_TEST_SHARED_DATA "/series", G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("the shared series are not here");
      return;
    }
  check_series (US_TEST_SHARED_DATA, "influenza_school_1978.csv", NULL, 14, 2);
  check_series (US_TEST_SHARED_DATA, "lynx_hare_hudson_bay_1900_1920.csv", NULL, 21, 2);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *path = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("us-measurements-XXXXXX", NULL);
  g_test_add_func ("/measurements/from-zero", test_from_zero);
  g_test_add_func ("/measurements/simulator-at-times", test_simulator_at_times);
  g_test_add_func ("/measurements/simulator-of-counts", test_simulator_of_counts);
  g_test_add_func ("/measurements/plain", test_plain);
  g_test_add_func ("/measurements/time-is-found", test_time_is_found);
  g_test_add_func ("/measurements/missing-is-told", test_missing_is_told);
  g_test_add_func ("/measurements/subjects", test_subjects);
  g_test_add_func ("/measurements/order", test_order);
  g_test_add_func ("/measurements/refused", test_refused);
  g_test_add_func ("/measurements/onto-output", test_onto_output);
  g_test_add_func ("/measurements/onto-output-refused", test_onto_output_refused);
  g_test_add_func ("/measurements/nearest-point", test_nearest_point);
  g_test_add_func ("/measurements/channels-by-name", test_channels_by_name);
  g_test_add_func ("/measurements/shipped-series", test_shipped_series);
  g_test_add_func ("/measurements/shared-series", test_shared_series);
  status = g_test_run ();
  path = g_build_filename (folder, "table.csv", NULL);
  g_remove (path);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
