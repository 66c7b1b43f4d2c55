/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A simulator as somebody would have measured it, as a const table.  P parameters of the base, Q of the noise,
 * T points, C channels. */
#include "config.h"

#include "us-noise-private.h"

#include "us-distribution.h"
#include "us-error.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define NOISE_VERSION 1         /* raised when a stage draws other numbers */
#define MAX_POINTS 4096         /* of a delayed series at other times than its own: T C */
#define MAX_DERIVED 16

typedef struct
{
  UsSimulator        table;     /* first: run gets a pointer to it */
  const UsSimulator *base;      /* a const table that lives as long */
  UsNoiseChain       chain;
  gboolean           delays;
} Noise;

/* As the tables that are compiled in, none is ever freed. */
static GMutex interned_lock;
static GHashTable *interned;    /* id → Noise; guarded by interned_lock */

/* ---- the simulator ---- */

/* Noise has a stream of its own, which begins where the base's run ended. */
static void
add_noise (const Noise  *self,
           const double *theta,
           gsize         n_times,
           const double *times,         /* (n_times), or NULL: the output's own */
           UsRng        *rng,
           float        *out)           /* (n_times, C) */
{
  const UsOutput *output = &self->table.outputs[0];
  const gsize channels = output->channels;
  UsRng own;

  us_rng_init (&own, us_rng_u64 (rng), US_RNG_SIMULATOR, 0);
  for (gsize c = 0; c < channels && n_times > 0; c++)
    {
      const gsize next = MIN ((gsize) 1, n_times - 1);
      UsNoiseWalk walk;

      us_noise_walk_init (&walk, &self->chain, theta, times != NULL ? times[0] : us_output_x (output, 0),
                          times != NULL ? times[next] : us_output_x (output, next),
                          (double) out[c], (double) out[next * channels + c]);
      for (gsize t = 0; t < n_times; t++)
        {
          float *value = out + t * channels + c;
          const double x = times != NULL ? times[t] : us_output_x (output, t);
          const double expected = us_noise_walk_step (&walk, x, (double) *value);

          *value = (float) us_noise_draw (&self->chain, theta, c, expected, &own);
        }
    }
}

/* Which of the base's outputs output o is. */
static guint
base_output (const UsSimulator *simulator,
             guint              output)
{
  return output + 1 == simulator->n_outputs ? 0 : output;
}

static UsSimStatus
noise_run (const UsSimulator *simulator,
           const double      *theta,
           guint              output,
           UsRng             *rng,
           float             *out)
{
  const Noise *self = (const Noise *) simulator;
  UsSimStatus status;

  if (output >= simulator->n_outputs)
    return US_SIM_FAILED;
  status = self->base->run (self->base, theta, base_output (simulator, output), rng, out);
  if (status == US_SIM_OK && output == 0)
    add_noise (self, theta, simulator->outputs[0].height, NULL, rng, out);
  return status;
}

/* What is reported late at some times was there at others: the series' own points up to the last of the times
 * and the times, in order, both once. */
static UsSimStatus
run_delayed_at (const Noise  *self,
                const double *theta,
                gsize         n_times,
                const double *times,
                UsRng        *rng,
                float        *out)
{
  const UsOutput *output = &self->table.outputs[0];
  const gsize channels = output->channels;
  double all[MAX_POINTS];
  float values[MAX_POINTS];
  gsize n = 0, own = 0, asked = 0;
  UsSimStatus status;

  if (n_times == 0)
    return US_SIM_OK;
  while (asked < n_times)
    {
      const double x = own < output->height ? us_output_x (output, own) : INFINITY;

      if ((n + 1) * channels > MAX_POINTS)
        return US_SIM_FAILED;
      all[n++] = MIN (x, times[asked]);
      own += x <= all[n - 1];
      asked += times[asked] <= all[n - 1];
    }
  status = self->base->run_at (self->base, theta, 0, n, all, rng, values);
  if (status != US_SIM_OK)
    return status;
  add_noise (self, theta, n, all, rng, values);
  for (gsize t = 0, k = 0; t < n_times; t++, k++)
    {
      while (all[k] < times[t])
        k++;
      memcpy (out + t * channels, values + k * channels, channels * sizeof *out);
    }
  return US_SIM_OK;
}

static UsSimStatus
noise_run_at (const UsSimulator *simulator,
              const double      *theta,
              guint              output,
              gsize              n_times,
              const double      *times,
              UsRng             *rng,
              float             *out)
{
  const Noise *self = (const Noise *) simulator;
  UsSimStatus status;

  if (output >= simulator->n_outputs)
    return US_SIM_FAILED;
  if (output == 0 && self->delays)
    return run_delayed_at (self, theta, n_times, times, rng, out);
  status = self->base->run_at (self->base, theta, base_output (simulator, output), n_times, times, rng, out);
  if (status == US_SIM_OK && output == 0)
    add_noise (self, theta, n_times, times, rng, out);
  return status;
}

/* ---- what the base says of its own parameters ---- */

static gboolean
noise_accepts (const UsSimulator *simulator,
               const double      *theta)
{
  const Noise *self = (const Noise *) simulator;

  return self->base->accepts (self->base, theta);
}

