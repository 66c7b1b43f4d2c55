/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a bank in place of fresh draws.  They are shuffled by permutations that are computed, not stored:
 * row r of a part's stream is a function of (seed, part, r) alone, so that training goes on from any point. */
#include "config.h"

#include "us-training-private.h"

#include "us-bank.h"
#include "us-error.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

/* n rows, P parameters, N values. */

#define ROUNDS      4
#define FEWEST_ROWS (4 * US_HELD_OUT_ROWS)
#define MOST_BYTES  (G_GUINT64_CONSTANT (6) << 30)    /* of x, held in memory */
#define ROWS_A_READ 1024

struct _UsTrainingBank
{
  gsize   n_rows;
  double *theta;                        /* (n, P) */
  float  *x;                            /* (n, N), units */
  gsize   first[US_BANK_N_PARTS];       /* of each part, in the order of the first shuffle */
  gsize   n[US_BANK_N_PARTS];
};

/* -- permutations ------------------------------------------------------ */

static guint32
scramble (guint32 half,
          guint64 key)
{
  guint64 h = (half ^ key) * G_GUINT64_CONSTANT (0x9E3779B97F4A7C15);

  h = (h ^ (h >> 29)) * G_GUINT64_CONSTANT (0xBF58476D1CE4E5B9);
  return (guint32) (h >> 32);
}

/* A Feistel network over the next power of four, walked until it lands among the n (Black, Rogaway 2002). */
gsize
us_training_shuffled (guint64 seed,
                      guint64 shuffle,
                      gsize   n,
                      gsize   k)
{
  guint half = 1;
  guint32 mask;
  guint64 keys[ROUNDS];
  UsRng rng;

  g_assert (k < n);
  while (half < 31 && ((guint64) 1 << (2 * half)) < n)
    half++;
  mask = ((guint32) 1 << half) - 1;
  us_rng_init (&rng, seed, US_RNG_SHUFFLE, shuffle);
  for (int i = 0; i < ROUNDS; i++)
    keys[i] = us_rng_u64 (&rng);
  do
    {
      guint32 left = (guint32) (k >> half) & mask, right = (guint32) k & mask;

      for (int i = 0; i < ROUNDS; i++)
        {
          guint32 next = left ^ (scramble (right, keys[i]) & mask);

          left = right;
          right = next;
        }
      k = ((gsize) left << half) | right;
    }
  while (k >= n);
  return k;
}

/* -- opening ----------------------------------------------------------- */

static gboolean
check_prior (const UsTraining  *self,
             const UsBank      *bank,
             const char        *path,
             GError           **error)
{
  g_autoptr(UsPrior) drawn = NULL;
  g_autoptr(GError) local = NULL;
  g_autofree char *theirs = NULL, *ours = us_prior_to_json (self->prior);

  if (us_bank_meta (bank) == NULL)
    return TRUE;
  drawn = us_trainer_bank_prior (bank, self->simulator, &local);
  if (drawn == NULL && local != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", path);
      return FALSE;
    }
  if (drawn == NULL)
    return TRUE;
  theirs = us_prior_to_json (drawn);
  if (strcmp (ours, theirs) == 0)
    return TRUE;
  g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_MISMATCH,
               "%s: drawn from another prior than the one to be learnt: %s there, %s here", path, theirs, ours);
  return FALSE;
}

/* Parameters that no draw of the prior can have: its end would be learnt in their place. */
static gboolean
check_parameters (const UsTraining      *self,
                  const UsTrainingBank  *bank,
                  const char            *path,
                  GError               **error)
{
  for (gsize i = 0; i < bank->n_rows; i++)
    for (gsize p = 0; p < self->n_parameters; p++)
      {
        double value = bank->theta[i * self->n_parameters + p], lower, upper, slack;

        us_prior_range (self->prior, p, &lower, &upper);
        slack = 1e-6 * (upper - lower);
        if (value >= lower - slack && value <= upper + slack)
          continue;
        g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                     "%s: row %" G_GSIZE_FORMAT ": %s is %g, outside the prior's %g to %g", path, i,
                     self->simulator->parameters[p].name, value, lower, upper);
        return FALSE;
      }
  return TRUE;
}

static gboolean
divide (const UsTraining  *self,
        UsTrainingBank    *bank,
        const char        *path,
        GError           **error)
{
  gsize rest = bank->n_rows - US_HELD_OUT_ROWS, taught = rest;

  if (self->method == US_METHOD_SEMI_SUPERVISED)
    taught = (gsize) floor (rest * self->labelled_share);
  if (taught == 0 || (self->method == US_METHOD_SEMI_SUPERVISED && taught == rest))
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_VALUE,
                   "%s: a share of %g of %" G_GSIZE_FORMAT " rows leaves none %s parameters", path,
                   self->labelled_share, rest, taught == 0 ? "with" : "without");
      return FALSE;
    }
  bank->n[US_BANK_HELD_OUT] = US_HELD_OUT_ROWS;
  bank->first[US_BANK_TAUGHT] = US_HELD_OUT_ROWS;
  bank->n[US_BANK_TAUGHT] = taught;
  bank->first[US_BANK_UNTAUGHT] = US_HELD_OUT_ROWS + taught;
  bank->n[US_BANK_UNTAUGHT] = rest - taught;
  return TRUE;
}

