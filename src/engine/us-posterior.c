/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-posterior-private.h"

#include "us-error.h"
#include "us-memory.h"
#include "us-rng.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* P parameters, V values of x, F features, S summaries, M members, R rows of a block. */

#define REDRAWS 200              /* of a draw that the prior's constraint refuses */

UsPosterior *
us_posterior_alloc (void)
{
  UsPosterior *self = g_new0 (UsPosterior, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->record.history = g_array_new (FALSE, FALSE, sizeof (UsPosteriorPoint));
  self->record.rounds = g_array_new (FALSE, FALSE, sizeof (UsPosteriorRound));
  return self;
}

UsPosterior *
us_posterior_ref (UsPosterior *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
us_posterior_unref (UsPosterior *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_strfreev (self->names);
  g_clear_pointer (&self->prior, us_prior_unref);
  us_features_clear (&self->features);
  g_free (self->coordinates);
  for (gsize m = 0; self->weights != NULL && m < self->n_members; m++)
    us_floats_free (self->weights[m]);
  g_free (self->weights);
  g_free (self->shapes);
  g_free (self->shares);
  g_clear_pointer (&self->turns, g_ptr_array_unref);
  g_free (self->record.program_version);
  g_free (self->record.created);
  g_free (self->record.command);
  g_free (self->record.bank);
  g_strfreev (self->record.notes);
  g_array_unref (self->record.history);
  g_array_unref (self->record.rounds);
  g_free (self->observation);
  g_free (self);
}

/* --- what it is about ------------------------------------------------------------- */

gsize
us_posterior_n_parameters (const UsPosterior *self)
{
  return self->n_parameters;
}

gsize
us_posterior_n_values (const UsPosterior *self)
{
  return self->n_values;
}

gsize
us_posterior_n_summaries (const UsPosterior *self)
{
  return self->shapes[0].summary.n_out;
}

const char *
us_posterior_name (const UsPosterior *self,
                   gsize              parameter)
{
  g_return_val_if_fail (parameter < self->n_parameters, NULL);

  return self->names[parameter];
}

guint
us_posterior_x_shape (const UsPosterior *self,
                      gsize             *shape)
{
  memcpy (shape, self->x_shape, sizeof self->x_shape);
  return self->n_dims;
}

const UsSimulator *
us_posterior_simulator (const UsPosterior *self)
{
  return self->prior != NULL ? us_prior_simulator (self->prior) : NULL;
}

UsPrior *
us_posterior_prior (const UsPosterior *self)
{
  return self->prior;
}

guint
us_posterior_output (const UsPosterior *self)
{
  return self->output;
}

const UsPosteriorRecord *
us_posterior_record (const UsPosterior *self)
{
  return &self->record;
}

const float *
us_posterior_observation (const UsPosterior *self)
{
  return self->observation;
}

gboolean
us_posterior_holds_for (const UsPosterior *self,
                        const float       *x)
{
  for (gsize v = 0; self->observation != NULL && v < self->n_values; v++)
    {
      double own = (double) self->observation[v], value = (double) x[v];

      /* what printing and reading again may change */
      if (isnan (own) != isnan (value) || fabs (own - value) > 1e-5 * MAX (fabs (own), fabs (value)))
        return FALSE;
    }
  return TRUE;
}

void
us_posterior_range (const UsPosterior *self,
                    gsize              parameter,
                    double            *lower,
                    double            *upper)
{
  g_return_if_fail (parameter < self->n_parameters);

  us_coordinate_range (&self->coordinates[parameter], lower, upper);
}

gsize
us_posterior_n_outside (const UsPosterior *self,
                        const float       *x,
                        gsize             *first)
{
  gsize n = 0;

  for (gsize v = 0; v < self->n_values; v++)
    if (!isnan (x[v]) && !(x[v] >= self->features.lower[v] && x[v] <= self->features.upper[v]) && n++ == 0)
      *first = v;
  return n;
}

/* --- members at work ------------------------------------------------------------------ */

static const float *
flow_weights (const UsPosterior *self,
              gsize              member)
{
  return self->weights[member] + us_residual_n_parameters (&self->shapes[member].summary);
}

/* Changes features (rows, F) in place; row: (F) of scratch. */
static void
turn_features (const UsPosterior *self,
               const UsSymmetry  *turn,
               gsize              rows,
               float             *features,
               float             *row)
{
  gsize P = self->n_parameters, F = self->features.n_features;

  for (gsize r = 0; r < rows; r++)
    {
      memcpy (row, features + r * F, F * sizeof (float));
      for (gsize f = 0; f < F; f++)
        features[r * F + f] = (float) turn->sign[P + f] * row[turn->from[P + f] - P];
    }
}

/* h (rows, S) of one member, of the changed rows. */
static void
member_summaries (const UsPosterior *self,
                  gsize              member,
                  const UsSymmetry  *turn,
                  gsize              rows,
                  const float       *x,        /* (rows, V) */
                  float             *h)
{
  const UsResidualShape *shape = &self->shapes[member].summary;
  gsize block = MIN (rows, US_POSTERIOR_ROWS);
  g_autoptr(UsResidualRun) run = us_residual_run_new (shape, block);
  float *features = us_floats_new ((block + 1) * shape->n_in);

  for (gsize first = 0; first < rows; first += block)
    {
      gsize n = MIN (block, rows - first);

      us_features_apply (&self->features, n, x + first * self->n_values, features);
      turn_features (self, turn, n, features, features + block * shape->n_in);
      us_residual_run_forward (run, self->weights[member], n, features, NULL, FALSE, 0.0, 0, 0, h + first * shape->n_out);
    }
  us_floats_free (features);
}

void
us_posterior_summaries (const UsPosterior *self,
                        gsize              rows,
                        const float       *x,
                        float             *h)
{
  g_return_if_fail (self != NULL && x != NULL && h != NULL);

  if (rows > 0)
    member_summaries (self, 0, g_ptr_array_index (self->turns, 0), rows, x, h);
}

gboolean
us_posterior_takes_gaps (const UsPosterior *self)
{
  /* masks come last */
  return self->features.features[self->features.n_features - 1].kind == US_FEATURE_MASK;
}

/* Of a model that knows series which end early, but no gaps: a value that is missing although there are later ones. */
static gboolean
check_end (const UsPosterior *self,
           const float       *x,
           GError           **error)
{
  gsize first = 0;

  if (!(self->record.missing.gaps == 0.0 && self->record.missing.cut > 0.0))
    return TRUE;
  while (first < self->n_values && !isnan (x[first]))
    first++;
  for (gsize v = first + 1; v < self->n_values; v++)
    if (!isnan (x[v]))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("value %zu of the observation (from 1) is missing, and there are later ones: this posterior was trained on "
                       "series that end early, but have no gaps (--gaps)"), first + 1);
        return FALSE;
      }
  return TRUE;
}

