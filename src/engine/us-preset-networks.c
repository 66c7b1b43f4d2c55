/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-preset-private.h"

#include "us-code.h"

/* H × W × C the output. */

#define MAX_LAYERS 64
#define LEAK       0.2f
#define GENTLE     0.577f         /* gain of the column nets: 1/√3 learns faster than √2, which brings GELU
                                   * and ReLU decoders of lines near to the constant picture */
#define MAX_CROSS  128           /* side of a picture told by columns and rows */
#define PRODUCTS   32            /* of a row's and a column's features, summed for one picture */
#define PRODUCT_GAIN 0.3f        /* a sum of 32 products begins with a spread of 0.5 */
#define MAPS       8             /* sums of products, of which each pixel of a shape is made */
#define MAP_PRODUCTS 16
#define MAP_GAIN   0.4f
#define NOTHING    1e-6f          /* gain of weights that begin next to zero */

/* A list of layers under construction. */
typedef struct
{
  UsLayer layers[MAX_LAYERS];
  gsize   n;
} Chain;

static void
add (Chain         *chain,
     const UsLayer *layer)
{
  g_assert (chain->n < MAX_LAYERS);
  chain->layers[chain->n++] = *layer;
}

static void
dense (Chain *chain,
       gsize  out)
{
  add (chain, &(UsLayer) { .kind = US_LAYER_DENSE, .out = out, .bias = TRUE });
}

static void
conv (Chain   *chain,
      gsize    out,
      guint    kernel,
      guint    stride,
      gboolean bias)
{
  add (chain, &(UsLayer) { .kind = US_LAYER_CONV, .out = out, .kernel = kernel, .stride = stride,
                           .pad = (kernel - 1) / 2, .bias = bias });
}

static void
simple (Chain       *chain,
        UsLayerKind  kind)
{
  add (chain, &(UsLayer) { .kind = kind });
}

static void
leaky (Chain *chain)
{
  add (chain, &(UsLayer) { .kind = US_LAYER_LEAKY_RELU, .slope = LEAK });
}

static void
reshape (Chain *chain,
         gsize  height,
         gsize  width,
         gsize  channels)
{
  add (chain, &(UsLayer) { .kind = US_LAYER_RESHAPE, .height = height, .width = width, .channels = channels });
}

static UsNetwork *
finish (Chain *chain,
        gsize  height,
        gsize  width,
        gsize  channels)
{
  g_autoptr(GError) error = NULL;
  UsNetwork *network = us_network_new (height, width, channels, chain->layers, chain->n, &error);

  /* shapes are made here to fit: a misfit is a defect of this file */
  if (network == NULL)
    g_error ("preset: %s", error->message);
  return network;
}

/* How often an output can be halved down to maps of at least 4 × 4. */
static guint
halvings (const UsOutput *output)
{
  gsize h = output->height, w = output->width;
  guint n = 0;

  for (; h % 2 == 0 && w % 2 == 0 && MIN (h, w) >= 8 && n < 8; n++)
    {
      h /= 2;
      w /= 2;
    }
  return n;
}

/* What the decoder gives of a pixel or point: of a noisy output mean and log variance. */
static gsize
decoded_channels (const UsOutput *output)
{
  return (output->noisy ? 2 : 1) * output->channels;
}

static gsize
n_features (const UsSimulator *simulator)
{
  UsCode code;

  us_code_init (&code, simulator);
  return code.n_features;
}

static gsize
code_size (const UsPreset    *self,
           const UsSimulator *simulator)
{
  return n_features (simulator) * (self->kl_weight > 0 ? 2 : us_preset_n_answers (self));
}

/* The code as it leaves the encoder: its answers side by side. */
static UsNetwork *
finish_encoder (Chain             *chain,
                const UsPreset    *self,
                const UsSimulator *simulator,
                const UsOutput    *output)
{
  gsize n = us_preset_n_answers (self);

  if (n > 1)
    reshape (chain, 1, n, n_features (simulator));
  return finish (chain, output->height, output->width, output->channels);
}

/* -- series, and what cannot be halved -------------------------------- */

