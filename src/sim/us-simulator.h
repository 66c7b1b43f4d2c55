/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-rng.h"
#include <glib.h>

G_BEGIN_DECLS

/* P parameters, H height, W width, C channels, T points of a series. */

#define US_MAX_PARAMETERS 64

/**
 * UsDistributionKind:
 * @US_DISTRIBUTION_UNIFORM: a = lower, b = upper
 * @US_DISTRIBUTION_LOG_UNIFORM: a = lower > 0, b = upper
 * @US_DISTRIBUTION_NORMAL: a = mean, b = standard deviation; cut to the parameter's bounds
 * @US_DISTRIBUTION_LOG_NORMAL: a, b = mean and standard deviation of the logarithm; cut likewise
 * @US_DISTRIBUTION_TRIANGULAR: a = lower, b = upper, c = mode
 * @US_DISTRIBUTION_DISCRETE: whole numbers a .. b, equally likely
 * @US_DISTRIBUTION_FIXED: always a
 */
typedef enum
{
  US_DISTRIBUTION_UNIFORM,
  US_DISTRIBUTION_LOG_UNIFORM,
  US_DISTRIBUTION_NORMAL,
  US_DISTRIBUTION_LOG_NORMAL,
  US_DISTRIBUTION_TRIANGULAR,
  US_DISTRIBUTION_DISCRETE,
  US_DISTRIBUTION_FIXED,
} UsDistributionKind;

typedef struct
{
  UsDistributionKind kind;
  double a, b, c;
} UsDistribution;

typedef struct
{
  const char    *name;          /* "a1": an identifier; column and option name, stable */
  const char    *label;         /* "Cosine 1", translatable */
  const char    *symbol;        /* "a₁" */
  const char    *unit;          /* "Hz"; "" for none */
  double         lower, upper;  /* hard bounds, finite: outside the simulator is not defined */
  UsDistribution prior;         /* the default prior, inside the bounds */
  const char    *source;        /* where range and prior come from */
  gboolean       circular;      /* upper is lower again: an angle over a whole turn */
  const char *const *classes;   /* names of the whole numbers lower .. upper, which have no order; NULL: a quantity */
} UsParameter;

typedef enum
{
  US_OUTPUT_IMAGE,              /* (H, W, C), row 0 at the top, values 0..1 */
  US_OUTPUT_SERIES,             /* (T, C): height = T, width = 1 */
} UsOutputKind;

/* One channel of an output whose channels mean different things. */
typedef struct
{
  const char  *id;              /* "gain": column name, stable */
  const char  *label, *unit;    /* "Gain", "dB" */
  double       lower, upper;    /* range of the values */
} UsChannel;

typedef struct
{
  const char  *id;              /* "plot", "curve" */
  const char  *label;
  UsOutputKind kind;
  gsize        height, width, channels;
  const char  *x_label, *x_unit, *y_label, *y_unit;     /* what the axes mean */
  double       x_lower, x_upper, y_lower, y_upper;      /* of the field or the series' x */
  double       lower, upper;    /* range of the values, for display; 0..1 for images */
  const UsChannel *channel_info; /* (C), or NULL: all channels are alike and y is as above */
  gboolean     traces;          /* an image that is the plot of a curve: its line passes once through each column */
  gboolean     x_logarithmic;   /* the points of a series are spaced evenly in log x */
  const double *x_values;       /* (T) increasing: where the points of a series lie, or NULL: evenly */
  double       at_lower, at_upper; /* between which x `run_at` can be asked; both 0: anywhere */
  gboolean     counts;          /* values are counts of something, or expected ones: never below zero */
  gboolean     noisy;           /* the same theta gives other values with another stream: mean and spread are learnt */
} UsOutput;

/**
 * UsSimStatus:
 * @US_SIM_OK: out is filled
 * @US_SIM_RETRY: this draw left the simulator's domain; the caller may draw again
 * @US_SIM_FAILED: a defect: stop and report
 */
typedef enum
{
  US_SIM_OK,
  US_SIM_RETRY,
  US_SIM_FAILED,
} UsSimStatus;

typedef struct _UsSimulator UsSimulator;

/* A quantity that follows from the parameters and means more than they do: a resonance frequency. */
typedef struct
{
  const char *name;             /* "f0": an identifier */
  const char *label;            /* "Resonance frequency" */
  const char *symbol;           /* "f₀" */
  const char *unit;             /* "Hz" */
  gboolean    logarithmic;      /* spans decades: show and compare its logarithm */
  double    (*value) (const UsSimulator *self,
                      const double      *theta);    /* (P), inside the bounds */
} UsDerived;

/**
 * UsSimulator:
 *
 * One mechanistic model: a const table.  `run` is pure: the same theta and
 * stream give the same bytes on any thread; it allocates nothing and reads no
 * globals that change.  Members after `run` may be NULL: not offered.
 */
