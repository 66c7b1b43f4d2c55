/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-prior.h"

G_BEGIN_DECLS

/* P parameters, F features ≥ P. */

typedef enum
{
  US_CODE_STRAIGHT,     /* the latent itself */
  US_CODE_CIRCULAR,     /* cosine and sine of 2π (θ − lower) / (upper − lower) */
  US_CODE_CLASSES,      /* one feature a class: 1 for the right one, 0 */
} UsCodeKind;

typedef struct
{
  UsCodeKind kind;
  gsize      first;     /* feature */
  gsize      n;         /* features */
} UsCodePart;

/**
 * UsCode:
 *
 * What networks are told of the parameters, and what they answer: a decoder takes
 * F features, an encoder gives F numbers that us_code_squash() makes features of.
 * An angle is told by a point on the circle, so that its end is its beginning; a
 * kind of thing by a feature of its own, so that nothing lies between two kinds.
 * Follows from the simulator alone.  A plain value.
 */
typedef struct
{
  UsCodePart parts[US_MAX_PARAMETERS];
  gsize      n_parameters;
  gsize      n_features;
  gboolean   straight;          /* all parts are: features are latents */
} UsCode;

void   us_code_init             (UsCode            *self,
                                 const UsSimulator *simulator);
/* One row.  prior: that maps z to the parameters of this simulator. */
void   us_code_from_latent      (const UsCode      *self,
                                 const UsPrior     *prior,
                                 const double      *z,          /* (P) */
                                 float             *features);  /* (F) */
/* The angle of the point, the likeliest class. */
void   us_code_to_latent        (const UsCode      *self,
                                 const UsPrior     *prior,
                                 const float       *features,   /* (F) */
                                 double            *z);         /* (P); straight ones as they are */
/* Answer k of n of an encoder, answers (F), as it is meant: each takes one kind of the classes, if there are
 * enough of them, and begins elsewhere, so that several become several.  Of one answer: as it is. */
void   us_code_take_answer      (const UsCode      *self,
                                 guint              k,
                                 guint              n,
                                 const float       *raw,        /* (F) */
                                 float             *answers);   /* (F) */
/* answers (F) of an encoder → features: points are brought to the circle, classes
 * by softmax; may work in place. */
void   us_code_squash           (const UsCode      *self,
                                 const float       *answers,
                                 float             *features);
/* gradient (F), with respect to the features, → to the answers, in place. */
void   us_code_squash_backward  (const UsCode      *self,
                                 const float       *answers,
                                 const float       *features,
                                 float             *gradient);
/* z − truth of parameter p; the short way round where it is circular. */
double us_code_latent_error     (const UsCode      *self,
                                 gsize              p,
                                 double             z,
                                 double             truth);

G_END_DECLS