static UsNetwork *
dense_decoder (const UsPreset    *self,
               const UsSimulator *simulator,
               const UsOutput    *output)
{
  Chain chain = { .n = 0 };

  for (int i = 0; i < 2; i++)
    {
      dense (&chain, 2 * self->width);
      simple (&chain, US_LAYER_GELU);
    }
  dense (&chain, output->height * output->width * decoded_channels (output));
  reshape (&chain, output->height, output->width, decoded_channels (output));
  return finish (&chain, 1, 1, n_features (simulator));
}

static UsNetwork *
dense_encoder (const UsPreset    *self,
               const UsSimulator *simulator,
               const UsOutput    *output)
{
  Chain chain = { .n = 0 };

  for (int i = 0; i < 3; i++)
    {
      dense (&chain, 2 * self->width);
      simple (&chain, US_LAYER_GELU);
    }
  dense (&chain, code_size (self, simulator));
  return finish_encoder (&chain, self, simulator, output);
}

/* -- as published ------------------------------------------------------ */

UsNetwork *
us_dcgan_decoder (const UsPreset    *self,
                  const UsSimulator *simulator,
                  guint              output_index)
{
  const UsOutput *output = &simulator->outputs[output_index];
  guint n = halvings (output);
  gsize h = output->height >> n, w = output->width >> n;
  Chain chain = { .n = 0 };

  if (output->kind == US_OUTPUT_SERIES || n == 0)
    return dense_decoder (self, simulator, output);
  if (h == 4 && w == 4)
    add (&chain, &(UsLayer) { .kind = US_LAYER_CONV_TRANSPOSED, .out = self->width, .kernel = 4, .stride = 1 });
  else
    {
      add (&chain, &(UsLayer) { .kind = US_LAYER_DENSE, .out = h * w * self->width });
      reshape (&chain, h, w, self->width);
    }
  for (guint i = 0; i < n; i++)
    {
      gboolean last = i + 1 == n;

      simple (&chain, US_LAYER_BATCH_NORM);
      simple (&chain, US_LAYER_RELU);
      add (&chain, &(UsLayer) { .kind = US_LAYER_CONV_TRANSPOSED, .kernel = 4, .stride = 2, .pad = 1, .bias = last,
                                .out = last ? decoded_channels (output) : MAX (self->width >> (i + 1), 1) });
    }
  return finish (&chain, 1, 1, n_features (simulator));
}

UsNetwork *
us_dcgan_encoder (const UsPreset    *self,
                  const UsSimulator *simulator,
                  guint              output_index)
{
  const UsOutput *output = &simulator->outputs[output_index];
  guint n = halvings (output);
  Chain chain = { .n = 0 };

  if (output->kind == US_OUTPUT_SERIES || n == 0)
    return dense_encoder (self, simulator, output);
  for (guint i = 0; i < n; i++)
    {
      conv (&chain, MAX (self->width >> (n - 1 - i), 1), 4, 2, i == 0);
      if (i > 0)
        simple (&chain, US_LAYER_BATCH_NORM);
      leaky (&chain);
    }
  /* over the whole 4 × 4 map: the published last convolution */
  dense (&chain, code_size (self, simulator));
  return finish_encoder (&chain, self, simulator, output);
}

/* -- columns ----------------------------------------------------------- */

/* A convolution along the row, `kernel` wide. */
static void
row_conv (Chain *chain,
          gsize  out,
          guint  kernel,
          float  gain)
{
  if (kernel > 1)
    add (chain, &(UsLayer) { .kind = US_LAYER_UNFOLD, .factor = kernel });
  add (chain, &(UsLayer) { .kind = US_LAYER_CONV, .out = out, .kernel = 1, .stride = 1, .bias = TRUE,
                           .init_gain = gain });
}

/* Residual blocks that begin as the identity. */
static void
row_blocks (Chain       *chain,
            gsize        width,
            gsize        depth,
            UsLayerKind  activation)
{
  for (gsize i = 0; i < depth; i++)
    {
      simple (chain, US_LAYER_PUSH);
      simple (chain, activation);
      row_conv (chain, width, 3, GENTLE);
      simple (chain, activation);
      row_conv (chain, width, 3, NOTHING);
      simple (chain, US_LAYER_ADD);
    }
}

