/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-summary-private.h"

/* T points, F features, S summaries. */

#define MAX_LAYERS 64
#define HEADS      4          /* of the attention that pools a set */
#define AFTER      128        /* features after the points were brought together */
#define SHORT      12         /* points, from which on the flat rest is taken as it is */

typedef struct
{
  UsLayer layers[MAX_LAYERS];
  gsize   n;
} Chain;

static void
add (Chain   *chain,
     UsLayer  layer)
{
  g_assert (chain->n < MAX_LAYERS);
  chain->layers[chain->n++] = layer;
}

static void
dense (Chain    *chain,
       gsize     out,
       gboolean  last)
{
  add (chain, (UsLayer) { .kind = US_LAYER_DENSE, .out = out, .bias = TRUE });
  if (!last)
    add (chain, (UsLayer) { .kind = US_LAYER_GELU });
}

/* Along the points, `kernel` wide. */
static void
along (Chain *chain,
       gsize  out,
       guint  kernel)
{
  if (kernel > 1)
    add (chain, (UsLayer) { .kind = US_LAYER_UNFOLD, .factor = kernel });
  add (chain, (UsLayer) { .kind = US_LAYER_CONV, .out = out, .kernel = 1, .stride = 1, .bias = TRUE });
  add (chain, (UsLayer) { .kind = US_LAYER_GELU });
}

static void
add_series_convolutions (Chain *chain,
                         gsize  points,
                         gsize  f)
{
  along (chain, f, 5);
  for (; points > SHORT && points % 2 == 0; points /= 2)
    {
      /* two neighbours side by side: a convolution of stride 2 */
      add (chain, (UsLayer) { .kind = US_LAYER_RESHAPE, .height = 1, .width = points / 2, .channels = 2 * f });
      along (chain, f, 1);
      add (chain, (UsLayer) { .kind = US_LAYER_PUSH });
      along (chain, f, 3);
      add (chain, (UsLayer) { .kind = US_LAYER_ADD });
    }
}

static void
add_picture_convolutions (Chain *chain,
                          gsize  height,
                          gsize  width,
                          gsize  f)
{
  for (; MAX (height, width) > 8 && MIN (height, width) >= 2; height /= 2, width /= 2)
    {
      add (chain, (UsLayer) { .kind = US_LAYER_CONV, .out = f, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE });
      add (chain, (UsLayer) { .kind = US_LAYER_GELU });
    }
}

UsNetwork *
us_summary_network (const UsSummary *self,
                    gsize            n_summaries)
{
  Chain chain = { .n = 0 };
  gsize f;
  g_autoptr(GError) error = NULL;
  UsNetwork *network;

  g_return_val_if_fail (self != NULL && n_summaries > 0, NULL);

  f = self->config.features;
  switch (self->config.kind)
    {
    case US_SUMMARY_CONVOLUTION:
      if (self->config.width > 1)
        add_picture_convolutions (&chain, self->in_height, self->in_width, f);
      else
        add_series_convolutions (&chain, self->in_width, f);
      dense (&chain, MAX (f, AFTER), FALSE);
      break;

    case US_SUMMARY_RECURRENT:
      add (&chain, (UsLayer) { .kind = US_LAYER_GRU, .out = f, .mask = self->mask_channel });
      add (&chain, (UsLayer) { .kind = US_LAYER_LAST });
      dense (&chain, MAX (f, AFTER), FALSE);
      break;

    case US_SUMMARY_DEEP_SET:
      along (&chain, f, 1);
      along (&chain, f, 1);
      add (&chain, (UsLayer) { .kind = US_LAYER_CONV, .kernel = 1, .stride = 1, .bias = TRUE,
                               .out = HEADS + (f + HEADS - 1) / HEADS * HEADS });
      add (&chain, (UsLayer) { .kind = US_LAYER_POOL, .factor = HEADS, .mask = self->mask_channel });
      dense (&chain, MAX (f, AFTER), FALSE);
      break;

    default:
      for (int i = 0; i < 3; i++)
        dense (&chain, f, FALSE);
    }
  dense (&chain, n_summaries, TRUE);
  network = us_network_new (self->in_height, self->in_width, self->in_channels, chain.layers, chain.n, &error);
  /* shapes are made here to fit: a misfit is a defect of this file */
  if (network == NULL)
    g_error ("summary: %s", error->message);
  return network;
}
