/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symmetries that a table of simulations turns out to have, and training rows turned by them. */
#include "config.h"

#include "us-posterior-private.h"

#include "us-adam.h"
#include "us-memory.h"
#include "us-rng.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/*
 * A symmetry is a change of (θ, x) that leaves their joint distribution as it is: repeated measurements that may
 * stand in any order, a parameter whose sign nothing depends on, two that may be swapped.  Each row then stands
 * for as many as there are changes, which is worth a bank many times larger.
 *
 * Here it is a signed permutation of slots: P coordinates of θ, then F features of x.  It is believed when no test
 * function out of some thousand tells rows from changed rows (the mean of f (row) - f (changed row) is 0 under the
 * symmetry, with a spread that is measured), and when a network that is trained to tell them apart does no better than
 * guessing on rows held out.  What is believed wrongly is weaker than N rows can show.
 *
 * N rows, P coordinates, F features, L = P + F slots, K blocks.
 */

#define LEAST_ROWS    2000       /* fewer show too little */
#define MOST_ROWS     30000
#define N_RANDOM      200        /* random test functions */
#define N_TRIPLES     1500       /* products of three, at most */
#define SURELY        4.7        /* standard deviations: of some thousand functions of a true symmetry, one in a hundred cases */
#define SURELY_TOLD   3.5        /* of the judge's share of right answers: 54 % of 10,000 rows, a divergence of 0.003 */
#define JUDGE_WIDTH   48
#define JUDGE_BATCH   128
#define JUDGE_EPOCHS  12
#define CLIP          3.0f
#define MOST_SWAPPED  12         /* parameters: of more, pairs are not tried */
#define MOST_BLOCKS   64
#define MOST_SLOTS    300        /* of more, looking takes too long */

typedef struct
{
  gsize        n_rows, n_slots, P, F;
  float       *y;                /* (N, L) clipped */
  const gint  *cancelled;        /* or NULL */
} Test;

/* --- test functions -------------------------------------------------------------------- */

typedef enum { PLAIN, SIZE, WAVE, STEP, N_SHAPES } Shape;

typedef struct
{
  guint n;                       /* factors */
  gsize slot[3];
  Shape shape[3];
  float a[3], b[3];
} Function;

static float
factor (const Function *f,
        guint           i,
        float           v)
{
  switch (f->shape[i])
    {
    case SIZE:
      return fabsf (v) - 0.8f;
    case WAVE:
      return cosf (f->a[i] * v + f->b[i]);
    case STEP:
      return tanhf (2.5f * (v - f->a[i]));
    case PLAIN:
    default:
      return v;
    }
}

static double
value_of (const Function   *f,
          const UsSymmetry *g,           /* or NULL: the row as it is */
          const float      *y)
{
  float value = 1.0f;

  for (guint i = 0; i < f->n; i++)
    {
      gsize s = f->slot[i];

      value *= factor (f, i, g != NULL ? (float) g->sign[s] * y[g->from[s]] : y[s]);
    }
  return (double) value;
}

static gboolean
is_moved (const UsSymmetry *g,
          gsize             slot)
{
  return g->from[slot] != slot || g->sign[slot] < 0;
}

/* Does this function tell rows from changed rows? */
static gboolean
tells (const Test       *test,
       const Function   *f,
       const UsSymmetry *g)
{
  double sum = 0.0, squares = 0.0, n = (double) test->n_rows;

  for (gsize r = 0; r < test->n_rows; r++)
    {
      const float *y = test->y + r * test->n_slots;
      double d = value_of (f, NULL, y) - value_of (f, g, y);

      sum += d;
      squares += d * d;
    }
  return squares > 0.0 && sum * sum > SURELY * SURELY * (squares - sum * sum / n);
}

