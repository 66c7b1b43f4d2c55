/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fourier series over one period: fourier.md. */
#include "config.h"

#include "us-raster.h"
#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <string.h>

extern const UsSimulator us_simulator_fourier;

/* K harmonics, P = 2 K + 1 parameters; N segments of the plotted polyline. */
#define K 5
#define P (2 * K + 1)
#define N 256
#define SIZE 64                 /* pixels; points of the series */

#define PRIOR_HALF_WIDTH 0.25   /* of each coefficient, around 0 */
#define BOUND 1.0
#define LINE_WIDTH 1.5          /* pixels */

/* sin (2 π i / N) for i = 0 .. N/4. */
static const double quarter[N / 4 + 1] = {
  0.0, 0.024541228522912288, 0.049067674327418015, 0.07356456359966743,
  0.0980171403295606, 0.1224106751992162, 0.14673047445536175, 0.17096188876030122,
  0.19509032201612825, 0.2191012401568698, 0.24298017990326387, 0.26671275747489837,
  0.29028467725446233, 0.3136817403988915, 0.33688985339222005, 0.3598950365349881,
  0.3826834323650898, 0.40524131400498986, 0.4275550934302821, 0.44961132965460654,
  0.47139673682599764, 0.49289819222978404, 0.5141027441932217, 0.5349976198870972,
  0.5555702330196022, 0.5758081914178453, 0.5956993044924334, 0.6152315905806268,
  0.6343932841636455, 0.6531728429537768, 0.6715589548470183, 0.6895405447370668,
  0.7071067811865475, 0.7242470829514669, 0.7409511253549591, 0.7572088465064845,
  0.773010453362737, 0.7883464276266062, 0.8032075314806448, 0.8175848131515837,
  0.8314696123025452, 0.844853565249707, 0.8577286100002721, 0.8700869911087113,
  0.8819212643483549, 0.8932243011955153, 0.9039892931234433, 0.9142097557035307,
  0.9238795325112867, 0.9329927988347388, 0.9415440651830208, 0.9495281805930367,
  0.9569403357322089, 0.9637760657954398, 0.970031253194544, 0.9757021300385286,
  0.9807852804032304, 0.9852776423889412, 0.989176509964781, 0.99247953459871,
  0.9951847266721968, 0.9972904566786902, 0.9987954562051724, 0.9996988186962042,
  1.0,
};

/* The curve at t = 2 π i / N, i = 0 .. N.  Even and odd harmonics, cosines and sines apart: a
 * quarter of the period gives the other three by
 *   cos k(π ± t) = (-1)^k cos kt,   sin k(π ± t) = ±(-1)^k sin kt. */
static void
sample_curve (const double *theta,      /* (P) c0, a1..aK, b1..bK */
              double       *y)          /* (N + 1) */
{
  const double *a = theta, *b = theta + K;      /* a[k], b[k] for k = 1 .. K */

  for (gsize i = 0; i <= N / 4; i++)
    {
      const double c = quarter[N / 4 - i], s = quarter[i];
      double ck = c, sk = s;            /* cos kt, sin kt by rotation */
      double cosines[2] = { 0.0, 0.0 }, sines[2] = { 0.0, 0.0 };        /* even, odd k */

      for (gsize k = 1; k <= K; k++)
        {
          const double next = ck * c - sk * s;

          cosines[k & 1] += a[k] * ck;
          sines[k & 1] += b[k] * sk;
          sk = sk * c + ck * s;
          ck = next;
        }

      y[i] = theta[0] + (cosines[0] + cosines[1]) + (sines[0] + sines[1]);
      y[N - i] = theta[0] + (cosines[0] + cosines[1]) - (sines[0] + sines[1]);
      y[N / 2 - i] = theta[0] + (cosines[0] - cosines[1]) - (sines[0] - sines[1]);
      y[N / 2 + i] = theta[0] + (cosines[0] - cosines[1]) + (sines[0] - sines[1]);
    }
}

/* Field units to pixels: u in 0..1 to the right, y from 1 (top) to -1 (bottom). */
static double
column_of (double u)
{
  return u * SIZE;
}

