/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-flow.h"
#include "us-posterior.h"
#include "us-array.h"
#include "us-pool.h"
#include "us-safetensors.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* N rows, P parameters, V values of x, F features, S summaries, M members. */

#define US_POSTERIOR_ROWS  256           /* of a block of inference */
#define US_POSTERIOR_TURNS 16
#define US_POSTERIOR_SLOTS 1024          /* at most, of a table whose symmetries are looked for */

/* --- features: what the network sees of x ------------------------------------ */

typedef enum
{
  US_FEATURE_LINEAR,         /* x */
  US_FEATURE_TAMED,          /* asinh ((x - centre) / spread): heavy tails */
  US_FEATURE_RANK,           /* the normal score of x among the rows: odd shapes */
  US_FEATURE_MASK,           /* 1 where x is missing; its other features are 0 there */
} UsFeatureKind;

#define US_FEATURE_KNOTS 41

typedef struct
{
  UsFeatureKind kind;
  gsize  column;             /* of x */
  double centre, spread;     /* tamed */
  double knots[US_FEATURE_KNOTS];   /* rank: increasing quantiles at the normal scores below */
  guint  n_knots;
  double scores[US_FEATURE_KNOTS];
  double mean, scale;        /* of the value made: standardised last */
} UsFeature;

typedef struct
{
  gsize      n_values;       /* V */
  gsize      n_features;     /* F */
  UsFeature *features;       /* (F) */
  float     *lower, *upper;  /* (V) of the rows */
} UsFeatures;

/* masks: each column that changes gets one.  notes: sentences are added.  Error: no column changes. */
gboolean us_features_measure (UsFeatures  *self,
                              gsize        n_rows,
                              gsize        n_values,
                              const float *x,          /* (N, V) finite */
                              gboolean     masks,
                              GPtrArray   *notes,
                              GError     **error);
void     us_features_clear   (UsFeatures *self);
void     us_features_apply   (const UsFeatures *self,
                              gsize             rows,
                              const float      *x,     /* (rows, V), NaN: missing */
                              float            *out);  /* (rows, F) */
/* Takes out of out (F), made of a complete row, what is missing in x (V). */
void     us_features_mask    (const UsFeatures *self,
                              const float      *x,
                              float            *out);

/* --- symmetries: changes of rows that the table does not show ------------------- */

/* A signed permutation of P + F slots, coordinates first: slot s of the changed row is sign[s] times slot
 * from[s] of the row. */
typedef struct
{
  gsize *from;
  gint8 *sign;
} UsSymmetry;

UsSymmetry *us_symmetry_new    (gsize       n_slots);        /* the identity */
void        us_symmetry_free   (UsSymmetry *self);
/* walk becomes step after walk; scratch (n_slots). */
void        us_symmetry_follow (UsSymmetry       *walk,
                                const UsSymmetry *step,
                                gsize             n_slots,
                                gsize            *scratch);
/* Different products of the symmetries, the identity first, at most US_POSTERIOR_TURNS. */
GPtrArray  *us_symmetries_turns (GPtrArray *symmetries,
                                 gsize      n_slots,
                                 guint64    seed);
/* Those that rows u (N, P), x (N, F) have: us-posterior-symmetry.c.  notes: sentences are added. */
GPtrArray  *us_symmetries_find (const UsFeatures *features,
                                gsize             n_rows,
                                gsize             P,
                                const float      *u,
                                const float      *x,
                                char            **names,
                                const gint       *cancelled,
                                guint64           seed,
                                GPtrArray        *notes);

/* --- coordinates: in which the flow sees θ ------------------------------------ */

typedef enum
{
  US_COORDINATE_LINEAR,      /* t */
  US_COORDINATE_ABOVE,       /* log (t - lower) */
  US_COORDINATE_BELOW,       /* -log (upper - t) */
  US_COORDINATE_BETWEEN,     /* probit ((t - lower) / (upper - lower)) */
  US_COORDINATE_PRIOR,       /* probit of the prior's own latent */
} UsCoordinateKind;

