/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsExplorePlay:
 *
 * How the sliders of a page move by themselves: each swings about its middle, through
 * where it stood when play began.  Places are 0..1 on the slider.
 */
typedef enum
{
  US_PLAY_IN_TURN,              /* one latent to both ends and back, then the next */
  US_PLAY_TOGETHER,
} UsPlayMode;

typedef struct _UsExplorePlay UsExplorePlay;

typedef double (*UsPlayGet) (gpointer data,
                             gsize    latent);
typedef void   (*UsPlaySet) (gpointer data,
                             gsize    latent,
                             double   place);

UsExplorePlay *us_explore_play_new  (UsPlayGet      get,
                                     UsPlaySet      set,
                                     gpointer       data);
void           us_explore_play_free (UsExplorePlay *self);
/* Play begins with the next step, from where the latents stand. */
void           us_explore_play_start (UsExplorePlay *self,
                                      gsize          n_latents);
/* time_us: of the frame; moves the latents to where they are by then. */
void           us_explore_play_step (UsExplorePlay *self,
                                     UsPlayMode     mode,
                                     gint64         time_us);

G_END_DECLS
