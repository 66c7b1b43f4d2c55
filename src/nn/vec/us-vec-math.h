/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Transcendental functions without branches or calls, so that loops over them
 * become vectors.  Errors against libm in double are held by test-layers:
 *   tanh, sigmoid, softplus   3e-7 of the value (seen: 1.9e-7)
 *   GELU                      5e-6 of the value, far in the negative tail; 4e-7 absolute in its slope
 *   exp                       clamped to exp (-87.34) .. exp (88.37): never zero, never infinite
 * Not a number stays so.
 */

#include "kernels/us-vector.h"

US_INLINE guint32
math_bits (float x)
{
  guint32 bits;

  memcpy (&bits, &x, sizeof bits);
  return bits;
}

US_INLINE float
math_float (guint32 bits)
{
  float x;

  memcpy (&x, &bits, sizeof x);
  return x;
}

US_INLINE float
math_abs (float x)
{
  return math_float (math_bits (x) & 0x7fffffffu);
}

US_INLINE float
math_copysign (float magnitude,
               float sign)
{
  return math_float ((math_bits (magnitude) & 0x7fffffffu) | (math_bits (sign) & 0x80000000u));
}

/* Moshier, Cephes, expf: 2^k times a polynomial on ±½ log 2. */
US_INLINE float
math_exp (float x)
{
  const float magic = 12582912.0f;     /* 1.5 · 2^23: adding it rounds to an integer */
  float k, r, p;

  x = x < -87.336544f ? -87.336544f : x;
  x = x > 88.37626f ? 88.37626f : x;
  k = x * 1.44269504f + magic;
  r = x - (k - magic) * 0.693359375f;
  r = r + (k - magic) * 2.12194440e-4f;
  p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return math_float (math_bits (p) + (math_bits (k) << 23));
}

/* Cephes, tanhf: a polynomial below 0.625, by exp above. */
US_INLINE float
math_tanh (float x)
{
  float z = math_abs (x);
  float s = x * x;
  float large = 1.0f - 2.0f / (math_exp (2.0f * z) + 1.0f);
  float p = -5.70498872745e-3f;

  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  p = p * s * x + x;
  return z > 0.625f ? math_copysign (large, x) : p;
}

US_INLINE float
math_sigmoid (float x)
{
  return 1.0f / (1.0f + math_exp (-x));
}

/* 0 <= u <= 1: 2 artanh (u / (2 + u)), by its series; s² <= 1/9. */
US_INLINE float
math_log1p (float u)
{
  float s = u / (2.0f + u);
  float q = s * s;
  float p = 1.0f / 15.0f;

  p = p * q + 1.0f / 13.0f;
  p = p * q + 1.0f / 11.0f;
  p = p * q + 1.0f / 9.0f;
  p = p * q + 1.0f / 7.0f;
  p = p * q + 1.0f / 5.0f;
  p = p * q + 1.0f / 3.0f;
  return 2.0f * (s + s * (q * p));
}

US_INLINE float
math_softplus (float x)
{
  return (x > 0.0f ? x : 0.0f * x) + math_log1p (math_exp (-math_abs (x)));
}

/* Φ (x), and exp (-x²/2) in *bell.  With t = 1 / (1 + 0.4 z), erfc (z) e^{z²} is
 * t times a polynomial fitted on 0 <= z <= 10 (iteratively reweighted least
 * squares, largest relative error 6e-8). */
US_INLINE float
math_normal_cdf (float  x,
                 float *bell)
{
  float z = math_abs (x) * 0.70710678f;
  float t = 1.0f / (1.0f + 0.4f * z);
  float e = math_exp (-0.5f * x * x);
  float p = 0.04125374555f;
  float tail;

  p = p * t - 0.1403226082f;
  p = p * t + 0.08399410696f;
  p = p * t + 0.08795673379f;
  p = p * t + 0.07976158929f;
  p = p * t + 0.1933911121f;
  p = p * t + 0.2018881048f;
  p = p * t + 0.2264430425f;
  p = p * t + 0.225634235f;
  tail = 0.5f * p * t * e;
  *bell = e;
  return x < 0.0f ? tail : 1.0f - tail;
}
