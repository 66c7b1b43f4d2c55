/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-cli.h"
#include "us-evidence.h"
#include "us-plot.h"
#include "us-report.h"
#include "us-trainer.h"

G_BEGIN_DECLS

/* reproduce simvae: the paper's Table 1 and Figures 1 to 4, made anew.  P parameters, N values of an output.  One thread. */

/* ---- wanted figures ------------------------------------------------------ */

typedef enum
{
  US_WANT_AT_LEAST,
  US_WANT_AT_MOST,
  US_WANT_WITHIN,               /* tolerance of the target */
} UsWant;

typedef struct
{
  const char *what;
  double      value;
  guint       decimals;
  UsWant      want;
  double      target, tolerance;
  gboolean    reached;
  double      missing;          /* by how much it is missed; 0 when reached */
  double      refined;          /* the value when the simulator refines each answer */
  gboolean    refined_reached;
} UsReproduceCheck;

/* Mutual-information gap by one estimator, over the factors that the paper counts. */
typedef struct
{
  double mig;
  double truth;                 /* of V with itself */
  double equivalent;            /* of V with a random member of its class; NaN without symmetry */
} UsReproduceGap;

/* ---- what is made -------------------------------------------------------- */

/* What methods are compared by; NaN: not defined. */
typedef struct
{
  double mig_bins, mig_chen;
  double accuracy;              /* modulo symmetry; without names of the latents not defined */
  double information;           /* told at all */
  double disentanglement;
  double rms_both, rms_simulator;
} UsReproduceScores;

/* A model trained another way on the same budget. */
typedef struct
{
  UsMethod          method;
  UsSimvae         *model;
  UsReproduceScores scores;
} UsReproduceRival;

/* Everything about one simulator. */
typedef struct
{
  const UsSimulator *simulator;
  const UsOutput    *output;
  char              *origin;            /* where the model is from, in words */
  gboolean           trained;           /* by this command, in this run or an earlier one */
  UsSimvae          *model;
  UsEvidence        *evidence;
  UsEvaluation      *refined;           /* the same pairs, each answer refined in the simulator */
  GArray            *checks;            /* of UsReproduceCheck */
  GPtrArray         *rivals;            /* of UsReproduceRival */
  double             train_s, measure_s, rivals_s, figures_s;   /* of this run */
} UsReproducePart;

typedef struct
{
  char  *id;                    /* "fig2-box" */
  char  *svg;
  double width;
  char  *alt, *caption;
  char  *link, *data;           /* relative to the report; data NULL: no table */
} UsReproduceFigure;

typedef struct
{
  /* what was asked for */
  const char   *command;
  char         *out, *models_in, *drawings;
  gboolean      quick;
  double        minutes, compare_minutes;
  guint64       seed, n_pairs, n_draws;         /* n_draws: of each step instead of minutes; 0: minutes */
  guint         n_workers;

  /* what is made */
  char         *models_out;
  GPtrArray    *parts;          /* of UsReproducePart */
  GHashTable   *figures;        /* id → UsReproduceFigure */
  gint64        began;
  GCancellable *cancellable;
} UsReproduction;

/* ---- us-cli-reproduce-model.c -------------------------------------------- */

/* From the folder of models, or from an earlier run, or trained now; us_reproduce_model() sets model, origin and train_s. */
gboolean us_reproduce_model  (UsReproduction  *self,
                              UsReproducePart *part,
                              GError         **error);
/* The same budget for each method, or nothing when there is none. */
gboolean us_reproduce_rivals (UsReproduction  *self,
                              UsReproducePart *part,
                              GError         **error);
/* Free with the part. */
void     us_reproduce_rival_free (UsReproduceRival *rival);

/* ---- us-cli-reproduce-checks.c ------------------------------------------- */

UsReproduceGap us_reproduce_gap       (const UsEvaluation    *evaluation,
                                       const UsInformation   *information);
