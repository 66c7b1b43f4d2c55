/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-explore-play.h"

#include <math.h>

#define SWING_SECONDS 3.0               /* of one latent to both ends and back */

struct _UsExplorePlay
{
  UsPlayGet get;
  UsPlaySet set;
  gpointer  data;

  gsize     n_latents;
  double   *phase;              /* (n_latents) */
  gint64    start_us;           /* 0: with the next step */
  gsize     current;            /* of US_PLAY_IN_TURN */
};

UsExplorePlay *
us_explore_play_new (UsPlayGet get,
                     UsPlaySet set,
                     gpointer  data)
{
  UsExplorePlay *self = g_new0 (UsExplorePlay, 1);

  self->get = get;
  self->set = set;
  self->data = data;
  return self;
}

void
us_explore_play_free (UsExplorePlay *self)
{
  g_free (self->phase);
  g_free (self);
}

void
us_explore_play_start (UsExplorePlay *self,
                       gsize          n_latents)
{
  g_free (self->phase);
  self->phase = g_new (double, n_latents);
  self->n_latents = n_latents;
  for (gsize i = 0; i < n_latents; i++)
    self->phase[i] = asin (CLAMP (2 * self->get (self->data, i) - 1, -1, 1));
  self->start_us = 0;
  self->current = 0;
}

static void
swing (UsExplorePlay *self,
       gsize          latent,
       double         turns)
{
  self->set (self->data, latent, 0.5 + 0.5 * sin (self->phase[latent] + 2 * G_PI * turns));
}

void
us_explore_play_step (UsExplorePlay *self,
                      UsPlayMode     mode,
                      gint64         time_us)
{
  double turns;
  gsize latent;

  if (self->n_latents == 0)
    return;
  if (self->start_us == 0)
    self->start_us = time_us;
  turns = (time_us - self->start_us) / 1e6 / SWING_SECONDS;

  if (mode == US_PLAY_TOGETHER)
    {
      /* Periods without a common multiple: the picture does not repeat. */
      for (gsize i = 0; i < self->n_latents; i++)
        swing (self, i, turns / (1 + 0.137 * i));
      return;
    }
  latent = (gsize) turns % self->n_latents;
  if (latent != self->current)
    {
      /* The one before goes home exactly. */
      swing (self, self->current, 0);
      self->current = latent;
    }
  swing (self, latent, turns - floor (turns));
}