/* What was observed is finite; what was not may be missing: by training, or since the refined posterior's own observation
 * lacks it. */
static gboolean
check_x (const UsPosterior *self,
         const float       *x,
         GError           **error)
{
  gboolean gaps = us_posterior_takes_gaps (self);
  gsize n_observed = 0;

  for (gsize v = 0; v < self->n_values; v++)
    if (isfinite (x[v]))
      n_observed++;
    else if (!isnan (x[v]) || !(gaps || (self->observation != NULL && isnan (self->observation[v]))))
      {
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     _("value %zu of the observation (from 1) is missing or not finite: this posterior was "
                       "trained on complete rows"), v + 1);
        return FALSE;
      }
  if (n_observed > 0)
    return check_end (self, x, error);
  g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, _("nothing was observed"));
  return FALSE;
}

/* --- draws ---------------------------------------------------------------------------- */

/* Which change a draw is made under. */
static guint
turn_of_draw (const UsPosterior *self,
              gsize              draw,
              guint64            seed)
{
  UsRng rng;

  if (self->turns->len == 1)
    return 0;
  us_rng_init (&rng, seed, US_RNG_EVALUATE, draw);
  return (guint) us_rng_below (&rng, self->turns->len);
}

/* u (n, P), drawn under the draws' changes, back → θ, in place of rows `draws` of theta. */
static void
place_draws (const UsPosterior *self,
             gsize              n,
             const float       *u,
             const gsize       *draws,
             guint64            seed,
             double            *theta)
{
  gsize P = self->n_parameters;

  for (gsize i = 0; i < n; i++)
    {
      const UsSymmetry *turn = g_ptr_array_index (self->turns, turn_of_draw (self, draws[i], seed));

      for (gsize p = 0; p < P; p++)
        theta[draws[i] * P + turn->from[p]] = us_coordinate_from (&self->coordinates[turn->from[p]], self->prior,
                                                                  (double) turn->sign[p] * (double) u[i * P + p]);
    }
}

/* Member of a draw: its share of all draws, evenly dealt, so that the first draws are a fair mixture too. */
static gsize
member_of_draw (const UsPosterior *self,
                gsize              draw,
                guint64            seed)
{
  double place, sum = 0.0;
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_SHUFFLE, draw);
  place = us_rng_uniform (&rng);
  for (gsize m = 0; m + 1 < self->n_members; m++)
    {
      sum += self->shares[m];
      if (place < sum)
        return m;
    }
  return self->n_members - 1;
}

