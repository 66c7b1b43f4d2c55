/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-plot-private.h"

#include <glib/gi18n-lib.h>

static void
add_axis (GString      *out,
          const UsPlot *plot,
          UsAxis        axis)
{
  const UsPlotAxis *how = &plot->axes[axis];
  const char *unit = g_str_equal (how->unit, "1") ? "" : how->unit;
  const char *label = how->label[0] != '\0' ? how->label : (axis == US_AXIS_X ? _("x axis") : _("y axis"));
  g_autofree char *lower = NULL, *upper = NULL;
  UsScale scale;

  if (how->categories != NULL)
    {
      g_string_append_printf (out, _("%s: %u names. "), label, how->n_categories);
      return;
    }
  us_plot_get_full_scale (plot, axis, &scale);
  lower = us_format_plain (scale.lower, 3);
  upper = us_format_plain (scale.upper, 3);
  g_string_append_printf (out, _("%s from %s to %s%s%s"), label, lower, upper, unit[0] != '\0' ? " " : "", unit);
  g_string_append (out, how->kind == US_SCALE_LOG ? _(", logarithmic. ") : ". ");
}

/* Whether the numbers rise or fall: by Kendall's idea, the balance of rises and
 * falls between the means of ten stretches. */
static const char *
trend_word (const UsLayer *layer)
{
  double means[10], spread_low = INFINITY, spread_high = -INFINITY;
  guint n = 0;
  int balance = 0, pairs = 0;

  for (gsize part = 0; part < 10; part++)
    {
      gsize first = layer->n * part / 10, last = layer->n * (part + 1) / 10, count = 0;
      double sum = 0.0;

      for (gsize i = first; i < last; i++)
        if (isfinite (layer->y[i]))
          sum += layer->y[i], count++;
      if (count > 0)
        {
          means[n] = sum / count;
          spread_low = MIN (spread_low, means[n]);
          spread_high = MAX (spread_high, means[n]);
          n++;
        }
    }
  if (n < 3)
    return NULL;
  if (spread_high - spread_low <= 1e-9 * MAX (fabs (spread_low), fabs (spread_high)))
    return _("constant");
  for (guint i = 0; i < n; i++)
    for (guint k = i + 1; k < n; k++, pairs++)
      balance += means[k] > means[i] ? 1 : (means[k] < means[i] ? -1 : 0);
  if (balance >= 0.6 * pairs)
    return _("rising");
  if (balance <= -0.6 * pairs)
    return _("falling");
  return _("no clear trend");
}

static void
add_series (GString       *out,
            const UsLayer *layer,
            const char    *name)
{
  double first = NAN, last = NAN, least = INFINITY, most = -INFINITY;
  gsize n = 0;
  const char *trend;
  g_autofree char *first_text = NULL, *last_text = NULL, *least_text = NULL, *most_text = NULL;

  for (gsize i = 0; i < layer->n; i++)
    {
      double low = layer->y[i], high = layer->upper != NULL ? layer->upper[i] : low;

      if (!isfinite (low) || !isfinite (high) || !isfinite (us_layer_x (layer, i)))
        continue;
      if (n++ == 0)
        first = low;
      last = low;
      least = MIN (least, low);
      most = MAX (most, high);
    }
  if (n == 0)
    {
      g_string_append_printf (out, _("%s: no values. "), name);
      return;
    }
  first_text = us_format_plain (first, 3);
  last_text = us_format_plain (last, 3);
  least_text = us_format_plain (least, 3);
  most_text = us_format_plain (most, 3);
  if (layer->kind == US_LAYER_BAND || layer->kind == US_LAYER_SCATTER)
    g_string_append_printf (out, g_dngettext (GETTEXT_PACKAGE, "%s: %zu point between %s and %s. ",
                                              "%s: %zu points between %s and %s. ", n),
                            name, n, least_text, most_text);
  else
    g_string_append_printf (out, g_dngettext (GETTEXT_PACKAGE,
                                              "%s: %zu point, first %s, last %s, least %s, largest %s",
                                              "%s: %zu points, first %s, last %s, least %s, largest %s", n),
                            name, n, first_text, last_text, least_text, most_text);
  if (layer->kind == US_LAYER_LINE || layer->kind == US_LAYER_BARS)
    {
      trend = layer->rising ? trend_word (layer) : NULL;
      if (trend != NULL)
        g_string_append_printf (out, ", %s", trend);
      g_string_append (out, ". ");
    }
}

