/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which stages of noise there are: their names, order and parameters.  P parameters of the base, Q of the noise. */
#include "config.h"

#include "us-noise-private.h"

#include "us-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  const char *id, *label;
  gboolean    nonnegative;      /* only for values that cannot be below zero */
  guint       rank;             /* stages of a smaller rank come first; of the last one there is only one */
} Kind;

#define LAST_RANK 2

static const Kind kinds[US_NOISE_N_KINDS] = {
  [US_NOISE_REPORTING] = { "reporting", N_("under-reporting"), TRUE, 0 },
  [US_NOISE_DELAY] = { "delay", N_("delay of reports"), TRUE, 0 },
  [US_NOISE_WEEKDAY] = { "weekday", N_("weekdays"), TRUE, 0 },
  [US_NOISE_MULTIPLICATIVE] = { "multiplicative", N_("multiplicative noise"), FALSE, 1 },
  [US_NOISE_NORMAL] = { "normal", N_("normal noise"), FALSE, LAST_RANK },
  [US_NOISE_POISSON] = { "poisson", N_("Poisson counts"), TRUE, LAST_RANK },
  [US_NOISE_NEGATIVE_BINOMIAL] = { "negative-binomial", N_("negative binomial counts"), TRUE, LAST_RANK },
};

gboolean
us_noise_chain_has (const UsNoiseChain *chain,
                    UsNoiseKind         kind)
{
  for (gsize s = 0; s < chain->n_stages; s++)
    if (chain->stages[s].kind == kind)
      return TRUE;
  return FALSE;
}

char *
us_noise_chain_describe (const UsNoiseChain *chain)
{
  GString *text = g_string_new (NULL);

  for (gsize s = 0; s < chain->n_stages; s++)
    g_string_append_printf (text, "%s%s", s > 0 ? ", " : "", _(kinds[chain->stages[s].kind].label));
  return g_string_free (text, FALSE);
}

/* ---- parameters ---- */

static const char *const weekdays[] = {
  N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"), NULL
};

static const UsParameter reporting = {
  .name = "reporting", .label = N_("Reported share"), .symbol = "ρ", .unit = "", .lower = 1e-4, .upper = 1.0,
  .prior = { US_DISTRIBUTION_UNIFORM, 0.05, 1.0, 0.0 }, .source = "chosen: from one in twenty to all",
};

static const UsParameter delay = {
  .name = "delay", .label = N_("Mean delay of reports"), .symbol = "d", .lower = 0.0, .upper = 100.0,
  .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.5, 14.0, 0.0 }, .source = "chosen: half a day to two weeks",
};

static const UsParameter weekday[] = {
  {
    .name = "weekday", .label = N_("Share missing at weekends"), .symbol = "w", .unit = "", .lower = 0.0, .upper = 1.0,
    .prior = { US_DISTRIBUTION_UNIFORM, 0.0, 0.8, 0.0 }, .source = "chosen: from none to most",
  },
  {
    .name = "first_day", .label = N_("Weekday of day 0"), .symbol = "D₀", .unit = "", .lower = 0.0, .upper = 6.0,
    .prior = { US_DISTRIBUTION_DISCRETE, 0.0, 6.0, 0.0 }, .classes = weekdays,
    .source = "all alike; fixed where the dates are known",
  },
};

static const UsParameter sigma_log = {
  .name = "sigma_log", .label = N_("Relative noise"), .symbol = "σₗ", .unit = "", .lower = 1e-4, .upper = 3.0,
  .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.02, 0.5, 0.0 }, .source = "chosen: 2 % to 50 %",
};

static const UsParameter dispersion = {
  .name = "dispersion", .label = N_("Size of the negative binomial"), .symbol = "k", .unit = "", .lower = 0.01,
  .upper = 1e6, .prior = { US_DISTRIBUTION_LOG_UNIFORM, 1.0, 100.0, 0.0 },
  .source = "chosen: a variation from 100 % down to 10 % beside that of counts",
};

/* Takes the name that is free: the base's own parameters keep theirs. */
static void
add_parameter (const UsSimulator *base,
               const UsParameter *parameter,
               const char        *name,         /* NULL: its own */
               UsParameter       *parameters,   /* (*n) */
               gsize             *n)
{
  UsParameter *added = &parameters[(*n)++];

  *added = *parameter;
  if (name == NULL)
    name = parameter->name;
  added->name = us_simulator_parameter_index (base, name) >= 0 ? g_strconcat ("noise_", name, NULL) : g_strdup (name);
}

/* One standard deviation for each channel, in its unit; from its range. */
static void
add_sigmas (const UsSimulator *base,
            UsParameter       *parameters,
            gsize             *n)
{
  const UsOutput *output = &base->outputs[0];

  for (gsize c = 0; c < output->channels; c++)
    {
      const UsChannel channel = us_output_channel (output, c);
      const double range = channel.upper - channel.lower;
      g_autofree char *name = output->channel_info != NULL && output->channels > 1
                              ? g_strconcat ("sigma_", channel.id, NULL)
                              : output->channels > 1 ? g_strdup_printf ("sigma_%zu", c + 1) : g_strdup ("sigma");
      const UsParameter sigma = {
        .label = output->channels > 1 ? g_strdup_printf ("%s: %s", _(channel.label), _("noise")) : N_("Noise"),
        .symbol = "σ", .unit = channel.unit, .lower = 1e-6 * range, .upper = 10.0 * range,
        .prior = { US_DISTRIBUTION_LOG_UNIFORM, 0.002 * range, 0.1 * range, 0.0 },
        .source = "chosen: standard deviation from 0.2 % to 10 % of the channel's range",
      };

      add_parameter (base, &sigma, name, parameters, n);
    }
}

