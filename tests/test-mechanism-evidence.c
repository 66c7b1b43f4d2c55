/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what was learnt is to be believed, on the page: the engine's own numbers; an over-confident posterior is called that. */
#include "config.h"

#include "us-chart.h"
#include "us-mechanism-evidence.h"
#include "us-npy.h"
#include "us-predictor-task.h"
#include "us-resources.h"
#include "us-table.h"
#include "ui-fixture.h"

#include <math.h>

/* M rows, P parameters, V values. */

#define TRAINED 1000
#define ASKED   200
#define MEASURED 60

typedef struct
{
  GtkWidget           *window;
  UsMechanismEvidence *page;
  UsSession           *session;
  UsLearnt            *learnt;
} Fixture;

static UsPosterior *table_posterior, *posterior;
static UsPredictor *choice, *quantities;
static char *folder;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  f->session = us_session_new ();
  f->learnt = us_session_get_learnt (f->session);
  f->window = gtk_window_new ();
  f->page = g_object_new (US_TYPE_MECHANISM_EVIDENCE, "session", f->session, NULL);
  gtk_window_set_default_size (GTK_WINDOW (f->window), 1200, 900);
  gtk_window_set_child (GTK_WINDOW (f->window), GTK_WIDGET (f->page));
  gtk_window_present (GTK_WINDOW (f->window));
  gtk_test_widget_wait_for_draw (f->window);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  fixture_close_page (f->session, f->page, f->window, 10);
}

static const char *
visible_state (Fixture *f)
{
  return gtk_stack_get_visible_child_name (GTK_STACK (fixture_find (GTK_WIDGET (f->page), GTK_TYPE_STACK)));
}

static gboolean
is_done (gpointer data)
{
  return us_mechanism_evidence_is_done (data);
}

static void
measure (Fixture *f,
         gsize    n)
{
  /* what was begun with the usual number is replaced */
  us_mechanism_evidence_measure (f->page, n);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_cmpstr (visible_state (f), ==, "work");
}

static void
test_empty (Fixture       *f,
            gconstpointer  data)
{
  g_assert_cmpstr (visible_state (f), ==, "empty");
  g_assert_null (us_mechanism_evidence_get_verdict (f->page));
}

/* The page's table has the engine's numbers. */
static void
test_posterior (Fixture       *f,
                gconstpointer  data)
{
  const UsPosteriorEvidenceConfig config = { .n_simulations = MEASURED, .seed = 1, .n_workers = 1 };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsPosteriorEvidence) expected = us_posterior_evidence_new (posterior, &config, NULL, &error);
  g_autoptr(GPtrArray) tables = NULL, charts = NULL;
  UsMechanismVerdict *verdict;

  g_assert_no_error (error);
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  measure (f, MEASURED);
  verdict = us_mechanism_evidence_get_verdict (f->page);
  g_assert_nonnull (verdict->posterior);
  g_assert_cmpuint (verdict->posterior->sbc->n_simulations, ==, MEASURED);
  g_assert_cmpfloat (verdict->posterior->log_density, ==, expected->log_density);
  tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  charts = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_CHART);
  g_assert_cmpuint (tables->len, ==, 1);
  for (gsize q = 0; q < expected->n_quantities; q++)
    {
      g_autofree char *r2 = g_strdup_printf ("%.3f", expected->sbc->recovery[q].r2);
      g_autofree char *hold = g_strdup_printf ("%.1f %%", 100 * us_sbc_coverage (expected->sbc, &expected->sbc->ranks[q], 0.9));

      g_assert_cmpstr (us_table_get_cell (tables->pdata[0], q + 1, 0), ==, expected->quantities[q].label);
      g_assert_cmpstr (us_table_get_cell (tables->pdata[0], q + 1, 1), ==, r2);
      g_assert_cmpstr (us_table_get_cell (tables->pdata[0], q + 1, 4), ==, hold);
    }
  /* calibration and coverage; ranks of each and of all; recovery and contraction; cases */
  g_assert_cmpuint (charts->len, ==, 2 + expected->n_quantities + 1 + 2 * expected->n_quantities + 4);
  for (guint i = 0; i < charts->len; i++)
    g_assert_false (us_plot_is_empty (us_chart_get_plot (charts->pdata[i])));
}

