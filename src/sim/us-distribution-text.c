/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distributions as they are checked, written and read. */
#include "config.h"

#include "us-distribution.h"

#include "us-cut-normal-private.h"

#include "us-error.h"
#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* Less of a normal distribution than this inside the bounds is a mistake. */
#define MASS_MIN 1e-6

static const struct
{
  const char *name;
  guint       n_numbers;
  const char *usage;
} kinds[] = {
  [US_DISTRIBUTION_UNIFORM] = { "uniform", 2, "uniform:LOWER:UPPER" },
  [US_DISTRIBUTION_LOG_UNIFORM] = { "log-uniform", 2, "log-uniform:LOWER:UPPER" },
  [US_DISTRIBUTION_NORMAL] = { "normal", 2, "normal:MEAN:SD" },
  [US_DISTRIBUTION_LOG_NORMAL] = { "log-normal", 2, "log-normal:LOGMEAN:LOGSD" },
  [US_DISTRIBUTION_TRIANGULAR] = { "triangular", 3, "triangular:LOWER:UPPER:MODE" },
  [US_DISTRIBUTION_DISCRETE] = { "discrete", 2, "discrete:FIRST:LAST" },
  [US_DISTRIBUTION_FIXED] = { "fixed", 1, "fixed:VALUE" },
};

const char *
us_distribution_kind_name (UsDistributionKind kind)
{
  g_return_val_if_fail ((gsize) kind < G_N_ELEMENTS (kinds), NULL);

  return kinds[kind].name;
}

gboolean
us_distribution_kind_parse (const char         *name,
                            UsDistributionKind *kind)
{
  g_return_val_if_fail (name != NULL && kind != NULL, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      {
        *kind = (UsDistributionKind) i;
        return TRUE;
      }

  return FALSE;
}

guint
us_distribution_n_numbers (UsDistributionKind kind)
{
  g_return_val_if_fail ((gsize) kind < G_N_ELEMENTS (kinds), 0);

  return kinds[kind].n_numbers;
}

gboolean
us_distribution_equal (const UsDistribution *one,
                       const UsDistribution *other)
{
  const guint n = us_distribution_n_numbers (one->kind);

  return one->kind == other->kind
         && one->a == other->a
         && (n < 2 || one->b == other->b)
         && (n < 3 || one->c == other->c);
}

/* A check's complaint: "prior of “a1”: " and what follows. */
static gboolean G_GNUC_PRINTF (3, 4)
refuse (GError            **error,
        const UsParameter  *parameter,
        const char         *format,
        ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
               _("prior of “%s”: %s"), parameter->name, what);

  return FALSE;
}

/* lower .. upper, given by the user, inside the hard bounds. */
static gboolean
check_inside (const UsParameter  *parameter,
              double              lower,
              double              upper,
              GError            **error)
{
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE];
  char c[G_ASCII_DTOSTR_BUF_SIZE], d[G_ASCII_DTOSTR_BUF_SIZE];

  if (lower >= parameter->lower && upper <= parameter->upper)
    return TRUE;

  us_dtoa (a, lower);
  us_dtoa (b, upper);
  us_dtoa (c, parameter->lower);
  us_dtoa (d, parameter->upper);
  if (lower == upper)
    return refuse (error, parameter, _("%s is outside the bounds %s to %s"), a, c, d);
  return refuse (error, parameter, _("%s to %s is not inside the bounds %s to %s"), a, b, c, d);
}

static gboolean
check_normal (const UsDistribution  *self,
              const UsParameter     *parameter,
              GError               **error)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  char lower[G_ASCII_DTOSTR_BUF_SIZE], upper[G_ASCII_DTOSTR_BUF_SIZE];
  const gboolean logarithm = self->kind == US_DISTRIBUTION_LOG_NORMAL;
  g_autofree char *text = NULL;

  if (!(self->b > 0.0))
    return refuse (error, parameter, _("the standard deviation %s is not above 0"), us_dtoa (number, self->b));
  if (!logarithm || parameter->upper > 0.0)
    {
      const double from = !logarithm ? parameter->lower
                          : parameter->lower > 0.0 ? log (parameter->lower) : -INFINITY;
      const double to = logarithm ? log (parameter->upper) : parameter->upper;
      const UsCutNormal cut = us_cut_normal (self->a, self->b, from, to);

      if (cut.mass >= MASS_MIN)
        return TRUE;
    }

  text = us_distribution_to_string (self);
  return refuse (error, parameter, _("nearly nothing of %s lies inside the bounds %s to %s"),
                 text, us_dtoa (lower, parameter->lower), us_dtoa (upper, parameter->upper));
}

/**
 * us_distribution_check:
 * @self: a distribution
 * @parameter: whose it would be
 * @error: return location
 *
 * Returns: %FALSE with US_FORMAT_ERROR_VALUE, which names parameter and numbers
 */
