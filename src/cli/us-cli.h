/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "us-benchmark.h"
#include "us-evaluate.h"
#include "us-ingest.h"
#include "us-measurements.h"
#include "us-prior.h"
#include "us-simvae.h"

G_BEGIN_DECLS

/* What every command of understudy-cli shares.  One thread, the main one. */

/* Exit statuses. */
#define US_CLI_DONE 0
#define US_CLI_FAILED 1
#define US_CLI_MISUSED 2

/* Codes: misused, the caller's fault; everything else is a failure. */
#define US_CLI_ERROR (us_cli_error_quark ())
GQuark us_cli_error_quark (void);
typedef enum
{
  US_CLI_ERROR_MISUSED,
} UsCliError;

/**
 * UsCliCommand:
 *
 * `run` gets what stands after the command's name, argv[0] being the name
 * itself.  It prints its result on standard output, its progress on standard
 * error, and returns FALSE with an error.
 */
typedef struct
{
  const char *name;               /* "simulate", "train simvae" */
  const char *arguments;          /* "SIM --count N --seed S --out BANK" */
  const char *summary;
  gboolean  (*run) (int           argc,
                    char        **argv,
                    GCancellable *cancellable,
                    GError      **error);
} UsCliCommand;

extern const UsCliCommand us_cli_command_simulators;
extern const UsCliCommand us_cli_command_describe;
extern const UsCliCommand us_cli_command_simulate;
extern const UsCliCommand us_cli_command_train;
extern const UsCliCommand us_cli_command_decode;
extern const UsCliCommand us_cli_command_infer;
extern const UsCliCommand us_cli_command_refine;
extern const UsCliCommand us_cli_command_fit;
extern const UsCliCommand us_cli_command_attribute;
extern const UsCliCommand us_cli_command_evaluate;
extern const UsCliCommand us_cli_command_reproduce;
extern const UsCliCommand us_cli_command_benchmark;

/* What `evaluate` does of a model whose latents have no names: us-cli-anonymous.c. */
gboolean us_cli_evaluate_anonymous (UsSimvae               *model,
                                    const UsEvaluateConfig *config,
                                    GCancellable           *cancellable,
                                    const char             *folder,
                                    gboolean                json,
                                    GError                **error);

/* How a measured series is read from a table, as options of a command: us-cli-series.c. */
typedef struct
{
  char    *time, *where;
  char   **columns;
  gboolean sort, mask_bad, from_zero;
} UsCliSeries;

#define US_CLI_SERIES_ENTRIES(s) \
  { "column", 0, 0, G_OPTION_ARG_STRING_ARRAY, &(s).columns, "What was measured; once for each channel", "NAME" }, \
  { "time", 0, 0, G_OPTION_ARG_STRING, &(s).time, "The column of times", "NAME" }, \
  { "where", 0, 0, G_OPTION_ARG_STRING, &(s).where, "Only rows in which a column holds a value", "NAME=VALUE" }, \
  { "sort", 0, 0, G_OPTION_ARG_NONE, &(s).sort, "Put rows in order of time", NULL }, \
  { "mask-bad", 0, 0, G_OPTION_ARG_NONE, &(s).mask_bad, "Take cells that cannot be as not observed", NULL }, \
  { "from-zero", 0, 0, G_OPTION_ARG_NONE, &(s).from_zero, "Count times from the first one", NULL }

void     us_cli_series_clear (UsCliSeries *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UsCliSeries, us_cli_series_clear)
UsMeasurementsOptions us_cli_series_options (const UsCliSeries *self);      /* borrows */
/* The simulator at the times of the data: "growth-logistic+normal" becomes "growth-logistic@0,1,2.5+normal". */
const UsSimulator *us_cli_series_simulator (const UsCliSeries  *self,
                                            const char         *id,
                                            const char         *path,
                                            gboolean            remark,     /* say what reading remarked */
                                            GError            **error);
/* Prints the remarks of reading on standard error. */
void     us_cli_series_remark (const char *note);

/* What `benchmark attribution_query` measures: us-cli-benchmark-attribution.c. */
void     us_cli_benchmark_attribution (guint           threads,
                                       double          seconds,
                                       UsBenchmarkFunc func,
                                       gpointer        data);

/* `train posterior` and `infer` of such a model: us-cli-posterior.c.  index below 0: none was given. */
gboolean us_cli_train_posterior    (int           argc,
                                    char        **argv,
                                    const char   *command,
                                    GCancellable *cancellable,
                                    GError      **error);
gboolean us_cli_infer_posterior    (const char *model_path,
                                    const char *data,
                                    gssize      index,
                                    const UsCliSeries *series,
                                    gsize       n_samples,
                                    guint64     seed,
                                    const char *out,
                                    gboolean    json,
                                    GError    **error);

