/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Four tasks by which the field compares posteriors, with what the posteriors really are.  README.md
 * has the definitions and where they are from. */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* K number of an observation, from 1; P parameters, N values of x. */

typedef struct
{
  const UsSimulator *simulator;         /* its default prior is the task's; one output, (N, 1) */
  const float       *published;         /* (n_published, N) the observations of sbi-benchmark, in its order */
  gsize              n_published;
  /* Up to a constant; -INFINITY outside the prior. */
  double           (*log_posterior) (const float  *x,           /* (N) */
                                     const double *theta);      /* (P) */
  /* Independent draws of p(θ | x): exact, or as exact as a grid makes them.  FALSE: there
   * is no θ that could have given x.  clipped: the share of proposals that the grid held for less likely
   * than they are, by more than it allows for; 0 of what is drawn in closed form. */
  gboolean         (*reference)     (const float  *x,
                                     gsize         count,
                                     guint64       seed,
                                     double       *theta,       /* (count, P) */
                                     double       *clipped);
} StandardTask;

extern const StandardTask standard_task_gaussian_linear;
extern const StandardTask standard_task_two_moons;
extern const StandardTask standard_task_slcp;
extern const StandardTask standard_task_sir;

const StandardTask *const *standard_task_list (gsize *n);
/* By the simulator's id, or NULL. */
const StandardTask *standard_task_find        (const char         *id);
gsize               standard_task_n_values    (const StandardTask *self);
/* Observation K: one of the published, beyond them one of our own (stream (1000000 + K, …)), with a θ drawn
 * from the prior. */
void                standard_task_observation (const StandardTask *self,
                                               guint               k,
                                               float              *x);  /* (N) */
/* Rows 0 .. count-1 of the stream `seed` as an .npz with theta (count, P) and x (count, N) and nothing
 * else: a table as anyone could bring. */
gboolean            standard_task_write_bank  (const StandardTask *self,
                                               guint64             count,
                                               guint64             seed,
                                               const char         *path,
                                               GError            **error);
/* The log of the prior's density, up to a constant, for log_posterior. */
double              standard_task_log_prior   (const UsSimulator  *simulator,
                                               const double       *theta);

G_END_DECLS
