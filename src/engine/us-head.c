/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-head.h"

#include <math.h>

#define CHUNK 32          /* rows */

static const char *const names[] = { "mean", "quantiles", "classes" };

const char *
us_head_kind_name (UsHeadKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (names), NULL);

  return names[kind];
}

gboolean
us_head_kind_from_name (const char *name,
                        UsHeadKind *kind)
{
  g_return_val_if_fail (kind != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (name, names[i]) == 0)
      {
        *kind = (UsHeadKind) i;
        return TRUE;
      }
  return FALSE;
}

gsize
us_head_n_outputs (const UsHead *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->kind == US_HEAD_QUANTILES ? self->n_targets * self->n_levels : self->n_targets;
}

gsize
us_head_n_answers (const UsHead *self)
{
  return us_head_n_outputs (self);
}

/* --- quantiles --------------------------------------------------------- */

static double
softplus (double x)
{
  return x > 0 ? x + log1p (exp (-x)) : log1p (exp (x));
}

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

/* raw (L) -> q (L), rising. */
static void
quantiles (const UsHead *self,
           const float  *raw,
           double       *q)
{
  gsize middle = self->n_levels / 2;

  q[middle] = (double) raw[middle];
  for (gsize i = middle + 1; i < self->n_levels; i++)
    q[i] = q[i - 1] + softplus ((double) raw[i]);
  for (gsize i = middle; i-- > 0;)
    q[i] = q[i + 1] - softplus ((double) raw[i]);
}

/* Loss of one target; gradient (L), or NULL: that of raw, times `scale`. */
static double
pinball (const UsHead *self,
         const float  *raw,
         double        target,
         double        scale,
         float        *gradient)
{
  double q[US_HEAD_MAX_LEVELS], dq[US_HEAD_MAX_LEVELS], sum = 0, above = 0, below = 0;
  gsize middle = self->n_levels / 2;

  quantiles (self, raw, q);
  for (gsize i = 0; i < self->n_levels; i++)
    {
      double d = target - q[i], level = self->levels[i];

      sum += d > 0 ? level * d : (level - 1) * d;
      dq[i] = d > 0 ? -level : d < 0 ? 1 - level : isnan (d) ? NAN : 0.5 - level;
    }
  if (gradient == NULL)
    return sum;
  /* a step moves all quantiles beyond it */
  for (gsize i = self->n_levels; i-- > middle + 1;)
    {
      above += dq[i];
      gradient[i] = (float) (scale * above * sigmoid ((double) raw[i]));
    }
  for (gsize i = 0; i < middle; i++)
    {
      below += dq[i];
      gradient[i] = (float) (-scale * below * sigmoid ((double) raw[i]));
    }
  gradient[middle] = (float) (scale * (above + below + dq[middle]));
  return sum;
}

/* --- classes ----------------------------------------------------------- */

/* log Σ exp (out / temperature) */
static double
log_sum (gsize        n,
         const float *out,
         double       temperature)
{
  double most = -INFINITY, sum = 0;

  for (gsize k = 0; k < n; k++)
    if ((double) out[k] / temperature > most || isnan (out[k]))
      most = (double) out[k] / temperature;
  for (gsize k = 0; k < n; k++)
    sum += exp ((double) out[k] / temperature - most);
  return most + log (sum);
}

static double
cross_entropy (gsize        n,
               const float *out,
               guint32      class,
               double       scale,
               float       *gradient)
{
  double total = log_sum (n, out, 1);

  for (gsize k = 0; gradient != NULL && k < n; k++)
    gradient[k] = (float) (scale * (exp ((double) out[k] - total) - (k == class)));
  return total - (double) out[class];
}

/* --- rows -------------------------------------------------------------- */