/* The ground truth that the paper compares with. */
double         us_reproduce_truth     (const UsReproducePart *part,
                                       const UsReproduceGap  *gap);
/* Nearer to its own ground truth than the paper's is to the paper's; 0 as near, negative farther. */
int            us_reproduce_compare   (const UsReproducePart *part);
/* All wanted figures of the part's simulator. */
void           us_reproduce_check     (UsReproducePart       *part);
/* Over all pairs and corners, in units; NaN: the simulator has no corners. */
double         us_reproduce_corners   (const UsReproducePart *part,
                                       const UsEvaluation    *evaluation);
char          *us_reproduce_wanted    (const UsReproduceCheck *check);

/* ---- us-cli-reproduce-svg.c ---------------------------------------------- */

typedef struct
{
  UsPlot *plot;
  double  x, y, width, height;
} UsFigureCell;

/* Plots side by side as one SVG that follows the reader's choice of light or dark on screen and is light on paper.
 * paint: draws under them with the colours of the light theme, or NULL. */
char    *us_reproduce_svg       (double               width,
                                 double               height,
                                 const char          *title,
                                 gsize                n,
                                 const UsFigureCell  *cells,
                                 void               (*paint) (cairo_t *cr, gpointer data),
                                 gpointer             data);
/* Plots in rows of n_columns, each of one size. */
char    *us_reproduce_svg_grid  (const char          *title,
                                 gsize                n,
                                 UsPlot *const       *plots,
                                 gsize                n_columns,
                                 double               width,
                                 double               height);
/* Files the figure, and the numbers of plots that have any; svg: taken over. */
gboolean us_reproduce_add_figure (UsReproduction     *self,
                                  const char         *id,
                                  char               *svg,
                                  double              width,
                                  const char         *alt,
                                  const char         *caption,
                                  gsize               n_plots,
                                  UsPlot *const      *plots,
                                  GError            **error);
void     us_reproduce_figure_free (UsReproduceFigure *figure);

/* ---- us-cli-reproduce-png.c ---------------------------------------------- */

/* A regex callback: group 2 is a PNG in base64, which is written again with one byte a pixel where it is grey and opaque; nothing
 * is lost. */
gboolean us_reproduce_shorten_png (const GMatchInfo *match,
                                   GString          *result,
                                   gpointer          data);

/* ---- us-cli-reproduce-figures.c, -inference.c ---------------------------- */

gboolean us_reproduce_figure_method    (UsReproduction *self, GError **error);
gboolean us_reproduce_figure_rows      (UsReproduction *self, UsReproducePart *part, GError **error);
gboolean us_reproduce_figure_traversal (UsReproduction *self, UsReproducePart *part, GError **error);
gboolean us_reproduce_figure_inference (UsReproduction *self, UsReproducePart *part, GError **error);
gboolean us_reproduce_figure_derived   (UsReproduction *self, UsReproducePart *part, GError **error);
gboolean us_reproduce_figure_evidence  (UsReproduction *self, UsReproducePart *part, GError **error);

/* ---- us-cli-reproduce-page.c, -numbers.c --------------------------------- */

gboolean us_reproduce_write_page    (UsReproduction *self, GError **error);
gboolean us_reproduce_write_numbers (UsReproduction *self, GError **error);
/* The report's folder with its figures/, and that of its models; said before hours of work, not after.  us-cli-reproduce.c */
gboolean us_reproduce_make_folders  (const char *out, const char *models, GError **error);
/* "13.4 s", "12 min 4 s" */
char    *us_reproduce_seconds       (double seconds);
/* "AMD EPYC 7B13, 2 processors, Linux x86_64" */
char    *us_reproduce_machine       (void);

/* ---- us-cli-reproduce-sgnn.c --------------------------------------------- */

/* reproduce sgnn; argv[1] is "sgnn". */
gboolean us_cli_reproduce_sgnn      (int            argc,
                                     char         **argv,
                                     const char    *command,
                                     GCancellable  *cancellable,
                                     GError       **error);

G_END_DECLS
