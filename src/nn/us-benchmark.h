/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UsBenchmarkResult:
 *
 * One measurement.  `bench` and `variant` name the same work as the scripts
 * that measure PyTorch; times are wall-clock milliseconds of one step or call.
 */
typedef struct
{
  const char *bench;         /* "gen_train" */
  const char *variant;       /* "C256-mse" */
  guint       threads;
  gsize       batch;
  gsize       n;             /* steps measured */
  double      ms;            /* median */
  double      ms_min, ms_p99;
  double      per_s;         /* samples a second, from the median */
} UsBenchmarkResult;

typedef void (*UsBenchmarkFunc) (const UsBenchmarkResult *result,
                                 gpointer                 data);

/**
 * us_benchmark_run:
 * @names: (nullable): NULL-terminated; names of benches and beginnings of variants; of each sort, when any is given,
 *   only those are run
 * @threads: 0 for as many as there are processors
 * @seconds: about how long each is measured
 *
 * Times the networks of the paper (DCGAN decoder and encoder, 64 × 64, C
 * channels at the narrow end): a training step of the decoder (`gen_train`), of
 * the encoder through the frozen decoder (`enc_through_frozen_gen`), batch 64,
 * Adam, mean squared error; and playing them for one sample (`gen_latency`,
 * `enc_latency`).  Calls func after each, on this thread.
 *
 * Returns: how many were run; fewer than asked for once cancelled
 */
guint us_benchmark_run (const char *const *names,
                        guint              threads,
                        double             seconds,
                        UsBenchmarkFunc    func,
                        gpointer           data,
                        GCancellable      *cancellable);

G_END_DECLS