/* Features of `n_rows` rows of positions made of the parameters. */
static void
rows_of_parameters (Chain          *chain,
                    const UsPreset *self,
                    gsize           n_rows,
                    gsize           positions,
                    gsize           trunk,
                    gsize           first)
{
  gsize features = trunk / 4;

  add (chain, &(UsLayer) { .kind = US_LAYER_DENSE, .out = first, .bias = TRUE, .init_gain = GENTLE });
  simple (chain, US_LAYER_GELU);
  add (chain, &(UsLayer) { .kind = US_LAYER_DENSE, .out = n_rows * positions * features, .bias = TRUE,
                           .init_gain = GENTLE });
  reshape (chain, n_rows, positions, features);
  row_conv (chain, trunk, 3, GENTLE);
  row_blocks (chain, trunk, self->depth, US_LAYER_GELU);
  simple (chain, US_LAYER_GELU);
}

/* What is found along the rows, and from it the code. */
static void
code_of_rows (Chain             *chain,
              const UsPreset    *self,
              const UsSimulator *simulator)
{
  row_conv (chain, self->width, 5, GENTLE);
  row_blocks (chain, self->width, self->depth, US_LAYER_RELU);
  simple (chain, US_LAYER_RELU);
  row_conv (chain, self->width / 4, 1, GENTLE);
  add (chain, &(UsLayer) { .kind = US_LAYER_DENSE, .out = code_size (self, simulator), .bias = TRUE,
                           .init_gain = NOTHING });
}

/* -- columns and rows --------------------------------------------------- */

gboolean
us_own_can_cross (const UsOutput *output)
{
  return output->kind == US_OUTPUT_IMAGE && !output->traces
         && output->height == output->width && output->width <= MAX_CROSS;
}

/* A slanted edge is no short sum of products, but where a few of them change sign: pixels are a
 * small network of several.  On dSprites, at 60,000 draws, half of the error of the plain sum. */
static void
pixels_of_maps (Chain          *chain,
                const UsOutput *output)
{
  row_conv (chain, MAPS * MAP_PRODUCTS, 1, MAP_GAIN);
  add (chain, &(UsLayer) { .kind = US_LAYER_OUTER, .factor = MAP_PRODUCTS });
  simple (chain, US_LAYER_RELU);
  conv (chain, MAPS, 1, 1, TRUE);
  simple (chain, US_LAYER_RELU);
  conv (chain, decoded_channels (output), 1, 1, TRUE);
}

UsNetwork *
us_own_decoder (const UsPreset    *self,
                const UsSimulator *simulator,
                guint              output_index)
{
  const UsOutput *output = &simulator->outputs[output_index];
  Chain chain = { .n = 0 };

  if (output->kind == US_OUTPUT_SERIES)
    return dense_decoder (self, simulator, output);
  if (us_own_can_cross (output))
    {
      rows_of_parameters (&chain, self, 2, output->width, self->width / 2, 4 * self->width);
      if (output->channels > 1)
        {
          row_conv (&chain, PRODUCTS * decoded_channels (output), 1, PRODUCT_GAIN);
          add (&chain, &(UsLayer) { .kind = US_LAYER_OUTER, .factor = PRODUCTS });
        }
      else
        pixels_of_maps (&chain, output);
    }
  else
    {
      rows_of_parameters (&chain, self, 1, output->width, self->width, 2 * self->width);
      row_conv (&chain, output->height * decoded_channels (output), 1, GENTLE);
      add (&chain, &(UsLayer) { .kind = US_LAYER_ROWS, .factor = output->height });
    }
  return finish (&chain, 1, 1, n_features (simulator));
}

UsNetwork *
us_own_encoder (const UsPreset    *self,
                const UsSimulator *simulator,
                guint              output_index)
{
  const UsOutput *output = &simulator->outputs[output_index];
  Chain chain = { .n = 0 };

  if (output->kind == US_OUTPUT_SERIES)
    return dense_encoder (self, simulator, output);
  simple (&chain, us_own_can_cross (output) ? US_LAYER_CROSS : US_LAYER_COLUMNS);
  code_of_rows (&chain, self, simulator);
  return finish_encoder (&chain, self, simulator, output);
}