/* The draws of one member among `draws` (n): attempt 0, or again. */
static void
sample_member (const UsPosterior *self,
               gsize              member,
               const float       *x,
               gsize              n,
               const gsize       *draws,
               guint64            seed,
               guint              attempt,
               double             inflation,     /* of the latents */
               double            *theta)
{
  const UsFlowShape *shape = &self->shapes[member].flow;
  gsize P = self->n_parameters, block = MIN (n, US_POSTERIOR_ROWS);
  g_autoptr(UsFlowRun) run = NULL;
  float *turned, *h, *z;         /* summaries of the changes, (turns, S); of draws, (R, S); (R, P) */
  gboolean many;

  if (n == 0)
    return;
  run = us_flow_run_new (shape, block);
  many = self->turns->len > 1;
  turned = us_floats_new (self->turns->len * shape->n_context);
  h = us_floats_new (block * shape->n_context);
  z = us_floats_new (block * P);
  for (guint t = 0; t < self->turns->len; t++)
    member_summaries (self, member, g_ptr_array_index (self->turns, t), 1, x, turned + t * shape->n_context);
  for (gsize first = 0; first < n; first += block)
    {
      gsize count = MIN (block, n - first);

      for (gsize i = 0; i < count; i++)
        {
          UsRng rng;

          us_rng_init (&rng, seed, US_RNG_LATENT, draws[first + i]);
          rng.counter[0] = attempt * (guint32) P;
          for (gsize p = 0; p < P; p++)
            z[i * P + p] = (float) (inflation * us_rng_normal (&rng));
          if (many)
            memcpy (h + i * shape->n_context, turned + turn_of_draw (self, draws[first + i], seed) * shape->n_context,
                    shape->n_context * sizeof (float));
        }
      us_flow_run_sample (run, flow_weights (self, member), count, z, many ? h : turned, !many, z);
      place_draws (self, count, z, draws + first, seed, theta);
    }
  us_floats_free (turned);
  us_floats_free (h);
  us_floats_free (z);
}

/* All parameters of the simulator are inferred, in its order: its constraint can be asked. */
static gboolean
can_ask_prior (const UsPosterior *self)
{
  if (self->prior == NULL || us_prior_simulator (self->prior)->n_parameters != self->n_parameters)
    return FALSE;
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->coordinates[p].parameter != p)
      return FALSE;
  return TRUE;
}

/* All draws `open` (n_open); scratch (n_open). */
static void
sample_all (const UsPosterior *self,
            const float       *x,
            gsize              n_open,
            const gsize       *open,
            guint64            seed,
            guint              attempt,
            double             inflation,
            gsize             *scratch,
            double            *theta)
{
  for (gsize m = 0; m < self->n_members; m++)
    {
      gsize count = 0;

      for (gsize i = 0; i < n_open; i++)
        if (member_of_draw (self, open[i], seed) == m)
          scratch[count++] = open[i];
      sample_member (self, m, x, count, scratch, seed, attempt, inflation, theta);
    }
}

void
us_posterior_propose (const UsPosterior *self,
                      const float       *x,
                      gsize              n,
                      guint64            seed,
                      double             inflation,
                      double            *theta)
{
  g_autofree gsize *draws = g_new (gsize, MAX (n, 1));
  g_autofree gsize *open = g_new (gsize, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    open[i] = i;
  sample_all (self, x, n, open, seed, 0, inflation, draws, theta);
}

static gboolean
is_refused (const UsPosterior *self,
            const double      *theta)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    if (!isfinite (theta[p]))
      return TRUE;
  return can_ask_prior (self) && us_prior_log_density (self->prior, theta) == -INFINITY;
}

