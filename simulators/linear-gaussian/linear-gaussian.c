/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Motion under constant acceleration, measured with noise: linear-gaussian.md. */
#include "config.h"

#include "us-linear-gaussian.h"
#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <math.h>

extern const UsSimulator us_simulator_linear_gaussian;

/* T points, P parameters. */
enum { X0, V, A, P };
enum { POSITION, TRUE_POSITION };

#define T     16                /* every 2/15 s */
#define LAST  2.0               /* s */
#define SIGMA 1.0                /* m, of one measurement */
#define WIDTH 1.0               /* standard deviation of each parameter's prior, in its unit; the mean is 0 */
#define BOUND (8.0 * WIDTH)     /* beyond it lie 10⁻¹⁵ of the prior */

G_STATIC_ASSERT (P == US_LINEAR_GAUSSIAN_P);

/* What each parameter adds to the position at time t. */
static void
design (double  t,
        double *row)            /* (P) */
{
  row[X0] = 1.0;
  row[V] = t;
  row[A] = 0.5 * t * t;
}

static UsSimStatus
linear_gaussian_run_at (const UsSimulator *self,
                        const double      *theta,
                        guint              output,
                        gsize              n_times,
                        const double      *times,
                        UsRng             *rng,
                        float             *out)
{
  if (output > TRUE_POSITION)
    return US_SIM_FAILED;

  for (gsize i = 0; i < n_times; i++)
    {
      double row[P], x = 0.0;

      if (!(times[i] >= self->outputs[output].at_lower && times[i] <= self->outputs[output].at_upper))
        return US_SIM_FAILED;
      design (times[i], row);
      for (gsize p = 0; p < P; p++)
        x += row[p] * theta[p];
      out[i] = (float) (output == POSITION ? x + SIGMA * us_rng_normal (rng) : x);
    }
  return US_SIM_OK;
}

static void
own_times (double *times)       /* (T) */
{
  for (gsize i = 0; i < T; i++)
    times[i] = us_output_x (&us_simulator_linear_gaussian.outputs[POSITION], i);
}

static UsSimStatus
linear_gaussian_run (const UsSimulator *self,
                     const double      *theta,
                     guint              output,
                     UsRng             *rng,
                     float             *out)
{
  double times[T];

  own_times (times);
  return linear_gaussian_run_at (self, theta, output, T, times, rng, out);
}

/* ---- the posterior ---- */

/* The lower triangle of a (P, P) becomes its Cholesky factor, the upper one is zero. */
static void
factorise (double *a)
{
  for (gsize j = 0; j < P; j++)
    {
      for (gsize k = 0; k < j; k++)
        a[j * P + j] -= a[j * P + k] * a[j * P + k];
      a[j * P + j] = sqrt (a[j * P + j]);
      for (gsize i = j + 1; i < P; i++)
        {
          for (gsize k = 0; k < j; k++)
            a[i * P + j] -= a[i * P + k] * a[j * P + k];
          a[i * P + j] /= a[j * P + j];
          a[j * P + i] = 0.0;
        }
    }
}

/* (L Lᵀ) x = b, in place. */
static void
solve (const double *l,
       double       *b)
{
  for (gsize i = 0; i < P; i++)
    {
      for (gsize k = 0; k < i; k++)
        b[i] -= l[i * P + k] * b[k];
      b[i] /= l[i * P + i];
    }
  for (gsize i = P; i-- > 0; )
    {
      for (gsize k = i + 1; k < P; k++)
        b[i] -= l[k * P + i] * b[k];
      b[i] /= l[i * P + i];
    }
}

/* Precisions add up: Λ = Λ₀ + Dᵀ D / σ², Λ µ = Dᵀ x / σ².  With u = Dᵀ x / σ² the evidence is
 * −½ (n log 2πσ² + |x|²/σ² − µᵀ u + log |Λ| − log |Λ₀|). */
