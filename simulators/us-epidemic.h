/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What epidemics in a closed, well-mixed population share, so that SIR, SEIR and SIRS are candidates for the
 * same data: their equations, by differential equations and by chance, their outputs, parameters and what follows from
 * them.  sir/sir.md has the formulas. */
#pragma once

#include "us-simulator.h"

#include <glib/gi18n-lib.h>

G_BEGIN_DECLS

typedef struct
{
  double r0;
  double latent;                /* days; 0: infectious at once */
  double infectious;            /* days */
  double immunity;              /* days; 0: for life */
  double initial;               /* infectious on the day of the introduction */
  double introduction;          /* day */
  double population;
  double control;               /* share of the contacts that is left from the day of control on */
  double control_day;           /* INFINITY: never */
} UsEpidemic;

enum
{
  US_EPIDEMIC_INCIDENCE,        /* who became infectious in the day that ends at t, without the first ones */
  US_EPIDEMIC_PREVALENCE,       /* infectious at t */
  US_EPIDEMIC_SUSCEPTIBLES,
  US_EPIDEMIC_CUMULATIVE,       /* incidence up to t */
  US_EPIDEMIC_N_OUTPUTS,
  US_EPIDEMIC_EXPOSED = US_EPIDEMIC_N_OUTPUTS,  /* infected, not yet infectious; only with a latent period */
  US_EPIDEMIC_INFECTIONS,       /* who was infected in the day that ends at t */
  US_EPIDEMIC_N_LATENT_OUTPUTS
};

/* times (n_times) increasing, or NULL: the output's own.  chain: by chance, from rng; otherwise rng stays. */
UsSimStatus us_epidemic_run          (const UsEpidemic *self,
                                      gboolean          chain,
                                      const UsOutput   *of,
                                      guint             output,
                                      gsize             n_times,
                                      const double     *times,
                                      UsRng            *rng,
                                      float            *out);   /* (n_times) */
/* How many steps a day the chain takes: eight in the shortest of the times of the process, 8 to 96. */
guint       us_epidemic_chain_steps  (const UsEpidemic *self);

double      us_epidemic_growth_rate  (const UsEpidemic *self);  /* 1/d, of the first cases */
double      us_epidemic_doubling     (const UsEpidemic *self);  /* d; INFINITY: no growth */
/* Day on which most are infectious; the introduction, where they only become fewer. */
double      us_epidemic_peak_day     (const UsEpidemic *self);
/* Share that is infected in the end, without waning. */
double      us_epidemic_attack_rate  (const UsEpidemic *self);
/* Share that is infectious in the long run, with waning. */
double      us_epidemic_endemic      (const UsEpidemic *self);

/* `run`, `run_at` and the like of simulator `name`, and of its twin by chance, from UsEpidemic name_model (theta). */
#define US_EPIDEMIC_RUN(name, which, chain, n_outputs_) \
  static UsSimStatus \
  which##_run_at (const UsSimulator *self, const double *theta, guint output, gsize n_times, const double *times, \
                  UsRng *rng, float *out) \
  { \
    const UsEpidemic model = name##_model (theta); \
    return output < n_outputs_ \
           ? us_epidemic_run (&model, chain, &self->outputs[output], output, n_times, times, rng, out) : US_SIM_FAILED; \
  } \
  static UsSimStatus \
  which##_run (const UsSimulator *self, const double *theta, guint output, UsRng *rng, float *out) \
  { \
    return which##_run_at (self, theta, output, output < n_outputs_ ? self->outputs[output].height : 0, NULL, rng, out); \
  }

#define US_EPIDEMIC_VALUE(name, what, function) \
  static double \
  name##_##what (const UsSimulator *self, const double *theta) \
  { \
    const UsEpidemic model = name##_model (theta); \
    return function (&model); \
  }

