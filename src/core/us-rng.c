/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-rng.h"

#include <math.h>

/* Multipliers and key increments of Philox4x32, Salmon et al. (2011), table 2. */
#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u
#define PHILOX_ROUNDS 10

void
us_rng_init (UsRng   *rng,
             guint64  seed,
             guint32  purpose,
             guint64  row)
{
  g_return_if_fail (rng != NULL);

  *rng = (UsRng) {
    .key = { (guint32) seed, (guint32) (seed >> 32) },
    .counter = { 0, purpose, (guint32) row, (guint32) (row >> 32) },
    .used = 4,
  };
}

void
us_rng_philox (guint32       out[4],
               const guint32 counter[4],
               const guint32 key[2])
{
  guint32 c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  guint32 k0 = key[0], k1 = key[1];

  for (int round = 0; round < PHILOX_ROUNDS; round++)
    {
      guint64 p0 = (guint64) PHILOX_M0 * c0;
      guint64 p1 = (guint64) PHILOX_M1 * c2;

      c0 = (guint32) (p1 >> 32) ^ c1 ^ k0;
      c1 = (guint32) p1;
      c2 = (guint32) (p0 >> 32) ^ c3 ^ k1;
      c3 = (guint32) p0;
      k0 += PHILOX_W0;
      k1 += PHILOX_W1;
    }

  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

static inline guint32
next_u32 (UsRng *rng)
{
  if (rng->used >= 4)
    {
      us_rng_philox (rng->out, rng->counter, rng->key);
      rng->counter[0]++;
      rng->used = 0;
    }

  return rng->out[rng->used++];
}

static inline guint64
next_u64 (UsRng *rng)
{
  guint64 low = next_u32 (rng);

  return low | (guint64) next_u32 (rng) << 32;
}

guint32
us_rng_u32 (UsRng *rng)
{
  return next_u32 (rng);
}

guint64
us_rng_u64 (UsRng *rng)
{
  return next_u64 (rng);
}

double
us_rng_uniform (UsRng *rng)
{
  return (double) (next_u64 (rng) >> 11) * 0x1p-53;
}

double
us_rng_range (UsRng  *rng,
              double  lower,
              double  upper)
{
  return lower + (upper - lower) * us_rng_uniform (rng);
}

/* Lemire, "Fast random integer generation in an interval" (2019), algorithm 5:
 * the few low products that would make some results likelier are drawn again. */
guint64
us_rng_below (UsRng   *rng,
              guint64  n)
{
  unsigned __int128 product;

  g_return_val_if_fail (n > 0, 0);

  product = (unsigned __int128) next_u64 (rng) * n;
  if ((guint64) product < n)
    {
      guint64 threshold = -n % n;

      while ((guint64) product < threshold)
        product = (unsigned __int128) next_u64 (rng) * n;
    }

  return (guint64) (product >> 64);
}

/* The value that a fraction 0.5 + q of N(0, 1) does not exceed.  Wichura,
 * "Algorithm AS 241", PPND16 (Applied Statistics 37, 1988): 16 digits.  tail:
 * the smaller of 0.5 + q and 0.5 - q. */
static double
normal_quantile (double q,
                 double tail)
{
  double r, x;

  if (fabs (q) <= 0.425)
    {
      r = 0.180625 - q * q;
      return q * (((((((2.5090809287301226727e+3 * r + 3.3430575583588128105e+4) * r
                       + 6.7265770927008700853e+4) * r + 4.5921953931549871457e+4) * r
                     + 1.3731693765509461125e+4) * r + 1.9715909503065514427e+3) * r
                   + 1.3314166789178437745e+2) * r + 3.3871328727963666080e+0)
             / (((((((5.2264952788528545610e+3 * r + 2.8729085735721942674e+4) * r
                     + 3.9307895800092710610e+4) * r + 2.1213794301586595867e+4) * r
                   + 5.3941960214247511077e+3) * r + 6.8718700749205790830e+2) * r
                 + 4.2313330701600911252e+1) * r + 1.0);
    }

  r = sqrt (-log (tail));
  if (r <= 5.0)
    {
      r -= 1.6;
      x = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
                + 2.41780725177450611770e-1) * r + 1.27045825245236838258e+0) * r
              + 3.64784832476320460504e+0) * r + 5.76949722146069140550e+0) * r
            + 4.63033784615654529590e+0) * r + 1.42343711074968357734e+0)
          / (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                  + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
                + 6.89767334985100004550e-1) * r + 1.67638483018380384940e+0) * r
              + 2.05319162663775882187e+0) * r + 1.0);
    }
  else
    {
      r -= 5.0;
      x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
              + 2.96560571828504891230e-1) * r + 1.78482653991729133580e+0) * r
            + 5.46378491116411436990e+0) * r + 6.65790464350110377720e+0)
          / (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                  + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
                + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
              + 5.99832206555887937690e-1) * r + 1.0);
    }

  return q < 0.0 ? -x : x;
}

double
us_rng_normal (UsRng *rng)
{
  /* The middle of one of 2^52 equal cells: exact, symmetric, never 0 or 1,
   * so the value lies within ±8.2.  One u64 a value: state stays a counter. */
  double u = ((double) (next_u64 (rng) >> 12) + 0.5) * 0x1p-52;
  double q = u - 0.5;

  return normal_quantile (q, q < 0.0 ? u : 1.0 - u);
}
