/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part “mismatch”: a predictor trained on one simulator, in worlds that are another; its risk split, and bounded. */
#include "config.h"

#include "us-cli-reproduce-sgnn-private.h"
#include "us-excess-risk.h"
#include "us-mismatch.h"
#include "us-noise.h"

#include <math.h>
#include <string.h>

/* M rows of a world, T days, G points of the grid over what is unknown: R₀ and the infectious period. */

#define T           21
#define DAYS        "@0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20"
#define SAID        "sir" DAYS "+reporting+negative-binomial"
#define FIRST_ROW   (G_GUINT64_CONSTANT (9) << 40)      /* far from what is trained on */
#define R0_LOWER    1.5
#define R0_UPPER    5.0
#define PERIOD_LOWER 2.0        /* d */
#define PERIOD_UPPER 8.0
#define LOSS_BOUND  ((R0_UPPER - R0_LOWER) * (R0_UPPER - R0_LOWER))
#define N_R0        90
#define N_PERIOD    70
#define G           (N_R0 * N_PERIOD)
#define N_KINDS     4
#define N_LEVELS    5

static const char *const common[] = {
  "R0=log-uniform:1.5:5", "infectious=log-uniform:2:8", "initial=fixed:10", "introduction=fixed:0", "population=fixed:100000", NULL,
};

/* What is not as was said; the first level is as said, or next to it. */
typedef struct
{
  const char *id, *title, *label, *unit, *simulator;
  const char *parameter;
  double      level[N_LEVELS];
} Kind;

static const Kind kinds[N_KINDS] = {
  { "reporting", "Fewer cases are reported than was said (half)", "Share of cases reported", NULL, SAID, "reporting", { 0.5, 0.4, 0.3, 0.2, 0.1 } },
  { "delay", "Reports come late, which was not said", "Mean delay of reports", "d", "sir" DAYS "+reporting+delay+negative-binomial", "delay",
    { 0, 0.5, 1, 2, 4 } },
  { "noise", "Counts scatter more than was said (size 10)", "Size of the negative binomial", NULL, SAID, "dispersion", { 10, 5, 2, 1, 0.5 } },
  { "structure", "There is a latent period, of which SIR knows nothing", "Latent period", "d", "seir" DAYS "+reporting+negative-binomial", "latent",
    { 0.2, 0.5, 1, 2, 4 } },
};

/* ---- a world ------------------------------------------------------------------------ */

typedef struct
{
  UsPrior *prior;
  gsize    n;                   /* M */
  double  *r0, *period;         /* (M) */
  float   *x;                   /* (M, T) */
  float   *a, *b;               /* (G, T): log p (y | m) = a + b y + what depends on y alone */
  double  *loss;                /* (M) of the network */
  double  *best;                /* (M) of the posterior mean in this world */
} World;

static void
world_clear (World *world)
{
  g_clear_pointer (&world->prior, us_prior_unref);
  g_free (world->r0);
  g_free (world->period);
  g_free (world->x);
  g_free (world->a);
  g_free (world->b);
  g_free (world->loss);
  g_free (world->best);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (World, world_clear)

static UsPrior *
make_prior (const Kind *kind,
            double      level,
            GError    **error)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  static const char *const said[][2] = { { "reporting", "0.5" }, { "dispersion", "10" } };
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize i = 0; common[i] != NULL; i++)
    g_ptr_array_add (texts, g_strdup (common[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (said); i++)
    if (kind == NULL || !g_str_equal (kind->parameter, said[i][0]))
      g_ptr_array_add (texts, g_strdup_printf ("%s=fixed:%s", said[i][0], said[i][1]));
  if (kind != NULL)
    g_ptr_array_add (texts, g_strdup_printf ("%s=fixed:%s", kind->parameter, g_ascii_formatd (digits, sizeof digits, "%g", level)));
  g_ptr_array_add (texts, NULL);
  return us_sgnn_prior (kind != NULL ? kind->simulator : SAID, (const char *const *) texts->pdata, error);
}

/* R0 and the infectious period are the unknowns; all else is fixed. */
static void
fill_theta (const UsPrior *prior,
            double         r0,
            double         period,
            double        *theta)
{
  const UsSimulator *simulator = us_prior_simulator (prior);

  for (gsize p = 0; p < simulator->n_parameters; p++)
    theta[p] = us_prior_distribution (prior, p)->a;
  theta[us_simulator_parameter_index (simulator, "R0")] = r0;
  theta[us_simulator_parameter_index (simulator, "infectious")] = period;
}

/* What the mechanism makes of it, without noise. */
static gboolean
run_mean (const UsPrior *prior,
          const double  *theta,
          double        *mean)          /* (T) */
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  float out[T];
  UsRng rng;

  us_rng_init (&rng, 0, US_RNG_EVALUATE, 0);
  if (simulator->run (simulator, theta, us_noise_true_output (simulator), &rng, out) != US_SIM_OK)
    return FALSE;
  for (gsize t = 0; t < T; t++)
    mean[t] = out[t];
  return TRUE;
}

