/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-posterior-evidence.h"

#include "us-bank.h"
#include "us-error.h"
#include "us-pool.h"
#include "us-posterior-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/* M simulations, L samples, P parameters, D derived quantities, Q = P + D, V values of x. */

#define N_SIMULATIONS 500
#define N_SAMPLES     255
#define N_CASES       6
#define N_DRAWS       200       /* runs of the simulator for a case */
#define FIRST_ROW     (G_GUINT64_CONSTANT (5) << 40)    /* far from what anybody trains on */
#define CHUNK         4

static const double levels[2] = { 0.5, 0.9 };

typedef struct
{
  UsPosteriorEvidence *self;
  const UsPosteriorEvidenceConfig *config;
  GCancellable *cancellable;
  gsize         m_count, l_count, p_count, v_count;
  double       *theta;          /* (M, P) */
  float        *x;              /* (M, V) */
  double       *log_density;    /* (M) of the truth */
  gsize         first;          /* of the rows at work */
  GMutex        lock;
  GError       *error;          /* the first one; guarded by lock */
} Work;

/* -- quantities ---------------------------------------------------------- */

static gboolean
is_logarithmic (const UsPrior *prior,
                gssize         p)
{
  UsDistributionKind kind;

  if (prior == NULL || p < 0)
    return FALSE;
  kind = us_prior_distribution (prior, p)->kind;
  return kind == US_DISTRIBUTION_LOG_UNIFORM || kind == US_DISTRIBUTION_LOG_NORMAL;
}

static void
set_quantity (UsPosteriorQuantity *quantity,
              const char          *name,
              const char          *symbol,
              const char          *unit,
              gboolean             logarithmic,
              gboolean             derived)
{
  *quantity = (UsPosteriorQuantity) {
    .name = g_strdup (name), .label = logarithmic ? g_strdup_printf ("log₁₀ %s", symbol) : g_strdup (symbol),
    .unit = logarithmic ? "" : unit, .logarithmic = logarithmic, .derived = derived,
  };
}

/* Derived quantities ask for all of the simulator's parameters, in its order. */
static gboolean
has_all_parameters (const UsPosterior *model,
                    const UsSimulator *simulator)
{
  if (simulator == NULL || us_posterior_n_parameters (model) != simulator->n_parameters)
    return FALSE;
  for (gsize p = 0; p < simulator->n_parameters; p++)
    if (strcmp (us_posterior_name (model, p), simulator->parameters[p].name) != 0)
      return FALSE;
  return TRUE;
}

static void
make_quantities (UsPosteriorEvidence *self)
{
  const UsSimulator *simulator = us_posterior_simulator (self->model);
  const UsPrior *prior = us_posterior_prior (self->model);
  gsize p_count = us_posterior_n_parameters (self->model);
  gsize d_count = has_all_parameters (self->model, simulator) ? simulator->n_derived : 0;

  self->n_quantities = p_count + d_count;
  self->quantities = g_new0 (UsPosteriorQuantity, self->n_quantities);
  for (gsize p = 0; p < p_count; p++)
    {
      const char *name = us_posterior_name (self->model, p);
      gssize own = simulator != NULL ? us_simulator_parameter_index (simulator, name) : -1;
      gsize place = self->model->coordinates[p].parameter;

      /* a target that follows from the parameters */
      if (simulator != NULL && own < 0 && place >= simulator->n_parameters && place - simulator->n_parameters < simulator->n_derived)
        {
          const UsDerived *derived = &simulator->derived[place - simulator->n_parameters];
          double lower, upper;

          /* draws have a logarithm where none is below zero */
          us_posterior_range (self->model, p, &lower, &upper);
          set_quantity (&self->quantities[p], name, derived->symbol, derived->unit, derived->logarithmic && lower >= 0, TRUE);
          continue;
        }
      set_quantity (&self->quantities[p], name, own >= 0 ? simulator->parameters[own].symbol : name,
                    own >= 0 ? simulator->parameters[own].unit : "", is_logarithmic (prior, own), FALSE);
    }
  for (gsize d = 0; d < d_count; d++)
    set_quantity (&self->quantities[p_count + d], simulator->derived[d].name, simulator->derived[d].symbol,
                  simulator->derived[d].unit, simulator->derived[d].logarithmic, TRUE);
}

/* theta (P) as what is compared, (Q). */
static void
fill_quantities (const UsPosteriorEvidence *self,
                 const double              *theta,
                 double                    *out)
{
  const UsSimulator *simulator = us_posterior_simulator (self->model);
  gsize p_count = us_posterior_n_parameters (self->model);

  for (gsize p = 0; p < p_count; p++)
    out[p] = self->quantities[p].logarithmic ? log10 (theta[p]) : theta[p];
  for (gsize d = 0; p_count + d < self->n_quantities; d++)
    out[p_count + d] = us_derived_compared (simulator, d, theta);
}

/* -- rows ---------------------------------------------------------------- */