static double
row_of (double y)
{
  return (1.0 - y) * (SIZE / 2);
}

static void
plot_curve (const double *theta,
            float        *out)
{
  double y[N + 1];
  const double reach = US_RASTER_REACH (LINE_WIDTH);

  sample_curve (theta, y);
  us_raster_begin (out, SIZE, SIZE);
  for (gsize i = 0; i < N; i++)
    us_raster_segment (out, SIZE, SIZE, reach,
                       (double) i * SIZE / N, row_of (y[i]),
                       (double) (i + 1) * SIZE / N, row_of (y[i + 1]));
  us_raster_ink (out, SIZE, SIZE, LINE_WIDTH, 1.0);
}

static UsSimStatus
fourier_run (const UsSimulator *self,
             const double      *theta,
             guint              output,
             UsRng             *rng,
             float             *out)
{
  double y[N + 1];

  switch (output)
    {
    case 0:
      plot_curve (theta, out);
      return US_SIM_OK;

    case 1:
      /* u = (j + ½) / 64 is every fourth of the N points, from the third on. */
      sample_curve (theta, y);
      for (gsize j = 0; j < SIZE; j++)
        out[j] = (float) y[j * (N / SIZE) + N / SIZE / 2];
      return US_SIM_OK;

    default:
      return US_SIM_FAILED;
    }
}

/* What a hand does to a curve, at full strength; strengths below scale each. */
#define WIDTH_MIN 1.0           /* pixels */
#define WIDTH_MAX 3.5
#define INK_MIN 0.6             /* of full ink */
#define WOBBLES 3               /* sine waves of random phase, beyond the harmonics */
#define WOBBLE_CYCLES_MIN 6.0   /* per field width */
#define WOBBLE_CYCLES_MAX 14.0
#define WOBBLE_MAX 0.35         /* pixels, amplitude of each */
#define OVERTONE_MAX 20         /* harmonics beyond K, up to this */
#define OVERTONE 0.06           /* field units: scale of the first, falling as k^-3/2 */
#define SLOPE_MAX 1.2           /* field units over the width */
#define KINKS 3
#define KINK_MAX 1.5            /* field units over the width */
#define STEPS 2
#define STEP_MAX 0.25           /* half the height of a step, field units */
#define TREMOR_KNOTS 64
#define TREMOR_MAX 0.03         /* field units */
#define THINNING_MAX 3          /* keeps each 2^n-th point, n up to this */
#define JITTER_MAX 0.35         /* pixels, standard deviation of a kept point */
#define GAPS_MAX 3
#define GAP_LENGTH_MAX 5.0      /* pixels, along x */
#define NOISE_MAX 0.12          /* standard deviation */
#define BLUR_MAX 0.2            /* weight of each neighbour in a [b, 1 - 2b, b] filter */

/* About N(0, 1), at a fifth of its cost: the sum of a word's four bytes. */
static double
bell (UsRng *rng)
{
  const guint32 word = us_rng_u32 (rng);
  const guint32 sum = (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24);

  return ((double) sum - 510.0) / 147.801;      /* √(4 (256² - 1) / 12) */
}

/* cos (2 π i / N) and sin (2 π i / N), i = 0 .. N. */
static void
circle (gsize   i,
        double *c,
        double *s)
{
  const gsize q = i % (N / 4);

  switch (i / (N / 4) % 4)
    {
    case 0:
      *c = quarter[N / 4 - q], *s = quarter[q];
      break;
    case 1:
      *c = -quarter[q], *s = quarter[N / 4 - q];
      break;
    case 2:
      *c = -quarter[N / 4 - q], *s = -quarter[q];
      break;
    default:
      *c = quarter[q], *s = -quarter[N / 4 - q];
    }
}

/* Takes from `shape` (N + 1) what K harmonics can make, by the sums over one
 * period: what is left changes no least-squares fit. */
