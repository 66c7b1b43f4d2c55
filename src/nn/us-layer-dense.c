/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-run-private.h"

#include <cblas.h>
#include <string.h>

/* y (B, O) = leaky (x (B, F) w (F, O) + bias (O)).  Work is cut in a grid whose
 * blocks depend on the shape alone: OpenBLAS sums in an order that depends on
 * the size of the call. */

#define BLOCK_SAMPLES 32
#define BLOCK_COLUMNS 512

typedef struct
{
  gsize rows, columns;               /* of the result */
  gsize row_block, column_block;
} Grid;

static Grid
make_grid (gsize rows,
           gsize columns,
           gsize depth)
{
  Grid grid = { rows, columns, MIN (rows, BLOCK_SAMPLES), MIN (columns, BLOCK_COLUMNS) };

  /* A block is worth claiming from some million multiply-adds on. */
  while (grid.row_block < rows && grid.row_block * grid.column_block * depth < 1000000)
    grid.row_block = MIN (2 * grid.row_block, rows);
  return grid;
}

static gsize
grid_blocks (const Grid *grid)
{
  return ((grid->rows + grid->row_block - 1) / grid->row_block)
         * ((grid->columns + grid->column_block - 1) / grid->column_block);
}

static void
grid_block (const Grid *grid,
            gsize       block,
            gsize      *row,
            gsize      *n_rows,
            gsize      *column,
            gsize      *n_columns)
{
  gsize down = (grid->rows + grid->row_block - 1) / grid->row_block;

  *row = block % down * grid->row_block;
  *n_rows = MIN (grid->row_block, grid->rows - *row);
  *column = block / down * grid->column_block;
  *n_columns = MIN (grid->column_block, grid->columns - *column);
}

/* --- forward ----------------------------------------------------------- */

/* The matrices have one row a sample; a map of one pixel may have a halo, which
 * the stride steps over. */
static gsize
features (const UsTensor *t)
{
  return t->height * t->width * t->channels;
}

static Grid
forward_grid (const UsOp *op)
{
  const UsTensor *x = us_op_x (op);

  return make_grid (x->batch, op->layer.out, features (x));
}

static void
forward_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *y = us_op_y (op);
  Grid grid = forward_grid (op);
  gsize row, n_rows, column, n_columns;
  gsize n_in = features (x), ld = op->layer.out;
  gsize x_stride = us_tensor_sample_stride (x), y_stride = us_tensor_sample_stride (y);
  const float *from;
  float *to;

  grid_block (&grid, chunk, &row, &n_rows, &column, &n_columns);
  from = us_tensor_at (x, row, 0, 0);
  to = us_tensor_at (y, row, 0, 0) + column;
  if (n_rows == 1)
    cblas_sgemv (CblasRowMajor, CblasTrans, (int) n_in, (int) n_columns, 1.0f, op->weight + column, (int) ld,
                 from, 1, 0.0f, to, 1);
  else
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int) n_rows, (int) n_columns, (int) n_in,
                 1.0f, from, (int) x_stride, op->weight + column, (int) ld, 0.0f, to, (int) y_stride);

  if (op->bias != NULL)
    op->run->vec->bias (to, op->bias + column, n_rows, y_stride, n_columns, op->slope);
  else if (op->slope != 1.0f)
    for (gsize r = 0; r < n_rows; r++)
      op->run->vec->activate[US_ACTIVATION_LEAKY_RELU] (to + r * y_stride, to + r * y_stride, n_columns, op->slope);
}

static void
dense_forward (UsOp *op)
{
  Grid grid = forward_grid (op);

  us_pool_run (op->run->pool, grid_blocks (&grid), forward_chunk, op);
}

/* --- backward: dx = dy w', dw = x' dy, dbias = column sums of dy ------- */

static Grid
data_grid (const UsOp *op)
{
  const UsTensor *x = us_op_x (op);

  return make_grid (x->batch, features (x), op->layer.out);
}

static void
data_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  UsOp *op = data;
  const UsTensor *dx = us_op_dx (op), *dy = us_op_dy (op);
  Grid grid = data_grid (op);
  gsize row, n_rows, column, n_columns, n_out = op->layer.out;

  grid_block (&grid, chunk, &row, &n_rows, &column, &n_columns);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int) n_rows, (int) n_columns, (int) n_out,
               1.0f, us_tensor_at (dy, row, 0, 0), (int) us_tensor_sample_stride (dy),
               op->weight + column * n_out, (int) n_out,
               0.0f, us_tensor_at (dx, row, 0, 0) + column, (int) us_tensor_sample_stride (dx));
}

static Grid
weights_grid (const UsOp *op)
{
  const UsTensor *x = us_op_x (op);

  return make_grid (features (x), op->layer.out, x->batch);
}

static void
weights_chunk (gpointer data,
               gsize    chunk,
               guint    worker)
{
  UsOp *op = data;
  const UsTensor *x = us_op_x (op), *dy = us_op_dy (op);
  Grid grid = weights_grid (op);
  gsize row, n_rows, column, n_columns, ld = op->layer.out;
  float *dw = op->run->gradient + us_op_parameter_offset (op, op->index, 0);

  grid_block (&grid, chunk, &row, &n_rows, &column, &n_columns);
  cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int) n_rows, (int) n_columns, (int) x->batch,
               1.0f, us_tensor_at (x, 0, 0, 0) + row, (int) us_tensor_sample_stride (x),
               us_tensor_at (dy, 0, 0, 0) + column, (int) us_tensor_sample_stride (dy),
               0.0f, dw + row * ld + column, (int) ld);
}

static void
bias_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  UsOp *op = data;
  const UsTensor *dy = us_op_dy (op);
  float *dbias = op->run->gradient + us_op_parameter_offset (op, op->index, 1);
  gsize first = chunk * BLOCK_COLUMNS;
  gsize n = MIN (BLOCK_COLUMNS, op->layer.out - first);
  double sums[BLOCK_COLUMNS] = { 0 };

  op->run->vec->column_sums (sums, us_tensor_at (dy, 0, 0, 0) + first, dy->batch, us_tensor_sample_stride (dy), n);
  for (gsize j = 0; j < n; j++)
    dbias[first + j] = (float) sums[j];
}

static void
dense_backward (UsOp *op)
{
  UsRun *run = op->run;
  Grid grid;

  us_op_mask_gradient (op);
  if (run->gradient != NULL)
    {
      grid = weights_grid (op);
      us_pool_run (run->pool, grid_blocks (&grid), weights_chunk, op);
      if (op->layer.bias)
        us_pool_run (run->pool, (op->layer.out + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS, bias_chunk, op);
    }
  if (us_op_dx (op) != NULL)
    {
      grid = data_grid (op);
      us_pool_run (run->pool, grid_blocks (&grid), data_chunk, op);
    }
}

static void
dense_load (UsOp *op)
{
  if (op->norm_index != G_MAXSIZE)
    {
      us_op_fold (op, features (us_op_x (op)), op->layer.out);
      return;
    }
  op->weight = op->run->weights->parameters + us_op_parameter_offset (op, op->index, 0);
  op->bias = op->layer.bias ? op->run->weights->parameters + us_op_parameter_offset (op, op->index, 1) : NULL;
}

const UsOpClass us_op_dense = { dense_load, dense_forward, dense_backward };