/* log p (x | R0, period) in a world; NaN: its simulator fails. */
static double
log_likelihood (const UsPrior *prior,
                double         r0,
                double         period,
                const float   *x)
{
  double theta[US_MAX_PARAMETERS], mean[T], observed[T];

  fill_theta (prior, r0, period, theta);
  for (gsize t = 0; t < T; t++)
    observed[t] = x[t];
  return run_mean (prior, theta, mean) ? us_noise_log_likelihood (us_prior_simulator (prior), theta, T, observed, mean) : NAN;
}

static double
grid_r0 (gsize g)
{
  return R0_LOWER * pow (R0_UPPER / R0_LOWER, (g / N_PERIOD + 0.5) / N_R0);
}

static double
grid_period (gsize g)
{
  return PERIOD_LOWER * pow (PERIOD_UPPER / PERIOD_LOWER, (g % N_PERIOD + 0.5) / N_PERIOD);
}

/* Negative binomial of mean m and size k: log p = k log (k/(k+m)) + y log (m/(k+m)) + …; the priors are even in the logarithm, so that
 * the grid's points weigh alike. */
static gboolean
fill_grid (World   *world,
           GError **error)
{
  const UsSimulator *simulator = us_prior_simulator (world->prior);
  gssize size = us_simulator_parameter_index (simulator, "dispersion");

  world->a = g_new (float, G * T);
  world->b = g_new (float, G * T);
  for (gsize g = 0; g < G; g++)
    {
      double theta[US_MAX_PARAMETERS], mean[T], k;

      fill_theta (world->prior, grid_r0 (g), grid_period (g), theta);
      k = theta[size];
      if (!run_mean (world->prior, theta, mean))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s fails at R0 %g, infectious period %g", simulator->id, grid_r0 (g),
                       grid_period (g));
          return FALSE;
        }
      us_noise_expected (simulator, theta, T, mean, mean);
      for (gsize t = 0; t < T; t++)
        {
          world->a[g * T + t] = (float) (-k * log1p (mean[t] / k));
          /* nothing expected: one case is impossible */
          world->b[g * T + t] = mean[t] > 0 ? (float) log (mean[t] / (k + mean[t])) : -1e6f;
        }
    }
  return TRUE;
}

/* E [R₀ | x] of the world by the grid. */
static double
posterior_mean (const World *world,
                const float *x,
                double      *scratch)           /* (G) */
{
  double highest = -INFINITY, sum = 0, mean = 0;

  for (gsize g = 0; g < G; g++)
    {
      const float *a = world->a + g * T, *b = world->b + g * T;
      double value = 0;

      for (gsize t = 0; t < T; t++)
        value += a[t] + b[t] * x[t];
      scratch[g] = value;
      highest = MAX (highest, value);
    }
  for (gsize g = 0; g < G; g++)
    {
      double weight = exp (scratch[g] - highest);

      sum += weight;
      mean += weight * grid_r0 (g);
    }
  return mean / sum;
}

typedef struct
{
  World *world;
} Best;

