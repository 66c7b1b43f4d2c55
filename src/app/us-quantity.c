/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-quantity.h"

#include <math.h>
#include <string.h>

#define MAX_DECIMALS 6
#define WIDE 0.5                /* of the value: such an interval has two ends worth naming */

/* Units that are read with a prefix (BIPM, The International System of Units, 2019, table 7). */
static const char *const prefixed[] = { "Hz", "s", "V", "A", "Ω", "F", "H", "W", "Pa", "J" };
static const struct Prefix
{
  double      factor;
  const char *prefix;
} prefixes[] = {
  { 1e-12, "p" }, { 1e-9, "n" }, { 1e-6, "µ" }, { 1e-3, "m" }, { 1, "" }, { 1e3, "k" }, { 1e6, "M" }, { 1e9, "G" },
};

static gboolean
takes_prefix (const char *unit)
{
  for (gsize i = 0; i < G_N_ELEMENTS (prefixed); i++)
    if (g_str_equal (unit, prefixed[i]))
      return TRUE;
  return FALSE;
}

/* So many that `digits` of them tell, after rounding: 9.996 is 10.0. */
static int
decimals_for (double value,
              int    digits)
{
  int decimals;

  if (value == 0)
    return digits - 1;
  decimals = digits - 1 - (int) floor (log10 (fabs (value)));
  if (decimals >= 0 && decimals <= MAX_DECIMALS
      && round (fabs (value) * pow (10, decimals)) >= pow (10, digits))
    decimals--;
  return CLAMP (decimals, 0, MAX_DECIMALS);
}

static char *
join (double      value,
      int         digits,
      const char *prefix,
      const char *unit)
{
  const char *sign = signbit (value) && value != 0 ? "\u2212" : "";

  return g_strdup_printf ("%s%.*f%s%s%s", sign, decimals_for (value, digits), fabs (value),
                          *unit != '\0' ? " " : "", prefix, unit);
}

/* The prefix that a value is read with: an entry of the table, or NULL. */
static const struct Prefix *
find_prefix (double      value,
             const char *unit)
{
  if (!takes_prefix (unit) || value == 0)
    return NULL;
  for (gsize i = G_N_ELEMENTS (prefixes); i-- > 1; )
    if (fabs (value) >= 0.9995 * prefixes[i].factor)
      return &prefixes[i];
  return &prefixes[0];
}

char *
us_quantity_format (double      value,
                    const char *unit)
{
  const struct Prefix *prefix = find_prefix (value, unit);

  if (!isfinite (value))
    return g_strdup ("–");
  if (prefix != NULL)
    return join (value / prefix->factor, 3, prefix->prefix, unit);
  if (value != 0 && (fabs (value) < 1e-4 || fabs (value) >= 1e6))
    return g_strdup_printf ("%.3g%s%s", value, *unit != '\0' ? " " : "", unit);
  return join (value, 3, "", unit);
}

char *
us_quantity_format_error (double      value,
                          const char *unit)
{
  return isfinite (value) ? join (value, 2, "", unit) : g_strdup ("–");
}

char *
us_quantity_format_interval (double      value,
                             double      lower,
                             double      upper,
                             const char *unit)
{
  const struct Prefix *prefix = find_prefix (value, unit);
  double factor = prefix != NULL ? prefix->factor : 1, half = (upper - lower) / 2 / factor;
  int decimals;

  if (!isfinite (value) || !isfinite (half))
    return us_quantity_format (value, unit);
  if (!(half > 0) || upper - lower > WIDE * fabs (value))
    {
      g_autofree char *middle = us_quantity_format (value, unit);
      g_autofree char *from = us_quantity_format (lower, unit);
      g_autofree char *to = us_quantity_format (upper, unit);

      return g_strdup_printf ("%s (%s … %s)", middle, from, to);
    }
  decimals = CLAMP (1 - (int) floor (log10 (half)), 0, MAX_DECIMALS);
  return g_strdup_printf ("%s%.*f ± %.*f%s%s%s", value < 0 ? "\u2212" : "", decimals, fabs (value) / factor,
                          decimals, half, *unit != '\0' ? " " : "", prefix != NULL ? prefix->prefix : "", unit);
}

/* How the ends of a range are written; FALSE: as numbers of three digits. */
static gboolean
choose_decimals (double                 lower,
                 double                 upper,
                 const char            *unit,
                 const struct Prefix  **prefix,
                 int                   *decimals)
{
  double most = MAX (fabs (lower), fabs (upper)), least = MIN (fabs (lower), fabs (upper)), half;

  /* over decades: decimals of the greater end would leave nothing of the lesser one */
  if (((lower > 0 && upper > 0) || (lower < 0 && upper < 0)) && 10 * least < most)
    return FALSE;
  *prefix = find_prefix (most, unit);
  half = (upper - lower) / 2 / (*prefix != NULL ? (*prefix)->factor : 1);
  if (!(half > 0) || !isfinite (half) || (*prefix == NULL && (most < 1e-4 || most >= 1e6)))
    return FALSE;
  *decimals = CLAMP (1 - (int) floor (log10 (half)), 0, MAX_DECIMALS);
  return TRUE;
}

/* Is there a digit other than 0? */
static gboolean
tells (const char *number)
{
  return strpbrk (number, "123456789") != NULL;
}

static char *
write_number (double value,
              int    decimals)
{
  g_autofree char *text = g_strdup_printf ("%.*f", decimals, fabs (value));

  return g_strconcat (value < 0 && tells (text) ? "\u2212" : "", text, NULL);
}

char *
us_quantity_format_range (double      lower,
                          double      upper,
                          const char *unit)
{
  const struct Prefix *prefix;
  g_autofree char *from = NULL, *to = NULL;
  double factor;
  int decimals;

  if (!isfinite (lower) || !isfinite (upper))
    return g_strdup ("–");
  if (!choose_decimals (lower, upper, unit, &prefix, &decimals))
    {
      from = us_quantity_format (lower, unit);
      to = us_quantity_format (upper, unit);
      return g_strdup_printf ("%s … %s", from, to);
    }
  factor = prefix != NULL ? prefix->factor : 1;
  from = write_number (lower / factor, decimals);
  to = write_number (upper / factor, decimals);
  return g_strdup_printf ("%s … %s%s%s%s", from, to, *unit != '\0' ? " " : "", prefix != NULL ? prefix->prefix : "", unit);
}

char *
us_quantity_format_inside (double      value,
                           double      lower,
                           double      upper,
                           const char *unit)
{
  const struct Prefix *prefix;
  g_autofree char *text = NULL;
  int decimals;

  if (!isfinite (value) || !isfinite (lower) || !isfinite (upper)
      || !choose_decimals (lower, upper, unit, &prefix, &decimals))
    return us_quantity_format (value, unit);
  text = write_number (value / (prefix != NULL ? prefix->factor : 1), decimals);
  if (value != 0 && !tells (text))
    return us_quantity_format (value, unit);
  return g_strdup_printf ("%s%s%s%s", text, *unit != '\0' ? " " : "", prefix != NULL ? prefix->prefix : "", unit);
}
