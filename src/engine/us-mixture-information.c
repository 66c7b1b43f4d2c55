/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chen, Li, Grosse, Duvenaud 2018 ("Isolating sources of disentanglement in variational
 * autoencoders", arXiv 1802.04942), section 4: entropies of z_j from the mixture of q(z_j|x)
 * over the data, and over the data of one class.  The mixtures are laid out on grids and
 * integrated, in O(n) where sums over pairs of rows take O(n²).
 *
 * A Gaussian of width s in [2^g, 2^(g+1)) · width is laid on the grid of level g, whose step is
 * a quarter of its least width; levels are then refined by halves, each by the interpolating
 * polynomial of degree 5 (relative error 2e-5 at the narrowest), and added up. */
#include "config.h"

#include "us-mutual-information.h"

#include <math.h>
#include <string.h>

/* n rows, F factors, L latents, C classes of all factors together, G points of a grid. */

#define STEPS_A_WIDTH 4
#define REACH         6.0         /* widths: what is cut off weighs 2e-9 */
#define MAX_LEVEL     12

typedef struct
{
  const UsFactors *factors;
  gsize            n_latents;
  const double    *mean, *sd;     /* (n, L); sd may be NULL */
  double           width;
  double          *information;   /* (L, F) */
  gsize            n_classes;     /* C */
  gsize           *first_class;   /* (F) of the C */
} Work;

/* The grids of one latent: level 0 is the finest. */
typedef struct
{
  double  lower, step;            /* of level 0 */
  gsize   n_coarsest;             /* cells of the coarsest level */
  guint   n_levels;
  double *density;                /* (C, G) of the level at hand: sums over rows */
} Mixture;

static double
total_sd (const Work *work,
          gsize       row,
          gsize       latent)
{
  double sd = work->sd != NULL ? work->sd[row * work->n_latents + latent] : 0;
  double limit = work->width * (1 << MAX_LEVEL);

  return MIN (hypot (sd, work->width), limit);
}

static guint
level_of (double sd,
          double width)
{
  int exponent;

  /* sd ≥ width, so that the ratio is 0.5 · 2^1 or more */
  frexp (sd / width, &exponent);
  return CLAMP (exponent - 1, 0, MAX_LEVEL);
}

static gsize
level_points (const Mixture *mixture,
              guint          level)
{
  return (mixture->n_coarsest << (mixture->n_levels - 1 - level)) + 1;
}

static void
mixture_init (Mixture    *mixture,
              const Work *work,
              gsize       latent)
{
  double lower = INFINITY, upper = -INFINITY, coarsest;
  guint top = 0;

  for (gsize i = 0; i < work->factors->n; i++)
    {
      double mean = work->mean[i * work->n_latents + latent], sd = total_sd (work, i, latent);

      lower = MIN (lower, mean - REACH * sd);
      upper = MAX (upper, mean + REACH * sd);
      top = MAX (top, level_of (sd, work->width));
    }
  mixture->n_levels = top + 1;
  mixture->step = work->width / STEPS_A_WIDTH;
  mixture->lower = lower;
  coarsest = mixture->step * (1 << top);
  mixture->n_coarsest = (gsize) ceil ((upper - lower) / coarsest) + 1;
  mixture->density = NULL;
}

/* (C, G) of a level from (C, H) of the next coarser one, G = 2 H - 1. */
static double *
refine (const double *coarse,
        gsize         n_classes,
        gsize         n_coarse)
{
  gsize n = 2 * n_coarse - 1;
  double *fine = g_new (double, n_classes * n);

  for (gsize c = 0; c < n_classes; c++)
    {
      const double *from = coarse + c * n_coarse;
      double *to = fine + c * n;

      for (gsize i = 0; i < n_coarse; i++)
        to[2 * i] = from[i];
      for (gsize i = 0; i + 1 < n_coarse; i++)
        {
          /* beyond the ends there is nothing */
          double far = (i >= 2 ? from[i - 2] : 0) + (i + 3 < n_coarse ? from[i + 3] : 0);
          double near = (i >= 1 ? from[i - 1] : 0) + (i + 2 < n_coarse ? from[i + 2] : 0);

          to[2 * i + 1] = MAX ((150 * (from[i] + from[i + 1]) - 25 * near + 3 * far) / 256, 0.0);
        }
    }
  return fine;
}

/* Lays the Gaussians of one level on its grid. */
static void
deposit (Mixture    *mixture,
         const Work *work,
         gsize       latent,
         guint       level)
{
  const UsFactors *factors = work->factors;
  gsize n_points = level_points (mixture, level);
  double step = mixture->step * (1 << level);
  double value[2 * (gsize) REACH * 2 * STEPS_A_WIDTH + 4];

  for (gsize i = 0; i < factors->n; i++)
    {
      double mean = work->mean[i * work->n_latents + latent], sd = total_sd (work, i, latent);
      gsize first, last;

      if (level_of (sd, work->width) != level)
        continue;
      first = (gsize) MAX (ceil ((mean - REACH * sd - mixture->lower) / step), 0.0);
      last = MIN ((gsize) MAX ((mean + REACH * sd - mixture->lower) / step, 0.0), n_points - 1);
      g_assert (last < first + G_N_ELEMENTS (value));
      for (gsize k = first; k <= last; k++)
        {
          double u = (mixture->lower + k * step - mean) / sd;

          value[k - first] = exp (-0.5 * u * u) / (sd * sqrt (2 * G_PI));
        }
      for (gsize f = 0; f < factors->n_factors; f++)
        {
          double *row = mixture->density
                        + (work->first_class[f] + factors->label[i * factors->n_factors + f]) * n_points;

          for (gsize k = first; k <= last; k++)
            row[k] += value[k - first];
        }
    }
}

/* -H(v|z) = Σ_c p_c ∫ q_c log (p_c q_c / q): density (C_f, G) of the classes of one factor. */
static double
integrate (const Mixture *mixture,
           gsize          n,
           gsize          n_classes,
           const double  *density)
{
  gsize n_points = level_points (mixture, 0);
  double sum = 0;

  for (gsize k = 0; k < n_points; k++)
    {
      double all = 0, part = 0;

      for (gsize c = 0; c < n_classes; c++)
        all += density[c * n_points + k];
      if (!(all > 0))
        continue;
      /* p_c q_c = density / n and q = all / n */
      for (gsize c = 0; c < n_classes; c++)
        if (density[c * n_points + k] > 0)
          part += density[c * n_points + k] * log (density[c * n_points + k] / all);
      sum += part / n;
    }
  return sum * mixture->step;
}

/* One latent. */
static void
measure_latent (gpointer data,
                gsize    latent,
                guint    worker)
{
  const Work *work = data;
  const UsFactors *factors = work->factors;
  gsize n_points;
  Mixture mixture;

  mixture_init (&mixture, work, latent);
  n_points = level_points (&mixture, mixture.n_levels - 1);
  mixture.density = g_new0 (double, work->n_classes * n_points);
  for (guint level = mixture.n_levels; level-- > 0; )
    {
      if (level < mixture.n_levels - 1)
        {
          double *fine = refine (mixture.density, work->n_classes, level_points (&mixture, level + 1));

          g_free (mixture.density);
          mixture.density = fine;
        }
      deposit (&mixture, work, latent, level);
    }

  n_points = level_points (&mixture, 0);
  for (gsize f = 0; f < factors->n_factors; f++)
    {
      /* H(z) - H(z|v) = H(v) - H(v|z), the one that needs no entropies of densities */
      double told = integrate (&mixture, factors->n, factors->n_classes[f],
                               mixture.density + work->first_class[f] * n_points);

      work->information[latent * factors->n_factors + f] = MAX (factors->entropy[f] + told, 0.0);
    }
  g_free (mixture.density);
}

void
us_information_chen (const UsFactors *factors,
                     gsize            n_latents,
                     const double    *mean,
                     const double    *sd,
                     double           width,
                     UsPool          *pool,
                     double          *information)
{
  g_autofree gsize *first_class = g_new (gsize, factors->n_factors);
  Work work = {
    .factors = factors, .n_latents = n_latents, .mean = mean, .sd = sd, .width = width,
    .information = information, .first_class = first_class,
  };

  g_return_if_fail (width > 0);

  for (gsize f = 0; f < factors->n_factors; f++)
    {
      first_class[f] = work.n_classes;
      work.n_classes += factors->n_classes[f];
    }
  us_pool_run (pool, n_latents, measure_latent, &work);
}

double
us_information_width (gsize  n,
                      double range)
{
  /* Blurring costs 1.806 width K / range nats of a factor in K bins (1.806: the entropy of Φ(u) over u);
   * n / K Gaussians in place of a density feign K range / (4 √π n width) nats.  Equal at: */
  return range / (3.58 * sqrt ((double) n));
}
