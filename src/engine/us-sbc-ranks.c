/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ranks of the truth say: formulas in README.md, "Calibration". */
#include "config.h"

#include "us-sbc-private.h"

#include "us-rng.h"

#include <glib/gi18n.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* M simulations, n = L + 1 ranks, B bins, K places. */

#define LEAST_A_BIN  20         /* ranks that a bin should hold */
#define MOST_BINS    30
#define FEWEST_BINS  5
#define SLIGHT       0.1        /* shift and change of width that hardly matter */

/* Ranks as normal scores, q = Φ⁻¹((rank + ½) / n): all moments under the null are sums over n values. */
typedef struct
{
  gsize  n;
  double variance, fourth;      /* central moments; the mean is 0 */
} Scores;

void
us_sbc_ranks_clear (UsSbcRanks *self)
{
  g_free (self->rank);
  g_free (self->count);
  g_free (self->expected);
  g_free (self->lower);
  g_free (self->upper);
  g_free (self->below);
  g_free (self->covered);
}

static double
score (gsize n,
       guint rank)
{
  return gsl_cdf_ugaussian_Pinv ((rank + 0.5) / n);
}

static Scores
scores_of (gsize n)
{
  Scores self = { .n = n };

  for (gsize rank = 0; rank < n; rank++)
    {
      double square = score (n, rank) * score (n, rank);

      self.variance += square / n;
      self.fourth += square * square / n;
    }
  return self;
}

/* -- histogram ----------------------------------------------------------- */

/* Bins of as many ranks each where that can be had. */
static gsize
choose_bins (gsize m,
             gsize n)
{
  gsize most = MIN (CLAMP (m / LEAST_A_BIN, FEWEST_BINS, MOST_BINS), n);

  for (gsize b = most; b >= FEWEST_BINS; b--)
    if (n % b == 0)
      return b;
  return most;
}

/* The smallest count whose distribution function reaches p. */
static guint
binomial_quantile (guint  m,
                   double share,
                   double p)
{
  double mean = m * share, sd = sqrt (mean * (1 - share));
  double guess = mean + sd * gsl_cdf_ugaussian_Pinv (p);
  guint x = CLAMP (guess, 0, m);

  while (x > 0 && gsl_cdf_binomial_P (x - 1, share, m) >= p)
    x--;
  while (x < m && gsl_cdf_binomial_P (x, share, m) < p)
    x++;
  return x;
}

static void
measure_bins (UsSbcRanks *self,
              gsize       m,
              gsize       n,
              double      level)
{
  gsize b_count = choose_bins (m, n);
  double chi_square = 0;

  self->n_bins = b_count;
  self->count = g_new0 (guint, b_count);
  self->expected = g_new0 (double, b_count);
  self->lower = g_new0 (guint, b_count);
  self->upper = g_new0 (guint, b_count);
  for (gsize i = 0; i < m; i++)
    self->count[self->rank[i] * b_count / n]++;
  for (gsize rank = 0; rank < n; rank++)
    self->expected[rank * b_count / n] += (double) m / n;
  for (gsize b = 0; b < b_count; b++)
    {
      double share = self->expected[b] / m, away = self->count[b] - self->expected[b];

      self->lower[b] = binomial_quantile (m, share, (1 - level) / 2);
      self->upper[b] = binomial_quantile (m, share, (1 + level) / 2);
      chi_square += away * away / self->expected[b];
    }
  self->p_bins = b_count > 1 ? gsl_cdf_chisq_Q (chi_square, b_count - 1) : 1;
}

/* -- distribution functions ---------------------------------------------- */

/* The posterior's mass inside of which the truth lies.  A rank stands for an n-th of the mass; where in it is drawn. */
static double
mass_to_truth (guint    rank,
               gsize    n,
               gboolean density,
               UsRng   *rng)
{
  double u = (rank + us_rng_uniform (rng)) / n;

  return density ? u : fabs (2 * u - 1);
}

static void
measure_functions (UsSbcRanks  *self,
                   const UsSbc *sbc,
                   gsize        column)
{
  gsize m = sbc->n_simulations, n = sbc->n_samples + 1;
  const UsEcdfBand *band = sbc->band;
  g_autofree double *values = g_new (double, m);
  UsRng rng;

  self->below = g_new (guint, band->n_points);
  self->covered = g_new (guint, band->n_points);
  for (gsize i = 0; i < m; i++)
    values[i] = (self->rank[i] + 0.5) / n;
  us_ecdf_band_count (band, values, self->below);
  us_rng_init (&rng, sbc->seed, US_RNG_SHUFFLE, column);
  for (gsize i = 0; i < m; i++)
    values[i] = mass_to_truth (self->rank[i], n, column == sbc->n_parameters, &rng);
  us_ecdf_band_count (band, values, self->covered);
  self->p_band = us_ecdf_band_p_value (band, self->below);
  self->p_coverage = us_ecdf_band_p_value (band, self->covered);
}

/* -- shift and width ----------------------------------------------------- */

static void
measure_scores (UsSbcRanks *self,
                gsize       m,
                gsize       n)
{
  Scores null = scores_of (n);
  double mean = 0, square = 0, freedom, ratio;

  for (gsize i = 0; i < m; i++)
    mean += score (n, self->rank[i]) / m;
  for (gsize i = 0; i < m; i++)
    square += (score (n, self->rank[i]) - mean) * (score (n, self->rank[i]) - mean);
  ratio = square / (m - 1) / null.variance;
  self->shift = mean;
  self->narrowness = sqrt (ratio);
  self->p_shift = 2 * gsl_cdf_ugaussian_Q (fabs (mean) / sqrt (null.variance / m));
  /* a variance of m values with this fourth moment varies like a chi-square of so many degrees of freedom */
  freedom = 2 / (null.fourth / (null.variance * null.variance * m) - (m - 3.0) / (m * (m - 1.0)));
  self->p_narrowness = MIN (1, 2 * MIN (gsl_cdf_chisq_P (ratio * freedom, freedom),
                                        gsl_cdf_chisq_Q (ratio * freedom, freedom)));
}