static void
ask_best (gpointer data,
          gsize    chunk,
          guint    worker)
{
  World *world = ((Best *) data)->world;
  g_autofree double *scratch = g_new (double, G);

  for (gsize i = chunk * 64; i < MIN ((chunk + 1) * 64, world->n); i++)
    {
      double error = posterior_mean (world, world->x + i * T, scratch) - world->r0[i];

      world->best[i] = error * error;
    }
}

/* Rows of a world, the network's loss and the least possible. */
static gboolean
fill_world (UsSgnn            *self,
            World             *world,
            const Kind        *kind,
            double             level,
            gsize              n,
            const UsPredictor *model,
            UsPool            *pool,
            GError           **error)
{
  gsize d_count = us_head_n_answers (us_predictor_head (model)), p_count;
  g_autofree double *theta = NULL, *answer = g_new (double, n * d_count);
  Best best = { world };

  world->n = n;
  if ((world->prior = make_prior (kind, level, error)) == NULL)
    return FALSE;
  p_count = us_prior_simulator (world->prior)->n_parameters;
  theta = g_new (double, n * p_count);
  world->x = g_new (float, n * T);
  world->r0 = g_new (double, n);
  world->period = g_new (double, n);
  world->loss = g_new (double, n);
  world->best = g_new (double, n);
  if (!us_simulate_rows (world->prior, 0, self->seed, FIRST_ROW, n, theta, world->x, error) || !fill_grid (world, error))
    return FALSE;
  us_predictor_answer (model, n, world->x, answer);
  for (gsize i = 0; i < n; i++)
    {
      world->r0[i] = theta[i * p_count + us_simulator_parameter_index (us_prior_simulator (world->prior), "R0")];
      world->period[i] = theta[i * p_count + us_simulator_parameter_index (us_prior_simulator (world->prior), "infectious")];
      world->loss[i] = (answer[i * d_count] - world->r0[i]) * (answer[i * d_count] - world->r0[i]);
    }
  us_pool_run (pool, (n + 63) / 64, ask_best, &best);
  return TRUE;
}

/* ---- all worlds ------------------------------------------------------------------------ */

typedef struct
{
  UsMismatch   mismatch;
  UsExcessRisk own;             /* against the best possible in that world */
} Found;

static void
compare (const World *p,
         const World *q,
         Found       *found)
{
  g_autofree double *ratio_p = g_new (double, p->n), *ratio_q = g_new (double, q->n);

  for (gsize i = 0; i < p->n; i++)
    ratio_p[i] = log_likelihood (q->prior, p->r0[i], p->period[i], p->x + i * T)
                 - log_likelihood (p->prior, p->r0[i], p->period[i], p->x + i * T);
  for (gsize i = 0; i < q->n; i++)
    ratio_q[i] = log_likelihood (q->prior, q->r0[i], q->period[i], q->x + i * T)
                 - log_likelihood (p->prior, q->r0[i], q->period[i], q->x + i * T);
  /* one seed, the same rows: a world as said has the very losses */
  us_mismatch_measure (p->n, p->loss, ratio_p, q->n, q->loss, ratio_q, TRUE, LOSS_BOUND, &found->mismatch);
  us_excess_risk_measure (q->n, q->loss, q->best, &found->own);
}

static UsPlot *
plot_kind (const Kind         *kind,
           const UsExcessRisk *said,
           const Found        *found)          /* (N_LEVELS) */
{
  UsPlot *plot = us_plot_new (kind->title);
  double y[5][N_LEVELS];

  for (gsize l = 0; l < N_LEVELS; l++)
    {
      y[0][l] = said->best;
      y[1][l] = said->risk;
      y[2][l] = found[l].mismatch.risk_q;
      y[3][l] = said->risk + found[l].mismatch.bound;
      y[4][l] = found[l].own.best;
    }
  us_plot_set_axis (plot, US_AXIS_X, kind->label, kind->unit, kind->level[0] > 0 ? US_SCALE_LOG : US_SCALE_LINEAR);
  us_plot_set_axis (plot, US_AXIS_Y, "Mean squared error of R₀", NULL, US_SCALE_LOG);
  us_plot_set_reversed (plot, US_AXIS_X, kind->level[N_LEVELS - 1] < kind->level[0]);
  us_plot_add_band (plot, "Excess risk as trained", &(UsPlotStyle) { .colour = 2 }, N_LEVELS, kind->level, y[0], y[1]);
  us_plot_add_band (plot, "Mismatch", &(UsPlotStyle) { .colour = 1 }, N_LEVELS, kind->level, y[1], y[2]);
  us_plot_add_line (plot, "Risk in this world", &(UsPlotStyle) { .colour = 1, .width = 2.5 }, N_LEVELS, kind->level, y[2]);
  us_plot_add_line (plot, "Bound on it", &(UsPlotStyle) { .colour = US_COLOUR_FOREGROUND, .dash = US_DASH_DASHED }, N_LEVELS, kind->level, y[3]);
  us_plot_add_line (plot, "Best who knows this world", &(UsPlotStyle) { .colour = 3, .dash = US_DASH_DOTTED }, N_LEVELS, kind->level, y[4]);
  us_plot_set_legend_visible (plot, TRUE);
  return plot;
}