/* θ ~ N (0, 1) twice, x = θ + N (0, noise²), from row `first` of a stream. */
static void
fill (gsize   first,
      gsize   n,
      double  noise,
      double *theta,            /* (n, 2) */
      float  *x)                /* (n, 2) */
{
  for (gsize i = 0; i < n; i++)
    {
      UsRng rng;

      us_rng_init (&rng, 4, US_RNG_TEST, first + i);
      for (gsize p = 0; p < 2; p++)
        {
          theta[2 * i + p] = us_rng_normal (&rng);
          x[2 * i + p] = theta[2 * i + p] + noise * us_rng_normal (&rng);
        }
    }
}

static char *
write_bank (const char *name,
            double      noise)
{
  g_autoptr(UsArray) theta = us_array_new (US_DTYPE_F64, 2, (gsize[]) { ASKED, 2 });
  g_autoptr(UsArray) x = us_array_new (US_DTYPE_F32, 2, (gsize[]) { ASKED, 2 });
  const char *const names[] = { "theta", "x" };
  char *path = g_build_filename (folder, name, NULL);

  fill (TRAINED, ASKED, noise, theta->data, x->data);
  g_assert_true (us_npz_write (path, 2, names, (UsArray *[]) { theta, x }, FALSE, NULL));
  return path;
}

static GtkWidget *
sentence_of (Fixture    *f,
             const char *part)
{
  GtkWidget *label = fixture_find_label (GTK_WIDGET (f->page), part);

  g_assert_nonnull (label);
  return label;
}

/* A posterior of a table asks for a table.  Of rows like those that it was trained on it is right; of rows with three times the
 * noise it is over-confident, in red. */
static void
test_over_confident (Fixture       *f,
                     gconstpointer  data)
{
  g_autofree char *right = write_bank ("right.npz", 0.5), *wrong = write_bank ("wrong.npz", 1.5);

  us_learnt_set_network (f->learnt, table_posterior, NULL, NULL);
  g_assert_cmpstr (visible_state (f), ==, "message");
  sentence_of (f, "Which simulations?");
  us_mechanism_evidence_set_bank (f->page, right);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_false (gtk_widget_has_css_class (sentence_of (f, "this posterior"), "error"));
  g_assert_null (fixture_find_label (GTK_WIDGET (f->page), "over-confident: its intervals"));
  us_mechanism_evidence_set_bank (f->page, wrong);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_true (gtk_widget_has_css_class (sentence_of (f, "This posterior is over-confident"), "error"));
  g_remove (right);
  g_remove (wrong);
}

static void
test_choice (Fixture       *f,
             gconstpointer  data)
{
  g_autoptr(GPtrArray) tables = NULL;
  UsMechanismVerdict *verdict;
  g_autofree char *rows = NULL;

  us_learnt_set_network (f->learnt, NULL, choice, NULL);
  measure (f, 20);
  verdict = us_mechanism_evidence_get_verdict (f->page);
  g_assert_nonnull (verdict->selection);
  g_assert_cmpuint (verdict->selection->n_fitted, ==, 20);
  tables = fixture_all_of (GTK_WIDGET (f->page), US_TYPE_TABLE);
  rows = g_strdup_printf ("%zu", verdict->selection->network->n_rows);
  g_assert_cmpstr (us_table_get_cell (tables->pdata[0], 1, 1), ==, rows);
  for (int c = 0; c < US_N_CHOOSERS; c++)
    {
      const UsSelection *score = verdict->selection->scores[c];
      g_autofree char *wrong = g_strdup_printf ("%.1f ± %.1f %%", 100 * score->error_rate, 100 * score->error_sd);

      g_assert_cmpstr (us_table_get_cell (tables->pdata[0], 2 + c, 2), ==, wrong);
    }
}