static void
random_function (Function         *f,
                 const UsSymmetry *g,
                 gsize             n_slots,
                 UsRng            *rng)
{
  f->n = 1 + (guint) us_rng_below (rng, 3);
  for (guint i = 0; i < f->n; i++)
    {
      f->slot[i] = us_rng_below (rng, n_slots);
      /* half of the factors, the first at least, are of what the change moves */
      while ((i == 0 || us_rng_u32 (rng) % 2 == 0) && !is_moved (g, f->slot[i]))
        f->slot[i] = us_rng_below (rng, n_slots);
      f->shape[i] = (Shape) us_rng_below (rng, N_SHAPES);
      f->a[i] = f->shape[i] == WAVE ? (float) us_rng_range (rng, 0.5, 4.0) : (float) us_rng_range (rng, -1.5, 1.5);
      f->b[i] = (float) us_rng_range (rng, 0.0, 6.283185);
    }
}

/* --- the judge: a small network that is shown a row and its change, and says which is which ---- */

typedef struct
{
  UsResidualShape shape;
  UsResidualRun  *run;
  gsize           n_weights;
  float          *weights, *gradient;
  UsAdam         *adam;
  float          *y;             /* (2 B, L): rows, then their changes */
  float           score[2 * JUDGE_BATCH], dscore[2 * JUDGE_BATCH];
} Judge;

static void
judge_clear (Judge *j)
{
  us_residual_run_free (j->run);
  us_floats_free (j->weights);
  us_floats_free (j->gradient);
  us_adam_free (j->adam);
  us_floats_free (j->y);
}

/* Scores of n rows from `first` on and of their changes. */
static void
judge_look (Judge            *j,
            const Test       *test,
            const UsSymmetry *g,
            const gsize      *order,
            gsize             n)
{
  gsize L = test->n_slots;

  for (gsize i = 0; i < n; i++)
    {
      const float *y = test->y + order[i] * L;

      for (gsize s = 0; s < L; s++)
        {
          j->y[i * L + s] = y[s];
          j->y[(n + i) * L + s] = (float) g->sign[s] * y[g->from[s]];
        }
    }
  us_residual_run_forward (j->run, j->weights, 2 * n, j->y, NULL, FALSE, 0.0, 0, 0, j->score);
}

static void
judge_learn (Judge *j,
             gsize  n)
{
  for (gsize i = 0; i < n; i++)
    {
      /* of log (1 + e^-(score of the row - score of its change)) */
      float d = -1.0f / (1.0f + expf (j->score[i] - j->score[n + i])) / (float) n;

      j->dscore[i] = d;
      j->dscore[n + i] = -d;
    }
  memset (j->gradient, 0, j->n_weights * sizeof (float));
  us_residual_run_backward (j->run, j->weights, j->dscore, j->gradient, NULL, NULL);
  us_adam_step (j->adam, j->weights, j->gradient, NULL);
}

/* Learns from three rows of four, is asked about the others. */
static gboolean
judge_tells (const Test       *test,
             const UsSymmetry *g,
             UsRng            *rng)
{
  UsAdamConfig adam = US_ADAM_CONFIG_DEFAULT;
  gsize N = test->n_rows, n_learn = N - N / 4, right = 0;
  g_autofree gsize *order = g_new (gsize, N);
  Judge j = { .shape = { .n_in = test->n_slots, .width = JUDGE_WIDTH, .n_blocks = 1, .n_out = 1 } };
  double n_asked = (double) (N - n_learn);

  j.n_weights = us_residual_n_parameters (&j.shape);
  j.run = us_residual_run_new (&j.shape, 2 * JUDGE_BATCH);
  j.weights = us_floats_new (j.n_weights);
  j.gradient = us_floats_new (j.n_weights);
  j.y = us_floats_new (2 * JUDGE_BATCH * test->n_slots);
  us_residual_init (&j.shape, j.weights, us_rng_u64 (rng), 0, 1.0);
  adam.learning_rate = 3e-3;
  adam.weight_decay = 1e-3;
  adam.total_steps = JUDGE_EPOCHS * (n_learn / JUDGE_BATCH);
  j.adam = us_adam_new (j.n_weights, &adam);
  for (gsize i = 0; i < N; i++)
    order[i] = i;
  for (guint epoch = 0; epoch < JUDGE_EPOCHS; epoch++)
    {
      for (gsize i = n_learn; i-- > 1;)
        {
          gsize k = us_rng_below (rng, i + 1), kept = order[i];

          order[i] = order[k];
          order[k] = kept;
        }
      for (gsize first = 0; first + JUDGE_BATCH <= n_learn; first += JUDGE_BATCH)
        {
          judge_look (&j, test, g, order + first, JUDGE_BATCH);
          judge_learn (&j, JUDGE_BATCH);
        }
    }
  for (gsize first = n_learn; first < N; first += JUDGE_BATCH)
    {
      gsize n = MIN (JUDGE_BATCH, N - first);

      judge_look (&j, test, g, order + first, n);
      for (gsize i = 0; i < n; i++)
        right += j.score[i] > j.score[n + i];
    }
  judge_clear (&j);
  return (double) right - 0.5 * n_asked > SURELY_TOLD * 0.5 * sqrt (n_asked);
}

