/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-attribution-tables.h"

#include "us-quantity.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdlib.h>

/* P parameters. */

/* Columns of a table of matches ahead of the parameters. */
enum
{
  COLUMN_WEIGHT,
  COLUMN_DISTANCE,
  N_COLUMNS,
};

static const char *
unit_of (const UsAttributed *answer,
         gsize               p)
{
  UsPosterior *posterior = us_attributor_posterior (answer->attributor);
  const UsSimulator *simulator = us_posterior_simulator (posterior);
  gssize own = simulator != NULL ? us_simulator_parameter_index (simulator, us_posterior_name (posterior, p)) : -1;

  return own >= 0 ? simulator->parameters[own].unit : "";
}

static const char *
label_of (const UsAttributed *answer,
          gsize               p)
{
  UsPosterior *posterior = us_attributor_posterior (answer->attributor);
  const UsSimulator *simulator = us_posterior_simulator (posterior);
  gssize own = simulator != NULL ? us_simulator_parameter_index (simulator, us_posterior_name (posterior, p)) : -1;

  return own >= 0 ? _(simulator->parameters[own].label) : us_posterior_name (posterior, p);
}

static void
show (UsTable   *table,
      GPtrArray *cells,
      gsize      n_columns)
{
  us_table_set_cells (table, cells->len / n_columns - 1, n_columns, (const char *const *) cells->pdata);
}

void
us_attribution_fill_estimates (UsTable            *table,
                               const UsAttributed *answer)
{
  const char *const header[] = { _("Parameter"), _("Matched simulations"), _("Network’s posterior"), _("Overlap"),
                                 _("Distance") };
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (header); i++)
    g_ptr_array_add (cells, g_strdup (header[i]));
  for (gsize p = 0; p < answer->matches->n_parameters; p++)
    {
      const double *matched = answer->matched + 3 * p, *network = answer->network + 3 * p;
      double distance = answer->agreement[p].wasserstein;

      g_ptr_array_add (cells, g_strdup (label_of (answer, p)));
      g_ptr_array_add (cells, us_quantity_format_interval (matched[0], matched[1], matched[2], unit_of (answer, p)));
      g_ptr_array_add (cells, us_quantity_format_interval (network[0], network[1], network[2], unit_of (answer, p)));
      g_ptr_array_add (cells, g_strdup_printf (_("%.0f %%"), 100 * answer->agreement[p].overlap));
      g_ptr_array_add (cells, isfinite (distance) ? g_strdup_printf (_("%.2f sd"), distance) : g_strdup ("–"));
    }
  show (table, cells, G_N_ELEMENTS (header));
}

char **
us_attribution_sort_names (const UsAttributed *answer)
{
  gsize p_count = answer->matches->n_parameters;
  char **names = g_new0 (char *, N_COLUMNS + p_count + 1);

  names[COLUMN_WEIGHT] = g_strdup (_("Weight"));
  names[COLUMN_DISTANCE] = g_strdup (_("Distance"));
  for (gsize p = 0; p < p_count; p++)
    names[N_COLUMNS + p] = g_strdup (label_of (answer, p));
  return names;
}

/* What a match is put in order by, and its place, so that ties keep theirs. */
typedef struct
{
  double key;
  gsize  match;
} Place;

static int
compare_places (const void *a,
                const void *b)
{
  const Place *x = a, *y = b;

  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return (x->match > y->match) - (x->match < y->match);
}

static Place *
places_of (const UsAttributed *answer,
           gsize               n,
           guint               by,
           gboolean            falling)
{
  const UsMatches *matches = answer->matches;
  Place *places = g_new (Place, n);

  for (gsize k = 0; k < n; k++)
    {
      double key = by == COLUMN_WEIGHT ? matches->weight[k] : by == COLUMN_DISTANCE ? matches->distance[k]
                   : matches->theta[k * matches->n_parameters + by - N_COLUMNS];

      places[k] = (Place) { falling ? -key : key, k };
    }
  qsort (places, n, sizeof (Place), compare_places);
  return places;
}