gboolean
us_posterior_sample (const UsPosterior *self,
                     const float       *x,
                     gsize              n,
                     guint64            seed,
                     double            *theta,
                     GError           **error)
{
  g_autofree gsize *draws = g_new (gsize, MAX (n, 1));
  g_autofree gsize *open = g_new (gsize, MAX (n, 1));
  gsize n_open = n;

  g_return_val_if_fail (self != NULL && x != NULL && theta != NULL, FALSE);

  if (!check_x (self, x, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    open[i] = i;
  for (guint attempt = 0; n_open > 0 && attempt < REDRAWS; attempt++)
    {
      gsize still = 0;

      sample_all (self, x, n_open, open, seed, attempt, 1.0, draws, theta);
      for (gsize i = 0; i < n_open; i++)
        if (is_refused (self, theta + open[i] * self->n_parameters))
          open[still++] = open[i];
      n_open = still;
    }
  if (n_open == 0)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               _("%zu of %zu draws lie where the prior has nothing, after %d tries: this "
                 "observation is unlike anything simulated"), n_open, n, REDRAWS);
  return FALSE;
}

/* --- densities --------------------------------------------------------------------------- */

/* log (exp a + exp b) */
static double
log_sum (double a,
         double b)
{
  double most = MAX (a, b), least = MIN (a, b);

  return most == -INFINITY ? -INFINITY : most + log1p (exp (least - most));
}

/* u (n, P) in coordinates, with log |du/dθ| and whether they are inside. */
static void
to_coordinates (const UsPosterior *self,
                gsize              n,
                const double      *theta,
                float             *u,
                double            *slope,
                gboolean          *inside)
{
  gsize P = self->n_parameters;

  for (gsize i = 0; i < n; i++)
    {
      slope[i] = 0.0;
      inside[i] = TRUE;
      for (gsize p = 0; p < P; p++)
        {
          double value;

          inside[i] &= us_coordinate_to (&self->coordinates[p], self->prior, theta[i * P + p], &value, &slope[i]);
          u[i * P + p] = (float) value;
        }
    }
}

/* Adds share q of one member under one change to out, which holds logarithms. */
static void
add_density (const UsPosterior *self,
             gsize              member,
             const UsSymmetry  *turn,
             const float       *x,
             gsize              n,
             const float       *u,             /* (n, P) */
             double             log_share,
             double             inflation,     /* of the latents */
             double            *out)
{
  const UsFlowShape *shape = &self->shapes[member].flow;
  gsize P = self->n_parameters, block = CLAMP (n, 1, US_POSTERIOR_ROWS);
  g_autoptr(UsFlowRun) run = us_flow_run_new (shape, block);
  g_autofree double *one = g_new (double, block);
  float *h = us_floats_new (shape->n_context), *turned = us_floats_new (block * P);

  member_summaries (self, member, turn, 1, x, h);
  for (gsize first = 0; first < n; first += block)
    {
      gsize count = MIN (block, n - first);
      const float *z;

      for (gsize i = 0; i < count; i++)
        for (gsize p = 0; p < P; p++)
          turned[i * P + p] = (float) turn->sign[p] * u[(first + i) * P + turn->from[p]];
      us_flow_run_log_density (run, flow_weights (self, member), count, turned, h, TRUE, 0.0, 0, 0, one);
      z = us_flow_run_z (run);
      for (gsize i = 0; i < count; i++)
        {
          /* N (z; 0, 1) becomes N (z; 0, inflation²) */
          for (gsize p = 0; inflation != 1.0 && p < P; p++)
            one[i] += 0.5 * (double) z[i * P + p] * (double) z[i * P + p] * (1.0 - 1.0 / (inflation * inflation))
                      - log (inflation);
          out[first + i] = log_sum (out[first + i], one[i] + log_share);
        }
    }
  us_floats_free (h);
  us_floats_free (turned);
}

void
us_posterior_log_proposal (const UsPosterior *self,
                           const float       *x,
                           gsize              n,
                           const double      *theta,
                           double             inflation,
                           double            *out)
{
  float *u = us_floats_new (n * self->n_parameters);
  g_autofree double *slope = g_new (double, n);
  g_autofree gboolean *inside = g_new (gboolean, n);

  to_coordinates (self, n, theta, u, slope, inside);
  for (gsize i = 0; i < n; i++)
    out[i] = -INFINITY;
  for (gsize m = 0; m < self->n_members; m++)
    for (guint t = 0; t < self->turns->len; t++)
      add_density (self, m, g_ptr_array_index (self->turns, t), x, n, u,
                   log (self->shares[m] / (double) self->turns->len), inflation, out);
  for (gsize i = 0; i < n; i++)
    out[i] = inside[i] ? out[i] + slope[i] : -INFINITY;
  us_floats_free (u);
}

gboolean
us_posterior_log_density (const UsPosterior *self,
                          const float       *x,
                          gsize              n,
                          const double      *theta,
                          double            *out,
                          GError           **error)
{
  g_return_val_if_fail (self != NULL && x != NULL && theta != NULL && out != NULL, FALSE);

  if (!check_x (self, x, error))
    return FALSE;
  us_posterior_log_proposal (self, x, n, theta, 1.0, out);
  return TRUE;
}

/* --- training ------------------------------------------------------------------------------- */

static char *
fingerprint (const UsPosteriorRows *rows)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gsize r = 0; r < rows->n_rows; r++)
    {
      g_checksum_update (sum, (const guchar *) (rows->theta + r * rows->n_parameters),
                         (gssize) (rows->n_parameters * sizeof (double)));
      g_checksum_update (sum, (const guchar *) (rows->x + r * rows->n_values), (gssize) (rows->n_values * sizeof (float)));
    }
  return g_strdup (g_checksum_get_string (sum));
}