typedef struct
{
  UsCoordinateKind kind;
  gboolean logarithmic;      /* t = log θ, else t = θ */
  gboolean whole;            /* whole numbers: spread over their cells, rounded back */
  double   lower, upper;     /* of t; of θ where the kind is PRIOR */
  double   mean, scale;      /* standardised last */
  gsize    parameter;        /* which of the simulator's; Q + d: the quantity d that it derives */
} UsCoordinate;

/* From the table alone.  Error: the parameter does not change. */
gboolean us_coordinate_measure (UsCoordinate *self,
                                gsize         n_rows,
                                const double *theta,   /* first value */
                                gsize         stride,
                                const char   *name,
                                GPtrArray    *notes,
                                GError      **error);
void     us_coordinate_of_prior (UsCoordinate  *self,
                                 const UsPrior *prior,
                                 gsize          parameter);
/* Sets mean and scale, where the coordinate has no natural ones. */
void     us_coordinate_standardise (UsCoordinate  *self,
                                    const UsPrior *prior,
                                    gsize          n_rows,
                                    const double  *theta,
                                    gsize          stride);
/* log_slope: log |du/dθ| is added, where not NULL; FALSE: θ is outside (u is its nearest end then). */
gboolean us_coordinate_to     (const UsCoordinate *self,
                               const UsPrior      *prior,
                               double              theta,
                               double             *u,
                               double             *log_slope);
double   us_coordinate_from   (const UsCoordinate *self,
                               const UsPrior      *prior,
                               double              u);
void     us_coordinate_range  (const UsCoordinate *self,
                               double             *lower,
                               double             *upper);

double   us_probit            (double p);       /* of 0 < p < 1 */
double   us_normal_cdf        (double u);

/* --- the model ------------------------------------------------------------------- */

typedef struct
{
  UsResidualShape summary;   /* F → S */
  UsFlowShape     flow;      /* its context: S */
} UsMemberShape;

struct _UsPosterior
{
  gatomicrefcount ref_count;

  /* what it is about */
  char          **names;           /* (P), NULL-terminated */
  gsize           n_parameters, n_values;
  guint           n_dims;
  gsize           x_shape[US_ARRAY_MAX_DIMS];
  UsPrior        *prior;           /* or NULL */
  guint           output;

  /* how rows become numbers */
  UsFeatures      features;
  UsCoordinate   *coordinates;     /* (P) */

  /* members */
  gsize           n_members;
  UsMemberShape  *shapes;          /* (M): they differ in the order seed */
  float         **weights;         /* (M): the summary network's, then the flow's */
  double         *shares;          /* (M) of the mixture, sum 1 */
  GPtrArray      *turns;           /* of UsSymmetry, the identity first: answers are averaged over these changes */

  float          *observation;     /* (V) where it was refined for one alone, or NULL */
  UsPosteriorRecord record;
};

gsize        us_member_n_weights  (const UsMemberShape *shape);
UsPosterior *us_posterior_alloc   (void);
void         us_posterior_note    (GPtrArray  *notes,
                                   const char *format,
                                   ...) G_GNUC_PRINTF (2, 3);

/* Of theta (Q): parameter `target` of the simulator, or the derived quantity target - Q. */
double       us_posterior_target_value (const UsSimulator *simulator,
                                   gsize              target,
                                   const double      *theta);

/* Draws (n, P) of the members with latents `inflation` times as wide: of the posterior itself where that is 1, beyond
 * it otherwise.  No draw is held to the prior's constraint. */
void         us_posterior_propose (const UsPosterior *self,
                                   const float       *x,
                                   gsize              n,
                                   guint64            seed,
                                   double             inflation,
                                   double            *theta);
/* Log density of those draws, per unit of the parameters: out (n). */
void         us_posterior_log_proposal (const UsPosterior *self,
                                   const float       *x,
                                   gsize              n,
                                   const double      *theta,
                                   double             inflation,
                                   double            *out);

