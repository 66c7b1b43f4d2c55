/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A white square, ellipse or heart on black: dsprites.md. */
#include "config.h"

#include "us-distribution.h"
#include "us-raster.h"
#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

extern const UsSimulator us_simulator_dsprites;

#define SIZE 64                 /* pixels */
#define BORDER 16.0             /* pixels: centres lie in the middle half of the field */
#define TURN (2.0 * G_PI)       /* rad */

/* The shapes at scale 1, in pixels from their centre: fitted to the published images, dsprites.md. */
#define SQUARE_HALF_SIDE 9.598
#define ELLIPSE_A 12.772        /* semi-axes */
#define ELLIPSE_B 7.212
#define HEART_CORNERS 150
#define HEART_X 9.6
#define HEART_Y 0.6625
#define HEART_UP 1.44
#define REACH 13.6              /* farther from the centre no shape goes */

enum { SHAPE, SCALE, ORIENTATION, POS_X, POS_Y, P };
enum { SQUARE = 1, ELLIPSE, HEART };

/* Where a shape stands: the turn and size of its own axes u, v. */
typedef struct
{
  double cx, cy;                /* pixels, y down */
  double c, s;                  /* of the orientation */
  double scale;
} Place;

static gboolean
inside (guint  shape,
        double u,
        double v)
{
  if (shape == SQUARE)
    return fabs (u) < SQUARE_HALF_SIDE && fabs (v) < SQUARE_HALF_SIDE;

  u /= ELLIPSE_A;
  v /= ELLIPSE_B;
  return u * u + v * v < 1.0;
}

/* Square and ellipse: each pixel's centre in the shape's own axes. */
static void
fill_convex (guint        shape,
             const Place *place,
             float       *out)
{
  const double reach = REACH * place->scale;
  const gsize i0 = (gsize) MAX (place->cy - reach, 0.0), i1 = (gsize) MIN (place->cy + reach, SIZE - 1.0);
  const gsize j0 = (gsize) MAX (place->cx - reach, 0.0), j1 = (gsize) MIN (place->cx + reach, SIZE - 1.0);

  for (gsize i = i0; i <= i1; i++)
    for (gsize j = j0; j <= j1; j++)
      {
        const double dx = (double) j + 0.5 - place->cx, dy = (double) i + 0.5 - place->cy;

        out[i * SIZE + j] = inside (shape,
                                    (place->c * dx - place->s * dy) / place->scale,
                                    (place->s * dx + place->c * dy) / place->scale);
      }
}

/* The heart curve: u ~ sin³ t, v ~ 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, through its corners. */
static void
fill_heart (const Place *place,
            float       *out)
{
  const double step_c = 0.9991228300988584, step_s = 0.04187565372919962;       /* of 2π / 150 */
  double x[HEART_CORNERS], y[HEART_CORNERS];
  double c = 1.0, s = 0.0;

  for (gsize k = 0; k < HEART_CORNERS; k++)
    {
      const double c2 = 2.0 * c * c - 1.0, c3 = (4.0 * c * c - 3.0) * c, c4 = 2.0 * c2 * c2 - 1.0;
      const double u = place->scale * HEART_X * s * s * s;
      const double v = -place->scale * (HEART_UP + HEART_Y * (13.0 * c - 5.0 * c2 - 2.0 * c3 - c4));
      const double next = c * step_c - s * step_s;

      x[k] = place->cx + place->c * u + place->s * v;
      y[k] = place->cy - place->s * u + place->c * v;
      s = s * step_c + c * step_s;
      c = next;
    }
  us_raster_fill (out, SIZE, SIZE, HEART_CORNERS, x, y);
}

static UsSimStatus
dsprites_run (const UsSimulator *self,
              const double      *theta,
              guint              output,
              UsRng             *rng,
              float             *out)
{
  const guint shape = (guint) rint (theta[SHAPE]);
  const Place place = {
    .cx = BORDER + (SIZE - 2.0 * BORDER) * theta[POS_X],
    .cy = BORDER + (SIZE - 2.0 * BORDER) * theta[POS_Y],
    .c = cos (theta[ORIENTATION]), .s = sin (theta[ORIENTATION]),
    .scale = theta[SCALE],
  };

  if (output != 0)
    return US_SIM_FAILED;

  memset (out, 0, SIZE * SIZE * sizeof *out);
  if (shape == HEART)
    fill_heart (&place, out);
  else
    fill_convex (shape, &place, out);

  return US_SIM_OK;
}