#define US_EPIDEMIC_FUNCTIONS(name, n_outputs_) \
  US_EPIDEMIC_RUN (name, name, FALSE, n_outputs_) \
  US_EPIDEMIC_RUN (name, name##_chain, TRUE, n_outputs_) \
  US_EPIDEMIC_VALUE (name, growth_rate, us_epidemic_growth_rate) \
  US_EPIDEMIC_VALUE (name, doubling, us_epidemic_doubling) \
  US_EPIDEMIC_VALUE (name, peak_day, us_epidemic_peak_day) \
  static gboolean \
  name##_accepts (const UsSimulator *self, const double *theta) \
  { \
    const UsEpidemic model = name##_model (theta); \
    return model.initial <= model.population; \
  }

#define US_EPIDEMIC_CONSTRAINT N_("no more are infected at first than there are people")

/* ---- tables ---- */

#define US_EPIDEMIC_T 100       /* days 0 … 99 */
/* The boys of the boarding school of 1978. */
#define US_EPIDEMIC_PEOPLE 763.0

#define US_EPIDEMIC_OUTPUT(id_, label_, unit_, upper_, noisy_) \
  { \
    .id = id_, .label = label_, .kind = US_OUTPUT_SERIES, .height = US_EPIDEMIC_T, .width = 1, .channels = 1, \
    .x_label = N_("Day"), .x_unit = "d", .y_label = label_, .y_unit = unit_, \
    .x_lower = 0.0, .x_upper = US_EPIDEMIC_T - 1.0, .y_lower = 0.0, .y_upper = upper_, \
    .lower = 0.0, .upper = upper_, .at_lower = -365.0, .at_upper = 3650.0, .counts = TRUE, .noisy = noisy_ \
  }

#define US_EPIDEMIC_OUTPUTS(noisy) \
  US_EPIDEMIC_OUTPUT ("incidence", N_("New cases"), "1/d", 200.0, noisy), \
  US_EPIDEMIC_OUTPUT ("prevalence", N_("Infectious"), "", US_EPIDEMIC_PEOPLE, noisy), \
  US_EPIDEMIC_OUTPUT ("susceptibles", N_("Susceptibles"), "", US_EPIDEMIC_PEOPLE, noisy), \
  US_EPIDEMIC_OUTPUT ("cumulative", N_("Cases so far"), "", US_EPIDEMIC_PEOPLE, noisy)

#define US_EPIDEMIC_LATENT_OUTPUTS(noisy) \
  US_EPIDEMIC_OUTPUT ("exposed", N_("Infected, not yet infectious"), "", US_EPIDEMIC_PEOPLE, noisy), \
  US_EPIDEMIC_OUTPUT ("infections", N_("New infections"), "1/d", 200.0, noisy)

#define US_EPIDEMIC_PARAMETER(name_, label_, symbol_, unit_, lower_, upper_, prior_, a_, b_, source_) \
  { \
    .name = name_, .label = label_, .symbol = symbol_, .unit = unit_, .lower = lower_, .upper = upper_, \
    .prior = { prior_, a_, b_, 0.0 }, .source = source_ \
  }

#define US_EPIDEMIC_R0 \
  US_EPIDEMIC_PARAMETER ("R0", N_("Basic reproduction number"), "R₀", "", 0.1, 30.0, US_DISTRIBUTION_LOG_UNIFORM, 1.1, 20.0, \
                         "from hardly growing to measles, 12 to 18: Anderson and May (1991), table 4.1")
#define US_EPIDEMIC_LATENT \
  US_EPIDEMIC_PARAMETER ("latent", N_("Latent period"), "1/σ", "d", 0.2, 60.0, US_DISTRIBUTION_LOG_UNIFORM, 1.0, 14.0, \
                         "influenza 1 to measles 9 and beyond: Anderson and May (1991), table 3.1")
#define US_EPIDEMIC_INFECTIOUS \
  US_EPIDEMIC_PARAMETER ("infectious", N_("Infectious period"), "1/γ", "d", 0.5, 60.0, US_DISTRIBUTION_LOG_UNIFORM, 1.0, 14.0, \
                         "influenza 2 to measles 7 and beyond: Anderson and May (1991), table 3.1")
#define US_EPIDEMIC_IMMUNITY \
  US_EPIDEMIC_PARAMETER ("immunity", N_("Duration of immunity"), "1/ω", "d", 1.0, 1e5, US_DISTRIBUTION_LOG_UNIFORM, 20.0, 1000.0, \
                         "chosen: from weeks, seen within the series, to years, hardly seen")
#define US_EPIDEMIC_INITIAL \
  US_EPIDEMIC_PARAMETER ("initial", N_("Infected at first"), "I₀", "", 1.0, 1e6, US_DISTRIBUTION_LOG_UNIFORM, 1.0, 10.0, \
                         "chosen: a few cases brought in")
#define US_EPIDEMIC_INTRODUCTION \
  US_EPIDEMIC_PARAMETER ("introduction", N_("Day of introduction"), "t₀", "d", -365.0, 365.0, US_DISTRIBUTION_UNIFORM, -7.0, 14.0, \
                         "chosen: about the first day that is looked at")
#define US_EPIDEMIC_CONTROL \
  US_EPIDEMIC_PARAMETER ("control", N_("Contacts left under control"), "c", "", 0.0, 1.0, US_DISTRIBUTION_UNIFORM, 0.0, 1.0, \
                         "all alike, from none to all")
#define US_EPIDEMIC_CONTROL_DAY \
  US_EPIDEMIC_PARAMETER ("control_day", N_("Day of control"), "t₁", "d", -365.0, 365.0, US_DISTRIBUTION_UNIFORM, 5.0, 40.0, \
                         "chosen: within the series; fixed where it is known")
#define US_EPIDEMIC_POPULATION \
  US_EPIDEMIC_PARAMETER ("population", N_("Population"), "N", "", 10.0, 1e9, US_DISTRIBUTION_FIXED, US_EPIDEMIC_PEOPLE, 0.0, \
                         "the boarding school of 1978; to be fixed at that of the data")

/* Four that all have; what is different comes behind. */
#define US_EPIDEMIC_DERIVED(name) \
  { "growth_rate", N_("Early growth rate"), "r", "1/d", FALSE, name##_growth_rate }, \
  { "doubling_time", N_("Early doubling time"), "t₂", "d", TRUE, name##_doubling }, \
  { "peak_day", N_("Day of the peak"), "tₚ", "d", FALSE, name##_peak_day }

G_END_DECLS