void
us_head_answer (const UsHead *self,
                gsize         rows,
                const float  *out,
                double        temperature,
                double       *answer)
{
  gsize n;

  g_return_if_fail (self != NULL && out != NULL && answer != NULL && temperature > 0);

  n = us_head_n_outputs (self);
  for (gsize r = 0; r < rows; r++, out += n, answer += n)
    if (self->kind == US_HEAD_QUANTILES)
      for (gsize d = 0; d < self->n_targets; d++)
        quantiles (self, out + d * self->n_levels, answer + d * self->n_levels);
    else if (self->kind == US_HEAD_CLASSES)
      {
        double total = log_sum (n, out, temperature);

        for (gsize k = 0; k < n; k++)
          answer[k] = exp ((double) out[k] / temperature - total);
      }
    else
      for (gsize d = 0; d < n; d++)
        answer[d] = (double) out[d];
}

typedef struct
{
  const UsHead  *head;
  gsize          rows;
  const float   *out, *targets;
  const guint32 *classes;
  float         *gradient;
  double        *per_row;
} LossJob;

static double
row_loss (const LossJob *job,
          gsize          row)
{
  const UsHead *head = job->head;
  gsize n = us_head_n_outputs (head), D = head->n_targets;
  const float *out = job->out + row * n;
  float *gradient = job->gradient != NULL ? job->gradient + row * n : NULL;
  double scale = 1.0 / (double) job->rows, sum = 0;

  if (head->kind == US_HEAD_CLASSES)
    return cross_entropy (n, out, job->classes[row], scale, gradient);
  scale /= (double) n;
  for (gsize d = 0; d < D; d++)
    if (head->kind == US_HEAD_QUANTILES)
      sum += pinball (head, out + d * head->n_levels, (double) job->targets[row * D + d], scale,
                      gradient != NULL ? gradient + d * head->n_levels : NULL);
    else
      {
        double e = (double) out[d] - (double) job->targets[row * D + d];

        sum += e * e;
        if (gradient != NULL)
          gradient[d] = (float) (2 * scale * e);
      }
  return sum / (double) n;
}

static void
loss_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  const LossJob *job = data;

  for (gsize r = chunk * CHUNK; r < MIN ((chunk + 1) * CHUNK, job->rows); r++)
    job->per_row[r] = row_loss (job, r);
}

double
us_head_loss (const UsHead  *self,
              gsize          rows,
              const float   *out,
              const float   *targets,
              const guint32 *classes,
              float         *gradient,
              double        *per_row,
              UsPool        *pool)
{
  LossJob job = { self, rows, out, targets, classes, gradient, per_row };
  double sum = 0;

  g_return_val_if_fail (self != NULL && out != NULL && per_row != NULL && rows > 0, NAN);
  g_return_val_if_fail (self->kind == US_HEAD_CLASSES ? classes != NULL : targets != NULL, NAN);

  us_pool_run (pool, (rows + CHUNK - 1) / CHUNK, loss_chunk, &job);
  for (gsize r = 0; r < rows; r++)
    sum += per_row[r];
  return sum / (double) rows;
}

double
us_head_temperature (const UsHead  *self,
                     gsize          rows,
                     const float   *out,
                     const guint32 *classes)
{
  const double golden = 0.5 * (sqrt (5) - 1);
  double lower = log (0.05), upper = log (20);

  g_return_val_if_fail (self != NULL && self->kind == US_HEAD_CLASSES && rows > 0, 1);

  /* the log likelihood is concave in 1 / T: it has one hill, which the golden section finds */
  while (upper - lower > 1e-4)
    {
      double t[2] = { upper - golden * (upper - lower), lower + golden * (upper - lower) }, loss[2] = { 0, 0 };

      for (int i = 0; i < 2; i++)
        for (gsize r = 0; r < rows; r++)
          {
            const float *o = out + r * self->n_targets;

            loss[i] += log_sum (self->n_targets, o, exp (t[i])) - (double) o[classes[r]] / exp (t[i]);
          }
      if (loss[0] < loss[1])
        upper = t[1];
      else
        lower = t[0];
    }
  return exp (0.5 * (lower + upper));
}