/* `train forecast`, `train selection`, `train quantities` and `infer` of such a model: us-cli-predict.c. */
gboolean us_cli_train_predictor    (int           argc,
                                    char        **argv,
                                    const char   *command,
                                    GCancellable *cancellable,
                                    GError      **error);
gboolean us_cli_infer_predictor    (const char   *model_path,
                                    const char   *data,
                                    const UsCliSeries *series,
                                    const char   *out,
                                    gboolean      json,
                                    GError      **error);

/* What `evaluate` does of a posterior: us-cli-evaluate-posterior.c.  n_simulations 0: the usual number. */
gboolean us_cli_evaluate_posterior (const char          *path,
                                    const char          *bank,
                                    guint64              n_simulations,
                                    guint64              seed,
                                    guint                n_workers,
                                    const char          *folder,
                                    gboolean             json,
                                    GCancellable        *cancellable,
                                    GError             **error);

/* What `evaluate` does of a classifier of mechanisms: us-cli-evaluate-selection.c. */
gboolean us_cli_evaluate_selection (const char          *path,
                                    guint64              n_rows,
                                    guint64              n_fitted,
                                    guint64              seed,
                                    guint                n_workers,
                                    const char          *folder,
                                    gboolean             json,
                                    GCancellable        *cancellable,
                                    GError             **error);

/* Parses options; what is left is checked to be n_positional words (below 0: any number), which stay
 * in *argv from 1.  `--help` prints and exits with 0. */
gboolean us_cli_parse      (const UsCliCommand  *command,
                            const GOptionEntry  *entries,
                            int                 *argc,
                            char              ***argv,
                            int                  n_positional,
                            GError             **error);
/* misused: sets the error and returns FALSE. */
gboolean us_cli_misused    (GError    **error,
                            const char *format,
                            ...) G_GNUC_PRINTF (2, 3);
/* A whole number from lower to upper; NULL text is refused as missing. */
gboolean us_cli_parse_u64  (const char *option,
                            const char *text,
                            guint64     lower,
                            guint64     upper,
                            guint64    *value,
                            GError    **error);
/* Prints one JSON object, pretty or on one line. */
void     us_cli_print_json (JsonBuilder *builder,
                            gboolean     pretty);
/* Prints the metrics.json that stands in a folder, as it stands. */
gboolean us_cli_print_metrics (const char *folder,
                               GError    **error);
/* The command that makes a model again, from the options given; g_free. */
char    *us_cli_command_line (int         argc,
                              char      **argv);
/* For g_cancellable_connect (): sets a flag that work reads atomically. */
void     us_cli_set_flag   (GCancellable *cancellable,
                            gint         *flag);
/* The line on standard error: rewritten in place on a terminal, else one line
 * each ten seconds; text NULL ends it. */
void     us_cli_progress   (const char *text);
/* "3 min 20 s" */
char    *us_cli_duration   (double seconds);

/* The default prior changed by texts like "a1=uniform:-0.2:0.2" (NULL: none). */
UsPrior *us_cli_prior      (const UsSimulator  *simulator,
                            char              **texts,
                            GError            **error);
/* The same of one of several simulators: texts that name none of its parameters are left to others.  used (texts): set
 * where one was taken; us_cli_priors_used () refuses what nobody took. */
UsPrior *us_cli_prior_own   (const UsSimulator  *simulator,
                            char              **texts,
                            gboolean           *used,
                            GError            **error);
gboolean us_cli_priors_used (char              **texts,
                            const gboolean     *used,
                            GError            **error);
/* Index of an output by id; NULL: the first. */
gboolean us_cli_output     (const UsSimulator  *simulator,
                            const char         *id,
                            guint              *output,
                            GError            **error);
/* One field of the observation's or a decoded output, by extension: png, svg,
 * pdf (a figure), npy, csv (the numbers). */
gboolean us_cli_write_field (const UsOutput    *output,
                             const float       *x,
                             const char        *title,
                             const char        *path,
                             GError           **error);
/* The same of a noisy output's mean and standard deviations: a band, or a second picture; columns mean and sd. */
gboolean us_cli_write_spread (const UsOutput   *output,
                             const float       *mean,
                             const float       *sd,
                             const char        *title,
                             const char        *path,
                             GError           **error);
/* Data, decoder and simulator side by side: png, svg or pdf by extension. */
gboolean us_cli_write_inference (UsSimvae            *model,
                                 const UsObservation *observation,
                                 const UsInference   *inference,
                                 const char          *path,
                                 GError             **error);

G_END_DECLS