gboolean
us_distribution_check (const UsDistribution  *self,
                       const UsParameter     *parameter,
                       GError               **error)
{
  const double numbers[] = { self->a, self->b, self->c };
  char a[G_ASCII_DTOSTR_BUF_SIZE], b[G_ASCII_DTOSTR_BUF_SIZE], c[G_ASCII_DTOSTR_BUF_SIZE];

  g_return_val_if_fail ((gsize) self->kind < G_N_ELEMENTS (kinds), FALSE);

  for (guint i = 0; i < kinds[self->kind].n_numbers; i++)
    if (!isfinite (numbers[i]))
      return refuse (error, parameter, _("%s needs finite numbers"), kinds[self->kind].name);

  us_dtoa (a, self->a);
  us_dtoa (b, self->b);
  us_dtoa (c, self->c);
  switch (self->kind)
    {
    case US_DISTRIBUTION_NORMAL:
    case US_DISTRIBUTION_LOG_NORMAL:
      return check_normal (self, parameter, error);

    case US_DISTRIBUTION_FIXED:
      return check_inside (parameter, self->a, self->a, error);

    case US_DISTRIBUTION_DISCRETE:
      if (rint (self->a) != self->a || rint (self->b) != self->b)
        return refuse (error, parameter, _("discrete needs whole numbers, not %s and %s"), a, b);
      if (self->a > self->b)
        return refuse (error, parameter, _("the first value %s is above the last, %s"), a, b);
      if (fabs (self->a) > 0x1p52 || fabs (self->b) > 0x1p52)
        return refuse (error, parameter, _("%s to %s is too far to count in ones"), a, b);
      return check_inside (parameter, self->a, self->b, error);

    case US_DISTRIBUTION_UNIFORM:
    case US_DISTRIBUTION_LOG_UNIFORM:
    case US_DISTRIBUTION_TRIANGULAR:
    default:
      if (!(self->a < self->b))
        return refuse (error, parameter, _("the lower end %s is not below the upper end %s"), a, b);
      if (self->kind == US_DISTRIBUTION_LOG_UNIFORM && !(self->a > 0.0))
        return refuse (error, parameter, _("log-uniform needs a lower end above 0, not %s"), a);
      if (self->kind == US_DISTRIBUTION_TRIANGULAR && (self->c < self->a || self->c > self->b))
        return refuse (error, parameter, _("the mode %s is not between %s and %s"), c, a, b);
      return check_inside (parameter, self->a, self->b, error);
    }
}

char *
us_distribution_to_string (const UsDistribution *self)
{
  GString *text;
  const double numbers[] = { self->a, self->b, self->c };
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_return_val_if_fail ((gsize) self->kind < G_N_ELEMENTS (kinds), NULL);

  text = g_string_new (kinds[self->kind].name);
  for (guint i = 0; i < kinds[self->kind].n_numbers; i++)
    g_string_append_printf (text, ":%s", us_dtoa (buffer, numbers[i]));

  return g_string_free (text, FALSE);
}

/* "uniform:-0.2:0.2" */
static gboolean
parse_kind_and_numbers (const char      *text,
                        UsDistribution  *distribution,
                        GError         **error)
{
  g_auto(GStrv) fields = g_strsplit (text, ":", -1);
  double *const numbers[] = { &distribution->a, &distribution->b, &distribution->c };

  *distribution = (UsDistribution) { 0 };
  if (fields[0] == NULL || !us_distribution_kind_parse (fields[0], &distribution->kind))
    {
      g_autoptr(GString) known = g_string_new (NULL);

      for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
        g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", kinds[i].usage);
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("“%s” is no distribution; known are: %s"), text, known->str);
      return FALSE;
    }
  if (g_strv_length (fields) != 1 + kinds[distribution->kind].n_numbers)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("“%s”: expected %s"), text, kinds[distribution->kind].usage);
      return FALSE;
    }

  for (guint i = 0; i < kinds[distribution->kind].n_numbers; i++)
    {
      char *end = NULL;

      *numbers[i] = g_ascii_strtod (fields[i + 1], &end);
      if (end == fields[i + 1] || *end != '\0')
        {
          g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                       _("“%s”: “%s” is not a number; expected %s"),
                       text, fields[i + 1], kinds[distribution->kind].usage);
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * us_distribution_parse:
 * @simulator: whose parameters
 * @text: "NAME=KIND:A:B"
 * @distributions: (P) of which one is changed when all is well
 * @error: return location
 *
 * Returns: %FALSE with US_FORMAT_ERROR_SYNTAX, MISSING (no such parameter) or VALUE
 */
gboolean
us_distribution_parse (const UsSimulator  *simulator,
                       const char         *text,
                       UsDistribution     *distributions,
                       GError            **error)
{
  g_autofree char *name = NULL;
  const char *equals;
  gssize index;
  UsDistribution parsed;

  g_return_val_if_fail (simulator != NULL && text != NULL && distributions != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  equals = strchr (text, '=');
  if (equals == NULL)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SYNTAX,
                   _("“%s”: expected NAME=KIND:A:B, such as %s=uniform:0:1"),
                   text, simulator->parameters[0].name);
      return FALSE;
    }

  name = g_strndup (text, (gsize) (equals - text));
  index = us_simulator_parameter_index (simulator, name);
  if (index < 0)
    {
      g_autoptr(GString) known = g_string_new (NULL);

      for (gsize i = 0; i < simulator->n_parameters; i++)
        g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", simulator->parameters[i].name);
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISSING,
                   _("“%s” has no parameter “%s”; its parameters are: %s"),
                   simulator->id, name, known->str);
      return FALSE;
    }

  if (!parse_kind_and_numbers (equals + 1, &parsed, error) ||
      !us_distribution_check (&parsed, &simulator->parameters[index], error))
    return FALSE;

  distributions[index] = parsed;
  return TRUE;
}
