/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attributor.h"
#include "us-table.h"

G_BEGIN_DECLS

/* The tables and words of the attribution page.  Main thread. */

/* A row a parameter: what the matched simulations say, what the network says, how well both agree. */
void  us_attribution_fill_estimates (UsTable            *table,
                                     const UsAttributed *answer);
/* The names of the columns that matches can be sorted by, weight first; g_strfreev. */
char **us_attribution_sort_names    (const UsAttributed *answer);
/* The first n of the `drawn` heaviest matches, put in order of column `by`, rising or falling; pinned: marked. */
void  us_attribution_fill_matches   (UsTable            *table,
                                     const UsAttributed *answer,
                                     gsize               drawn,
                                     gsize               n,
                                     guint               by,
                                     gboolean            falling,
                                     gssize              pinned);
/* One match in a line: "Simulation 118: weight 1.7 %, K 404, r 0.176 1/h"; g_free. */
char *us_attribution_words_match    (const UsAttributed *answer,
                                     gsize               match);
/* How many simulations weigh, and where they are from; g_free. */
char *us_attribution_words_matches  (const UsAttributed *answer);
/* What the model takes, for whoever has data; g_free. */
char *us_attribution_words_data     (UsPosterior        *posterior);

G_END_DECLS