static UsSbcVerdict
judge_parameter (UsSbcRanks *self,
                 double      alpha)
{
  const double each = alpha / 3;
  UsSbcVerdict verdict = US_SBC_FINE;

  self->p = MIN (1, 3 * MIN (self->p_band, MIN (self->p_shift, self->p_narrowness)));
  if (self->p_narrowness < each)
    verdict |= self->narrowness > 1 ? US_SBC_OVER_CONFIDENT : US_SBC_UNDER_CONFIDENT;
  if (self->p_shift < each)
    verdict |= self->shift > 0 ? US_SBC_TOO_LOW : US_SBC_TOO_HIGH;
  if (verdict == US_SBC_FINE && self->p_band < each)
    verdict = US_SBC_OTHER;
  return verdict;
}

/* Of densities: the truth lies too often far out, or too seldom. */
static UsSbcVerdict
judge_density (UsSbcRanks *self,
               double      alpha)
{
  const double each = alpha / 2;

  self->p = MIN (1, 2 * MIN (self->p_band, self->p_shift));
  if (self->p_shift < each)
    return self->shift > 0 ? US_SBC_OVER_CONFIDENT : US_SBC_UNDER_CONFIDENT;
  return self->p_band < each ? US_SBC_OTHER : US_SBC_FINE;
}

void
us_sbc_ranks_measure (UsSbcRanks  *self,
                      const UsSbc *sbc,
                      gsize        column,
                      double       alpha)
{
  gsize m = sbc->n_simulations, n = sbc->n_samples + 1;

  measure_bins (self, m, n, sbc->level);
  measure_functions (self, sbc, column);
  measure_scores (self, m, n);
  if (column == sbc->n_parameters)
    self->verdict = judge_density (self, alpha);
  else if (self->verdict != US_SBC_NOT_JUDGED)
    self->verdict = judge_parameter (self, alpha);
  else
    self->p = 1;
}

double
us_sbc_coverage (const UsSbc      *self,
                 const UsSbcRanks *ranks,
                 double            mass)
{
  gsize m = self->n_simulations, n = self->n_samples + 1, inside = 0;
  gsize column = ranks == self->density ? self->n_parameters : (gsize) (ranks - self->ranks);
  UsRng rng;

  g_return_val_if_fail (self != NULL && ranks != NULL && self->band != NULL, NAN);

  us_rng_init (&rng, self->seed, US_RNG_SHUFFLE, column);
  for (gsize i = 0; i < m; i++)
    inside += mass_to_truth (ranks->rank[i], n, ranks == self->density, &rng) < mass;
  return (double) inside / m;
}

/* -- words --------------------------------------------------------------- */

static char *
p_words (double p)
{
  return p < 0.001 ? g_strdup ("p < 0.001") : g_strdup_printf ("p = %.3f", p);
}

static void
append_parameter (GString          *words,
                  const UsSbcRanks *ranks)
{
  gboolean biased = (ranks->verdict & (US_SBC_TOO_LOW | US_SBC_TOO_HIGH)) != 0;

  if (fabs (ranks->shift) < SLIGHT && fabs (ranks->narrowness - 1) < SLIGHT)
    g_string_append (words, _("slightly "));
  if (biased)
    g_string_append_printf (words, ranks->verdict & US_SBC_TOO_LOW
                            ? _("biased: answers lie %.2f posterior standard deviations below the truth")
                            : _("biased: answers lie %.2f posterior standard deviations above the truth"),
                            fabs (ranks->shift));
  if (biased && ranks->verdict & (US_SBC_OVER_CONFIDENT | US_SBC_UNDER_CONFIDENT))
    g_string_append (words, "; ");
  if (ranks->verdict & US_SBC_OVER_CONFIDENT)
    g_string_append_printf (words, _("over-confident: intervals should be %.2f times as wide"), ranks->narrowness);
  if (ranks->verdict & US_SBC_UNDER_CONFIDENT)
    g_string_append_printf (words, _("under-confident: intervals need be only %.2f times as wide"), ranks->narrowness);
}

char *
us_sbc_words (const UsSbc      *self,
              const UsSbcRanks *ranks)
{
  g_autofree char *p = p_words (ranks->p);
  g_autoptr(GString) words = g_string_new (NULL);

  if (ranks->verdict == US_SBC_NOT_JUDGED)
    return g_strdup (_("not judged: it does not vary"));
  if (ranks->verdict == US_SBC_FINE)
    return g_strdup_printf (_("calibrated as far as can be seen (%s)"), p);
  if (ranks->verdict == US_SBC_OTHER)
    g_string_append (words, _("not calibrated: the shape of the posterior is wrong"));
  else if (ranks != self->density)
    append_parameter (words, ranks);
  else if (ranks->verdict == US_SBC_OVER_CONFIDENT)
    g_string_append (words, _("over-confident: the truth lies too often where the posterior has next to nothing"));
  else
    g_string_append (words, _("under-confident: the truth lies too often where the posterior is densest"));
  g_string_append_printf (words, " (%s)", p);
  return g_string_free (g_steal_pointer (&words), FALSE);
}
