/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-dataset.h"
#include "us-npy.h"

G_BEGIN_DECLS

/* N rows, K factors, those that never vary included. */

#define US_DATASET_MAX_FACTORS US_MAX_PARAMETERS

typedef struct
{
  char   *name;                 /* or NULL: the file does not say */
  gsize   n;
  double *levels;               /* (n) rising */
} UsDatasetFactor;

/* Which combination of values stands in which row. */
typedef struct
{
  gsize            n_rows;
  gsize            n_factors;
  UsDatasetFactor  factors[US_DATASET_MAX_FACTORS];
  guint32         *rows;        /* (N) row of each point of the grid, last factor fastest; NULL: row i is point i */
} UsDatasetGrid;

/* What the file is known by. */
typedef struct
{
  char    *path;                /* absolute */
  guint64  n_bytes;
  gint64   mtime_ns;
} UsDatasetKey;

/* The unpacked pictures, mapped. */
typedef struct
{
  UsDatasetGrid  grid;          /* rows: in the mapping */
  gsize          height, width, channels;
  guint          bits;          /* 1 or 8 a value */
  gsize          stride;        /* bytes from picture to picture */
  guint32        fingerprint;   /* of pictures and grid; not 0 */
  GMappedFile   *map;
  const guint8  *pictures;      /* (N, stride) */
} UsDatasetCache;

#define US_DATASET_MAX_SIDE 4096
#define US_DATASET_WORD     8           /* bytes: each picture begins at a multiple of them */
#define US_DATASET_MAGIC    "UsData\x01\n"
/* path, bytes, mtime in ns, fingerprint, N, H, W, C, bits, rows are there, names ("" for none), levels */
#define US_DATASET_HEADER   "(ayxxuttttubasaad)"

/* The end of a cache. */
typedef struct
{
  guint64 header_bytes;
  char    magic[8];
} UsDatasetTrailer;

/* us-dataset-grid.c */

/* Streams latents_values twice.  Errors: what makes it no full grid. */
gboolean us_dataset_grid_read   (UsDatasetGrid       *grid,
                                 UsNpz               *npz,
                                 const char          *path,
                                 const gint          *cancelled,
                                 GError             **error);
void     us_dataset_grid_clear  (UsDatasetGrid       *grid);

/* us-dataset-cache.c */

gboolean us_dataset_key_init    (UsDatasetKey        *key,
                                 const char          *path,
                                 GError             **error);
void     us_dataset_key_clear   (UsDatasetKey        *key);
/* Maps what was unpacked before.  FALSE: there is nothing, or it is of another file or damaged. */
gboolean us_dataset_cache_open  (UsDatasetCache      *cache,
                                 const UsDatasetKey  *key);
void     us_dataset_cache_clear (UsDatasetCache      *cache);
char    *us_dataset_cache_path  (const UsDatasetKey  *key);
/* Removes what nobody can use any more. */
void     us_dataset_cache_tidy  (const char          *folder);
/* Bytes from picture to picture. */
gsize    us_dataset_stride      (gsize                n_values,
                                 guint                bits);

/* us-dataset-import.c */

gboolean us_dataset_cache_make  (const UsDatasetKey  *key,
                                 UsDatasetProgress    progress,
                                 gpointer             data,
                                 const gint          *cancelled,
                                 GError             **error);

/* “FILE”: and what follows; always FALSE. */
gboolean us_dataset_refuse      (GError             **error,
                                 int                  code,
                                 const char          *path,
                                 const char          *format,
                                 ...) G_GNUC_PRINTF (4, 5);
gboolean us_dataset_cancelled   (const gint          *cancelled,
                                 GError             **error);

/* us-dataset-table.c */

/* Parameters and output of the pictures; what it points to lives as long as the program. */
typedef struct
{
  gsize         factor;         /* of the grid */
  gsize         step;           /* points from value to value */
  gboolean      categorical;
  double        turn;           /* the grid goes on with its first value after a whole turn; 0: it does not */
} UsDatasetAxis;

gsize    us_dataset_describe    (const UsDatasetCache  *cache,
                                 const char            *path,
                                 UsDatasetAxis         *axes,           /* (K) */
                                 UsParameter          **parameters,     /* (P) */
                                 UsOutput             **output);

G_END_DECLS
