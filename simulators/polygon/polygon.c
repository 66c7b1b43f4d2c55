/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outline of four free points: polygon.md. */
#include "config.h"

#include "us-distribution.h"
#include "us-raster.h"
#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

extern const UsSimulator us_simulator_polygon;

/* N corners, P = 2 N parameters x1, y1 .. x4, y4. */
#define N 4
#define P (2 * N)
#define SIZE 64                 /* pixels */
#define LINE_WIDTH 1.5          /* pixels */
#define MARGIN 2.0              /* pixels: the line of a drawn outline stays inside the field */

/* The orders of the corners that draw the same outline: where to begin, and which way round. */
static const guint8 orders[2 * N][N] = {
  { 0, 1, 2, 3 }, { 1, 2, 3, 0 }, { 2, 3, 0, 1 }, { 3, 0, 1, 2 },
  { 3, 2, 1, 0 }, { 2, 1, 0, 3 }, { 1, 0, 3, 2 }, { 0, 3, 2, 1 },
};

/* One side.  The end on the left, or the lower of two, comes first: the same bytes for either
 * direction, hence for each of the orders. */
static void
draw_side (float        *field,         /* (SIZE, SIZE) */
           const double *a,             /* (2) x, y from the bottom */
           const double *b)
{
  const gboolean turned = a[0] > b[0] || (a[0] == b[0] && a[1] > b[1]);
  const double *first = turned ? b : a, *last = turned ? a : b;

  us_raster_segment (field, SIZE, SIZE, US_RASTER_REACH (LINE_WIDTH),
                     first[0], SIZE - first[1], last[0], SIZE - last[1]);
}

static UsSimStatus
polygon_run (const UsSimulator *self,
             const double      *theta,
             guint              output,
             UsRng             *rng,
             float             *out)
{
  if (output != 0)
    return US_SIM_FAILED;

  us_raster_begin (out, SIZE, SIZE);
  for (gsize k = 0; k < N; k++)
    draw_side (out, theta + 2 * k, theta + 2 * ((k + 1) % N));
  us_raster_ink (out, SIZE, SIZE, LINE_WIDTH, 1.0);

  return US_SIM_OK;
}

static gboolean
polygon_draw_polyline (const UsSimulator *self,
                       guint              output,
                       gsize              n_points,
                       const double      *xy,
                       float             *out)
{
  const double field[4] = { 0.0, SIZE, 0.0, SIZE };

  if (output != 0)
    return FALSE;

  us_raster_begin (out, SIZE, SIZE);
  us_raster_strokes (out, SIZE, SIZE, US_RASTER_REACH (LINE_WIDTH), n_points, xy, field);
  us_raster_ink (out, SIZE, SIZE, LINE_WIDTH, 1.0);
  return TRUE;
}

static void
reorder (const double *theta,
         const guint8 *order,           /* (N) */
         double       *reordered)
{
  for (gsize k = 0; k < N; k++)
    memcpy (reordered + 2 * k, theta + 2 * order[k], 2 * sizeof *theta);
}

/* The prior treats all corners alike: the orders are equally likely. */
static void
polygon_random_equivalent (const UsSimulator *self,
                           const double      *theta,
                           UsRng             *rng,
                           double            *equivalent)
{
  reorder (theta, orders[us_rng_below (rng, G_N_ELEMENTS (orders))], equivalent);
}

static void
polygon_closest_equivalent (const UsSimulator *self,
                            const double      *theta,
                            const double      *reference,
                            double            *closest)
{
  double z[P], wanted[P];       /* latents; those of a corner are the same in any place of the order */
  double best = INFINITY;
  gsize which = 0;

  for (gsize i = 0; i < P; i++)
    {
      const UsParameter *parameter = &self->parameters[i];

      z[i] = us_distribution_to_latent (&parameter->prior, parameter, theta[i]);
      wanted[i] = us_distribution_to_latent (&parameter->prior, parameter, reference[i]);
    }
  for (gsize order = 0; order < G_N_ELEMENTS (orders); order++)
    {
      double member[P], distance2 = 0.0;

      reorder (z, orders[order], member);
      for (gsize i = 0; i < P; i++)
        distance2 += (member[i] - wanted[i]) * (member[i] - wanted[i]);
      if (distance2 < best)
        {
          best = distance2;
          which = order;
        }
    }
  reorder (theta, orders[which], closest);
}

#define COORDINATE(name_, label_, symbol_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = "px", \
    .lower = 0.0, .upper = SIZE, \
    .prior = { US_DISTRIBUTION_UNIFORM, MARGIN, SIZE - MARGIN, 0.0 }, \
    .source = "Srivastava et al. 2019: free points of a 64×64 field; margin chosen: polygon.md" \
  }

static const UsParameter parameters[P] = {
  COORDINATE ("x1", N_("Corner 1, across"), "x₁"),
  COORDINATE ("y1", N_("Corner 1, up"), "y₁"),
  COORDINATE ("x2", N_("Corner 2, across"), "x₂"),
  COORDINATE ("y2", N_("Corner 2, up"), "y₂"),
  COORDINATE ("x3", N_("Corner 3, across"), "x₃"),
  COORDINATE ("y3", N_("Corner 3, up"), "y₃"),
  COORDINATE ("x4", N_("Corner 4, across"), "x₄"),
  COORDINATE ("y4", N_("Corner 4, up"), "y₄"),
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

const UsSimulator us_simulator_polygon = {
  .id = "polygon",
  .version = 1,
  .title = N_("Polygon"),
  .summary = N_("The outline of four free points, joined in order; it may cross itself."),
  .parameters = parameters,
  .n_parameters = P,
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = polygon_run,
  .draw_polyline = polygon_draw_polyline,
  .random_equivalent = polygon_random_equivalent,
  .closest_equivalent = polygon_closest_equivalent,
  .symmetry = N_("any of the 8 orders of the corners that join the same pairs: where the outline begins, and which way round"),
};