/* A network of three epochs knows next to nothing: what it explains of the truth is little, and its intervals are told. */
static void
test_quantities (Fixture       *f,
                 gconstpointer  data)
{
  UsMechanismVerdict *verdict;

  us_learnt_set_network (f->learnt, NULL, quantities, NULL);
  measure (f, 400);
  verdict = us_mechanism_evidence_get_verdict (f->page);
  g_assert_nonnull (verdict->intervals);
  g_assert_cmpuint (verdict->intervals->n_rows, ==, 400);
  g_assert_cmpuint (verdict->intervals->n_groups, ==, us_predictor_head (quantities)->n_targets);
  for (gsize g = 0; g < verdict->intervals->n_groups; g++)
    {
      const UsIntervalGroup *group = &verdict->intervals->groups[g];

      g_assert_cmpfloat_with_epsilon (group->stated[0], 0.95, 1e-9);
      /* intervals lie in each other */
      for (gsize i = 1; i < group->n_levels; i++)
        g_assert_cmpfloat (group->inside[i], <=, group->inside[i - 1]);
    }
  g_assert_nonnull (fixture_find_label (GTK_WIDGET (f->page), "400 simulations"));
}

/* Intervals that are too narrow are told of, however much wider others are than they need be; the worst of them need not be the
 * one that is surest. */
static void
test_hidden (void)
{
  double stated[] = { 0.9, 0.5 }, narrow[] = { 0.86, 0.44 }, wide[] = { 0.999, 0.9 }, right[] = { 0.9, 0.5 };
  UsIntervalGroup groups[] = {
    { .name = "a", .label = "Wide", .unit = "", .series = TRUE, .n_levels = 2, .stated = stated, .inside = wide },
    { .name = "b", .label = "Narrow", .unit = "", .series = TRUE, .n_levels = 2, .stated = stated, .inside = narrow },
  };
  const UsIntervalEvidence evidence = { .n_rows = 1000, .n_groups = 2, .groups = groups, .has_intervals = TRUE };
  g_autoptr(UsFindings) both = us_findings_of_intervals (&evidence), alone = NULL, none = NULL;

  g_assert_nonnull (strstr (both->sentence, "over-confident: intervals of 90 % of Narrow"));
  g_assert_cmpint (both->mood, ==, US_FINDINGS_BAD);    /* that of 50 % misleads */
  groups[1].inside = right;
  alone = us_findings_of_intervals (&evidence);
  g_assert_nonnull (strstr (alone->sentence, "under-confident: intervals of 50 % of Wide"));
  g_assert_cmpint (alone->mood, ==, US_FINDINGS_DOUBTFUL);
  groups[0].inside = right;
  none = us_findings_of_intervals (&evidence);
  g_assert_cmpint (none->mood, ==, US_FINDINGS_GOOD);
}

/* Where no density is known there is no verdict on all quantities together. */
static void
test_no_density (void)
{
  const UsPosteriorEvidenceConfig config = { .n_simulations = MEASURED, .seed = 1, .n_workers = 1 };
  g_autoptr(UsPosteriorEvidence) evidence = us_posterior_evidence_new (posterior, &config, NULL, NULL);
  g_autoptr(UsFindings) findings = NULL;
  UsSbcRanks *density = evidence->sbc->density;

  evidence->sbc->density = NULL;
  findings = us_findings_of_posterior (evidence);
  evidence->sbc->density = density;
  g_assert_nonnull (findings->sentence);
}

/* Stopped, nothing is known; another network meanwhile: only its verdict comes. */
static void
test_stop (Fixture       *f,
           gconstpointer  data)
{
  gint64 begun, took;

  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  measure (f, MEASURED);
  begun = g_get_monotonic_time ();
  measure (f, MEASURED);
  took = g_get_monotonic_time () - begun;
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);     /* what was measured is forgotten */
  us_mechanism_evidence_measure (f->page, MEASURED);
  g_assert_cmpstr (visible_state (f), ==, "message");
  us_mechanism_evidence_stop (f->page);
  sentence_of (f, "Measuring was stopped");
  /* so long that it would have come */
  fixture_run_for (3.0 * took / G_USEC_PER_SEC);
  g_assert_null (us_mechanism_evidence_get_verdict (f->page));
  sentence_of (f, "Measuring was stopped");
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  fixture_run_for (0.1);
  us_learnt_set_network (f->learnt, NULL, quantities, NULL);
  g_assert_true (fixture_wait (is_done, f->page, 60));
  g_assert_null (us_mechanism_evidence_get_verdict (f->page)->posterior);
}

