/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-error.h"
#include "us-network.h"

#include <math.h>
#include <string.h>

static const UsLayer layers[] = {
  { .kind = US_LAYER_COORDS },
  { .kind = US_LAYER_CONV, .out = 8, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
  { .kind = US_LAYER_BATCH_NORM },
  { .kind = US_LAYER_LEAKY_RELU, .slope = 0.2f },
  { .kind = US_LAYER_PUSH },
  { .kind = US_LAYER_CONV, .out = 8, .kernel = 3, .stride = 1, .pad = 1 },
  { .kind = US_LAYER_GELU },
  { .kind = US_LAYER_ADD },
  { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 },
  { .kind = US_LAYER_CONV_TRANSPOSED, .out = 3, .kernel = 4, .stride = 2, .pad = 1, .bias = TRUE },
  { .kind = US_LAYER_AVERAGE_POOL, .factor = 4 },
  { .kind = US_LAYER_UPSAMPLE, .factor = 3 },
  { .kind = US_LAYER_SOFTPLUS },
  { .kind = US_LAYER_DENSE, .out = 24, .bias = TRUE, .init_gain = 0.5f },
  { .kind = US_LAYER_RESHAPE, .height = 2, .width = 3, .channels = 4 },
  { .kind = US_LAYER_TANH },
  { .kind = US_LAYER_SIGMOID },
  { .kind = US_LAYER_RELU },
};

static UsNetwork *
make (void)
{
  g_autoptr(GError) error = NULL;
  UsNetwork *network = us_network_new (16, 12, 1, layers, G_N_ELEMENTS (layers), &error);

  g_assert_no_error (error);
  return network;
}

static void
test_table (void)
{
  g_autoptr(UsNetwork) network = make ();
  static const struct { const char *name; gsize shape[4]; guint n_dims; } expected[] = {
    { "1.conv.weight", { 4, 4, 3, 8 }, 4 },
    { "1.conv.bias", { 8 }, 1 },
    { "2.batch-norm.scale", { 8 }, 1 },
    { "2.batch-norm.shift", { 8 }, 1 },
    { "5.conv.weight", { 3, 3, 8, 8 }, 4 },
    { "9.conv-transposed.weight", { 4, 4, 2, 3 }, 4 },
    { "9.conv-transposed.bias", { 3 }, 1 },
    { "13.dense.weight", { 24 * 18 * 3, 24 }, 2 },
    { "13.dense.bias", { 24 }, 1 },
  };
  const UsNetworkTensor *table;
  gsize n, offset = 0, h, w, c;

  table = us_network_parameter_table (network, &n);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
  for (gsize i = 0; i < n; i++)
    {
      gsize n_elements = 1;

      g_assert_cmpstr (table[i].name, ==, expected[i].name);
      g_assert_cmpuint (table[i].n_dims, ==, expected[i].n_dims);
      for (guint d = 0; d < table[i].n_dims; d++)
        {
          g_assert_cmpuint (table[i].shape[d], ==, expected[i].shape[d]);
          n_elements *= table[i].shape[d];
        }
      g_assert_cmpuint (table[i].n_elements, ==, n_elements);
      g_assert_cmpuint (table[i].offset, ==, offset);
      offset += n_elements;
    }
  g_assert_cmpuint (us_network_n_parameters (network), ==, offset);
  table = us_network_state_table (network, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpstr (table[0].name, ==, "2.batch-norm.mean");
  g_assert_cmpstr (table[1].name, ==, "2.batch-norm.variance");
  g_assert_cmpuint (us_network_n_state (network), ==, 16);
  us_network_output_shape (network, &h, &w, &c);
  g_assert_true (h == 2 && w == 3 && c == 4);
  us_network_input_shape (network, &h, &w, &c);
  g_assert_true (h == 16 && w == 12 && c == 1);
}

static void
test_flop (void)
{
  /* The paper's decoder at C = 128, 11 latents: 2 (11·2048 + 16·16·128·64 + 16·64·64·32
   * + 16·256·32·16 + 16·1024·16) by hand */
  const UsLayer decoder[] = {
    { .kind = US_LAYER_DENSE, .out = 2048 },
    { .kind = US_LAYER_RESHAPE, .height = 4, .width = 4, .channels = 128 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 64, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 32, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 16, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 1, .kernel = 4, .stride = 2, .pad = 1 },
  };
  g_autoptr(UsNetwork) network = us_network_new (1, 1, 11, decoder, G_N_ELEMENTS (decoder), NULL);

  g_assert_cmpfloat (us_network_flop (network), ==,
                     2.0 * (11 * 2048 + 16 * 16 * 128 * 64 + 64 * 16 * 64 * 32 + 256 * 16 * 32 * 16 + 1024 * 16 * 16));
}

static void
test_json (void)
{
  g_autoptr(UsNetwork) network = make (), again = NULL;
  g_autofree char *json = us_network_to_json (network), *twice = NULL;
  g_autoptr(GError) error = NULL;

  again = us_network_from_json (json, &error);
  g_assert_no_error (error);
  twice = us_network_to_json (again);
  g_assert_cmpstr (json, ==, twice);
  g_assert_cmpuint (us_network_n_layers (again), ==, G_N_ELEMENTS (layers));
  for (gsize i = 0; i < G_N_ELEMENTS (layers); i++)
    {
      const UsLayer *l = us_network_layer (again, i);

      g_assert_cmpint (l->kind, ==, layers[i].kind);
      g_assert_cmpuint (l->out, ==, layers[i].out);
      g_assert_true (l->kernel == layers[i].kernel && l->stride == layers[i].stride && l->pad == layers[i].pad);
      g_assert_cmpfloat (l->slope, ==, layers[i].slope);
      g_assert_cmpfloat (l->init_gain, ==, layers[i].init_gain);
      g_assert_true (l->factor == layers[i].factor && l->bias == layers[i].bias);
    }
  g_assert_cmpuint (us_network_n_parameters (again), ==, us_network_n_parameters (network));
}

/* Layers of series: shapes, names, text and back; masks that cannot be. */
static void
test_series (void)
{
  const UsLayer chain[] = {
    { .kind = US_LAYER_GRU, .out = 6, .mask = 2 },
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_GRU, .out = 6, .init_gain = 0.5f },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_POOL, .factor = 2, .mask = 1 },
    { .kind = US_LAYER_LAST },
    { .kind = US_LAYER_POOL },
  };
  static const UsLayer bad[] = {
    { .kind = US_LAYER_GRU, .out = 0 },
    { .kind = US_LAYER_GRU, .out = 4, .mask = 4 },
    { .kind = US_LAYER_POOL, .factor = 3 },
    { .kind = US_LAYER_POOL, .factor = 2 },
    { .kind = US_LAYER_POOL, .mask = 7 },
  };
  g_autoptr(GError) error = NULL;
  g_autoptr(UsNetwork) network = us_network_new (1, 9, 3, chain, G_N_ELEMENTS (chain), &error);
  g_autofree char *json = NULL, *twice = NULL;
  g_autoptr(UsNetwork) again = NULL;
  const UsNetworkTensor *table;
  gsize n, h, w, c;

  g_assert_no_error (error);
  us_network_output_shape (network, &h, &w, &c);
  g_assert_true (h == 1 && w == 1 && c == 4);
  table = us_network_parameter_table (network, &n);
  g_assert_cmpuint (n, ==, 6);
  g_assert_cmpstr (table[1].name, ==, "0.gru.recurrent");
  g_assert_cmpuint (us_network_n_parameters (network), ==, (3 + 6) * 18 + 24 + (6 + 6) * 18 + 24);
  g_assert_cmpfloat (us_network_flop (network), ==, 2 * 9 * 18 * (3 + 6) + 2 * 9 * 18 * (6 + 6) + 9 * 6 + 9 * 6 + 4);
  json = us_network_to_json (network);
  again = us_network_from_json (json, &error);
  g_assert_no_error (error);
  twice = us_network_to_json (again);
  g_assert_cmpstr (json, ==, twice);
  g_assert_cmpuint (us_network_layer (again, 0)->mask, ==, 2);
  g_assert_cmpuint (us_network_layer (again, 4)->factor, ==, 2);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) local = NULL;

      g_assert_null (us_network_new (1, 9, 3, &bad[i], 1, &local));
      g_assert_error (local, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
    }
  /* more rows than one; a mask of other points */
  g_assert_null (us_network_new (2, 9, 3, chain, 1, NULL));
  {
    const UsLayer shorter[] = { { .kind = US_LAYER_RESHAPE, .height = 1, .width = 3, .channels = 9 }, bad[4] };

    g_assert_null (us_network_new (1, 9, 3, shorter, 2, NULL));
  }
}

