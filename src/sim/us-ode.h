/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-simulator.h"

G_BEGIN_DECLS

/* S states. */

#define US_ODE_MAX_STATES 16
#define US_ODE_MAX_STAGES 16

/* dy/dt at one point: pure.  May give what is not finite where the step should not have gone: a shorter one is tried. */
typedef void (*UsOdeRates) (double        t,
                            const double *y,            /* (S) */
                            const void   *data,
                            double       *dydt);        /* (S) */

/**
 * UsOde:
 *
 * The solution of dy/dt = f (t, y) from one point on, asked for at increasing times: an explicit Runge–Kutta method of
 * order 8 with step control and interpolation of order 7 (DOP853).  A plain value of a few kilobytes, made for the
 * stack of a simulator's `run`: nothing is allocated, nothing global is read, the same numbers give the same bytes.
 * Steps follow the solution alone, so that the value at a time does not depend on which other times are asked for.
 * For smooth, not stiff equations; where f has a kink at a known time, go there and begin anew.
 */
typedef struct
{
  /* the problem */
  UsOdeRates  rates;
  const void *data;                                     /* borrowed */
  gsize       n_states;
  double      relative, absolute[US_ODE_MAX_STATES];    /* error of a step permitted: absolute + relative |y| */
  guint       max_steps;                                /* 100,000; refused ones count */
  /* so far */
  guint       n_steps, n_rates;                         /* steps tried, calls of rates */
  const char *failure;                                  /* why not, in words (untranslated, static), or NULL */
  /* the last step: from t_old to t, of the length h; the next one wants h_next */
  double      t_old, t, h, h_next;
  double      y_old[US_ODE_MAX_STATES], y[US_ODE_MAX_STATES];
  double      k[US_ODE_MAX_STAGES][US_ODE_MAX_STATES];  /* slopes */
  double      powers[7][US_ODE_MAX_STATES];             /* of the interpolation of the last step */
  gboolean    interpolates;                             /* powers are those of the last step */
} UsOde;

/* y0 (n_states) at t0; tolerances above 0, or absolute ones 0 where a state stays away from 0. */
void        us_ode_init (UsOde        *self,
                         UsOdeRates    rates,
                         const void   *data,
                         gsize         n_states,
                         double        t0,
                         const double *y0,
                         double        relative,
                         const double *absolute);       /* (n_states) */
/* The state at t, not before t0 nor before a step that later times have asked for.  RETRY: it cannot be reached (the
 * solution leaves what is finite, wants more steps than permitted, or shorter ones than numbers have digits);
 * `failure` says which, and stays. */
UsSimStatus us_ode_at   (UsOde        *self,
                         double        t,
                         double       *y);              /* (n_states) */

G_END_DECLS