static void
test_close (Fixture       *f,
            gconstpointer  data)
{
  us_learnt_set_network (f->learnt, posterior, NULL, NULL);
  fixture_run_for (0.2);
}

/* --- networks ------------------------------------------------------------------------------------------ */

static UsPosterior *
train_posterior (UsPosteriorConfig *config,
                 gsize              epochs)
{
  g_autoptr(GError) error = NULL;
  UsPosterior *trained;

  config->seed = 5;
  config->n_workers = 1;
  config->tuning = (UsPosteriorTuning) { .members = 1, .width = 32, .blocks = 1, .n_summaries = 4, .bins = 8, .transforms = 2,
                                         .epochs = epochs };
  trained = us_posterior_train (config, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return trained;
}

static UsPredictor *
train_predictor (const UsTaskConfig *config)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(UsTask) task = us_task_new (config, &error);
  const UsPredictorConfig how = { .head = US_HEAD_QUANTILES, .epochs = 3, .seed = 1, .n_workers = 1 };
  UsPredictor *predictor;

  g_assert_no_error (error);
  predictor = us_task_train (task, 400, &how, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return predictor;
}

static void
make_all (void)
{
  static const char *const ids[] = { "decay-one@0,1,2,3,5,8+normal", "decay-two@0,1,2,3,5,8+normal" };
  g_autofree double *theta = g_new (double, 2 * TRAINED);
  g_autofree float *x = g_new (float, 2 * TRAINED);
  g_autoptr(GError) error = NULL;
  UsPrior *priors[2];
  UsPosteriorConfig table = { .theta = theta, .x = x, .n_rows = TRAINED, .n_parameters = 2, .n_values = 2 };
  UsPosteriorConfig simulated = { .samples = 400 };

  folder = g_dir_make_tmp ("us-verdict-XXXXXX", NULL);
  for (gsize k = 0; k < 2; k++)
    {
      const UsSimulator *simulator = us_registry_find (ids[k], &error);

      g_assert_no_error (error);
      priors[k] = us_prior_new_default (simulator);
    }
  fill (0, TRAINED, 0.5, theta, x);
  table_posterior = train_posterior (&table, 40);
  simulated.prior = priors[0];
  posterior = train_posterior (&simulated, 3);
  quantities = train_predictor (&(UsTaskConfig) { .kind = US_TASK_QUANTITIES, .priors = priors, .n_priors = 1 });
  choice = train_predictor (&(UsTaskConfig) { .kind = US_TASK_SELECTION, .priors = priors, .n_priors = 2 });
  us_prior_unref (priors[0]);
  us_prior_unref (priors[1]);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_resources_register (us_get_resource ());
  make_all ();
  g_test_add ("/mechanism-evidence/empty", Fixture, NULL, set_up, test_empty, tear_down);
  g_test_add ("/mechanism-evidence/posterior", Fixture, NULL, set_up, test_posterior, tear_down);
  g_test_add ("/mechanism-evidence/over-confident", Fixture, NULL, set_up, test_over_confident, tear_down);
  g_test_add ("/mechanism-evidence/choice", Fixture, NULL, set_up, test_choice, tear_down);
  g_test_add ("/mechanism-evidence/quantities", Fixture, NULL, set_up, test_quantities, tear_down);
  g_test_add_func ("/mechanism-evidence/hidden", test_hidden);
  g_test_add_func ("/mechanism-evidence/no-density", test_no_density);
  g_test_add ("/mechanism-evidence/stop", Fixture, NULL, set_up, test_stop, tear_down);
  g_test_add ("/mechanism-evidence/close", Fixture, NULL, set_up, test_close, tear_down);
  status = g_test_run ();
  us_posterior_unref (table_posterior);
  us_posterior_unref (posterior);
  us_predictor_unref (choice);
  us_predictor_unref (quantities);
  g_rmdir (folder);
  g_free (folder);
  return status;
}