static void
test_bad_json (void)
{
  static const struct { const char *json; UsFormatError code; const char *says; } bad[] = {
    { "", US_FORMAT_ERROR_VALUE, "object" },
    { "[1,2]", US_FORMAT_ERROR_VALUE, "object" },
    { "{\"input\":[1,1,1],\"layers\":[", US_FORMAT_ERROR_SYNTAX, "JSON" },
    { "{\"layers\":[]}", US_FORMAT_ERROR_VALUE, "input" },
    { "{\"input\":[1,1],\"layers\":[]}", US_FORMAT_ERROR_VALUE, "three" },
    { "{\"input\":[1,1,0],\"layers\":[]}", US_FORMAT_ERROR_VALUE, "input" },
    { "{\"input\":[1,1,-4],\"layers\":[]}", US_FORMAT_ERROR_VALUE, "input" },
    { "{\"input\":[1,1,1.5],\"layers\":[]}", US_FORMAT_ERROR_VALUE, "input" },
    { "{\"input\":[1,1,\"3\"],\"layers\":[]}", US_FORMAT_ERROR_VALUE, "input" },
    { "{\"input\":[1000000,1000000,1000000],\"layers\":[]}", US_FORMAT_ERROR_SHAPE, "2^31" },
    { "{\"input\":[1,1,1]}", US_FORMAT_ERROR_VALUE, "layers" },
    { "{\"input\":[1,1,1],\"layers\":[],\"more\":1}", US_FORMAT_ERROR_UNSUPPORTED, "more" },
    { "{\"input\":[1,1,1],\"layers\":[3]}", US_FORMAT_ERROR_VALUE, "object" },
    { "{\"input\":[1,1,1],\"layers\":[{}]}", US_FORMAT_ERROR_VALUE, "kind" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":7}]}", US_FORMAT_ERROR_VALUE, "kind" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"attention\"}]}", US_FORMAT_ERROR_UNSUPPORTED, "attention" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"relu\",\"slope\":1}]}", US_FORMAT_ERROR_UNSUPPORTED, "slope" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"leaky-relu\"}]}", US_FORMAT_ERROR_VALUE, "slope" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"leaky-relu\",\"slope\":1e99}]}", US_FORMAT_ERROR_VALUE, "slope" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"bias\":true}]}", US_FORMAT_ERROR_MISSING, "out" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"out\":3}]}", US_FORMAT_ERROR_VALUE, "bias" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"out\":3,\"bias\":1}]}", US_FORMAT_ERROR_VALUE, "bias" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"out\":-3,\"bias\":true}]}", US_FORMAT_ERROR_VALUE, "out" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"out\":1048577,\"bias\":true}]}", US_FORMAT_ERROR_VALUE, "out" },
    { "{\"input\":[1,1,1],\"layers\":[{\"kind\":\"dense\",\"out\":9223372036854775807,\"bias\":true}]}",
      US_FORMAT_ERROR_VALUE, "out" },
    { "{\"input\":[1024,1024,100],\"layers\":[{\"kind\":\"dense\",\"out\":1048576,\"bias\":true}]}",
      US_FORMAT_ERROR_TOO_LARGE, "2^31" },
    { "{\"input\":[4,4,1],\"layers\":[{\"kind\":\"conv\",\"out\":1,\"kernel\":0,\"stride\":1,\"pad\":0,\"bias\":true}]}",
      US_FORMAT_ERROR_VALUE, "kernel" },
    { "{\"input\":[4,4,1],\"layers\":[{\"kind\":\"conv\",\"out\":1,\"kernel\":3,\"stride\":1,\"pad\":3,\"bias\":true}]}",
      US_FORMAT_ERROR_SHAPE, "pad" },
    { "{\"input\":[4,4,1],\"layers\":[{\"kind\":\"reshape\",\"shape\":[2,2,2]}]}", US_FORMAT_ERROR_SHAPE, "reshape" },
    { "{\"input\":[4,4,1],\"layers\":[{\"kind\":\"push\"}]}", US_FORMAT_ERROR_SHAPE, "push" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(UsNetwork) network = us_network_from_json (bad[i].json, &error);

      g_test_message ("%s: %s", bad[i].json, error != NULL ? error->message : "accepted");
      g_assert_null (network);
      g_assert_error (error, US_FORMAT_ERROR, (int) bad[i].code);
      g_assert_nonnull (strstr (error->message, bad[i].says));
    }
}

static void
test_bad_shapes (void)
{
  static const UsLayer bad[] = {
    { .kind = US_LAYER_CONV, .out = 4, .kernel = 7, .stride = 1, .pad = 0 },
    { .kind = US_LAYER_CONV, .out = 0, .kernel = 3, .stride = 1, .pad = 1 },
    { .kind = US_LAYER_CONV, .out = 4, .kernel = 3, .stride = 0, .pad = 1 },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 4, .kernel = 3, .stride = 1, .pad = 7 },
    { .kind = US_LAYER_DEPTH_TO_SPACE, .factor = 2 },
    { .kind = US_LAYER_AVERAGE_POOL, .factor = 3 },
    { .kind = US_LAYER_AVERAGE_POOL, .factor = 0 },
    { .kind = US_LAYER_UPSAMPLE, .factor = 0 },
    { .kind = US_LAYER_UPSAMPLE, .factor = 4000000000u },
    { .kind = US_LAYER_RESHAPE, .height = 1, .width = 1, .channels = 5 },
    { .kind = US_LAYER_ADD },
    { .kind = US_LAYER_DENSE, .out = (gsize) 1 << 21 },
    { .kind = US_LAYER_LEAKY_RELU, .slope = 3 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      UsLayer chain[] = { { .kind = US_LAYER_RELU }, bad[i] };
      g_autoptr(GError) error = NULL;
      g_autofree char *where = g_strdup_printf ("Layer 1 (%s)", us_layer_kind_name (bad[i].kind));

      g_assert_null (us_network_new (4, 4, 3, chain, 2, &error));
      g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
      g_assert_nonnull (strstr (error->message, where));
      g_assert_nonnull (strstr (error->message, "(4, 4, 3)"));
    }
}

/* A sum of another shape than what was kept. */
static void
test_bad_add (void)
{
  const UsLayer chain[] = {
    { .kind = US_LAYER_PUSH },
    { .kind = US_LAYER_CONV, .out = 2, .kernel = 3, .stride = 1, .pad = 1 },
    { .kind = US_LAYER_ADD },
  };
  g_autoptr(GError) error = NULL;

  g_assert_null (us_network_new (4, 4, 1, chain, 3, &error));
  g_assert_error (error, US_FORMAT_ERROR, US_FORMAT_ERROR_SHAPE);
}

/* --- initial weights --------------------------------------------------- */

static double
sd_of (const UsWeights       *w,
       const UsNetworkTensor *t)
{
  double sum = 0;

  for (gsize i = 0; i < t->n_elements; i++)
    sum += (double) w->parameters[t->offset + i] * (double) w->parameters[t->offset + i];
  return sqrt (sum / (double) t->n_elements);
}

static void
test_init (void)
{
  const UsLayer chain[] = {
    { .kind = US_LAYER_CONV, .out = 64, .kernel = 3, .stride = 1, .pad = 1, .bias = TRUE },
    { .kind = US_LAYER_BATCH_NORM },
    { .kind = US_LAYER_RELU },
    { .kind = US_LAYER_CONV_TRANSPOSED, .out = 32, .kernel = 4, .stride = 2, .pad = 1 },
    { .kind = US_LAYER_TANH },
    { .kind = US_LAYER_CONV, .out = 48, .kernel = 1, .stride = 1, .init_gain = 3 },
    { .kind = US_LAYER_DENSE, .out = 7, .bias = TRUE },
  };
  const double expected[] = { sqrt (2.0 / (9 * 20)), 1 / sqrt (4 * 64), 3 / sqrt (32), 1 / sqrt (8 * 8 * 48) };
  const gsize rows[] = { 0, 4, 5, 6 };
  g_autoptr(UsNetwork) network = us_network_new (4, 4, 20, chain, G_N_ELEMENTS (chain), NULL);
  g_autoptr(UsWeights) w = us_weights_new (network, 1), same = us_weights_new (network, 1);
  g_autoptr(UsWeights) other = us_weights_new (network, 2), copy = us_weights_copy (w);
  const UsNetworkTensor *table;
  gsize n, size = us_network_n_parameters (network) * sizeof (float);

  table = us_network_parameter_table (network, &n);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const UsNetworkTensor *t = &table[rows[i]];

      /* five standard errors of a standard deviation */
      g_assert_cmpfloat_with_epsilon (sd_of (w, t) / expected[i], 1, 5 / sqrt (2 * (double) t->n_elements));
    }
  g_assert_cmpfloat (sd_of (w, &table[1]), ==, 0);
  g_assert_cmpfloat (w->parameters[table[2].offset + 3], ==, 1);
  g_assert_cmpfloat (w->parameters[table[3].offset + 3], ==, 0);
  g_assert_cmpfloat (w->state[0], ==, 0);
  g_assert_cmpfloat (w->state[64], ==, 1);
  g_assert_cmpmem (w->parameters, size, same->parameters, size);
  g_assert_cmpmem (w->parameters, size, copy->parameters, size);
  g_assert_true (memcmp (w->parameters, other->parameters, size) != 0);
  g_assert_true (copy->parameters != w->parameters);
  /* a stream for each tensor: no two begin alike */
  g_assert_true (w->parameters[table[0].offset] / (float) expected[0] != w->parameters[table[5].offset] / (float) expected[2]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/table", test_table);
  g_test_add_func ("/network/flop", test_flop);
  g_test_add_func ("/network/json", test_json);
  g_test_add_func ("/network/series", test_series);
  g_test_add_func ("/network/bad-json", test_bad_json);
  g_test_add_func ("/network/bad-shapes", test_bad_shapes);
  g_test_add_func ("/network/bad-add", test_bad_add);
  g_test_add_func ("/network/init", test_init);
  return g_test_run ();
}
