/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UsRng:
 *
 * A counter-based random stream, Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011).  A stream belongs
 * to (seed, purpose, row): whichever worker makes row 1,234 makes the same
 * numbers.  A plain value: copy it to save its state, no lock, no global.
 * A stream has 2^34 words of 32 bits before it repeats.
 */
typedef struct
{
  guint32 key[2];        /* seed, low and high word */
  guint32 counter[4];    /* block, purpose, row low, row high */
  guint32 out[4];        /* the current block */
  guint   used;          /* words of `out` already given out, 0..4 */
} UsRng;

/**
 * UsRngPurpose:
 *
 * Keeps streams of the same seed and row apart.  Values are stored in saved
 * runs: never renumber.
 */
typedef enum
{
  US_RNG_PRIOR = 1,        /* parameters drawn from the prior */
  US_RNG_SIMULATOR = 2,    /* the noise inside a simulator */
  US_RNG_AUGMENT = 3,      /* what is done to an input before the encoder sees it */
  US_RNG_INIT = 4,         /* initial weights */
  US_RNG_LATENT = 5,       /* reparametrisation noise */
  US_RNG_EVALUATE = 6,     /* held-out draws */
  US_RNG_TEST = 7,
  US_RNG_SHUFFLE = 8,
  US_RNG_REPEAT = 9,       /* a noisy simulator run again and again at one place */
} UsRngPurpose;

void    us_rng_init    (UsRng   *rng,
                        guint64  seed,
                        guint32  purpose,
                        guint64  row);
guint32 us_rng_u32     (UsRng *rng);
guint64 us_rng_u64     (UsRng *rng);
double  us_rng_uniform (UsRng *rng);              /* [0, 1), 53 bits */
double  us_rng_range   (UsRng *rng, double lower, double upper);
guint64 us_rng_below   (UsRng *rng, guint64 n);   /* 0 .. n-1, unbiased; n > 0 */
double  us_rng_normal  (UsRng *rng);              /* N(0, 1); one u64 of the stream */

/* The block function itself: ten rounds of Philox4x32. */
void    us_rng_philox  (guint32       out[4],
                        const guint32 counter[4],
                        const guint32 key[2]);

G_END_DECLS
