/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epidemics by chance: exact distributions of ten people, the mean of many, dying out. */
#include "config.h"

#include "epidemics-fixture.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/* Per day; people. */
typedef struct { double beta, sigma, gamma, omega, n; } Rates;

#define SMALL 10
#define CELLS ((SMALL + 1) * (SMALL + 1) * (SMALL + 1))

/* Probabilities of (S, E, I); the rest is immune. */
typedef struct { double p[SMALL + 1][SMALL + 1][SMALL + 1]; } Exact;

typedef enum { INFECT, FALL_ILL, RECOVER, WANE } Move;

static double
risk (const Rates *rates,
      Move         move,
      guint        s,
      guint        i,
      double       h)
{
  const double beta = rates->beta * h / SMALL;

  switch (move)
    {
    case FALL_ILL:
      return 1.0 - exp (-rates->sigma * h / 2.0);
    case RECOVER:
      return 1.0 - exp (-rates->gamma * h / 2.0);
    case WANE:
      return 1.0 - exp (-rates->omega * h / 2.0);
    case INFECT:
    default:
      if (rates->sigma > 0.0)
        return 1.0 - exp (-beta * i);
      /* ds/dt = -β s i, s + i = m: s(h) = m / (1 + i / s e^(βmh)) */
      return s == 0 ? 0.0 : 1.0 - (s + i) / (s + i * exp (beta * (s + i)));
    }
}

static void
move_all (Exact       *exact,
          const Rates *rates,
          Move         move,
          double       h)
{
  Exact *next = g_new0 (Exact, 1);

  for (guint s = 0; s <= SMALL; s++)
    for (guint e = 0; s + e <= SMALL; e++)
      for (guint i = 0; s + e + i <= SMALL; i++)
        {
          const guint r = SMALL - s - e - i;
          const guint from = ((guint[]) { s, e, i, r })[move];
          const double p = risk (rates, move, s, i, h);

          for (guint k = 0; k <= from && exact->p[s][e][i] > 0.0; k++)
            {
              const double share = exact->p[s][e][i] * gsl_ran_binomial_pdf (k, p, from);

              if (move == INFECT && rates->sigma > 0.0)
                next->p[s - k][e + k][i] += share;
              else if (move == INFECT)
                next->p[s - k][e][i + k] += share;
              else if (move == FALL_ILL)
                next->p[s][e - k][i + k] += share;
              else if (move == RECOVER)
                next->p[s][e][i - k] += share;
              else
                next->p[s + k][e][i] += share;
            }
        }
  memcpy (exact, next, sizeof *next);
  g_free (next);
}

/* All states of ten people after four days, by summing over all draws: Pearson's statistic of 20,000 chains. */
static void
test_small_chain (gconstpointer id)
{
  const UsSimulator *simulator = fixture_simulator (id);
  const Move order[] = { RECOVER, WANE, FALL_ILL, INFECT, FALL_ILL, WANE, RECOVER };
  const guint n = 20000;
  const double day = 4.0;
  double theta[US_MAX_PARAMETERS], statistic = 0.0, share = 0.0, h, p;
  Exact *exact = g_new0 (Exact, 1);
  g_autofree guint *count = g_new0 (guint, CELLS);
  guint degrees = 0, seen = 0;
  Rates rates;

  about (simulator, 2.5, 2.0, 2.0, SMALL, theta);
  set (simulator, theta, "latent", 1.5);
  set (simulator, theta, "immunity", 2.5);
  rates = (Rates) { 2.5 / 2.0, strstr (id, "seir") != NULL ? 1.0 / 1.5 : 0.0, 0.5,
                    strstr (id, "sirs") != NULL ? 1.0 / 2.5 : 0.0, SMALL };
  /* eight steps in the shortest time, 1 / β */
  h = 1.0 / ceil (8.0 * rates.beta);
  exact->p[SMALL - 2][0][2] = 1.0;
  for (guint step = 0; step < (guint) (day / h + 0.5); step++)
    for (guint k = 0; k < G_N_ELEMENTS (order); k++)
      if ((order[k] != WANE || rates.omega > 0.0) && (order[k] != FALL_ILL || rates.sigma > 0.0))
        move_all (exact, &rates, order[k], h);

  for (guint run = 0; run < n; run++)
    {
      const char *const what[] = { "susceptibles", "exposed", "prevalence" };
      guint state[3] = { 0 };

      for (guint k = 0; k < 3; k++)
        {
          float value = 0.0f;
          UsRng rng;

          us_rng_init (&rng, 53, US_RNG_SIMULATOR, run);
          if (k != 1 || rates.sigma > 0.0)
            simulator->run_at (simulator, theta, output_of (simulator, what[k]), 1, &day, &rng, &value);
          state[k] = (guint) value;
        }
      g_assert_cmpuint (state[0] + state[1] + state[2], <=, SMALL);
      count[(state[0] * (SMALL + 1) + state[1]) * (SMALL + 1) + state[2]]++;
    }

  for (guint cell = 0; cell < CELLS; cell++)
    {
      share += (&exact->p[0][0][0])[cell];
      seen += count[cell];
      g_assert_true (count[cell] == 0 || (&exact->p[0][0][0])[cell] > 0.0);
      if (share * n >= 20.0)
        {
          statistic += (seen - n * share) * (seen - n * share) / (n * share);
          degrees++;
          share = 0.0;
          seen = 0;
        }
    }
  p = gsl_cdf_chisq_Q (statistic, degrees - 1);
  g_test_message ("%s: %u cells, p = %.3f", (const char *) id, degrees, p);
  g_assert_cmpuint (degrees, >, 20);
  g_assert_cmpfloat (p, >, 1e-3);
  g_free (exact);
}

