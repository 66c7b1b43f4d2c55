/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-code.h"

#include <math.h>
#include <string.h>

#define MOST_KINDS 1000
#define APART      0.3          /* between several answers at the start, in latents */
#define SURE       20.0f        /* a softmax that leaves nothing to the others */
#define RADIUS_MIN 1e-3f        /* below, an answer's direction says nothing and its gradient is cut */

void
us_code_init (UsCode            *self,
              const UsSimulator *simulator)
{
  memset (self, 0, sizeof *self);
  self->n_parameters = simulator->n_parameters;
  self->straight = TRUE;
  for (gsize p = 0; p < simulator->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      UsCodePart *part = &self->parts[p];

      *part = (UsCodePart) { US_CODE_STRAIGHT, self->n_features, 1 };
      if (parameter->classes != NULL)
        {
          part->kind = US_CODE_CLASSES;
          part->n = (gsize) lround (parameter->upper - parameter->lower) + 1;
        }
      else if (parameter->circular)
        {
          part->kind = US_CODE_CIRCULAR;
          part->n = 2;
        }
      self->straight = self->straight && part->kind == US_CODE_STRAIGHT;
      self->n_features += part->n;
    }
}

void
us_code_from_latent (const UsCode  *self,
                     const UsPrior *prior,
                     const double  *z,
                     float         *features)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  double theta[US_MAX_PARAMETERS];

  if (!self->straight)
    us_prior_from_latent (prior, z, theta);
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      const UsCodePart *part = &self->parts[p];
      float *f = features + part->first;

      switch (part->kind)
        {
        case US_CODE_STRAIGHT:
          f[0] = z[p];
          break;
        case US_CODE_CIRCULAR:
          {
            double angle = 2 * G_PI * (theta[p] - parameter->lower) / (parameter->upper - parameter->lower);

            f[0] = cos (angle);
            f[1] = sin (angle);
          }
          break;
        case US_CODE_CLASSES:
          for (gsize k = 0; k < part->n; k++)
            f[k] = (gsize) lround (theta[p] - parameter->lower) == k ? 1 : 0;
          break;
        default:
          g_assert_not_reached ();
        }
    }
}

void
us_code_to_latent (const UsCode  *self,
                   const UsPrior *prior,
                   const float   *features,
                   double        *z)
{
  const UsSimulator *simulator = us_prior_simulator (prior);
  double theta[US_MAX_PARAMETERS], latent[US_MAX_PARAMETERS];

  for (gsize p = 0; p < self->n_parameters; p++)
    z[p] = self->parts[p].kind == US_CODE_STRAIGHT ? features[self->parts[p].first] : 0;
  if (self->straight)
    return;

  us_prior_from_latent (prior, z, theta);
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsParameter *parameter = &simulator->parameters[p];
      const UsCodePart *part = &self->parts[p];
      const float *f = features + part->first;
      double turn;
      gsize best = 0;

      switch (part->kind)
        {
        case US_CODE_CIRCULAR:
          turn = atan2 (f[1], f[0]) / (2 * G_PI);
          theta[p] = parameter->lower + (turn < 0 ? turn + 1 : turn) * (parameter->upper - parameter->lower);
          break;
        case US_CODE_CLASSES:
          for (gsize k = 1; k < part->n; k++)
            if (f[k] > f[best])
              best = k;
          theta[p] = parameter->lower + best;
          break;
        case US_CODE_STRAIGHT:
        default:
          break;
        }
    }
  us_prior_to_latent (prior, theta, latent);
  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->parts[p].kind != US_CODE_STRAIGHT)
      z[p] = latent[p];
}

/* All of the classes' parameters together. */
static guint
n_kinds (const UsCode *self)
{
  guint n = 1;

  for (gsize p = 0; p < self->n_parameters; p++)
    if (self->parts[p].kind == US_CODE_CLASSES && n <= MOST_KINDS)
      n *= self->parts[p].n;
  return n;
}

void
us_code_take_answer (const UsCode *self,
                     guint         k,
                     guint         n,
                     const float  *raw,
                     float        *answers)
{
  guint kinds = n_kinds (self), kind, turn;

  memmove (answers, raw, self->n_features * sizeof *raw);
  if (n <= 1)
    return;
  if (kinds > n)
    kinds = 1;
  kind = k % kinds;
  turn = k / kinds;
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsCodePart *part = &self->parts[p];
      float *a = answers + part->first;

      if (part->kind == US_CODE_CIRCULAR)
        {
          double angle = 2 * G_PI * turn * kinds / n;

          a[0] += APART * cos (angle);
          a[1] += APART * sin (angle);
        }
      else if (part->kind == US_CODE_STRAIGHT)
        /* points of a low-discrepancy sequence: turns of the golden ratio */
        a[0] += APART * sin (2 * G_PI * 0.6180339887 * turn * (p + 1));
      else if (kinds > 1)
        {
          for (gsize c = 0; c < part->n; c++)
            a[c] = c == kind % part->n ? SURE : -SURE;
          kind /= part->n;
        }
    }
}

static float
radius_of (const float *answers)
{
  return MAX (hypotf (answers[0], answers[1]), RADIUS_MIN);
}

void
us_code_squash (const UsCode *self,
                const float  *answers,
                float        *features)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsCodePart *part = &self->parts[p];
      const float *a = answers + part->first;
      float *f = features + part->first;

      if (part->kind == US_CODE_STRAIGHT)
        f[0] = a[0];
      else if (part->kind == US_CODE_CIRCULAR)
        {
          float radius = radius_of (a), x = a[0] / radius, y = a[1] / radius;

          f[0] = x;
          f[1] = y;
        }
      else
        {
          float top = a[0], sum = 0;

          for (gsize k = 1; k < part->n; k++)
            top = MAX (top, a[k]);
          for (gsize k = 0; k < part->n; k++)
            sum += f[k] = expf (a[k] - top);
          for (gsize k = 0; k < part->n; k++)
            f[k] /= sum;
        }
    }
}

void
us_code_squash_backward (const UsCode *self,
                         const float  *answers,
                         const float  *features,
                         float        *gradient)
{
  for (gsize p = 0; p < self->n_parameters; p++)
    {
      const UsCodePart *part = &self->parts[p];
      const float *f = features + part->first;
      float *g = gradient + part->first;
      float along = 0;

      if (part->kind == US_CODE_STRAIGHT)
        continue;
      for (gsize k = 0; k < part->n; k++)
        along += f[k] * g[k];
      for (gsize k = 0; k < part->n; k++)
        g[k] = part->kind == US_CODE_CIRCULAR ? (g[k] - along * f[k]) / radius_of (answers + part->first)
                                              : f[k] * (g[k] - along);
    }
}

double
us_code_latent_error (const UsCode *self,
                      gsize         p,
                      double        z,
                      double        truth)
{
  double error = z - truth;

  /* latents of a whole turn go from −1 to 1 */
  if (self->parts[p].kind == US_CODE_CIRCULAR)
    error -= 2 * round (error / 2);
  return error;
}
