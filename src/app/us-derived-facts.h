/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "us-reading.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * UsDerivedFacts:
 *
 * What follows from the parameters and means more than they do, each with its unit, side by
 * side: "15.9 kHz, resonance frequency".  Cheap to move with a slider.  Hidden for a simulator
 * that has none.  Main thread.
 */
#define US_TYPE_DERIVED_FACTS (us_derived_facts_get_type ())
G_DECLARE_FINAL_TYPE (UsDerivedFacts, us_derived_facts, US, DERIVED_FACTS, GtkWidget)

/* simulator: borrowed, static; NULL: none. */
void us_derived_facts_set_simulator (UsDerivedFacts    *self,
                                     const UsSimulator *simulator);
/* Of known parameters, theta (P); NULL: nothing is known. */
void us_derived_facts_set_theta     (UsDerivedFacts    *self,
                                     const double      *theta);
/* As read from data, with intervals; (D) of the simulator, or NULL: nothing is known. */
void us_derived_facts_set_readings  (UsDerivedFacts         *self,
                                     const UsDerivedReading *readings);

G_END_DECLS