static void
remove_harmonics (double *shape)
{
  double theta[P] = { 0.0 }, fit[N + 1];

  for (gsize i = 0; i < N; i++)
    {
      double c, s, ck = 1.0, sk = 0.0;

      circle (i, &c, &s);
      theta[0] += shape[i] / N;
      for (gsize k = 1; k <= K; k++)
        {
          const double next = ck * c - sk * s;

          sk = sk * c + ck * s;
          ck = next;
          theta[k] += shape[i] * ck * 2.0 / N;
          theta[K + k] += shape[i] * sk * 2.0 / N;
        }
    }
  sample_curve (theta, fit);
  for (gsize i = 0; i <= N; i++)
    shape[i] -= fit[i];
}

static void
add_overtones (double *shape,
               UsRng  *rng)
{
  const double scale = OVERTONE * us_rng_uniform (rng);
  double a[OVERTONE_MAX + 1], b[OVERTONE_MAX + 1];

  for (gsize k = K + 1; k <= OVERTONE_MAX; k++)
    {
      const double ratio = (K + 1.0) / (double) k;
      const double size = scale * ratio * sqrt (ratio);

      a[k] = size * bell (rng);
      b[k] = size * bell (rng);
    }
  for (gsize i = 0; i <= N; i++)
    for (gsize k = K + 1; k <= OVERTONE_MAX; k++)
      {
        double c, s;

        circle (i * k % N, &c, &s);
        shape[i] += a[k] * c + b[k] * s;
      }
}

/* What a hand draws and no series of K harmonics can: overtones, ends that do
 * not meet, kinks, steps, tremor.  Less its own projection on the harmonics, so that
 * theta stays the least-squares fit of what is drawn: the answer that is wanted of a drawing. */
static void
foreign_shape (UsRng  *rng,
               double *shape)           /* (N + 1), field units, out */
{
  double knots[TREMOR_KNOTS + 1], tremor = 0.0;
  double slope = 0.0, kink[KINKS] = { 0.0 }, kink_at[KINKS], step[STEPS] = { 0.0 }, step_at[STEPS], step_width[STEPS];

  memset (shape, 0, (N + 1) * sizeof *shape);
  if (us_rng_uniform (rng) < 0.6)
    add_overtones (shape, rng);
  if (us_rng_uniform (rng) < 0.5)
    slope = us_rng_range (rng, -SLOPE_MAX, SLOPE_MAX);
  for (guint j = 0; j < KINKS; j++)
    {
      kink_at[j] = us_rng_uniform (rng);
      if (us_rng_uniform (rng) < 0.4)
        kink[j] = us_rng_range (rng, -KINK_MAX, KINK_MAX);
    }
  for (guint j = 0; j < STEPS; j++)
    {
      step_at[j] = us_rng_uniform (rng);
      step_width[j] = us_rng_range (rng, 0.005, 0.05);
      if (us_rng_uniform (rng) < 0.25)
        step[j] = us_rng_range (rng, -STEP_MAX, STEP_MAX);
    }
  if (us_rng_uniform (rng) < 0.5)
    tremor = us_rng_range (rng, 0.0, TREMOR_MAX);
  for (guint j = 0; j <= TREMOR_KNOTS; j++)
    knots[j] = tremor > 0.0 ? tremor * bell (rng) : 0.0;

  for (gsize i = 0; i <= N; i++)
    {
      const double u = (double) i / N, at = u * TREMOR_KNOTS;
      const gsize j = MIN ((gsize) at, TREMOR_KNOTS - 1);

      shape[i] += slope * (u - 0.5) + knots[j] + (at - (double) j) * (knots[j + 1] - knots[j]);
      for (guint m = 0; m < KINKS; m++)
        shape[i] += kink[m] * fabs (u - kink_at[m]);
      for (guint m = 0; m < STEPS; m++)
        shape[i] += step[m] * CLAMP ((u - step_at[m]) / step_width[m], -1.0, 1.0);
    }
  remove_harmonics (shape);
}

