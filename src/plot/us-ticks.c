/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-scale.h"

#include <math.h>

#define MINUS "\xe2\x88\x92"
#define TIMES "\xc3\x97"

/* No axis carries more; bounds the work whatever is asked for. */
#define MOST_TICKS 200

/* All labels of one axis carry the same decimals, and the same power of ten
 * when one is needed. */
static char *
linear_label (double value,
              double step,
              double largest)
{
  int step_exponent = (int) floor (log10 (step) + 1e-9);
  int top_exponent = largest > 0 ? (int) floor (log10 (largest) + 1e-9) : step_exponent;
  gboolean powered = top_exponent >= 6 || top_exponent < -3;
  int exponent = powered ? top_exponent : 0;
  int decimals = MAX (exponent - step_exponent, 0);
  double shown = value / pow (10.0, exponent);
  char pattern[16], text[64];
  GString *label;

  if (fabs (value) < step * 1e-6)
    return g_strdup ("0");

  g_snprintf (pattern, sizeof pattern, "%%.%df", MIN (decimals, 15));
  g_ascii_formatd (text, sizeof text, pattern, shown);
  label = g_string_new (NULL);
  us_format_append (label, text);
  if (powered)
    g_string_append_printf (label, TIMES "10<sup>%s%d</sup>", exponent < 0 ? MINUS : "", ABS (exponent));
  return g_string_free (label, FALSE);
}

static void
linear_ticks (const UsScale *scale,
              guint          target,
              GArray        *major,
              GArray        *minor,
              GPtrArray     *labels)
{
  double span = scale->upper - scale->lower;
  double step = us_ticks_step (span, target);
  double slack = span * 1e-9;
  double first = ceil ((scale->lower - slack) / step);
  double last = floor ((scale->upper + slack) / step);
  double largest, leading;
  guint parts;

  /* One number makes no scale: finer, until there are two. */
  for (guint more = target + 1; last - first < 1.0 && more < 4 * target + 8; more++)
    {
      step = us_ticks_step (span, more);
      first = ceil ((scale->lower - slack) / step);
      last = floor ((scale->upper + slack) / step);
    }
  largest = MAX (fabs (first * step), fabs (last * step));
  leading = round (step / pow (10.0, floor (log10 (step) + 1e-9)));
  parts = leading == 2.0 ? 4 : 5;

  for (double i = first; i <= last && major->len < MOST_TICKS; i++)
    {
      double value = i * step;

      g_array_append_val (major, value);
      g_ptr_array_add (labels, linear_label (value, step, largest));
    }

  /* The small ones between: a fifth of 1 and 5, a quarter of 2. */
  for (double i = floor (scale->lower / step) * parts; i <= ceil (scale->upper / step) * parts; i++)
    {
      double value = i * step / parts;

      if (minor->len >= MOST_TICKS * 5)
        break;
      if (fmod (i, parts) != 0.0 && value >= scale->lower - slack && value <= scale->upper + slack)
        g_array_append_val (minor, value);
    }
}

/* All of one axis as decimals, or all as powers. */
static char *
power_label (int      exponent,
             gboolean decimals)
{
  if (decimals)
    return us_format_markup (pow (10.0, exponent), 1);
  return g_strdup_printf ("10<sup>%s%d</sup>", exponent < 0 ? MINUS : "", ABS (exponent));
}

/* 1-2-5 or 1..9 of each decade, for axes of few decades. */
static void
log_ticks_within (const UsScale *scale,
                  const double  *leads,
                  guint          n_leads,
                  GArray        *major,
                  GPtrArray     *labels)
{
  int first = (int) floor (log10 (scale->lower)), last = (int) ceil (log10 (scale->upper));

  for (int exponent = first; exponent <= last; exponent++)
    for (guint i = 0; i < n_leads; i++)
      {
        double value = leads[i] * pow (10.0, exponent);

        if (value < scale->lower * (1 - 1e-9) || value > scale->upper * (1 + 1e-9))
          continue;
        g_array_append_val (major, value);
        g_ptr_array_add (labels, us_format_markup (value, 2));
      }
}

static void
log_minor (const UsScale *scale,
           GArray        *major,
           GArray        *minor)
{
  int first = (int) floor (log10 (scale->lower)), last = (int) ceil (log10 (scale->upper));
  guint next = 0;

  for (int exponent = first; exponent <= last && minor->len < MOST_TICKS; exponent++)
    for (guint i = 1; i < 10; i++)
      {
        double value = i * pow (10.0, exponent);

        while (next < major->len && g_array_index (major, double, next) < value * (1 - 1e-6))
          next++;
        if (value < scale->lower || value > scale->upper ||
            (next < major->len && g_array_index (major, double, next) < value * (1 + 1e-6)))
          continue;
        g_array_append_val (minor, value);
      }
}

static void
log_ticks (const UsScale *scale,
           guint          target,
           GArray        *major,
           GArray        *minor,
           GPtrArray     *labels)
{
  static const double one_two_five[] = { 1, 2, 5 };
  double low = log10 (scale->lower), high = log10 (scale->upper);
  int first = (int) ceil (low - 1e-9), last = (int) floor (high + 1e-9);
  int stride = 1;

  /* Within a factor of five 1-2-5 may not be met at all: as on a linear axis. */
  if (high - low < 0.7)
    {
      UsScale linear = { US_SCALE_LINEAR, scale->lower, scale->upper, FALSE };

      linear_ticks (&linear, target, major, minor, labels);
      return;
    }

  if (high - low < 2.2 && (high - low) * 3 <= target + 2)
    {
      log_ticks_within (scale, one_two_five, G_N_ELEMENTS (one_two_five), major, labels);
      log_minor (scale, major, minor);
      return;
    }

  while ((last - first) / stride + 1 > (int) MAX (target + 1, 2))
    stride += stride < 3 ? 1 : (stride < 6 ? 3 : stride);
  for (int exponent = first; exponent <= last; exponent++)
    {
      double value = pow (10.0, exponent);

      if (((exponent % stride) + stride) % stride == 0)
        {
          g_array_append_val (major, value);
          g_ptr_array_add (labels, power_label (exponent, first >= -3 && last <= 4));
        }
      else
        g_array_append_val (minor, value);
    }
  if (stride == 1)
    log_minor (scale, major, minor);
}

UsTicks *
us_ticks_new (const UsScale *scale,
              guint          target)
{
  UsTicks *self;
  GArray *major, *minor;
  GPtrArray *labels;

  g_return_val_if_fail (scale != NULL && scale->lower < scale->upper, NULL);

  self = g_new0 (UsTicks, 1);
  major = g_array_new (FALSE, FALSE, sizeof (double));
  minor = g_array_new (FALSE, FALSE, sizeof (double));
  labels = g_ptr_array_new ();
  target = CLAMP (target, 2, 50);
  if (scale->kind == US_SCALE_LINEAR)
    linear_ticks (scale, target, major, minor, labels);
  else
    log_ticks (scale, target, major, minor, labels);
  g_ptr_array_add (labels, NULL);

  self->n_major = major->len;
  self->major = (double *) (gpointer) g_array_free (major, FALSE);
  self->n_minor = minor->len;
  self->minor = (double *) (gpointer) g_array_free (minor, FALSE);
  self->labels = (char **) g_ptr_array_free (labels, FALSE);
  return self;
}

void
us_ticks_free (UsTicks *self)
{
  if (self == NULL)
    return;
  g_free (self->major);
  g_free (self->minor);
  g_strfreev (self->labels);
  g_free (self);
}