/* The turn after which a shape looks alike. */
static double
period (const double *theta)
{
  const guint shape = (guint) rint (theta[SHAPE]);

  return shape == SQUARE ? TURN / 4.0 : shape == ELLIPSE ? TURN / 2.0 : TURN;
}

static void
dsprites_random_equivalent (const UsSimulator *self,
                            const double      *theta,
                            UsRng             *rng,
                            double            *equivalent)
{
  const double turn = period (theta);
  const guint n = (guint) rint (TURN / turn);

  memcpy (equivalent, theta, P * sizeof *theta);
  if (n > 1)
    equivalent[ORIENTATION] = MIN (fmod (theta[ORIENTATION], turn) + (double) us_rng_below (rng, n) * turn, TURN);
}

/* The short way round: an orientation a little above 0 is close to one a little below 2π. */
static void
dsprites_closest_equivalent (const UsSimulator *self,
                             const double      *theta,
                             const double      *reference,
                             double            *closest)
{
  const double turn = period (theta);

  memcpy (closest, theta, P * sizeof *theta);
  closest[ORIENTATION] += turn * rint ((reference[ORIENTATION] - theta[ORIENTATION]) / turn);
}

#define POSITION(name_, label_, symbol_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = "", \
    .lower = 0.0, .upper = 1.0, \
    .prior = { US_DISTRIBUTION_UNIFORM, 0.0, 1.0, 0.0 }, \
    .source = "Matthey et al. 2017: 32 values from 0 to 1; here all between" \
  }

static const char *const shapes[] = { N_("Square"), N_("Ellipse"), N_("Heart") };

static const UsParameter parameters[P] = {
  [SHAPE] = {
    .name = "shape", .label = N_("Shape"), .symbol = "k", .unit = "",
    .lower = SQUARE, .upper = HEART,
    .prior = { US_DISTRIBUTION_DISCRETE, SQUARE, HEART, 0.0 },
    .source = "Matthey et al. 2017: 1 square, 2 ellipse, 3 heart",
    .classes = shapes,
  },
  [SCALE] = {
    .name = "scale", .label = N_("Scale"), .symbol = "s", .unit = "",
    .lower = 0.5, .upper = 1.0,
    .prior = { US_DISTRIBUTION_UNIFORM, 0.5, 1.0, 0.0 },
    .source = "Matthey et al. 2017: 6 values from 0.5 to 1; here all between",
  },
  [ORIENTATION] = {
    .name = "orientation", .label = N_("Orientation"), .symbol = "φ", .unit = "rad",
    .lower = 0.0, .upper = TURN,
    .prior = { US_DISTRIBUTION_UNIFORM, 0.0, TURN, 0.0 },
    .source = "Matthey et al. 2017: 40 values from 0 to 2π; here all between",
    .circular = TRUE,
  },
  [POS_X] = POSITION ("posX", N_("Position across"), "x"),
  [POS_Y] = POSITION ("posY", N_("Position down"), "y"),
};

static const UsOutput outputs[] = {
  {
    .id = "plot", .label = N_("Picture"), .kind = US_OUTPUT_IMAGE,
    .height = SIZE, .width = SIZE, .channels = 1,
    .x_label = N_("Column"), .x_unit = "px", .y_label = N_("Row from the bottom"), .y_unit = "px",
    .x_lower = 0.0, .x_upper = SIZE, .y_lower = 0.0, .y_upper = SIZE,
    .lower = 0.0, .upper = 1.0,
  },
};

const UsSimulator us_simulator_dsprites = {
  .id = "dsprites",
  .version = 1,
  .title = N_("dSprites"),
  .summary = N_("A white square, ellipse or heart on black, of any size, orientation and position."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = dsprites_run,
  .random_equivalent = dsprites_random_equivalent,
  .closest_equivalent = dsprites_closest_equivalent,
  .symmetry = N_("a square looks alike every 90°, an ellipse every 180°, a heart never; 2π is 0"),
};