/* Pixel coordinates of the curve, moved as an unsteady hand does. */
static void
shaky_curve (const double *theta,
             double        strength,
             UsRng        *rng,
             double       *px,          /* (N + 1) */
             double       *py)          /* (N + 1) */
{
  double y[N + 1], shape[N + 1];

  sample_curve (theta, y);
  foreign_shape (rng, shape);
  for (gsize i = 0; i <= N; i++)
    {
      px[i] = column_of ((double) i / N);
      py[i] = row_of (y[i] + strength * shape[i]);
    }

  for (guint wave = 0; wave < 2 * WOBBLES; wave++)
    {
      double *p = wave < WOBBLES ? py : px;
      const double cycles = us_rng_range (rng, WOBBLE_CYCLES_MIN, WOBBLE_CYCLES_MAX);
      const double phase = us_rng_range (rng, 0.0, 2.0 * G_PI);
      const double amplitude = us_rng_range (rng, 0.0, strength * WOBBLE_MAX);
      const double step = 2.0 * G_PI * cycles / N;
      const double c = cos (step), s = sin (step);
      double re = amplitude * cos (phase), im = amplitude * sin (phase);

      for (gsize i = 0; i <= N; i++)
        {
          const double next = re * c - im * s;

          p[i] += im;
          im = im * c + re * s;
          re = next;
        }
    }
}

/* Adds noise of triangular shape, the sum of two bytes: two pixels a word. */
static void
add_noise (float  *out,
           double  sd,
           UsRng  *rng)
{
  /* Two bytes uniform on 0..255: mean 255, variance 2 (256² - 1) / 12. */
  const float scale = (float) (sd / sqrt (2.0 * 65535.0 / 12.0));

  for (gsize k = 0; k < SIZE * SIZE; k += 2)
    {
      const guint32 word = us_rng_u32 (rng);
      const gint one = (gint) ((word & 255) + (word >> 8 & 255)) - 255;
      const gint two = (gint) ((word >> 16 & 255) + (word >> 24)) - 255;

      out[k] = CLAMP (out[k] + scale * (float) one, 0.0f, 1.0f);
      out[k + 1] = CLAMP (out[k + 1] + scale * (float) two, 0.0f, 1.0f);
    }
}

/* [b, 1 - 2b, b] along rows, then along columns; the border repeats. */
static void
blur (float *out,
      float  b)
{
  const float centre = 1.0f - 2.0f * b;
  float previous[SIZE], current[SIZE];

  for (gsize i = 0; i < SIZE; i++)
    {
      float *row = out + i * SIZE;

      memcpy (current, row, sizeof current);
      for (gsize j = 0; j < SIZE; j++)
        row[j] = centre * current[j] + b * (current[j > 0 ? j - 1 : 0] + current[MIN (j + 1, SIZE - 1)]);
    }

  memcpy (previous, out, sizeof previous);
  for (gsize i = 0; i < SIZE; i++)
    {
      float *row = out + i * SIZE;
      const float *next = out + MIN (i + 1, SIZE - 1) * SIZE;

      memcpy (current, row, sizeof current);
      for (gsize j = 0; j < SIZE; j++)
        row[j] = centre * current[j] + b * (previous[j] + next[j]);
      memcpy (previous, current, sizeof previous);
    }
}

/* The pen's path: each `stride`-th point, moved a little, lifted in the gaps. */
static void
shaky_strokes (float        *out,
               const double *px,        /* (N + 1) */
               const double *py,
               double        strength,
               double        reach,
               UsRng        *rng)
{
  const gsize stride = (gsize) 1 << us_rng_below (rng, 1 + (guint64) (strength * THINNING_MAX));
  const guint n_gaps = (guint) us_rng_below (rng, 1 + (guint64) (strength * GAPS_MAX));
  const double jitter = us_rng_range (rng, 0.0, strength * JITTER_MAX);
  double from[GAPS_MAX] = { 0.0 }, to[GAPS_MAX] = { 0.0 };
  double x0 = 0.0, y0 = 0.0;

  for (guint g = 0; g < n_gaps; g++)
    {
      from[g] = us_rng_range (rng, 0.0, SIZE);
      to[g] = from[g] + us_rng_range (rng, 0.0, strength * GAP_LENGTH_MAX);
    }

  us_raster_begin (out, SIZE, SIZE);
  for (gsize i = 0; i <= N; i += stride)
    {
      const double x1 = px[i] + jitter * bell (rng);
      const double y1 = py[i] + jitter * bell (rng);
      gboolean lifted = i == 0;

      for (guint g = 0; g < n_gaps; g++)
        lifted |= px[i] > from[g] && px[i] < to[g];
      if (!lifted)
        us_raster_segment (out, SIZE, SIZE, reach, x0, y0, x1, y1);
      x0 = x1;
      y0 = y1;
    }
}