static gboolean
add_table (UsSgnn             *self,
           const UsExcessRisk *said,
           Found             (*found)[N_LEVELS],
           GError            **error)
{
  static const UsReportColumn columns[] = {
    { "what is not as said", FALSE }, { "value", TRUE }, { "risk", TRUE }, { "best as trained", TRUE }, { "+ excess", TRUE }, { "+ mismatch", TRUE },
    { "±", TRUE }, { "TV", TRUE }, { "bound on mismatch", TRUE }, { "best in this world", TRUE },
  };

  us_sgnn_table_begin (self, "mismatch", "Mean squared error of R₀: risk = best possible as trained + synthetic excess + mismatch; |mismatch| is at most the "
                       "bound.", G_N_ELEMENTS (columns), columns);
  for (gsize k = 0; k < N_KINDS; k++)
    for (gsize l = 0; l < N_LEVELS; l++)
      {
        const UsMismatch *m = &found[k][l].mismatch;
        char level[G_ASCII_DTOSTR_BUF_SIZE];
        g_autofree char *name = g_strconcat (kinds[k].id, ".", g_ascii_formatd (level, sizeof level, "%g", kinds[k].level[l]), NULL);

        us_sgnn_cell (self, US_REPORT_PLAIN, "%s%s%s", kinds[k].label, kinds[k].unit != NULL ? ", " : "", kinds[k].unit != NULL ? kinds[k].unit : "");
        us_sgnn_value (self, kinds[k].level[l], 1);
        us_sgnn_value (self, m->risk_q, 3);
        us_sgnn_value (self, said->best, 3);
        us_sgnn_value (self, said->excess, 3);
        us_sgnn_value (self, m->mismatch, 3);
        us_sgnn_value (self, m->mismatch_sd, 3);
        us_sgnn_value (self, m->tv, 3);
        us_sgnn_value (self, m->bound, 3);
        us_sgnn_value (self, found[k][l].own.best, 3);
        us_sgnn_number (self, name, m->risk_q);
      }
  return us_sgnn_table_end (self, error);
}