static gboolean
read_bank (Work    *work,
           GError **error)
{
  g_autoptr(UsBank) bank = us_bank_open (work->config->bank, error);
  g_autofree double *all = NULL;
  gsize n_theta;

  if (bank == NULL)
    return FALSE;
  n_theta = us_bank_n_parameters (bank);
  if (us_bank_n_values (bank) != work->v_count || work->config->first_row >= us_bank_n_rows (bank))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
                   _("%s: %zu rows of %zu values; the model takes %zu"),
                   work->config->bank, us_bank_n_rows (bank), us_bank_n_values (bank), work->v_count);
      return FALSE;
    }
  work->m_count = MIN (work->m_count, us_bank_n_rows (bank) - work->config->first_row);
  all = g_new (double, work->m_count * n_theta);
  if (!us_bank_read (bank, work->config->first_row, work->m_count, all, work->x, error))
    return FALSE;
  for (gsize p = 0; p < work->p_count; p++)
    {
      const char *name = us_posterior_name (work->self->model, p);
      gsize column = 0;

      while (column < n_theta && strcmp (us_bank_name (bank, column), name) != 0)
        column++;
      if (column == n_theta)
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING, _("%s: no parameter “%s”"), work->config->bank,
                       name);
          return FALSE;
        }
      for (gsize m = 0; m < work->m_count; m++)
        work->theta[m * work->p_count + p] = all[m * n_theta + column];
    }
  return TRUE;
}

static gboolean
simulate_rows (Work    *work,
               GError **error)
{
  const UsSimulator *simulator = us_posterior_simulator (work->self->model);
  const UsPrior *prior = us_posterior_prior (work->self->model);
  g_autofree double *all = NULL;

  if (simulator == NULL || prior == NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                           _("this posterior was trained on a plain table: a bank of rows that it has not seen is needed"));
      return FALSE;
    }
  all = g_new (double, work->m_count * simulator->n_parameters);
  if (!us_simulate_rows (prior, us_posterior_output (work->self->model), work->config->seed, FIRST_ROW, work->m_count, all,
                         work->x, error))
    return FALSE;
  us_posterior_targets (work->self->model, work->m_count, all, work->theta);
  return TRUE;
}

/* -- calibration --------------------------------------------------------- */

static void
ask_row (gpointer data,
         gsize    chunk,
         guint    worker)
{
  Work *work = data;
  UsPosteriorEvidence *self = work->self;
  gsize m = work->first + chunk, l_count = work->l_count, q_count = self->n_quantities;
  g_autofree double *theta = g_new (double, l_count * work->p_count);
  g_autofree double *samples = g_new (double, l_count * q_count);
  g_autofree double *density = g_new (double, l_count);
  g_autofree double *truth = g_new (double, q_count);
  const float *x = work->x + m * work->v_count;
  GError *error = NULL;

  if (m >= work->m_count || g_cancellable_is_cancelled (work->cancellable))
    return;
  if (!us_posterior_sample (self->model, x, l_count, work->config->seed + m, theta, &error)
      || !us_posterior_log_density (self->model, x, l_count, theta, density, &error)
      || !us_posterior_log_density (self->model, x, 1, work->theta + m * work->p_count, &work->log_density[m], &error))
    {
      us_error_keep_first (&work->lock, &work->error, error);
      return;
    }
  fill_quantities (self, work->theta + m * work->p_count, truth);
  for (gsize l = 0; l < l_count; l++)
    fill_quantities (self, theta + l * work->p_count, samples + l * q_count);
  us_sbc_set_row (self->sbc, m, truth, samples, density, work->log_density[m]);
}

/* -- cases --------------------------------------------------------------- */

/* Runs at parameters from the posterior, with a stream of their own each. */
static gboolean
fill_case (Work            *work,
           UsPosteriorCase *one,
           gsize            m,
           GError         **error)
{
  const UsSimulator *simulator = us_posterior_simulator (work->self->model);
  guint output = us_posterior_output (work->self->model);
  gsize v_count = work->v_count, p_count = work->p_count;
  g_autofree double *theta = g_new (double, N_DRAWS * p_count);
  g_autofree double *draws = g_new (double, N_DRAWS * v_count);
  g_autofree float *again = g_new (float, v_count);

  one->theta = g_memdup2 (work->theta + m * p_count, p_count * sizeof (double));
  one->x = g_memdup2 (work->x + m * v_count, v_count * sizeof (float));
  if (!us_posterior_sample (work->self->model, one->x, N_DRAWS, work->config->seed + m, theta, error))
    return FALSE;
  for (gsize s = 0; s < N_DRAWS; s++)
    {
      const double *at = theta + s * p_count;
      gboolean known;
      UsRng rng;

      us_rng_init (&rng, work->config->seed, US_RNG_EVALUATE, FIRST_ROW + m * N_DRAWS + s);
      known = us_simulator_check (simulator, at, NULL) &&
              simulator->run (simulator, at, output, &rng, again) == US_SIM_OK;
      for (gsize v = 0; v < v_count; v++)
        draws[s * v_count + v] = known ? again[v] : NAN;
    }
  one->band = us_predictive_band_new (N_DRAWS, v_count, draws, G_N_ELEMENTS (levels), levels);
  return TRUE;
}

