/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a set's factors mean as parameters.  K factors, P of them vary. */
#include "config.h"

#include "us-dataset-private.h"

#include "us-file.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define DSPRITES_SIDE 64
#define CLOSE         1e-6      /* share of a turn by which a grid may miss it */

enum { COLOR, SHAPE, SCALE, ORIENTATION, POS_X, POS_Y, DSPRITES_K };

/* The columns of the published dSprites, whose names stand only in a pickle: Matthey et al. 2017. */
static const struct
{
  const char *name, *label, *symbol;
  double      lower, upper;     /* the published values are within */
} dsprites[DSPRITES_K] = {
  [COLOR] = { "color", N_("Colour"), "c", 1.0, 1.0 },
  [SHAPE] = { "shape", N_("Shape"), "k", 1.0, 3.0 },
  [SCALE] = { "scale", N_("Scale"), "s", 0.5, 1.0 },
  [ORIENTATION] = { "orientation", N_("Orientation"), "φ", 0.0, 2.0 * G_PI },
  [POS_X] = { "posX", N_("Position across"), "x", 0.0, 1.0 },
  [POS_Y] = { "posY", N_("Position down"), "y", 0.0, 1.0 },
};

static const char *const dsprites_shapes[] = { N_("Square"), N_("Ellipse"), N_("Heart") };

static gboolean
is_whole (const UsDatasetFactor *factor)
{
  for (gsize i = 0; i < factor->n; i++)
    if (rint (factor->levels[i]) != factor->levels[i] || fabs (factor->levels[i]) > 1e6)
      return FALSE;
  return TRUE;
}

static gboolean
is_dsprites (const UsDatasetCache *cache)
{
  const UsDatasetGrid *grid = &cache->grid;

  if (grid->n_factors != DSPRITES_K || cache->height != DSPRITES_SIDE || cache->width != DSPRITES_SIDE
      || cache->channels != 1)
    return FALSE;
  for (gsize k = 0; k < DSPRITES_K; k++)
    {
      const UsDatasetFactor *factor = &grid->factors[k];

      if (factor->name != NULL || factor->levels[0] < dsprites[k].lower - CLOSE
          || factor->levels[factor->n - 1] > dsprites[k].upper + CLOSE)
        return FALSE;
    }
  return is_whole (&grid->factors[SHAPE]);
}