static UsSimStatus
fourier_run_augmented (const UsSimulator *self,
                       const double      *theta,
                       guint              output,
                       double             strength,
                       UsRng             *rng,
                       float             *out)
{
  double px[N + 1], py[N + 1];
  double width, ink;

  if (output != 0 || !(strength > 0.0))
    return fourier_run (self, theta, output, rng, out);
  strength = MIN (strength, 1.0);

  width = us_rng_range (rng,
                        LINE_WIDTH + strength * (WIDTH_MIN - LINE_WIDTH),
                        LINE_WIDTH + strength * (WIDTH_MAX - LINE_WIDTH));
  ink = us_rng_range (rng, 1.0 + strength * (INK_MIN - 1.0), 1.0);

  shaky_curve (theta, strength, rng, px, py);
  shaky_strokes (out, px, py, strength, US_RASTER_REACH (width), rng);
  us_raster_ink (out, SIZE, SIZE, width, ink);

  /* Each in half of the pictures only: clean ones stay in the mixture. */
  if (us_rng_uniform (rng) < 0.5)
    blur (out, (float) us_rng_range (rng, 0.0, strength * BLUR_MAX));
  if (us_rng_uniform (rng) < 0.5)
    add_noise (out, us_rng_range (rng, 0.0, strength * NOISE_MAX), rng);

  return US_SIM_OK;
}

static gboolean
fourier_draw_polyline (const UsSimulator *self,
                       guint              output,
                       gsize              n_points,
                       const double      *xy,
                       float             *out)
{
  const double field[4] = { 0.0, 1.0, -1.0, 1.0 };

  if (output != 0)
    return FALSE;

  us_raster_begin (out, SIZE, SIZE);
  us_raster_strokes (out, SIZE, SIZE, US_RASTER_REACH (LINE_WIDTH), n_points, xy, field);
  us_raster_ink (out, SIZE, SIZE, LINE_WIDTH, 1.0);

  return TRUE;
}

/* Sums of y and counts in the N columns u = (i + ½) / N that a stroke crosses:
 * the fit is then over the curve, not over where the pen was slow. */
static void
resample_strokes (gsize         n_points,
                  const double *xy,     /* (n_points, 2) */
                  double       *sum,    /* (N) */
                  guint        *count)  /* (N) */
{
  for (gsize k = 0; k + 1 < n_points; k++)
    {
      const double *p = xy + 2 * k, *q = p + 2;
      const double *left = p[0] < q[0] ? p : q, *right = p[0] < q[0] ? q : p;
      double first, last;

      if (!isfinite (p[0]) || !isfinite (p[1]) || !isfinite (q[0]) || !isfinite (q[1]))
        continue;
      /* Half open, so that a column on a vertex is counted once. */
      first = MAX (ceil (left[0] * N - 0.5), 0.0);
      last = MIN (ceil (right[0] * N - 0.5) - 1.0, N - 1.0);
      for (double column = first; column <= last; column++)
        {
          const double t = ((column + 0.5) / N - left[0]) / (right[0] - left[0]);

          sum[(gsize) column] += left[1] + t * (right[1] - left[1]);
          count[(gsize) column]++;
        }
    }
}