static void
noise_draw (const UsSimulator *simulator,
            UsRng             *rng,
            double            *theta)
{
  const Noise *self = (const Noise *) simulator;

  self->base->draw (self->base, rng, theta);
  for (gsize i = self->base->n_parameters; i < simulator->n_parameters; i++)
    theta[i] = us_distribution_draw (&simulator->parameters[i].prior, &simulator->parameters[i], rng);
}

static double
noise_log_density (const UsSimulator *simulator,
                   const double      *theta)
{
  const Noise *self = (const Noise *) simulator;
  double sum = self->base->log_density (self->base, theta);

  for (gsize i = self->base->n_parameters; i < simulator->n_parameters; i++)
    sum += log (us_distribution_density (&simulator->parameters[i].prior, &simulator->parameters[i], theta[i]));
  return sum;
}

static void
copy_own (const UsSimulator *simulator,
          const double      *theta,
          double            *to)
{
  const gsize first = ((const Noise *) simulator)->base->n_parameters;

  memcpy (to + first, theta + first, (simulator->n_parameters - first) * sizeof *to);
}

static void
noise_random_equivalent (const UsSimulator *simulator,
                         const double      *theta,
                         UsRng             *rng,
                         double            *equivalent)
{
  const Noise *self = (const Noise *) simulator;

  self->base->random_equivalent (self->base, theta, rng, equivalent);
  copy_own (simulator, theta, equivalent);
}

static void
noise_closest_equivalent (const UsSimulator *simulator,
                          const double      *theta,
                          const double      *reference,
                          double            *closest)
{
  const Noise *self = (const Noise *) simulator;

  self->base->closest_equivalent (self->base, theta, reference, closest);
  copy_own (simulator, theta, closest);
}

static double
derived_value (const UsSimulator *simulator,
               gsize              d,
               const double      *theta)
{
  const Noise *self = (const Noise *) simulator;

  return self->base->derived[d].value (self->base, theta);
}

/* A derived quantity is told its simulator, not which one it is. */
#define DERIVED(d) \
  static double \
  derived_##d (const UsSimulator *self, const double *theta) \
  { \
    return derived_value (self, d, theta); \
  }
DERIVED (0) DERIVED (1) DERIVED (2) DERIVED (3) DERIVED (4) DERIVED (5) DERIVED (6) DERIVED (7)
DERIVED (8) DERIVED (9) DERIVED (10) DERIVED (11) DERIVED (12) DERIVED (13) DERIVED (14) DERIVED (15)

static double (*const derived_values[MAX_DERIVED]) (const UsSimulator *, const double *) = {
  derived_0, derived_1, derived_2, derived_3, derived_4, derived_5, derived_6, derived_7,
  derived_8, derived_9, derived_10, derived_11, derived_12, derived_13, derived_14, derived_15,
};

/* ---- making one ---- */

static UsOutput *
make_outputs (const UsSimulator  *base,
              const UsNoiseChain *chain)
{
  UsOutput *outputs = g_new (UsOutput, base->n_outputs + 1), *last = &outputs[base->n_outputs];

  memcpy (outputs, base->outputs, base->n_outputs * sizeof *outputs);
  *last = base->outputs[0];
  last->id = g_strconcat (US_NOISE_TRUE_PREFIX, base->outputs[0].id, NULL);
  last->label = g_strdup_printf (_("%s without noise"), _(base->outputs[0].label));
  outputs[0].noisy = TRUE;
  outputs[0].counts = us_noise_chain_has (chain, US_NOISE_POISSON) || us_noise_chain_has (chain, US_NOISE_NEGATIVE_BINOMIAL)
                      || (base->outputs[0].counts && !us_noise_chain_has (chain, US_NOISE_NORMAL));
  if (chain->stages[chain->n_stages - 1].kind < US_NOISE_MULTIPLICATIVE)
    outputs[0].noisy = base->outputs[0].noisy;
  return outputs;
}

static UsDerived *
make_derived (const UsSimulator *base)
{
  UsDerived *derived = g_new (UsDerived, MAX_DERIVED);

  for (gsize d = 0; d < base->n_derived; d++)
    {
      derived[d] = base->derived[d];
      derived[d].value = derived_values[d];
    }
  return derived;
}