static gboolean
report (UsSgnn             *self,
        gsize               n,
        gsize               rows,
        const UsExcessRisk *said,
        Found             (*found)[N_LEVELS],
        GError            **error)
{
  UsPlot *plots[N_KINDS];
  double broken = 0;

  for (gsize k = 0; k < N_KINDS; k++)
    {
      plots[k] = plot_kind (&kinds[k], said, found[k]);
      for (gsize l = 0; l < N_LEVELS; l++)
        broken += !(fabs (found[k][l].mismatch.mismatch) <= found[k][l].mismatch.bound + 2 * found[k][l].mismatch.mismatch_sd);
    }
  us_sgnn_say (self, "Trained on SIR in a city of 100,000 (ten first cases, known; half of the cases reported; negative binomial of size 10; new cases on 21 days): the "
               "network, from %" G_GSIZE_FORMAT " simulations, tells R₀ (log-uniform 1.5 to 5) when the infectious period is unknown too (log-uniform 2 "
               "to 8 days). Then the world is another than was said. %" G_GSIZE_FORMAT " rows of each world, the same R₀ and periods in all.", rows, n);
  us_sgnn_say (self, "What is drawn. The loss is the squared error of R₀, at most (5 − 1.5)² = 12.25, since answers are kept inside the prior. Best as trained: the "
               "risk of the exact posterior mean under the simulator that was trained on, by quadrature over both unknowns (a grid of %d × %d). "
               "Excess: the network’s risk above it, same rows: %.4f ± %.4f over %.4f. Mismatch: risk in the world less risk as trained. Its bound is the smaller "
               "of 12.25 · TV and H √(2 E loss² + 2 E′ loss²); total variation TV and Hellinger distance H of the joint distributions of R₀, period and "
               "curve, estimated from exact log density ratios at rows of both. The dotted line is what somebody could reach who knows this world.",
               N_R0, N_PERIOD, said->excess, said->excess_sd, said->best);
  us_sgnn_say (self, "The bound holds in %s%d of %d worlds; it is far from tight, and says little once the simulators differ visibly: TV is near 1 long "
               "before the risk is large. Where mismatch is negative, the world is easier than the simulator for this predictor.", broken > 0 ? "only " : "",
               N_KINDS * N_LEVELS - (int) broken, N_KINDS * N_LEVELS);
  us_sgnn_number (self, "risk_as_trained", said->risk);
  us_sgnn_number (self, "best_as_trained", said->best);
  us_sgnn_number (self, "excess", said->excess);
  us_sgnn_number (self, "bounds_broken", broken);
  us_sgnn_want (self, "mismatch: worlds in which the bound does not hold", broken, 0, US_WANT_AT_MOST, 0);
  us_sgnn_in_short (self, "Mismatch: trained and asked in the same world the network’s risk is %.1f %% above the least; with a tenth of the cases reported where half was said it "
                    "is %.1f times as large, with a delay of 4 days %.1f times, with a latent period of 4 days %.1f times.", 100 * said->excess / said->best,
                    found[0][4].mismatch.risk_q / said->risk, found[1][4].mismatch.risk_q / said->risk, found[3][4].mismatch.risk_q / said->risk);
  return us_sgnn_figure (self, "mismatch", "Risk against how far the world is from what was said, in four ways; the risk rises, below its bound.",
                         "Risk of one predictor in worlds that are more and more unlike its simulator, to the right; logarithmic.", N_KINDS, plots, 2, 540, 400,
                         TRUE, error)
         && add_table (self, said, found, error);
}

gboolean
us_sgnn_part_mismatch (UsSgnn  *self,
                       GError **error)
{
  const char *const id = SAID, *const priors[] = { common[0], common[1], common[2], common[3], common[4], "reporting=fixed:0.5",
                                                   "dispersion=fixed:10", NULL };
  gsize rows = us_sgnn_rows (self, 60000, 10000), n = us_sgnn_count (self, 2000, 1000, 100);
  g_autoptr(UsPredictor) model = us_sgnn_predictor (self, "mismatch-sir", US_TASK_QUANTITIES, US_HEAD_MEAN, 1, &id, priors, rows, error);
  g_autoptr(UsPool) pool = us_pool_new (self->n_workers, 0);
  g_auto(World) said = { NULL };
  Found found[N_KINDS][N_LEVELS];
  UsExcessRisk as_said;

  if (model == NULL || !fill_world (self, &said, NULL, 0, n, model, pool, error))
    return FALSE;
  g_assert (strcmp (us_predictor_target (model, 0)->name, "R0") == 0);
  us_excess_risk_measure (said.n, said.loss, said.best, &as_said);
  for (gsize k = 0; k < N_KINDS; k++)
    for (gsize l = 0; l < N_LEVELS; l++)
      {
        g_auto(World) world = { NULL };

        us_sgnn_progress (self, "%s, world %" G_GSIZE_FORMAT " of %d", kinds[k].id, l + 1, N_LEVELS);
        if (!fill_world (self, &world, &kinds[k], kinds[k].level[l], n, model, pool, error))
          return FALSE;
        compare (&said, &world, &found[k][l]);
        if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
          return FALSE;
      }
  return report (self, n, rows, &as_said, found, error);
}