static gboolean
choose_coordinates (UsPosterior           *self,
                    const UsPosteriorRows *rows,
                    GError               **error)
{
  gsize P = rows->n_parameters;

  self->coordinates = g_new0 (UsCoordinate, P);
  for (gsize p = 0; p < P; p++)
    {
      UsCoordinate *c = &self->coordinates[p];

      if (rows->prior != NULL && rows->parameters[p] < us_prior_simulator (rows->prior)->n_parameters
          && us_prior_distribution (rows->prior, rows->parameters[p])->kind != US_DISTRIBUTION_FIXED)
        us_coordinate_of_prior (c, rows->prior, rows->parameters[p]);
      else if (!us_coordinate_measure (c, rows->n_rows, rows->theta + p, P, rows->names[p], rows->notes, error))
        return FALSE;
      us_coordinate_standardise (c, rows->prior, rows->n_rows, rows->theta + p, P);
      c->parameter = rows->parameters[p];
    }
  return TRUE;
}

static void
take_rows (UsPosterior     *self,
           UsPosteriorRows *rows)
{
  self->n_parameters = rows->n_parameters;
  self->n_values = rows->n_values;
  self->n_dims = rows->n_dims;
  memcpy (self->x_shape, rows->x_shape, sizeof self->x_shape);
  self->names = g_strdupv (rows->names);
  self->prior = rows->prior != NULL ? us_prior_ref (rows->prior) : NULL;
  self->output = rows->output;
  self->record.n_rows = rows->n_rows;
  self->record.n_dropped = rows->n_dropped;
  self->record.bank = fingerprint (rows);
}

static gboolean
has_gaps (const UsMissing *missing)
{
  return missing->gaps > 0.0 || missing->cut > 0.0;
}

static gboolean
check_missing (const UsMissing       *missing,
               const UsPosteriorRows *rows,
               GError               **error)
{
  if (!(missing->gaps >= 0.0 && missing->gaps <= 0.5 && missing->cut >= 0.0 && missing->cut <= 0.95))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("a share of %g missing values, an end cut by up to %g: the first can be 0 to 0.5, the second 0 to 0.95"),
                 missing->gaps, missing->cut);
  else if (has_gaps (missing) && rows->n_dims > 2)
    g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE, _("gaps are for series and tables: “x” holds pictures"));
  else if (missing->cut > 0.0 && rows->n_dims < 2)
    g_set_error_literal (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                         _("only a series can end early: the columns of “x” are in no order that is known"));
  else
    {
      if (missing->gaps == 0.0 && missing->cut > 0.0)
        us_posterior_note (rows->notes, _("Trained with series whose end was cut by a share of up to %g, so that observations may "
                                          "end early."), missing->cut);
      else if (has_gaps (missing))
        us_posterior_note (rows->notes, _("Trained with a share of %g of the values missing at random, so that observations may "
                                          "have gaps."), missing->gaps);
      return TRUE;
    }
  return FALSE;
}

UsPosterior *
us_posterior_train (const UsPosteriorConfig *config,
                    UsPosteriorProgressFunc  progress,
                    gpointer                 data,
                    const gint              *cancelled,
                    GError                 **error)
{
  g_autoptr(UsPosterior) self = us_posterior_alloc ();
  g_auto(UsPosteriorRows) rows = { 0 };
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();

  g_return_val_if_fail (config != NULL, NULL);
  g_return_val_if_fail (config->bank != NULL || config->prior != NULL || config->theta != NULL, NULL);

  if (!us_posterior_rows_load (&rows, config, progress, data, cancelled, error))
    return NULL;
  take_rows (self, &rows);
  if (!check_missing (&config->missing, &rows, error)
      || !us_features_measure (&self->features, rows.n_rows, rows.n_values, rows.x, has_gaps (&config->missing), rows.notes, error)
      || !choose_coordinates (self, &rows, error)
      || !us_posterior_fit (self, config, &rows, progress, data, cancelled, error))
    return NULL;
  self->record.seed = config->seed;
  self->record.missing = config->missing;
  self->record.program_version = g_strdup (US_VERSION);
  self->record.created = g_date_time_format_iso8601 (now);
  self->record.command = g_strdup (config->command);
  g_ptr_array_add (rows.notes, NULL);
  self->record.notes = g_strdupv ((char **) rows.notes->pdata);
  return g_steal_pointer (&self);
}