struct _UsSimulator
{
  const char        *id;              /* stable: stored in models */
  guint              version;         /* raised when outputs change */
  const char        *title;           /* "Fourier series" */
  const char        *summary;         /* one sentence */
  const UsParameter *parameters;      /* (P) */
  gsize              n_parameters;
  const UsOutput    *outputs;         /* the first is the default */
  gsize              n_outputs;
  UsSimStatus      (*run)     (const UsSimulator *self,
                               const double      *theta,    /* (P), inside the bounds */
                               guint              output,
                               UsRng             *rng,      /* for stochastic simulators */
                               float             *out);     /* (H, W, C) or (T, C) */
  /* The same series at other x: (n_times) increasing, within the output's at_lower .. at_upper (FAILED
   * outside); at the output's own x the values of `run`.  us-timed.h makes a simulator of it. */
  UsSimStatus      (*run_at)  (const UsSimulator *self,
                               const double      *theta,
                               guint              output,
                               gsize              n_times,
                               const double      *times,    /* (n_times) */
                               UsRng             *rng,
                               float             *out);     /* (n_times, C) */
  /* Constraint between parameters ("the box is inside the field"). */
  gboolean         (*accepts) (const UsSimulator *self,
                               const double      *theta);
  const char        *constraint;      /* in words, when accepts is set */
  /* A draw that respects the constraint, when the prior is not a product; the
   * default prior is then this. NULL: product of the priors, rejected until accepted. */
  void             (*draw)    (const UsSimulator *self,
                               UsRng             *rng,
                               double            *theta);
  /* Log density of what `draw` draws; set together with it.  theta is inside
   * the support of the parameters' priors and accepted. */
  double           (*log_density) (const UsSimulator *self,
                               const double      *theta);
  /* The same, as an instrument or a hand would have made it: other line
   * widths, gaps, wobble, noise.  Feeds the encoder of a SimVAE.  Strength 0
   * gives the bytes of `run`. */
  UsSimStatus      (*run_augmented) (const UsSimulator *self,
                               const double      *theta,
                               guint              output,
                               double             strength, /* 0 none .. 1 full */
                               UsRng             *rng,
                               float             *out);
  /* A polyline drawn by hand in field units (x in x_lower..x_upper, y likewise)
   * → the picture that the simulator would have plotted of it.  FALSE: this
   * output is no picture of a line.  Parts outside the field are clipped. */
  gboolean         (*draw_polyline) (const UsSimulator *self,
                               guint              output,
                               gsize              n_points,
                               const double      *xy,       /* (n_points, 2); a NaN pair lifts the pen */
                               float             *out);     /* (H, W, C) */
  /* The closest parameters to a series y(x) in the least-squares sense, where a
   * closed form exists: the best that any inference could do (tests, reports).
   * May lie outside the bounds.  FALSE: the points do not determine theta.
   * Allocates. */
  gboolean         (*fit)     (const UsSimulator *self,
                               gsize              n_points,
                               const double      *xy,       /* (n_points, 2) */
                               double            *theta);   /* (P) */
  /* Many-to-one: all theta of a class give the same output, so that no inference
   * can tell them apart.  A member of theta's class inside the bounds and
   * accepted, each as likely as the default prior makes it; set together with the next. */
  void             (*random_equivalent) (const UsSimulator *self,
                               const double      *theta,        /* (P) */
                               UsRng             *rng,
                               double            *equivalent);  /* (P) */
  /* The member of theta's class closest to `reference`, in the latents of the
   * default prior (us_prior_to_latent), Euclidean; theta may lie anywhere inside the bounds.
   * Of a circular parameter the turn nearest to the reference, even outside the bounds: the
   * plain difference is then the short way round (us_symmetry_to_latent). */
  void             (*closest_equivalent) (const UsSimulator *self,
                               const double      *theta,        /* (P) */
                               const double      *reference,    /* (P) */
                               double            *closest);     /* (P) */
  const char        *symmetry;        /* in words, when they are set: "any order of the corners …" */
  const UsDerived   *derived;         /* (n_derived), or NULL */
  gsize              n_derived;
};

gssize          us_simulator_parameter_index (const UsSimulator *self,
                                              const char        *name);   /* -1: none */
gssize          us_simulator_output_index    (const UsSimulator *self,
                                              const char        *id);
/* What its files are called: the id, or where that is a path or long a name and a number; g_free. */
char           *us_simulator_file_stem       (const UsSimulator *self);
gsize           us_output_n_values           (const UsOutput *output);
/* Where point t of a series lies: T of them evenly from x_lower to x_upper, both
 * included, in the logarithm where the output says so; or at x_values. */
double          us_output_x                  (const UsOutput *output,
                                              gsize           t);
/* What channel c is: its own information, or that of the output's y. */
UsChannel       us_output_channel            (const UsOutput *output,
                                              gsize           c);
/* Derived quantity d of theta (P), or its log10 where it spans decades: what is compared and averaged. */
double          us_derived_compared          (const UsSimulator *self,
                                              gsize              d,
                                              const double      *theta);
/* Checks theta (finite, bounds, constraint): US_FORMAT_ERROR_VALUE naming parameter, value, range. */
gboolean        us_simulator_check           (const UsSimulator  *self,
                                              const double       *theta,
                                              GError            **error);

/* The registry: (n) tables in the order of the gallery; made by simulators/meson.build. */
const UsSimulator *const *us_registry_list   (gsize *n);
/* Also finds what is made at run time of an id: us-dataset.h, us-timed.h, us-noise.h. */
const UsSimulator        *us_registry_find   (const char  *id,
                                              GError     **error);  /* names the known ones */

G_END_DECLS