static gboolean
make_cases (Work    *work,
            GError **error)
{
  UsPosteriorEvidence *self = work->self;
  const UsSimulator *simulator = us_posterior_simulator (self->model);
  gsize n = work->config->n_cases > 0 ? work->config->n_cases : N_CASES;

  if (!has_all_parameters (self->model, simulator) ||
      simulator->outputs[us_posterior_output (self->model)].kind != US_OUTPUT_SERIES)
    return TRUE;
  self->cases = g_new0 (UsPosteriorCase, n);
  for (gsize m = 0; m < MIN (n, work->m_count); m++)
    if (!fill_case (work, &self->cases[self->n_cases++], m, error))
      return FALSE;
  for (gsize q = 0; q < G_N_ELEMENTS (levels); q++)
    {
      double sum = 0;
      gsize n_told = 0;

      for (gsize i = 0; i < self->n_cases; i++)
        {
          g_autofree double *x = g_new (double, work->v_count);
          double inside;

          for (gsize v = 0; v < work->v_count; v++)
            x[v] = self->cases[i].x[v];
          inside = us_predictive_band_inside (self->cases[i].band, q, x);
          if (isnan (inside))           /* nothing was observed */
            continue;
          sum += inside;
          n_told++;
        }
      self->inside[q] = n_told > 0 ? sum / n_told : NAN;
    }
  return TRUE;
}

/* -- all of it ----------------------------------------------------------- */

static gboolean
ask_all (Work    *work,
         GError **error)
{
  g_autoptr(UsPool) pool = us_pool_new (work->config->n_workers, 0);
  gsize step = CHUNK * us_pool_n_workers (pool);

  for (work->first = 0; work->first < work->m_count && work->error == NULL; work->first += step)
    {
      us_pool_run (pool, step, ask_row, work);
      if (g_cancellable_set_error_if_cancelled (work->cancellable, error))
        return FALSE;
      if (work->config->progress != NULL)
        work->config->progress (MIN (work->first + step, work->m_count), work->m_count, work->config->data);
    }
  if (work->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&work->error));
  return FALSE;
}

static gboolean
measure (Work    *work,
         GError **error)
{
  UsPosteriorEvidence *self = work->self;

  work->theta = g_new (double, work->m_count * work->p_count);
  work->x = g_new (float, work->m_count * work->v_count);
  work->log_density = g_new0 (double, work->m_count);
  if (!(work->config->bank != NULL ? read_bank (work, error) : simulate_rows (work, error)))
    return FALSE;
  self->sbc = us_sbc_new (work->m_count, work->l_count, self->n_quantities, work->config->seed);
  if (!ask_all (work, error)
      || !us_sbc_measure (self->sbc, work->config->level > 0 ? work->config->level : 0.95, NULL, error))
    return FALSE;
  for (gsize m = 0; m < work->m_count; m++)
    self->log_density += work->log_density[m] / work->m_count;
  return make_cases (work, error);
}

UsPosteriorEvidence *
us_posterior_evidence_new (UsPosterior                     *model,
                           const UsPosteriorEvidenceConfig *config,
                           GCancellable                    *cancellable,
                           GError                         **error)
{
  static const UsPosteriorEvidenceConfig defaults = { .seed = 1 };
  g_autoptr(UsPosteriorEvidence) self = g_new0 (UsPosteriorEvidence, 1);
  Work work = { .self = self, .config = config != NULL ? config : &defaults, .cancellable = cancellable };
  gint64 start = g_get_monotonic_time ();
  gboolean done;

  g_return_val_if_fail (model != NULL, NULL);

  if (us_posterior_observation (model) != NULL)
    {
      g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                           _("this posterior was refined for one observation and holds for no other: evaluate the one that it "
                             "was refined from"));
      return NULL;
    }
  self->model = us_posterior_ref (model);
  make_quantities (self);
  work.m_count = work.config->n_simulations > 0 ? work.config->n_simulations : N_SIMULATIONS;
  work.l_count = work.config->n_samples > 0 ? work.config->n_samples : N_SAMPLES;
  work.p_count = us_posterior_n_parameters (model);
  work.v_count = us_posterior_n_values (model);
  g_mutex_init (&work.lock);
  done = measure (&work, error);
  g_mutex_clear (&work.lock);
  g_free (work.theta);
  g_free (work.x);
  g_free (work.log_density);
  g_clear_error (&work.error);
  self->seconds = (g_get_monotonic_time () - start) / 1e6;
  return done ? g_steal_pointer (&self) : NULL;
}

void
us_posterior_evidence_free (UsPosteriorEvidence *self)
{
  if (self == NULL)
    return;
  for (gsize q = 0; q < self->n_quantities; q++)
    {
      g_free (self->quantities[q].name);
      g_free (self->quantities[q].label);
    }
  for (gsize i = 0; i < self->n_cases; i++)
    {
      g_free (self->cases[i].theta);
      g_free (self->cases[i].x);
      g_clear_pointer (&self->cases[i].band, us_predictive_band_free);
    }
  g_free (self->quantities);
  g_free (self->cases);
  g_clear_pointer (&self->sbc, us_sbc_free);
  us_posterior_unref (self->model);
  g_free (self);
}
