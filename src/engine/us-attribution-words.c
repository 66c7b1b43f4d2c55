/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How unusual the data are, in plain sentences. */
#include "config.h"

#include "us-attribution-private.h"

#include <glib/gi18n.h>
#include <math.h>

UsUsualLevel
us_usual_level (const UsUsual *summaries,
                const UsUsual *data)
{
  g_return_val_if_fail (summaries != NULL || data != NULL, US_USUAL);

  if (summaries == NULL || data == NULL)
    return summaries != NULL ? summaries->level : data->level;
  return MAX (us_usual_level_of (summaries, 2), us_usual_level_of (data, 2));
}

/* The one of the two that is the more unusual. */
static const UsUsual *
worse (const UsUsual *summaries,
       const UsUsual *data)
{
  double far_summaries, far_data;

  if (summaries == NULL || data == NULL)
    return summaries != NULL ? summaries : data;
  if (summaries->level != data->level)
    return summaries->level > data->level ? summaries : data;
  far_summaries = summaries->distance / MAX (summaries->farthest, 1e-30);
  far_data = data->distance / MAX (data->farthest, 1e-30);
  if (summaries->p != data->p)
    return summaries->p < data->p ? summaries : data;
  return far_summaries >= far_data ? summaries : data;
}

static char *
sentence_unlike (const UsUsual *usual,
                 gboolean       by_data)
{
  double times = usual->distance / MAX (usual->typical, 1e-30);
  /* by distance or by discrepancy, whichever made them so: the other may be as usual as any */
  double beyond = MAX (usual->nearer, 1 - MIN (usual->p_distance, usual->p_mmd));
  g_autofree char *said = NULL;

  if (usual->nearer < 1)
    return g_strdup_printf (by_data
      ? _("No simulation resembles these data: their values lie farther from all simulations than %.1f %% of %zu held-out "
          "simulations do. What follows is not to be believed.")
      : _("No simulation resembles these data: what the network sees in them lies farther from all simulations than "
          "%.1f %% of %zu held-out simulations do. What follows is not to be believed."),
      100 * beyond, usual->n_held_out);
  said = times < 9.95 ? g_strdup_printf ("%.1f", times) : times < 1e6 ? g_strdup_printf ("%.0f", times)
                      : g_strdup (_("a million and more"));
  return g_strdup_printf (by_data
    ? _("No simulation resembles these data: their values lie %s times as far from the nearest simulations as is typical, "
        "farther than each of %zu held-out simulations. What follows is not to be believed.")
    : _("No simulation resembles these data: what the network sees in them lies %s times as far from the nearest "
        "simulations as is typical, farther than each of %zu held-out simulations. What follows is not to be believed."),
    said, usual->n_held_out);
}

char *
us_usual_sentence (const UsUsual *summaries,
                   const UsUsual *data)
{
  const UsUsual *usual = worse (summaries, data);
  gboolean by_data = usual == data;
  double share;

  g_return_val_if_fail (usual != NULL, NULL);

  share = 100 * MIN (usual->p_distance, usual->p_mmd);
  switch (us_usual_level (summaries, data))
    {
    case US_UNLIKE_ANY:
      return sentence_unlike (usual, by_data);
    case US_UNUSUAL:
      return g_strdup_printf (by_data
        ? _("These data are unusual: of %zu held-out simulations only %.2g %% have values as far from the others. "
            "Believe what follows with care.")
        : _("These data are unusual: of %zu held-out simulations the network sees only %.2g %% as far from the others. "
            "Believe what follows with care."),
        usual->n_held_out, share);
    case US_USUAL:
    default:
      return g_strdup_printf (
        _("These data are usual: %.0f %% of %zu held-out simulations lie as far from the others, or farther."),
        100 * usual->p_distance, usual->n_held_out);
    }
}