/* Values without an order, by their usual names. */
static gboolean
names_a_kind (const char *name)
{
  static const char *const kinds[] = { "shape", "class", "category", "kind", "type", "label", "object", "digit", "identity" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (lower, kinds[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
names_an_angle (const char *name)
{
  static const char *const angles[] = { "orient", "angle", "rotat", "azimuth", "yaw", "heading" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (angles); i++)
    if (strstr (lower, angles[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* Does the grid go all the way round?  open: its last value is one step before the first again. */
static gboolean
goes_round (const UsDatasetFactor *factor,
            double                 turn,
            gboolean              *open)
{
  const double first = factor->levels[0], range = factor->levels[factor->n - 1] - first;
  const double step = range / (double) (factor->n - 1);

  if (factor->n < 3)
    return FALSE;
  *open = fabs (range + step - turn) <= CLOSE * turn;
  if (!*open)
    return fabs (range - turn) <= CLOSE * turn;
  for (gsize i = 0; i < factor->n; i++)
    if (fabs (factor->levels[i] - first - (double) i * step) > CLOSE * turn)
      return FALSE;
  return TRUE;
}

static void
describe_kind (UsParameter           *parameter,
               const UsDatasetFactor *factor,
               gboolean               shapes)
{
  const double first = factor->levels[0], last = factor->levels[factor->n - 1];
  const gboolean in_a_row = is_whole (factor) && last - first == (double) (factor->n - 1);
  const char **classes = g_new0 (const char *, factor->n + 1);
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize i = 0; i < factor->n; i++)
    classes[i] = shapes ? dsprites_shapes[(gsize) factor->levels[i] - 1]
                        : g_strdup (us_dtoa (buffer, factor->levels[i]));
  parameter->classes = classes;
  /* The numbers of the file where they can be used, else the first is 0. */
  parameter->lower = in_a_row ? first : 0.0;
  parameter->upper = parameter->lower + (double) (factor->n - 1);
  parameter->prior = (UsDistribution) { US_DISTRIBUTION_DISCRETE, parameter->lower, parameter->upper, 0.0 };
}

static void
describe_quantity (UsParameter           *parameter,
                   const UsDatasetFactor *factor,
                   UsDatasetAxis         *axis)
{
  const struct { double turn; const char *unit; } circles[] = { { 2.0 * G_PI, "rad" }, { 360.0, "°" } };

  parameter->lower = factor->levels[0];
  parameter->upper = factor->levels[factor->n - 1];
  for (gsize i = 0; i < G_N_ELEMENTS (circles); i++)
    {
      gboolean open;

      /* 360 may be pixels; 2π is an angle under any name */
      if ((i > 0 && !names_an_angle (parameter->name)) || !goes_round (factor, circles[i].turn, &open))
        continue;
      parameter->circular = TRUE;
      parameter->unit = circles[i].unit;
      if (open)
        {
          axis->turn = circles[i].turn;
          parameter->upper = parameter->lower + axis->turn;
        }
      break;
    }
  parameter->prior = (UsDistribution) { US_DISTRIBUTION_UNIFORM, parameter->lower, parameter->upper, 0.0 };
}

static char *
source_of (const UsDatasetFactor *factor,
           const char            *path)
{
  g_autofree char *base = g_path_get_basename (path);
  char first[G_ASCII_DTOSTR_BUF_SIZE], last[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup_printf ("%s: %zu values from %s to %s, each equally likely", base, factor->n,
                          us_dtoa (first, factor->levels[0]), us_dtoa (last, factor->levels[factor->n - 1]));
}

static UsOutput *
describe_output (const UsDatasetCache *cache)
{
  UsOutput *output = g_new0 (UsOutput, 1);

  *output = (UsOutput) {
    .id = "picture", .label = N_("Picture"), .kind = US_OUTPUT_IMAGE,
    .height = cache->height, .width = cache->width, .channels = cache->channels,
    .x_label = "Column", .x_unit = "px", .y_label = "Row from the bottom", .y_unit = "px",
    .x_lower = 0.0, .x_upper = (double) cache->width, .y_lower = 0.0, .y_upper = (double) cache->height,
    .lower = 0.0, .upper = 1.0,
  };
  return output;
}

gsize
us_dataset_describe (const UsDatasetCache  *cache,
                     const char            *path,
                     UsDatasetAxis         *axes,
                     UsParameter          **parameters,
                     UsOutput             **output)
{
  const UsDatasetGrid *grid = &cache->grid;
  const gboolean known = is_dsprites (cache);
  gsize step = grid->n_rows, p = 0;

  *parameters = g_new0 (UsParameter, grid->n_factors);
  *output = describe_output (cache);
  for (gsize k = 0; k < grid->n_factors; k++)
    {
      const UsDatasetFactor *factor = &grid->factors[k];
      UsParameter *parameter = &(*parameters)[p];

      step /= factor->n;
      if (factor->n == 1)
        continue;
      axes[p] = (UsDatasetAxis) { .factor = k, .step = step };
      parameter->name = known ? dsprites[k].name
                        : factor->name != NULL ? g_strdup (factor->name)
                                               : g_strdup_printf ("factor%zu", k + 1);
      parameter->label = known ? dsprites[k].label
                         : factor->name != NULL ? parameter->name : g_strdup_printf (_("Factor %zu"), k + 1);
      parameter->symbol = known ? dsprites[k].symbol : parameter->name;
      parameter->unit = "";
      parameter->source = source_of (factor, path);
      axes[p].categorical = names_a_kind (parameter->name);
      if (axes[p].categorical)
        describe_kind (parameter, factor, known);
      else
        describe_quantity (parameter, factor, &axes[p]);
      p++;
    }
  return p;
}