static gboolean
triples_tell (const Test       *test,
              const UsSymmetry *g,
              UsRng            *rng)
{
  gsize L = test->n_slots, n_moved = 0, n_all;
  Function f;

  for (gsize s = 0; s < L; s++)
    n_moved += is_moved (g, s);
  n_all = n_moved * L * (L + 1) / 2;
  for (gsize s = 0; s < L; s++)
    if (is_moved (g, s))
      for (gsize a = 0; a < L; a++)
        for (gsize b = a; b < L; b++)
          {
            if (n_all > N_TRIPLES && us_rng_below (rng, n_all) >= N_TRIPLES)
              continue;
            f = (Function) { .n = 3, .slot = { s, a, b } };
            if (tells (test, &f, g))
              return TRUE;
          }
  return FALSE;
}

static gboolean
holds (const Test       *test,
       const UsSymmetry *g,
       UsRng            *rng)
{
  gsize L = test->n_slots;
  Function f = { 0 };

  if (test->cancelled != NULL && g_atomic_int_get (test->cancelled) != 0)
    return FALSE;
  /* what most often tells: means, sizes, and products of two */
  for (gsize s = 0; s < L; s++)
    if (is_moved (g, s))
      for (guint shape = PLAIN; shape <= SIZE; shape++)
        {
          f = (Function) { .n = 1, .slot = { s }, .shape = { shape } };
          if (tells (test, &f, g))
            return FALSE;
          for (gsize o = 0; o < L; o++)
            {
              f = (Function) { .n = 2, .slot = { s, o }, .shape = { shape, PLAIN } };
              if (tells (test, &f, g))
                return FALSE;
            }
        }
  for (guint i = 0; i < N_RANDOM; i++)
    {
      random_function (&f, g, L, rng);
      if (tells (test, &f, g))
        return FALSE;
    }
  return !triples_tell (test, g, rng) && !judge_tells (test, g, rng);
}

/* --- candidates -------------------------------------------------------------------------- */

UsSymmetry *
us_symmetry_new (gsize n_slots)
{
  UsSymmetry *g = g_new0 (UsSymmetry, 1);

  g->from = g_new (gsize, n_slots);
  g->sign = g_new (gint8, n_slots);
  for (gsize s = 0; s < n_slots; s++)
    {
      g->from[s] = s;
      g->sign[s] = 1;
    }
  return g;
}

void
us_symmetry_free (UsSymmetry *g)
{
  if (g == NULL)
    return;
  g_free (g->from);
  g_free (g->sign);
  g_free (g);
}

static void
swap_slots (UsSymmetry *g,
            gsize       a,
            gsize       b)
{
  gsize kept = g->from[a];

  g->from[a] = g->from[b];
  g->from[b] = kept;
}

/* Swaps the features of two columns of x.  FALSE: they are not of the same kinds. */
static gboolean
swap_columns (UsSymmetry       *g,
              const UsFeatures *features,
              gsize             P,
              gsize             a,
              gsize             b)
{
  gsize i = 0, j = 0, F = features->n_features;

  while (i < F && features->features[i].column != a)
    i++;
  while (j < F && features->features[j].column != b)
    j++;
  for (; i < F && features->features[i].column == a; i++, j++)
    {
      if (j >= F || features->features[j].column != b || features->features[i].kind != features->features[j].kind)
        return FALSE;
      swap_slots (g, P + i, P + j);
    }
  return j >= F || features->features[j].column != b;
}

