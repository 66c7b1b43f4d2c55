/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-scale.h"

#include <math.h>
#include <string.h>

#define MINUS "\xe2\x88\x92"    /* U+2212 */
#define TIMES "\xc3\x97"        /* U+00D7 */
#define GROUP "\xe2\x80\xaf"    /* U+202F, narrow, does not break */

/* The smallest interval, relative to its values, that doubles can tick. */
#define LEAST_SPAN 1e-12
/* What a log axis reaches, so that its ends can still be doubled and divided. */
#define LEAST_LOG 1e-290
#define MOST_LOG  1e290

void
us_scale_init (UsScale     *self,
               UsScaleKind  kind,
               double       lower,
               double       upper)
{
  gboolean positive = kind == US_SCALE_LOG;
  gboolean has_lower = isfinite (lower) && (!positive || lower > 0);
  gboolean has_upper = isfinite (upper) && (!positive || upper > 0);

  g_return_if_fail (self != NULL);

  *self = (UsScale) { .kind = kind };
  if (has_lower && has_upper && lower > upper)
    {
      double swap = lower;

      lower = upper;
      upper = swap;
    }

  if (!has_lower && !has_upper)
    {
      lower = positive ? 0.1 : 0.0;
      upper = 1.0;
    }
  else if (!has_lower)
    lower = positive ? upper / 1000.0 : (upper > 0 ? 0.0 : upper - 1.0);
  else if (!has_upper)
    upper = positive ? lower * 1000.0 : (lower < 0 ? 0.0 : lower + 1.0);

  /* A single value gets room on both sides. */
  if (positive)
    {
      lower = CLAMP (lower, LEAST_LOG, MOST_LOG);
      upper = CLAMP (upper, LEAST_LOG, MOST_LOG);
      if (upper / lower < 1.0 + LEAST_SPAN)
        {
          lower /= 2.0;
          upper *= 2.0;
        }
    }
  else if (upper - lower <= LEAST_SPAN * MAX (fabs (lower), fabs (upper)) || !isfinite (upper - lower))
    {
      double middle = lower / 2.0 + upper / 2.0;
      double half = middle == 0.0 ? 0.5 : fabs (middle) * 0.1;

      if (!isfinite (upper - lower))
        half = 1e300, middle = 0.0;
      lower = middle - half;
      upper = middle + half;
    }

  self->lower = lower;
  self->upper = upper;
}

double
us_ticks_step (double span,
               guint  target)
{
  double raw = span / MAX (target, 1u);
  double power, mantissa;

  if (!(raw > 0) || !isfinite (raw))
    return 1.0;

  power = pow (10.0, floor (log10 (raw)));
  mantissa = raw / power;
  /* The limits are the geometric means of neighbours, so that the count errs evenly. */
  if (mantissa < M_SQRT2)
    return power;
  if (mantissa < 3.16227766016838)
    return 2.0 * power;
  if (mantissa < 7.07106781186548)
    return 5.0 * power;
  return 10.0 * power;
}

void
us_scale_nice (UsScale *self)
{
  g_return_if_fail (self != NULL);

  if (self->kind == US_SCALE_LINEAR)
    {
      /* Finer than the ticks: the data should fill the area. */
      double step = us_ticks_step (self->upper - self->lower, 10);

      self->lower = floor (self->lower / step + 1e-9) * step;
      self->upper = ceil (self->upper / step - 1e-9) * step;
    }
  else
    {
      double low = log10 (self->lower), high = log10 (self->upper);

      if (high - low >= 1.0)
        {
          /* To the next 1, 2 or 5 of a decade rather than the whole decade. */
          static const double stops[] = { 0.0, 0.30102999566398, 0.69897000433602, 1.0 };
          double base_low = floor (low + 1e-9), base_high = floor (high - 1e-9);
          double best_low = base_low, best_high = base_high + 1.0;

          for (guint i = 0; i < G_N_ELEMENTS (stops); i++)
            if (base_low + stops[i] <= low + 1e-9)
              best_low = base_low + stops[i];
          for (guint i = G_N_ELEMENTS (stops); i-- > 0;)
            if (base_high + stops[i] >= high - 1e-9)
              best_high = base_high + stops[i];
          self->lower = pow (10.0, best_low);
          self->upper = pow (10.0, best_high);
        }
      else
        {
          double room = (high - low) * 0.05;

          self->lower = pow (10.0, low - room);
          self->upper = pow (10.0, high + room);
        }
    }
}

double
us_scale_map (const UsScale *self,
              double         value)
{
  double position;

  if (!isfinite (value))
    return NAN;
  if (self->kind == US_SCALE_LINEAR)
    position = (value - self->lower) / (self->upper - self->lower);
  else if (value > 0)
    position = log (value / self->lower) / log (self->upper / self->lower);
  else
    return NAN;

  return self->reversed ? 1.0 - position : position;
}