void
us_linear_gaussian_posterior (gsize             n,
                              const double     *times,
                              const float      *x,
                              UsLinearGaussian *posterior)
{
  double own[T], precision[P * P] = { 0 }, pull[P] = { 0 }, evidence = 0.0;

  g_return_if_fail (x != NULL && posterior != NULL);
  g_return_if_fail (times != NULL || n <= T);

  own_times (own);
  for (gsize p = 0; p < P; p++)
    precision[p * P + p] = 1.0 / (WIDTH * WIDTH);
  for (gsize i = 0; i < n; i++)
    if (!isnan (x[i]))
      {
        double row[P];

        design (times != NULL ? times[i] : own[i], row);
        for (gsize p = 0; p < P; p++)
          {
            pull[p] += row[p] * (double) x[i] / (SIGMA * SIGMA);
            for (gsize q = 0; q < P; q++)
              precision[p * P + q] += row[p] * row[q] / (SIGMA * SIGMA);
          }
        evidence -= 0.5 * log (2.0 * G_PI * SIGMA * SIGMA) + 0.5 * (double) x[i] * (double) x[i] / (SIGMA * SIGMA);
      }

  factorise (precision);
  for (gsize p = 0; p < P; p++)
    posterior->mean[p] = pull[p];
  solve (precision, posterior->mean);
  for (gsize p = 0; p < P; p++)
    {
      double *column = posterior->covariance + p * P;        /* symmetric: its own row */

      for (gsize q = 0; q < P; q++)
        column[q] = p == q ? 1.0 : 0.0;
      solve (precision, column);
      evidence += 0.5 * posterior->mean[p] * pull[p] - log (precision[p * P + p]) - log (WIDTH);
    }
  posterior->log_evidence = evidence;
}

void
us_linear_gaussian_draw (const UsLinearGaussian *posterior,
                         UsRng                  *rng,
                         double                 *theta)
{
  double factor[P * P], z[P];

  for (gsize i = 0; i < P * P; i++)
    factor[i] = posterior->covariance[i];
  factorise (factor);
  for (gsize p = 0; p < P; p++)
    z[p] = us_rng_normal (rng);
  for (gsize p = 0; p < P; p++)
    {
      theta[p] = posterior->mean[p];
      for (gsize q = 0; q <= p; q++)
        theta[p] += factor[p * P + q] * z[q];
    }
}

/* ---- the table ---- */

/* Both linear in θ: their posteriors are normal as well. */
static double
final_velocity (const UsSimulator *self,
                const double      *theta)
{
  return theta[V] + theta[A] * LAST;
}

static double
final_position (const UsSimulator *self,
                const double      *theta)
{
  double row[P];

  design (LAST, row);
  return row[X0] * theta[X0] + row[V] * theta[V] + row[A] * theta[A];
}

#define PARAMETER(name_, label_, symbol_, unit_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = -BOUND, .upper = BOUND, \
    .prior = { US_DISTRIBUTION_NORMAL, 0.0, WIDTH, 0.0 }, \
    .source = "chosen: a normal prior, so that the posterior is one too; linear-gaussian.md" \
  }

static const UsParameter parameters[P] = {
  [X0] = PARAMETER ("x0", N_("Position at first"), "x₀", "m"),
  [V] = PARAMETER ("v", N_("Velocity at first"), "v", "m/s"),
  [A] = PARAMETER ("a", N_("Acceleration"), "a", "m/s²"),
};

#define SERIES(id_, label_, noisy_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = T, .width = 1, .channels = 1, \
    .x_label = N_("Time"), .x_unit = "s", .y_label = N_("Position"), .y_unit = "m", .x_lower = 0.0, .x_upper = LAST, \
    .y_lower = -10.0, .y_upper = 10.0, .lower = -10.0, .upper = 10.0, .at_lower = -100.0, .at_upper = 100.0, .noisy = noisy_ \
  }

static const UsOutput outputs[] = {
  [POSITION] = SERIES ("position", N_("Measured position"), TRUE),
  [TRUE_POSITION] = SERIES ("true_position", N_("True position"), FALSE),
};

static const UsDerived derived[] = {
  { "v_last", N_("Velocity at last"), "v₂", "m/s", FALSE, final_velocity },
  { "x_last", N_("Position at last"), "x₂", "m", FALSE, final_position },
};

const UsSimulator us_simulator_linear_gaussian = {
  .id = "linear-gaussian",
  .version = 1,
  .title = N_("Accelerated motion"),
  .summary = N_("Position over time under constant acceleration, measured with noise: the posterior is known exactly."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = linear_gaussian_run,
  .run_at = linear_gaussian_run_at,
  .derived = derived,
  .n_derived = G_N_ELEMENTS (derived),
};