static void
add_parameters (UsNoiseKind        kind,
                const UsSimulator *base,
                UsParameter       *parameters,
                gsize             *n)
{
  UsParameter parameter;

  switch (kind)
    {
    case US_NOISE_REPORTING:
      add_parameter (base, &reporting, NULL, parameters, n);
      break;
    case US_NOISE_DELAY:
      parameter = delay;
      parameter.unit = base->outputs[0].x_unit;
      add_parameter (base, &parameter, NULL, parameters, n);
      break;
    case US_NOISE_WEEKDAY:
      add_parameter (base, &weekday[0], NULL, parameters, n);
      add_parameter (base, &weekday[1], NULL, parameters, n);
      break;
    case US_NOISE_MULTIPLICATIVE:
      add_parameter (base, &sigma_log, NULL, parameters, n);
      break;
    case US_NOISE_NORMAL:
      add_sigmas (base, parameters, n);
      break;
    case US_NOISE_NEGATIVE_BINOMIAL:
      add_parameter (base, &dispersion, NULL, parameters, n);
      break;
    case US_NOISE_POISSON:
    case US_NOISE_N_KINDS:
    default:
      break;
    }
}

gsize
us_noise_chain_parameters (UsNoiseChain      *chain,
                           const UsSimulator *base,
                           UsParameter       *parameters)
{
  gsize n = base->n_parameters;

  memcpy (parameters, base->parameters, n * sizeof *parameters);
  for (gsize s = 0; s < chain->n_stages; s++)
    {
      chain->stages[s].first = n;
      add_parameters (chain->stages[s].kind, base, parameters, &n);
    }
  return n;
}

/* ---- reading them ---- */

static gssize
find_kind (const char *name)
{
  for (gsize k = 0; k < US_NOISE_N_KINDS; k++)
    if (g_str_equal (kinds[k].id, name))
      return (gssize) k;
  return -1;
}

/* Whether a kind may follow what is there. */
static gboolean
check_order (const UsNoiseChain *chain,
             const char         *base,
             UsNoiseKind         kind,
             GError            **error)
{
  const Kind *last = chain->n_stages > 0 ? &kinds[chain->stages[chain->n_stages - 1].kind] : NULL;

  if (us_noise_chain_has (chain, kind))
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE, _("%s: noise “%s” stands there twice"), base,
                 kinds[kind].id);
  else if (last != NULL && last->rank == LAST_RANK && kinds[kind].rank == LAST_RANK)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("%s: noise “%s” cannot follow “%s”: a value is normal, Poisson or negative binomial, one of them"),
                 base, kinds[kind].id, last->id);
  else if (last != NULL && kinds[kind].rank < last->rank)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                 _("%s: noise “%s” cannot follow “%s”: reporting, delay and weekday come first, then multiplicative, "
                   "then one of normal, poisson and negative-binomial"), base, kinds[kind].id, last->id);
  else
    return TRUE;
  return FALSE;
}

/* Whether a kind fits what it is to be noise of. */
static gboolean
check_base (const UsSimulator  *base,
            UsNoiseKind         kind,
            GError            **error)
{
  const UsOutput *output = &base->outputs[0];

  if (kinds[kind].nonnegative && !output->counts && output->lower < 0.0)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                 _("%s: noise “%s” is for counts, and output “%s” can be below zero"), base->id, kinds[kind].id,
                 output->id);
  else if (kind == US_NOISE_WEEKDAY && strcmp (output->x_unit, "d") != 0)
    g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
                 _("%s: noise “%s” is for series over days, and output “%s” is over “%s”"), base->id, kinds[kind].id,
                 output->id, output->x_unit);
  else
    return TRUE;
  return FALSE;
}

static gboolean
parse_stage (UsNoiseChain       *chain,
             const UsSimulator  *base,
             const char         *name,
             GError            **error)
{
  const gssize kind = find_kind (name);
  g_autoptr(GString) known = NULL;

  if (kind >= 0)
    {
      if (!check_order (chain, base->id, (UsNoiseKind) kind, error)
          || !check_base (base, (UsNoiseKind) kind, error))
        return FALSE;
      chain->stages[chain->n_stages++].kind = (UsNoiseKind) kind;
      return TRUE;
    }

  known = g_string_new (NULL);
  for (gsize k = 0; k < US_NOISE_N_KINDS; k++)
    g_string_append_printf (known, "%s%s", k > 0 ? ", " : "", kinds[k].id);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX, _("%s: there is no noise “%.40s”; known are: %s"),
               base->id, name, known->str);
  return FALSE;
}

gboolean
us_noise_chain_parse (UsNoiseChain       *chain,
                      const UsSimulator  *base,
                      const char         *stages,
                      GError            **error)
{
  const gsize most = US_NOISE_N_KINDS + base->outputs[0].channels;

  *chain = (UsNoiseChain) { 0 };
  for (const char *at = stages; ; at++)
    {
      const gsize length = strcspn (at, "+");
      g_autofree char *name = g_strndup (at, length);

      if (!parse_stage (chain, base, name, error))
        return FALSE;
      at += length;
      if (*at == '\0')
        break;
    }
  if (base->n_parameters + most <= US_MAX_PARAMETERS)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_UNSUPPORTED,
               _("%s: it has too many parameters or channels to add those of noise"), base->id);
  return FALSE;
}