double
us_scale_unmap (const UsScale *self,
                double         position)
{
  if (self->reversed)
    position = 1.0 - position;
  if (self->kind == US_SCALE_LINEAR)
    return self->lower + position * (self->upper - self->lower);
  return self->lower * exp (position * log (self->upper / self->lower));
}

void
us_scale_zoom (UsScale *self,
               double   position,
               double   factor,
               double   delta)
{
  double from, to, lower, upper, span, size;

  g_return_if_fail (self != NULL && factor > 0);

  from = position - position * factor + delta;
  to = position + (1.0 - position) * factor + delta;
  lower = us_scale_unmap (self, self->reversed ? to : from);
  upper = us_scale_unmap (self, self->reversed ? from : to);

  /* Stop where doubles end, on either side. */
  span = self->kind == US_SCALE_LINEAR ? upper - lower : log (upper / lower);
  size = self->kind == US_SCALE_LINEAR ? MAX (fabs (lower), fabs (upper)) : 1.0;
  if (!isfinite (lower) || !isfinite (upper) || !(span > 1e-10 * size) || span > 1e200 ||
      (self->kind == US_SCALE_LOG && (lower < 1e-250 || upper > 1e250)))
    return;

  self->lower = lower;
  self->upper = upper;
}

/* ---- numbers ------------------------------------------------------------ */

/* "1.200e-07" -> mantissa "1.2" and exponent -7. */
static int
split_exponent (char *text)
{
  char *e = strchr (text, 'e');
  int exponent = 0;

  if (e != NULL)
    {
      exponent = (int) g_ascii_strtoll (e + 1, NULL, 10);
      *e = '\0';
    }
  return exponent;
}

static void
trim_zeros (char *text)
{
  char *point = strchr (text, '.');
  char *end;

  if (point == NULL)
    return;
  end = text + strlen (text) - 1;
  while (*end == '0')
    *end-- = '\0';
  if (*end == '.')
    *end = '\0';
}

/* ASCII minus at the front becomes the true one; "-0" is 0; from five digits on
 * they stand in groups of three. */
void
us_format_append (GString    *out,
                  const char *text)
{
  gsize digits;

  if (text[0] == '-')
    {
      if (strspn (text + 1, "0.") != strlen (text + 1))
        g_string_append (out, MINUS);
      text++;
    }
  digits = strspn (text, "0123456789");
  for (gsize i = 0; i < digits; i++)
    {
      if (digits > 4 && i > 0 && (digits - i) % 3 == 0)
        g_string_append (out, GROUP);
      g_string_append_c (out, text[i]);
    }
  g_string_append (out, text + digits);
}

static char *
format (double   value,
        guint    digits,
        gboolean markup)
{
  g_autoptr(GString) out = g_string_new (NULL);
  char text[64], pattern[16];
  int exponent;

  digits = CLAMP (digits, 1, 17);
  if (isnan (value))
    return g_strdup ("\xe2\x80\x93");      /* an en dash: no value */
  if (isinf (value))
    return g_strdup (value > 0 ? "\xe2\x88\x9e" : MINUS "\xe2\x88\x9e");
  if (value == 0.0)
    return g_strdup ("0");

  g_snprintf (pattern, sizeof pattern, "%%.%ue", digits - 1);
  g_ascii_formatd (text, sizeof text, pattern, value);
  exponent = split_exponent (text);

  if (exponent >= -4 && exponent < MAX (6, (int) digits))
    {
      int decimals = (int) digits - 1 - exponent;

      /* From the rounded value: 9.999 with two digits is 10, not 10.0. */
      g_snprintf (pattern, sizeof pattern, "%%.%df", MAX (decimals, 0));
      g_ascii_formatd (text, sizeof text, pattern, value);
      trim_zeros (text);
      us_format_append (out, text);
      return g_string_free (g_steal_pointer (&out), FALSE);
    }

  trim_zeros (text);
  us_format_append (out, text);
  g_string_append_printf (out, markup ? TIMES "10<sup>%s%d</sup>" : TIMES "10^%s%d",
                          exponent < 0 ? MINUS : "", ABS (exponent));
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
us_format_markup (double value,
                  guint  digits)
{
  return format (value, digits, TRUE);
}

char *
us_format_plain (double value,
                 guint  digits)
{
  return format (value, digits, FALSE);
}

char *
us_format_label (const char *label,
                 const char *unit)
{
  gboolean has_unit = unit != NULL && unit[0] != '\0' && !g_str_equal (unit, "1");

  if (label == NULL || label[0] == '\0')
    return g_strdup (has_unit ? unit : "");
  return has_unit ? g_strdup_printf ("%s (%s)", label, unit) : g_strdup (label);
}