/* Column of place j in block k: blocks side by side, or, strided, their places side by side. */
static gsize
column_of (gboolean strided,
           gsize    n_blocks,
           gsize    size,
           gsize    k,
           gsize    j)
{
  return strided ? j * n_blocks + k : k * size + j;
}

/* Blocks of x that may stand in any order; with_theta: parameter k moves along with block k.  Adds the swaps of
 * neighbours, all or none. */
static gboolean
try_blocks (const Test       *test,
            const UsFeatures *features,
            gboolean          strided,
            gsize             size,
            gboolean          with_theta,
            UsRng            *rng,
            GPtrArray        *found)
{
  gsize K = features->n_values / size;
  g_autoptr(GPtrArray) swaps = g_ptr_array_new_with_free_func ((GDestroyNotify) us_symmetry_free);

  for (gsize k = 0; k + 1 < K; k++)
    {
      UsSymmetry *g = us_symmetry_new (test->n_slots);
      gboolean same = TRUE;

      g_ptr_array_add (swaps, g);
      if (with_theta)
        swap_slots (g, k, k + 1);
      for (gsize j = 0; same && j < size; j++)
        same = swap_columns (g, features, test->P, column_of (strided, K, size, k, j), column_of (strided, K, size, k + 1, j));
      if (!same || !holds (test, g, rng))
        return FALSE;
    }
  while (swaps->len > 0)
    g_ptr_array_add (found, g_ptr_array_steal_index (swaps, 0));
  return TRUE;
}

static void
find_blocks (const Test       *test,
             const UsFeatures *features,
             gboolean          with_theta,
             UsRng            *rng,
             GPtrArray        *found,
             GPtrArray        *notes)
{
  gsize V = features->n_values;

  for (gsize size = 1; size <= V / 2; size++)
    for (guint strided = 0; strided <= (size > 1 ? 1 : 0); strided++)
      {
        gsize K = V / size;

        if (V % size != 0 || K > MOST_BLOCKS || (with_theta && K != test->P))
          continue;
        if (!try_blocks (test, features, strided, size, with_theta, rng, found))
          continue;
        if (with_theta)
          us_posterior_note (notes, _("The %zu parameters may change places along with their %zu"
                                      " values of “x”: the rows show no difference, and each stands for all orders."), K, size);
        else
          us_posterior_note (notes, _("“x” is %zu measurements of %zu values whose order does not "
                                      "matter: the rows show no difference, and each stands for all orders."), K, size);
        return;
      }
}

static void
find_of_theta (const Test  *test,
               char       **names,
               UsRng       *rng,
               GPtrArray   *found,
               GPtrArray   *notes)
{
  gsize P = test->P;

  for (gsize p = 0; p < P; p++)
    {
      UsSymmetry *g = us_symmetry_new (test->n_slots);

      g->sign[p] = -1;
      if (holds (test, g, rng))
        {
          us_posterior_note (notes, _("Parameter “%s” may be mirrored at its middle: the rows show no difference."), names[p]);
          g_ptr_array_add (found, g);
        }
      else
        us_symmetry_free (g);
    }
  for (gsize p = 0; P <= MOST_SWAPPED && p < P; p++)
    for (gsize q = p + 1; q < P; q++)
      for (int sign = 1; sign >= -1; sign -= 2)
        {
          UsSymmetry *g = us_symmetry_new (test->n_slots);

          swap_slots (g, p, q);
          g->sign[p] = g->sign[q] = (gint8) sign;
          if (holds (test, g, rng))
            {
              us_posterior_note (notes, sign > 0 ? _("Parameters “%s” and “%s” may be swapped: the rows show no difference.")
                                 : _("Parameters “%s” and “%s” may be swapped and mirrored: the rows show no difference."),
                                 names[p], names[q]);
              g_ptr_array_add (found, g);
              break;
            }
          us_symmetry_free (g);
        }
}

static void
find_turned_whole (const Test *test,
                   UsRng      *rng,
                   GPtrArray  *found,
                   GPtrArray  *notes)
{
  UsSymmetry *g = us_symmetry_new (test->n_slots);

  for (gsize s = 0; s < test->n_slots; s++)
    g->sign[s] = -1;
  if (!holds (test, g, rng))
    {
      us_symmetry_free (g);
      return;
    }
  us_posterior_note (notes, _("Parameters and “x” may be mirrored together: the rows show no difference."));
  g_ptr_array_add (found, g);
}

