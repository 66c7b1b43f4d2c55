/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-noise.h"

G_BEGIN_DECLS

/* T points, C channels. */

/* In the order of us-noise.h's table; those from MULTIPLICATIVE on are random. */
typedef enum
{
  US_NOISE_REPORTING,
  US_NOISE_DELAY,
  US_NOISE_WEEKDAY,
  US_NOISE_MULTIPLICATIVE,
  US_NOISE_NORMAL,
  US_NOISE_POISSON,
  US_NOISE_NEGATIVE_BINOMIAL,
  US_NOISE_N_KINDS
} UsNoiseKind;

typedef struct
{
  UsNoiseKind kind;
  gsize       first;            /* of its parameters, in theta */
} UsNoiseStage;

/* Each kind at most once. */
typedef struct
{
  UsNoiseStage stages[US_NOISE_N_KINDS];
  gsize        n_stages;
} UsNoiseChain;

gboolean us_noise_chain_has        (const UsNoiseChain *chain,
                                    UsNoiseKind         kind);
/* "under-reporting, Poisson counts", translated; g_free. */
char    *us_noise_chain_describe   (const UsNoiseChain *chain);
/* "reporting+poisson", to stand behind a base: errors as us_noise_new has them.  Without the places of parameters. */
gboolean us_noise_chain_parse      (UsNoiseChain       *chain,
                                    const UsSimulator  *base,
                                    const char         *stages,
                                    GError            **error);
/* Fills in where the stages' parameters are; the base's and theirs → parameters (US_MAX_PARAMETERS).  Names
 * are for ever.  Returns how many. */
gsize    us_noise_chain_parameters (UsNoiseChain       *chain,
                                    const UsSimulator  *base,
                                    UsParameter        *parameters);

/* What is expected, one point after the other; one channel. */
typedef struct
{
  const UsNoiseChain *chain;
  const double       *theta;
  double              growth;           /* per unit of x, of the series before its first point; at least 1 */
  double              previous_x;
  double              previous_in, previous_out;        /* of the delay */
  gboolean            started;
} UsNoiseWalk;

/* The first two points, at x and x_next, without noise; of a series of one point, twice the same. */
void   us_noise_walk_init  (UsNoiseWalk        *walk,
                            const UsNoiseChain *chain,
                            const double       *theta,
                            double              x,
                            double              x_next,
                            double              value,
                            double              value_next);
/* The next point: without noise → expected. */
double us_noise_walk_step  (UsNoiseWalk        *walk,
                            double              x,
                            double              value);
/* Expected → as measured. */
double us_noise_draw       (const UsNoiseChain *chain,
                            const double       *theta,
                            gsize               channel,
                            double              expected,
                            UsRng              *rng);
double us_noise_log_density (const UsNoiseChain *chain,
                            const double       *theta,
                            gsize               channel,
                            double              expected,
                            double              observed);

G_END_DECLS