static gboolean
fourier_fit (const UsSimulator *self,
             gsize              n_points,
             const double      *xy,
             double            *theta)
{
  double sum[N] = { 0.0 };
  guint count[N] = { 0 };
  gsize n = 0, row = 0, rank = 0;
  double chi2;
  gsl_multifit_linear_workspace *work;
  gsl_matrix *design, *covariance;
  gsl_vector *y, *solution;

  resample_strokes (n_points, xy, sum, count);
  for (gsize i = 0; i < N; i++)
    n += count[i] > 0;
  if (n < P)
    return FALSE;

  work = gsl_multifit_linear_alloc (n, P);
  design = gsl_matrix_alloc (n, P);
  covariance = gsl_matrix_alloc (P, P);
  y = gsl_vector_alloc (n);
  solution = gsl_vector_alloc (P);

  for (gsize i = 0; i < N; i++)
    {
      const double t = 2.0 * G_PI * ((double) i + 0.5) / N;

      if (count[i] == 0)
        continue;
      gsl_matrix_set (design, row, 0, 1.0);
      for (gsize k = 1; k <= K; k++)
        {
          gsl_matrix_set (design, row, k, cos ((double) k * t));
          gsl_matrix_set (design, row, K + k, sin ((double) k * t));
        }
      gsl_vector_set (y, row++, sum[i] / count[i]);
    }

  /* Directions that the drawn part of the field does not determine stay 0. */
  gsl_multifit_linear_tsvd (design, y, 1e-3, solution, covariance, &chi2, &rank, work);
  for (gsize k = 0; k < P; k++)
    theta[k] = gsl_vector_get (solution, k);

  gsl_multifit_linear_free (work);
  gsl_matrix_free (design);
  gsl_matrix_free (covariance);
  gsl_vector_free (y);
  gsl_vector_free (solution);

  return TRUE;
}

#define COEFFICIENT(name_, label_, symbol_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = "", \
    .lower = -BOUND, .upper = BOUND, \
    .prior = { US_DISTRIBUTION_UNIFORM, -PRIOR_HALF_WIDTH, PRIOR_HALF_WIDTH, 0.0 }, \
    .source = "chosen: the paper gives no range; fourier.md" \
  }

static const UsParameter parameters[P] = {
  COEFFICIENT ("c0", N_("Constant"), "c₀"),
  COEFFICIENT ("a1", N_("Cosine 1"), "a₁"),
  COEFFICIENT ("a2", N_("Cosine 2"), "a₂"),
  COEFFICIENT ("a3", N_("Cosine 3"), "a₃"),
  COEFFICIENT ("a4", N_("Cosine 4"), "a₄"),
  COEFFICIENT ("a5", N_("Cosine 5"), "a₅"),
  COEFFICIENT ("b1", N_("Sine 1"), "b₁"),
  COEFFICIENT ("b2", N_("Sine 2"), "b₂"),
  COEFFICIENT ("b3", N_("Sine 3"), "b₃"),
  COEFFICIENT ("b4", N_("Sine 4"), "b₄"),
  COEFFICIENT ("b5", N_("Sine 5"), "b₅"),
};

static const UsOutput outputs[] = {
  {
    .id = "plot", .label = N_("Plot"), .kind = US_OUTPUT_IMAGE, .traces = TRUE,
    .height = SIZE, .width = SIZE, .channels = 1,
    .x_label = N_("Position"), .x_unit = "periods", .y_label = N_("Value"), .y_unit = "",
    .x_lower = 0.0, .x_upper = 1.0, .y_lower = -1.0, .y_upper = 1.0,
    .lower = 0.0, .upper = 1.0,
  },
  {
    .id = "curve", .label = N_("Curve"), .kind = US_OUTPUT_SERIES,
    .height = SIZE, .width = 1, .channels = 1,
    .x_label = N_("Position"), .x_unit = "periods", .y_label = N_("Value"), .y_unit = "",
    .x_lower = 0.5 / SIZE, .x_upper = 1.0 - 0.5 / SIZE, .y_lower = -1.0, .y_upper = 1.0,
    .lower = -1.0, .upper = 1.0,
  },
};

const UsSimulator us_simulator_fourier = {
  .id = "fourier",
  .version = 1,
  .title = N_("Fourier series"),
  .summary = N_("A periodic curve from a constant, five cosines and five sines."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = fourier_run,
  .run_augmented = fourier_run_augmented,
  .draw_polyline = fourier_draw_polyline,
  .fit = fourier_fit,
};