/* --- truncation: us-posterior-truncation.c ------------------------------------------ */

/* Where θ may lie: in boxes and above densities of the posteriors of earlier rounds, all at once. */
typedef struct _UsTruncation UsTruncation;

UsTruncation *us_truncation_new  (const UsPrior *prior,
                                  const float   *x,          /* (V) borrowed */
                                  gsize          n_targets,
                                  const gsize   *targets);   /* (P) which of the simulator's parameters */
void          us_truncation_free (UsTruncation  *self);
/* Narrows it to where all but a 10⁻⁴ of the posterior's draws are. */
gboolean      us_truncation_add  (UsTruncation  *self,
                                  UsPosterior   *model,
                                  guint64        seed,
                                  GError       **error);
/* inside (n): of theta (n, Q), all of the simulator's parameters. */
void          us_truncation_test (const UsTruncation *self,
                                  gsize               n,
                                  const double       *theta,
                                  gboolean           *inside);
/* n draws (n, Q) of the truncated prior, of streams (seed, …).  acceptance: share of the draws of the prior
 * (of what its constraint leaves) that are inside.
 * resampled: whether the posterior's own draws were weighted.  Errors: US_FORMAT_ERROR_VALUE: nothing is
 * inside; US_FORMAT_ERROR_TOO_LARGE; cancelled. */
gboolean      us_truncation_draw (const UsTruncation *self,
                                  gsize               n,
                                  guint64             seed,
                                  UsPool             *pool,
                                  const gint         *cancelled,
                                  double             *theta,
                                  double             *acceptance,
                                  gboolean           *resampled,
                                  GError            **error);

/* The same by weights of the posterior's own draws alone: for priors of independent parameters. */
gboolean      us_truncation_resample (const UsTruncation *self,
                                  gsize               n,
                                  guint64             seed,
                                  UsPool             *pool,
                                  const gint         *cancelled,
                                  double             *theta,
                                  GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UsTruncation, us_truncation_free)

/* --- files ---------------------------------------------------------------------- */

#define US_POSTERIOR_KIND           "posterior"
#define US_POSTERIOR_FORMAT_VERSION "1"

typedef gboolean (*UsPosteriorTensorFunc) (UsSafetensors          *file,
                                           const char             *name,
                                           const UsResidualTensor *tensor,
                                           float                  *values,
                                           GError                **error);

/* Calls func for each tensor of a member, until it returns FALSE. */
gboolean     us_posterior_each_tensor (UsSafetensors         *file,
                                       UsPosterior           *self,
                                       gsize                  member,
                                       UsPosteriorTensorFunc  func,
                                       GError               **error);

/* The rows of a training, complete and finite. */
typedef struct
{
  gsize     n_rows, n_parameters, n_values, n_dropped;
  double   *theta;           /* (N, P), targets only */
  float    *x;               /* (N, V) */
  char    **names;           /* (P) */
  guint     n_dims;
  gsize     x_shape[US_ARRAY_MAX_DIMS];
  UsPrior  *prior;           /* or NULL */
  gsize    *parameters;      /* (P): which of the bank's; Q + d: the quantity d that the simulator derives */
  guint     output;
  GPtrArray *notes;
} UsPosteriorRows;

gboolean us_posterior_rows_load  (UsPosteriorRows         *self,
                                  const UsPosteriorConfig *config,
                                  UsPosteriorProgressFunc  progress,
                                  gpointer                 data,
                                  const gint              *cancelled,
                                  GError                 **error);
void     us_posterior_rows_clear (UsPosteriorRows *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UsPosteriorRows, us_posterior_rows_clear)

/* Trains the members of self on its rows: self has features and coordinates. */
gboolean us_posterior_fit        (UsPosterior             *self,
                                  const UsPosteriorConfig *config,
                                  const UsPosteriorRows   *rows,
                                  UsPosteriorProgressFunc  progress,
                                  gpointer                 data,
                                  const gint              *cancelled,
                                  GError                 **error);

G_END_DECLS
