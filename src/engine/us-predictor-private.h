/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-network.h"
#include "us-predictor.h"
#include "us-summary-private.h"

G_BEGIN_DECLS

/* N rows, V values of x, S summaries, D targets, K classes. */

#define US_PREDICTOR_FORMAT         "understudy-predictor"
#define US_PREDICTOR_FORMAT_VERSION "1"
#define US_PREDICTOR_KIND           "predictor"
#define US_PREDICTOR_MAX_TARGETS    65536
#define US_PREDICTOR_MAX_CLASSES    256

enum { US_PREDICTOR_SUMMARY, US_PREDICTOR_HEAD, US_PREDICTOR_N_PARTS };

struct _UsPredictor
{
  gatomicrefcount    ref_count;
  UsHead             head;
  UsSummary         *summary;
  UsWeights         *weights[US_PREDICTOR_N_PARTS];
  UsPredictorTarget *targets;       /* (D), their texts owned; NULL of classes */
  UsValueScale      *scales;        /* (D), likewise */
  char             **class_names;   /* (K), NULL-terminated; NULL of others */
  double            *class_weights; /* (K) prior odds over the share of the rows trained on */
  double             temperature;
  UsOutput          *observed;      /* owned, with its texts; or NULL */
  UsPredictorRecord  record;
};

/* Nothing in it but the counts. */
UsPredictor *us_predictor_alloc        (const UsHead            *head);
/* Texts are copied. */
void         us_predictor_target_copy  (UsPredictorTarget       *to,
                                        const UsPredictorTarget *from);
UsOutput    *us_predictor_output_copy  (const UsOutput          *output);
void         us_predictor_output_free  (UsOutput                *output);
/* (1, 1, S) -> (1, 1, O) */
UsNetwork   *us_predictor_head_network (gsize                    n_summaries,
                                        gsize                    n_outputs);

G_END_DECLS
