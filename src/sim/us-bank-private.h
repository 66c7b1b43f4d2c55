/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The members of a bank. */
#define US_BANK_THETA "theta"           /* (N, P) float64 */
#define US_BANK_X     "x"               /* (N, …) float32 */
#define US_BANK_NAMES "theta_names"     /* (P) text */
#define US_BANK_META  "bank.json"