/* Takes id. */
static Noise *
noise_make (const UsSimulator  *base,
            const UsNoiseChain *chain,
            char               *id)
{
  Noise *self = g_new0 (Noise, 1);
  UsParameter *parameters = g_new (UsParameter, US_MAX_PARAMETERS);
  gsize n_parameters;
  g_autofree char *text = us_noise_chain_describe (chain);

  self->base = base;
  self->chain = *chain;
  n_parameters = us_noise_chain_parameters (&self->chain, base, parameters);
  self->delays = us_noise_chain_has (chain, US_NOISE_DELAY);
  self->table = (UsSimulator) {
    .id = id,
    .version = base->version * 1000 + NOISE_VERSION,
    .title = g_strdup_printf ("%s + %s", _(base->title), text),
    .summary = g_strdup_printf (_("%s As measured: %s."), _(base->summary), text),
    .parameters = parameters,
    .n_parameters = n_parameters,
    .outputs = make_outputs (base, chain),
    .n_outputs = base->n_outputs + 1,
    .run = noise_run,
    .run_at = base->run_at != NULL ? noise_run_at : NULL,
    .accepts = base->accepts != NULL ? noise_accepts : NULL,
    .constraint = base->constraint,
    .draw = base->draw != NULL ? noise_draw : NULL,
    .log_density = base->log_density != NULL ? noise_log_density : NULL,
    .random_equivalent = base->random_equivalent != NULL ? noise_random_equivalent : NULL,
    .closest_equivalent = base->closest_equivalent != NULL ? noise_closest_equivalent : NULL,
    .symmetry = base->symmetry,
    .derived = base->derived != NULL ? make_derived (base) : NULL,
    .n_derived = base->n_derived,
  };
  return self;
}

const UsSimulator *
us_noise_new (const UsSimulator  *base,
              const char         *stages,
              GError            **error)
{
  g_autofree char *id = NULL;
  UsNoiseChain chain;
  Noise *self;

  g_return_val_if_fail (base != NULL && stages != NULL, NULL);
  g_return_val_if_fail (base->n_derived <= MAX_DERIVED, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (us_noise_base (base) != NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED, _("%s: it has noise already"), base->id);
      return NULL;
    }
  if (base->outputs[0].kind != US_OUTPUT_SERIES)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                   _("%s: noise is for series, and output “%s” is a picture"), base->id, base->outputs[0].id);
      return NULL;
    }
  if (!us_noise_chain_parse (&chain, base, stages, error))
    return NULL;

  id = g_strconcat (base->id, "+", stages, NULL);
  g_mutex_lock (&interned_lock);
  if (interned == NULL)
    interned = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (interned, id);
  if (self == NULL)
    {
      self = noise_make (base, &chain, g_steal_pointer (&id));
      g_hash_table_insert (interned, (gpointer) self->table.id, self);
    }
  g_mutex_unlock (&interned_lock);
  return &self->table;
}

gsize
us_noise_base_length (const char *id)
{
  g_return_val_if_fail (id != NULL, 0);

  /* "1e+3" among the times is a number */
  for (const char *c = id; *c != '\0'; c++)
    if (*c == '+' && !g_ascii_isdigit (c[1]))
      return (gsize) (c - id);
  return strlen (id);
}

const UsSimulator *
us_noise_base (const UsSimulator *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->run == noise_run ? ((const Noise *) self)->base : NULL;
}

guint
us_noise_true_output (const UsSimulator *self)
{
  g_return_val_if_fail (us_noise_base (self) != NULL, 0);

  return (guint) self->n_outputs - 1;
}

/* ---- what is expected, and how likely ---- */

gboolean
us_noise_has_density (const UsSimulator *self)
{
  const UsNoiseChain *chain;

  g_return_val_if_fail (us_noise_base (self) != NULL, FALSE);

  chain = &((const Noise *) self)->chain;
  return chain->stages[chain->n_stages - 1].kind >= US_NOISE_MULTIPLICATIVE;
}

void
us_noise_expected (const UsSimulator *self,
                   const double      *theta,
                   gsize              n,
                   const double      *mean,
                   double            *expected)
{
  const UsOutput *output;
  gsize channels, n_times;

  g_return_if_fail (us_noise_base (self) != NULL);
  g_return_if_fail (theta != NULL && mean != NULL && expected != NULL);
  output = &self->outputs[0];
  g_return_if_fail (n == us_output_n_values (output));

  channels = output->channels;
  n_times = output->height;
  for (gsize c = 0; c < channels; c++)
    {
      const gsize next = MIN ((gsize) 1, n_times - 1);
      UsNoiseWalk walk;

      us_noise_walk_init (&walk, &((const Noise *) self)->chain, theta, us_output_x (output, 0),
                          us_output_x (output, next), mean[c], mean[next * channels + c]);
      for (gsize t = 0; t < n_times; t++)
        expected[t * channels + c] = us_noise_walk_step (&walk, us_output_x (output, t), mean[t * channels + c]);
    }
}

double
us_noise_log_likelihood (const UsSimulator *self,
                         const double      *theta,
                         gsize              n,
                         const double      *observed,
                         const double      *mean)
{
  const UsNoiseChain *chain;
  g_autofree double *expected = NULL;
  double sum = 0.0;

  g_return_val_if_fail (us_noise_base (self) != NULL, NAN);
  g_return_val_if_fail (theta != NULL && observed != NULL && mean != NULL, NAN);
  g_return_val_if_fail (n == us_output_n_values (&self->outputs[0]), NAN);

  if (!us_noise_has_density (self))
    return NAN;
  chain = &((const Noise *) self)->chain;
  expected = g_new (double, n);
  us_noise_expected (self, theta, n, mean, expected);
  for (gsize i = 0; i < n; i++)
    if (!isnan (observed[i]))
      sum += us_noise_log_density (chain, theta, i % self->outputs[0].channels, expected[i], observed[i]);
  return sum;
}
