/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Winograd's minimal filtering F(m, r): m outputs of an r-tap filter from
 * n = m + r - 1 products,  y = Aᵀ [(G g) ⊙ (Bᵀ d)]  (Winograd 1980; Lavin and
 * Gray 2016).  The matrices follow from n - 1 points and infinity by
 * Toom-Cook: A holds powers of the points; G the same over Π (a_j - a_l); the
 * rows of Bᵀ are the coefficients of Π (x - a_l) over the other points.
 * Points: F(2,2) 0 1; F(4,2) 0 ±1 2; F(2,3) 0 ±1; F(4,3) 0 ±1 ½ -2, which
 * lose the least (measured: F(2,r) a factor 3 in rounding, F(4,r) 12).
 * In F(2,2) the sign of point 0 is moved from G to Bᵀ, so that transformed
 * weights are plain sums.
 */

static const float f22_bt[3 * 3] = { 1, -1, 0,  0, 1, 0,  0, -1, 1 };
static const float f22_g[3 * 2] = { 1, 0,  1, 1,  0, 1 };
static const float f22_at[2 * 3] = { 1, 1, 0,  0, 1, 1 };

static const float f42_bt[5 * 5] = {
  2, -1, -2, 1, 0,
  0, -2, -1, 1, 0,
  0, 2, -3, 1, 0,
  0, -1, 0, 1, 0,
  0, 2, -1, -2, 1,
};
static const float f42_g[5 * 2] = {
  1 / 2.0f, 0,
  -1 / 2.0f, -1 / 2.0f,
  -1 / 6.0f, 1 / 6.0f,
  1 / 6.0f, 1 / 3.0f,
  0, 1,
};
static const float f42_at[4 * 5] = {
  1, 1, 1, 1, 0,
  0, 1, -1, 2, 0,
  0, 1, 1, 4, 0,
  0, 1, -1, 8, 1,
};

static const float f23_bt[4 * 4] = {
  -1, 0, 1, 0,
  0, 1, 1, 0,
  0, -1, 1, 0,
  0, -1, 0, 1,
};
static const float f23_g[4 * 3] = {
  -1, 0, 0,
  0.5f, 0.5f, 0.5f,
  0.5f, -0.5f, 0.5f,
  0, 0, 1,
};
static const float f23_at[2 * 4] = {
  1, 1, 1, 0,
  0, 1, -1, 1,
};

static const float f43_bt[6 * 6] = {
  1, -1.5f, -2, 1.5f, 1, 0,
  0, -1, 0.5f, 2.5f, 1, 0,
  0, 1, -2.5f, 0.5f, 1, 0,
  0, -2, -1, 2, 1, 0,
  0, 0.5f, -1, -0.5f, 1, 0,
  0, 1, -1.5f, -2, 1.5f, 1,
};
static const float f43_g[6 * 3] = {
  1, 0, 0,
  1 / 3.0f, 1 / 3.0f, 1 / 3.0f,
  -1 / 3.0f, 1 / 3.0f, -1 / 3.0f,
  -16 / 15.0f, -8 / 15.0f, -4 / 15.0f,
  1 / 15.0f, -2 / 15.0f, 4 / 15.0f,
  0, 0, 1,
};
static const float f43_at[4 * 6] = {
  1, 1, 1, 1, 1, 0,
  0, 1, -1, 0.5f, -2, 0,
  0, 1, 1, 0.25f, 4, 0,
  0, 1, -1, 0.125f, -8, 1,
};
