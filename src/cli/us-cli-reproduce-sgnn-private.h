/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-cli-reproduce-private.h"
#include "us-posterior.h"
#include "us-predictor-task.h"

G_BEGIN_DECLS

/* reproduce sgnn: what is claimed of learning from simulations alone (Dudley, Eisenberg 2025, arXiv 2509.18990), measured
 * part by part.  P parameters, V values of an observation, N rows.  One thread, the main one. */

typedef struct _UsSgnn UsSgnn;

/* A part measures, and says what it found through the functions below, in the order of the page.  When it
 * fails, what it had said stays, the report tells the error, and the others go on. */
typedef struct
{
  const char *id;               /* of --parts and of the section: a word */
  const char *title;
  gboolean  (*run) (UsSgnn *self, GError **error);
} UsSgnnPart;

/* What one part found. */
typedef struct
{
  const UsSgnnPart *part;
  GPtrArray        *items;      /* what stands on the page, in order */
  GArray           *checks;     /* of UsReproduceCheck; `what` is owned */
  GPtrArray        *names;      /* of numbers.json, beside: */
  GArray           *values;     /* of double */
  GPtrArray        *short_words; /* sentences for the head of the page */
  double            seconds;
  char             *failure;    /* NULL: it ended well */
} UsSgnnResult;

/* A model that was trained or found in the folder of models. */
typedef struct
{
  char    *file, *command;
  gsize    n_rows;
  double   seconds;             /* of its training, whenever that was */
  gboolean now;
} UsSgnnModel;

struct _UsSgnn
{
  /* what was asked for */
  const char   *command;
  char         *out, *models, *data;    /* data: folder of more series, or NULL */
  gboolean      quick;
  guint64       seed, rows;             /* rows: at most so many for any training; 0: as usual */
  guint         n_workers;
  GCancellable *cancellable;

  /* what is made */
  gint          cancelled;
  gint64        began;
  GPtrArray    *results;        /* of UsSgnnResult */
  UsSgnnResult *now;
  GPtrArray    *trained;        /* of UsSgnnModel */
};

/* ---- the parts ------------------------------------------------------------- */

gboolean us_sgnn_part_posterior   (UsSgnn *self, GError **error);
gboolean us_sgnn_part_r0          (UsSgnn *self, GError **error);
gboolean us_sgnn_part_selection   (UsSgnn *self, GError **error);
gboolean us_sgnn_part_mismatch    (UsSgnn *self, GError **error);
gboolean us_sgnn_part_excess      (UsSgnn *self, GError **error);
gboolean us_sgnn_part_attribution (UsSgnn *self, GError **error);
gboolean us_sgnn_part_series      (UsSgnn *self, GError **error);

/* ---- us-cli-reproduce-sgnn-items.c: what a part says -------------------------- */

UsSgnnResult *us_sgnn_result_new  (const UsSgnnPart   *part);
void     us_sgnn_result_free      (UsSgnnResult       *result);
void     us_sgnn_heading          (UsSgnn             *self,
                                   const char         *title);
void     us_sgnn_say              (UsSgnn             *self,
                                   const char         *format,
                                   ...) G_GNUC_PRINTF (2, 3);
/* What must not be overlooked. */
void     us_sgnn_notice           (UsSgnn             *self,
                                   const char         *format,
                                   ...) G_GNUC_PRINTF (2, 3);
/* A sentence for the head of the page. */
void     us_sgnn_in_short         (UsSgnn             *self,
                                   const char         *format,
                                   ...) G_GNUC_PRINTF (2, 3);
/* A table for the page, and as ID.csv with all digits; id: a word.  Cells row by row. */
void     us_sgnn_table_begin      (UsSgnn               *self,
                                   const char           *id,
                                   const char           *caption,
                                   gsize                 n_columns,
                                   const UsReportColumn *columns);
void     us_sgnn_cell             (UsSgnn             *self,
                                   UsReportMark        mark,
                                   const char         *format,
                                   ...) G_GNUC_PRINTF (3, 4);
void     us_sgnn_value            (UsSgnn             *self,
                                   double              value,
                                   guint               decimals);
/* Three significant digits. */
void     us_sgnn_rough            (UsSgnn             *self,
                                   double              value);
gboolean us_sgnn_table_end        (UsSgnn             *self,
                                   GError            **error);
/* Plots in rows of n_columns, each width × height pixels, as figures/ID.svg; with_data: their numbers as CSV too.
 * Takes the references in plots (n). */
gboolean us_sgnn_figure           (UsSgnn             *self,
                                   const char         *id,
                                   const char         *alt,
                                   const char         *caption,
                                   gsize               n,
                                   UsPlot            **plots,
                                   gsize               n_columns,
                                   double              width,
                                   double              height,
                                   gboolean            with_data,
                                   GError            **error);
/* For numbers.json. */
void     us_sgnn_number           (UsSgnn             *self,
                                   const char         *name,
                                   double              value);
/* A figure that is wanted; what is copied. */
void     us_sgnn_want             (UsSgnn             *self,
                                   const char         *what,
                                   double              value,
                                   guint               decimals,
                                   UsWant              want,
                                   double              target);
/* The stored items, onto the page. */
void     us_sgnn_replay           (const UsSgnnResult *result,
                                   UsReport           *report);

/* ---- us-cli-reproduce-sgnn-models.c: models, kept and taken again ---------------- */

/* Rows of a training, or how many of anything, by what was asked for.  With --rows at most that, of others a tenth of it, at
 * least `least`. */
gsize    us_sgnn_rows             (const UsSgnn       *self,
                                   gsize               usual,
                                   gsize               quick);
gsize    us_sgnn_count            (const UsSgnn       *self,
                                   gsize               usual,
                                   gsize               quick,
                                   gsize               least);
/* Of a simulator by its id, priors (NULL-terminated texts NAME=KIND:A:B, or NULL) taken where it has the parameter. */
UsPrior *us_sgnn_prior            (const char         *id,
                                   const char *const  *priors,
                                   GError            **error);
/* Trained on `rows` fresh draws, or models/NAME.safetensors where the same command made it. */
UsPosterior *us_sgnn_posterior    (UsSgnn             *self,
                                   const char         *name,
                                   const char         *id,
                                   const char *const  *priors,
                                   gsize               rows,
                                   GError            **error);
/* `train selection` (several ids) or `train quantities` with a head (one). */
UsPredictor *us_sgnn_predictor    (UsSgnn             *self,
                                   const char         *name,
                                   UsTaskKind          kind,
                                   UsHeadKind          head,
                                   gsize               n_ids,
                                   const char *const  *ids,
                                   const char *const  *priors,
                                   gsize               rows,
                                   GError            **error);
void     us_sgnn_model_free       (UsSgnnModel        *model);
/* The line on standard error, behind the part's name. */
void     us_sgnn_progress         (const UsSgnn       *self,
                                   const char         *format,
                                   ...) G_GNUC_PRINTF (2, 3);

/* ---- us-cli-reproduce-sgnn-page.c ---------------------------------------------- */

gboolean us_sgnn_write_page       (UsSgnn             *self,
                                   GError            **error);
gboolean us_sgnn_write_numbers    (UsSgnn             *self,
                                   GError            **error);

G_END_DECLS
