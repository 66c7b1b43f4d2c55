/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A black box and a blue cross in a white field: box.md. */
#include "config.h"

#include "us-raster.h"
#include "us-simulator.h"

#include <glib/gi18n-lib.h>
#include <math.h>

extern const UsSimulator us_simulator_box;

#define SIZE 64                 /* pixels */
#define SIDE_MIN 8.0            /* pixels: the cross stays inside the box */
#define SIDE_MAX 64.0
#define CROSS_ARM 2.0           /* pixels from the centre, in x and in y */
#define CROSS_WIDTH 1.5

enum { X, Y, W, H };

/* How much of pixel k, which covers k .. k + 1, lies in lower .. upper. */
static double
overlap (gsize  k,
         double lower,
         double upper)
{
  const double shared = MIN (upper, (double) k + 1.0) - MAX (lower, (double) k);

  return MAX (shared, 0.0);
}

static UsSimStatus
box_run (const UsSimulator *self,
         const double      *theta,
         guint              output,
         UsRng             *rng,
         float             *out)
{
  float cross[SIZE * SIZE];
  const double cx = theta[X] + 0.5 * theta[W];
  const double top = SIZE - theta[Y] - theta[H];        /* y counts from the bottom */
  const double cy = top + 0.5 * theta[H];
  const double reach = US_RASTER_REACH (CROSS_WIDTH);

  if (output != 0)
    return US_SIM_FAILED;

  us_raster_begin (cross, SIZE, SIZE);
  us_raster_segment (cross, SIZE, SIZE, reach,
                     cx - CROSS_ARM, cy - CROSS_ARM, cx + CROSS_ARM, cy + CROSS_ARM);
  us_raster_segment (cross, SIZE, SIZE, reach,
                     cx - CROSS_ARM, cy + CROSS_ARM, cx + CROSS_ARM, cy - CROSS_ARM);
  us_raster_ink (cross, SIZE, SIZE, CROSS_WIDTH, 1.0);

  for (gsize i = 0; i < SIZE; i++)
    {
      const double rows = overlap (i, top, top + theta[H]);

      for (gsize j = 0; j < SIZE; j++)
        {
          const float white = (float) (1.0 - rows * overlap (j, theta[X], theta[X] + theta[W]));
          const float blue = cross[i * SIZE + j];
          float *pixel = out + 3 * (i * SIZE + j);

          pixel[0] = white * (1.0f - blue);
          pixel[1] = pixel[0];
          pixel[2] = pixel[0] + blue;
        }
    }

  return US_SIM_OK;
}

static gboolean
box_accepts (const UsSimulator *self,
             const double      *theta)
{
  return theta[X] + theta[W] <= SIZE && theta[Y] + theta[H] <= SIZE;
}

/* Size first, then a place where it fits. */
static void
box_draw (const UsSimulator *self,
          UsRng             *rng,
          double            *theta)
{
  theta[W] = us_rng_range (rng, SIDE_MIN, SIDE_MAX);
  theta[H] = us_rng_range (rng, SIDE_MIN, SIDE_MAX);
  theta[X] = us_rng_uniform (rng) * (SIZE - theta[W]);
  theta[Y] = us_rng_uniform (rng) * (SIZE - theta[H]);
}

static double
box_log_density (const UsSimulator *self,
                 const double      *theta)
{
  return -2.0 * log (SIDE_MAX - SIDE_MIN) 
         - log (MAX (SIZE - theta[W], 1e-12)) - log (MAX (SIZE - theta[H], 1e-12));
}

#define POSITION(name_, label_) \
  { \
    .name = name_, .label = label_, .symbol = name_, .unit = "px", \
    .lower = 0.0, .upper = SIZE - SIDE_MIN, \
    .prior = { US_DISTRIBUTION_UNIFORM, 0.0, SIZE - SIDE_MIN, 0.0 }, \
    .source = "Srivastava et al. 2019: inside the 64×64 field; box.md" \
  }

#define SIDE(name_, label_) \
  { \
    .name = name_, .label = label_, .symbol = name_, .unit = "px", \
    .lower = SIDE_MIN, .upper = SIDE_MAX, \
    .prior = { US_DISTRIBUTION_UNIFORM, SIDE_MIN, SIDE_MAX, 0.0 }, \
    .source = "chosen: up to the whole field, as the published ground truth implies; box.md" \
  }

static const UsParameter parameters[] = {
  [X] = POSITION ("x", N_("Left")),
  [Y] = POSITION ("y", N_("Bottom")),
  [W] = SIDE ("w", N_("Width")),
  [H] = SIDE ("h", N_("Height")),
};

static const UsOutput outputs[] = {
  {
    .id = "plot", .label = N_("Picture"), .kind = US_OUTPUT_IMAGE,
    .height = SIZE, .width = SIZE, .channels = 3,
    .x_label = N_("Column"), .x_unit = "px", .y_label = N_("Row from the bottom"), .y_unit = "px",
    .x_lower = 0.0, .x_upper = SIZE, .y_lower = 0.0, .y_upper = SIZE,
    .lower = 0.0, .upper = 1.0,
  },
};

const UsSimulator us_simulator_box = {
  .id = "box",
  .version = 1,
  .title = N_("Box"),
  .summary = N_("A black box, its centre marked by a blue cross, anywhere in a white field."),
  .parameters = parameters,
  .n_parameters = G_N_ELEMENTS (parameters),
  .outputs = outputs,
  .n_outputs = G_N_ELEMENTS (outputs),
  .run = box_run,
  .accepts = box_accepts,
  .constraint = N_("the box lies inside the field: x + w ≤ 64 and y + h ≤ 64"),
  .draw = box_draw,
  .log_density = box_log_density,
};