/* Many people, many of them infected at first: the mean of the chain is the differential equations' but for its steps. */
static void
test_large_chain (void)
{
  for (guint m = 0; m < 3; m++)
    for (guint c = 0; c < 4; c++)
      {
        static const char *const ids[] = { "sir", "seir", "sirs" };
        const UsSimulator *simulator = fixture_simulator (ids[m]);
        g_autofree char *name = g_strconcat (ids[m], "-chain", NULL);
        const UsSimulator *chain = fixture_simulator (name);
        const double cases[][2] = { { 1.5, 5.0 }, { 3.6, 2.2 }, { 8.0, 8.0 }, { 15.0, 2.0 } };
        const guint runs = 20;
        double theta[US_MAX_PARAMETERS], mean[100] = { 0 }, top = 0.0, worst = 0.0;
        float exact[100], x[100];
        UsRng rng;

        about (simulator, cases[c][0], cases[c][1], 1e5, 1e8, theta);
        /* between two of its steps as well */
        set (simulator, theta, "introduction", c % 2 == 0 ? 0.0 : -2.37);
        us_rng_init (&rng, 54, US_RNG_SIMULATOR, 0);
        g_assert_cmpint (simulator->run (simulator, theta, 0, &rng, exact), ==, US_SIM_OK);
        for (guint run = 0; run < runs; run++)
          {
            us_rng_init (&rng, 54, US_RNG_SIMULATOR, run);
            g_assert_cmpint (chain->run (chain, theta, 0, &rng, x), ==, US_SIM_OK);
            for (gsize k = 0; k < 100; k++)
              mean[k] += (double) x[k] / runs;
          }
        for (gsize k = 0; k < 100; k++)
          {
            top = MAX (top, (double) exact[k]);
            worst = MAX (worst, fabs (mean[k] - (double) exact[k]));
          }
        g_test_message ("%s, R0 %g, %g d: within %.2f %% of the highest day", name, cases[c][0], cases[c][1],
                        100.0 * worst / top);
        g_assert_cmpfloat (worst / top, <, 0.005);
      }
}

/* One case among many people: nobody else but a few, with the probability 1 / R0 but for the steps. */
static void
test_extinction (void)
{
  const UsSimulator *simulator = fixture_simulator ("sir-chain");
  const guint n = 4000;

  for (guint c = 0; c < 3; c++)
    {
      const double r0 = ((double[]) { 1.5, 2.0, 4.0 })[c], last = 200.0;
      double theta[US_MAX_PARAMETERS];
      guint small = 0;

      about (simulator, r0, 3.0, 1.0, 1e5, theta);
      for (guint row = 0; row < n; row++)
        {
          float total;
          UsRng rng;

          us_rng_init (&rng, 55, US_RNG_SIMULATOR, row);
          simulator->run_at (simulator, theta, output_of (simulator, "cumulative"), 1, &last, &rng, &total);
          small += total < 1000.0f;
        }
      g_test_message ("R0 %g: %.3f die out, in continuous time %.3f", r0, (double) small / n, 1.0 / r0);
      /* 4.5 standard errors, and 0.02 for the steps: broods vary less than in continuous time */
      g_assert_cmpfloat_with_epsilon ((double) small / n, 1.0 / r0, 0.02 + 4.5 * sqrt (0.25 / n));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/epidemic-chains/small/sir", "sir-chain", test_small_chain);
  g_test_add_data_func ("/epidemic-chains/small/seir", "seir-chain", test_small_chain);
  g_test_add_data_func ("/epidemic-chains/small/sirs", "sirs-chain", test_small_chain);
  g_test_add_func ("/epidemic-chains/large", test_large_chain);
  g_test_add_func ("/epidemic-chains/extinction", test_extinction);

  return g_test_run ();
}