GPtrArray *
us_symmetries_find (const UsFeatures *features,
                    gsize             n_rows,
                    gsize             P,
                    const float      *u,
                    const float      *x,
                    char            **names,
                    const gint       *cancelled,
                    guint64           seed,
                    GPtrArray        *notes)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) us_symmetry_free);
  gsize F = features->n_features, L = P + F;
  Test test = { .n_rows = MIN (n_rows, MOST_ROWS), .n_slots = L, .P = P, .F = F, .cancelled = cancelled };
  UsRng rng;

  if (n_rows < LEAST_ROWS || L > MOST_SLOTS)
    return found;
  us_rng_init (&rng, seed, US_RNG_EVALUATE, 0);
  test.y = g_new (float, test.n_rows * L);
  for (gsize r = 0; r < test.n_rows; r++)
    for (gsize s = 0; s < L; s++)
      {
        float v = s < P ? u[r * P + s] : x[r * F + s - P];

        test.y[r * L + s] = CLAMP (v, -CLIP, CLIP);
      }
  find_of_theta (&test, names, &rng, found, notes);
  find_blocks (&test, features, FALSE, &rng, found, notes);
  find_blocks (&test, features, TRUE, &rng, found, notes);
  find_turned_whole (&test, &rng, found, notes);
  g_free (test.y);
  return found;
}

/* --- at work -------------------------------------------------------------------------------- */

void
us_symmetry_follow (UsSymmetry       *walk,
                    const UsSymmetry *step,
                    gsize             n_slots,
                    gsize            *scratch)
{
  gint8 signs[US_POSTERIOR_SLOTS];

  g_return_if_fail (n_slots <= US_POSTERIOR_SLOTS);

  for (gsize s = 0; s < n_slots; s++)
    {
      scratch[s] = walk->from[step->from[s]];
      signs[s] = (gint8) (step->sign[s] * walk->sign[step->from[s]]);
    }
  memcpy (walk->from, scratch, n_slots * sizeof (gsize));
  memcpy (walk->sign, signs, n_slots * sizeof (gint8));
}

static gboolean
is_new (GPtrArray        *turns,
        const UsSymmetry *g,
        gsize             n_slots)
{
  for (guint i = 0; i < turns->len; i++)
    {
      const UsSymmetry *other = g_ptr_array_index (turns, i);

      if (memcmp (g->from, other->from, n_slots * sizeof (gsize)) == 0
          && memcmp (g->sign, other->sign, n_slots * sizeof (gint8)) == 0)
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
us_symmetries_turns (GPtrArray *symmetries,
                     gsize      n_slots,
                     guint64    seed)
{
  GPtrArray *turns = g_ptr_array_new_with_free_func ((GDestroyNotify) us_symmetry_free);
  g_autofree gsize *scratch = g_new (gsize, n_slots);
  UsSymmetry *walk = us_symmetry_new (n_slots);
  UsRng rng;

  us_rng_init (&rng, seed, US_RNG_EVALUATE, 1);
  g_ptr_array_add (turns, us_symmetry_new (n_slots));
  for (guint attempt = 0; symmetries->len > 0 && attempt < 20 * US_POSTERIOR_TURNS; attempt++)
    {
      for (guint k = 0; k < 3 * symmetries->len; k++)
        if (us_rng_u32 (&rng) & 1)
          us_symmetry_follow (walk, g_ptr_array_index (symmetries, us_rng_below (&rng, symmetries->len)), n_slots, scratch);
      if (turns->len < US_POSTERIOR_TURNS && is_new (turns, walk, n_slots))
        {
          UsSymmetry *g = us_symmetry_new (n_slots);

          memcpy (g->from, walk->from, n_slots * sizeof (gsize));
          memcpy (g->sign, walk->sign, n_slots * sizeof (gint8));
          g_ptr_array_add (turns, g);
        }
    }
  us_symmetry_free (walk);
  return turns;
}