static void
add_heat_map (GString       *out,
              const UsPlot  *plot,
              const UsLayer *layer,
              const char    *name)
{
  const UsPlotAxis *x = &plot->axes[US_AXIS_X], *y = &plot->axes[US_AXIS_Y];
  gsize n = layer->rows * layer->columns, least = G_MAXSIZE, most = G_MAXSIZE;
  g_autofree char *low = NULL, *high = NULL;

  for (gsize i = 0; i < n; i++)
    {
      if (!isfinite (layer->values[i]))
        continue;
      if (least == G_MAXSIZE || layer->values[i] < layer->values[least])
        least = i;
      if (most == G_MAXSIZE || layer->values[i] > layer->values[most])
        most = i;
    }
  if (least == G_MAXSIZE)
    return;
  low = us_format_plain (layer->values[least], 3);
  high = us_format_plain (layer->values[most], 3);
  g_string_append_printf (out, _("%s: %zu rows and %zu columns, values from %s to %s. "),
                          name, layer->rows, layer->columns, low, high);
  if (x->categories != NULL && y->categories != NULL && layer->rows <= y->n_categories && layer->columns <= x->n_categories)
    g_string_append_printf (out, _("Largest at %s, %s. "), y->categories[most / layer->columns],
                            x->categories[most % layer->columns]);
}

static void
add_layer (GString       *out,
           const UsPlot  *plot,
           const UsLayer *layer)
{
  const char *name = layer->name[0] != '\0' ? layer->name : plot->axes[US_AXIS_Y].label;
  g_autofree char *value = NULL;

  if (name[0] == '\0')
    name = _("Values");
  switch (layer->kind)
    {
    case US_LAYER_LINE:
    case US_LAYER_BAND:
    case US_LAYER_SCATTER:
    case US_LAYER_BARS:
      add_series (out, layer, name);
      break;
    case US_LAYER_HEAT_MAP:
      add_heat_map (out, plot, layer, name);
      break;
    case US_LAYER_IMAGE:
      g_string_append_printf (out, _("Picture %s of %zu by %zu pixels. "), layer->name,
                              layer->width, layer->height);
      break;
    case US_LAYER_IMAGE_GRID:
      g_string_append_printf (out, _("%zu rows of %zu pictures"), layer->rows, layer->columns);
      if (layer->row_labels != NULL)
        {
          g_autofree char *labels = g_strjoinv (", ", layer->row_labels);

          g_string_append_printf (out, ": %s", labels);
        }
      g_string_append (out, ". ");
      break;
    case US_LAYER_RULE:
      value = us_format_plain (layer->a, 3);
      if (layer->name[0] != '\0')
        g_string_append_printf (out, _("%s at %s. "), layer->name, value);
      break;
    case US_LAYER_TEXT:
      g_string_append_printf (out, "%s. ", layer->name);
      break;
    case US_LAYER_SLOPE:
    default:
      break;
    }
}

char *
us_plot_summary (const UsPlot *self)
{
  g_autoptr(GString) out = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);

  if (self->title[0] != '\0')
    g_string_append_printf (out, "%s. ", self->title);
  if (us_plot_is_empty (self))
    g_string_append (out, us_plot_empty_message (self));
  else
    {
      if (self->axes_visible && us_plot_get_grid (self) == NULL)
        {
          add_axis (out, self, US_AXIS_X);
          add_axis (out, self, US_AXIS_Y);
        }
      /* A hundred matched curves are not read out one by one. */
      for (guint i = 0, said = 0; i < self->layers->len; i++)
        {
          const UsLayer *layer = us_plot_layer (self, i);

          if (layer->name[0] == '\0' && layer->kind <= US_LAYER_BARS && ++said > 3)
            continue;
          add_layer (out, self, layer);
        }
    }
  g_strchomp (out->str);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