UsTrainingBank *
us_training_bank_new (const UsTraining  *self,
                      const char        *path,
                      GError           **error)
{
  g_autoptr(UsBank) file = us_bank_open (path, error);
  g_autoptr(UsTrainingBank) bank = NULL;
  gsize n;

  if (file == NULL || !us_bank_check (file, self->simulator, self->output, error) || !check_prior (self, file, path, error))
    return NULL;
  n = us_bank_n_rows (file);
  if (n < FEWEST_ROWS)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "%s: %" G_GSIZE_FORMAT " rows are too few to train on: %d are held out to measure with, and "
                   "at least %d are needed in all", path, n, US_HELD_OUT_ROWS, FEWEST_ROWS);
      return NULL;
    }
  if ((guint64) n > MOST_BYTES / sizeof (float) / self->n_values)
    {
      g_set_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE,
                   "%s: %.1f GB of outputs are more than the %.0f GB that training holds in memory", path,
                   (double) n * self->n_values * sizeof (float) / 1e9, MOST_BYTES / 1e9);
      return NULL;
    }

  bank = g_new0 (UsTrainingBank, 1);
  bank->n_rows = n;
  bank->theta = g_new (double, n * self->n_parameters);
  bank->x = g_new (float, n * self->n_values);
  for (gsize first = 0; first < n; first += ROWS_A_READ)
    if (!us_bank_read (file, first, MIN (ROWS_A_READ, n - first), bank->theta + first * self->n_parameters,
                       bank->x + first * self->n_values, error))
      return NULL;
  if (!check_parameters (self, bank, path, error) || !divide (self, bank, path, error))
    return NULL;
  return g_steal_pointer (&bank);
}

void
us_training_bank_free (UsTrainingBank *bank)
{
  if (bank == NULL)
    return;
  g_free (bank->theta);
  g_free (bank->x);
  g_free (bank);
}

char *
us_training_bank_describe (const UsTrainingBank *bank,
                           gsize                 n_parameters,
                           gsize                 n_values)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, (const guchar *) bank->theta, bank->n_rows * n_parameters * sizeof (double));
  /* of x a part: gigabytes would take seconds, and rows that differ, differ at once */
  for (gsize i = 0; i < bank->n_rows; i += MAX (bank->n_rows / 64, 1))
    g_checksum_update (sum, (const guchar *) (bank->x + i * n_values), n_values * sizeof (float));
  return g_strdup_printf ("%" G_GSIZE_FORMAT " rows, %.16s", bank->n_rows, g_checksum_get_string (sum));
}

/* -- rows -------------------------------------------------------------- */

void
us_training_bank_place (const UsTraining *self,
                        UsBatch          *batch)
{
  guint64 iteration, taught;

  if (self->bank == NULL)
    return;
  batch->part = batch->first == US_ROWS_HELD_OUT ? US_BANK_HELD_OUT : US_BANK_TAUGHT;
  batch->first_of_part = 0;
  if (batch->part == US_BANK_HELD_OUT)
    return;

  iteration = (batch->first - US_ROWS_OF_STEP (self->step)) / self->preset.batch;
  taught = iteration;
  if (self->step == 2 && self->method == US_METHOD_SEMI_SUPERVISED)
    {
      taught = us_training_n_labelled (self, iteration);
      if (us_training_n_labelled (self, iteration + 1) == taught)
        {
          batch->part = US_BANK_UNTAUGHT;
          batch->first_of_part = (iteration - taught) * self->preset.batch;
          return;
        }
    }
  batch->first_of_part = (self->step == 2 ? self->total[0] + taught : taught) * self->preset.batch;
}

void
us_training_bank_rows (const UsTraining *self,
                       const UsBatch    *batch,
                       gsize             at,
                       gsize             count,
                       double           *theta,
                       float            *x)
{
  const UsTrainingBank *bank = self->bank;
  gsize p_count = self->n_parameters, n = bank->n[batch->part];

  for (gsize i = 0; i < count; i++)
    {
      guint64 r = batch->first_of_part + at + i;
      /* number 0 of the shuffles divides the bank; each time round a part has one of its own */
      guint64 shuffle = 1 + (r / n) * US_BANK_N_PARTS + batch->part;
      gsize row = bank->first[batch->part] + us_training_shuffled (self->seed, shuffle, n, r % n);

      row = us_training_shuffled (self->seed, 0, bank->n_rows, row);
      memcpy (theta + i * p_count, bank->theta + row * p_count, p_count * sizeof (double));
      memcpy (x + i * self->n_values, bank->x + row * self->n_values, self->n_values * sizeof (float));
    }
}