void
us_attribution_fill_matches (UsTable            *table,
                             const UsAttributed *answer,
                             gsize               drawn,
                             gsize               n,
                             guint               by,
                             gboolean            falling,
                             gssize              pinned)
{
  const UsMatches *matches = answer->matches;
  gsize p_count = matches->n_parameters, all = MIN (drawn, matches->n);
  g_auto(GStrv) names = us_attribution_sort_names (answer);
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  g_autofree Place *places = NULL;

  g_return_if_fail (by < N_COLUMNS + p_count);

  places = places_of (answer, all, by, falling);
  g_ptr_array_add (cells, g_strdup (_("Match")));
  for (gsize i = 0; names[i] != NULL; i++)
    g_ptr_array_add (cells, i == by ? g_strdup_printf ("%s %s", names[i], falling ? "↓" : "↑") : g_strdup (names[i]));
  for (gsize i = 0; i < MIN (n, all); i++)
    {
      gsize k = places[i].match;

      g_ptr_array_add (cells, g_strdup_printf ((gssize) k == pinned ? "● %zu" : "%zu", k + 1));
      g_ptr_array_add (cells, g_strdup_printf (_("%.2f %%"), 100 * matches->weight[k]));
      g_ptr_array_add (cells, g_strdup_printf ("%.3f", matches->distance[k]));
      for (gsize p = 0; p < p_count; p++)
        g_ptr_array_add (cells, us_quantity_format (matches->theta[k * p_count + p], unit_of (answer, p)));
    }
  show (table, cells, 1 + N_COLUMNS + p_count);
}

char *
us_attribution_words_match (const UsAttributed *answer,
                            gsize               match)
{
  const UsMatches *matches = answer->matches;
  GString *text = g_string_new (NULL);

  g_string_printf (text, _("Match %zu, simulation %zu: weight %.2f %%"), match + 1, matches->row[match] + 1,
                   100 * matches->weight[match]);
  for (gsize p = 0; p < matches->n_parameters; p++)
    {
      g_autofree char *value = us_quantity_format (matches->theta[match * matches->n_parameters + p], unit_of (answer, p));

      g_string_append_printf (text, ", %s %s", label_of (answer, p), value);
    }
  return g_string_free (text, FALSE);
}

char *
us_attribution_words_matches (const UsAttributed *answer)
{
  const UsMatches *matches = answer->matches;
  gsize rows = us_attributor_n_rows (answer->attributor), left_out = us_attributor_n_left_out (answer->attributor);
  const char *bank = us_attributor_bank (answer->attributor);
  g_autofree char *name = bank != NULL ? g_path_get_basename (bank) : NULL;
  GString *text = g_string_new (NULL);

  if (bank == NULL)
    g_string_printf (text, _("Of %zu simulations made anew from the model’s prior, %zu weigh anything"), rows, matches->n);
  else
    g_string_printf (text, _("Of %zu simulations in %s, %zu weigh anything"), rows, name, matches->n);
  g_string_append_printf (text, _(", worth %.0f equal ones."), matches->ess);
  if (left_out > 0)
    {
      g_string_append_c (text, ' ');
      g_string_append_printf (text, _("%zu rows with values that are not finite were left out."), left_out);
    }
  if (matches->adjusted)
    {
      g_string_append_c (text, ' ');
      g_string_append (text, _("Their parameters are adjusted by regression."));
    }
  return g_string_free (text, FALSE);
}

char *
us_attribution_words_data (UsPosterior *posterior)
{
  const UsSimulator *simulator = us_posterior_simulator (posterior);
  const UsOutput *output = simulator != NULL ? &simulator->outputs[us_posterior_output (posterior)] : NULL;

  if (output == NULL)
    return g_strdup_printf (_("This model takes a table (CSV) with one row, or one column, of %zu numbers."),
                            us_posterior_n_values (posterior));
  if (output->kind != US_OUTPUT_SERIES)
    return g_strdup_printf (_("This model of “%s” takes a picture."), _(simulator->title));
  return g_strdup_printf (_("This model of “%s” takes a table (CSV) with a column of times, %zu of them from %g to %g %s, and "
                            "a column of values; or the values alone."),
                          _(simulator->title), output->height, us_output_x (output, 0),
                          us_output_x (output, output->height - 1), output->x_unit != NULL ? output->x_unit : "");
}
