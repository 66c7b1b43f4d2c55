/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-attribution.h"
#include "us-memory.h"

G_BEGIN_DECLS

/* n finite rows, S summaries, P parameters, B rows of a block. */

/* Rows lie in blocks (S, B), so that lanes of a vector are rows: no sums across lanes, and each row's
 * sum has one order whatever the width. */
#define US_ATTRIBUTION_BLOCK 32

/* Squared distances of a query (S) to the rows of n blocks: out (n, B). */
typedef void (*UsDistanceKernel) (const float *blocks,  /* (n, S, B) */
                                  gsize        n_blocks,
                                  gsize        n_summaries,
                                  const float *query,
                                  float       *out);

UsDistanceKernel us_distance_kernel_get (void);

struct _UsAttribution
{
  gsize            n, n_given;
  gsize            n_summaries, n_parameters;
  gsize            first_left_out;
  guint32         *row;                 /* (n) of the bank, or NULL: all */
  double          *theta;               /* (n, P) */

  /* whitening */
  double          *centre, *scale;      /* (S) */
  double          *matrix;              /* (S, S) column j: direction j over its root */
  gsize            rank;

  UsArena          arena;
  float           *blocks;              /* (n_blocks, S, B), zeros after row n */
  gsize            n_blocks;
  UsDistanceKernel kernel;

  /* what is usual */
  gsize            n_held_out;
  gsize            neighbour;           /* the distance to which nearest row is compared */
  double          *held_out_distance;   /* (n_held_out) rising */
  double          *held_out_mmd;        /* (n_held_out) rising */
  gsize            n_references;
  float           *references;          /* (n_references, S) whitened */
  gsize           *reference_index;     /* (n_references) among the finite rows, rising */
  double           kernel_scale;        /* the median of their squared distances */
  double           reference_mean;      /* of the kernel among them, without each with itself */
};

/* Fills centre, scale, matrix, rank, blocks of the rows h (n_given, S) named by self->row. */
gboolean us_attribution_make_space    (UsAttribution         *self,
                                       const float           *h,
                                       UsPool                *pool,
                                       GError               **error);
/* Eigenvalues (n), falling, and eigenvectors (n, n), as columns, of a symmetric matrix (n, n), which is overwritten. */
void     us_attribution_eigen         (gsize                  n,
                                       double                *matrix,
                                       double                *values,
                                       double                *vectors);
/* Fills what is usual; FALSE: cancelled. */
gboolean us_attribution_make_held_out (UsAttribution         *self,
                                       gsize                  n_held_out,
                                       UsPool                *pool,
                                       UsAttributionProgress  progress,
                                       gpointer               data,
                                       const gint            *cancelled);
/* Whitened coordinates of finite row i. */
void     us_attribution_get_row       (const UsAttribution   *self,
                                       gsize                  i,
                                       float                 *whitened);
/* Squared distances to the blocks first .. first + n - 1, by the pool: out (n, B). */
void     us_attribution_search        (const UsAttribution   *self,
                                       const float           *whitened,
                                       gsize                  first,
                                       gsize                  n,
                                       UsPool                *pool,
                                       float                 *out);

/* A candidate of a query. */
typedef struct
{
  float   squared;
  guint32 index;
} UsCandidate;

/* All rows at least as near as the one of rank `wanted`, sorted by distance, then index.  squared (n). */
GArray *us_attribution_nearest        (gsize                  n,
                                       const float           *squared,
                                       gsize                  wanted);
/* Weights (not normalised) of candidates (m) for the options; how many weigh anything.  0: more candidates
 * are needed (never when m is all). */
gsize   us_attribution_weigh          (gsize                       m,
                                       const UsCandidate          *candidates,
                                       gboolean                    all,
                                       const UsAttributionOptions *options,
                                       double                      ess,
                                       double                     *weights,
                                       double                     *bandwidth);
/* Where it is one of so many looks at the same data, each of which must be so much surer. */
UsUsualLevel us_usual_level_of        (const UsUsual         *usual,
                                       guint                  n_looks);

G_END_DECLS
