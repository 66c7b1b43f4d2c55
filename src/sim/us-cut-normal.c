/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-cut-normal-private.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

UsCutNormal
us_cut_normal (double mean,
               double sd,
               double lower,
               double upper)
{
  const double from = (lower - mean) / sd, to = (upper - mean) / sd;
  UsCutNormal self = { .mean = mean, .sd = sd, .mirrored = from > 0.0 };

  self.lower_share = gsl_cdf_ugaussian_P (self.mirrored ? -to : from);
  self.mass = gsl_cdf_ugaussian_P (self.mirrored ? -from : to) - self.lower_share;

  return self;
}

double
us_cut_normal_density (const UsCutNormal *self,
                       double             value)
{
  return gsl_ran_ugaussian_pdf ((value - self->mean) / self->sd) / (self->sd * self->mass);
}

double
us_cut_normal_to_latent (const UsCutNormal *self,
                         double             value)
{
  const double x = (value - self->mean) / self->sd;
  const double share = (gsl_cdf_ugaussian_P (self->mirrored ? -x : x) - self->lower_share) / self->mass;

  return self->mirrored ? 1.0 - 2.0 * share : 2.0 * share - 1.0;
}

double
us_cut_normal_from_latent (const UsCutNormal *self,
                           double             z)
{
  const double share = 0.5 * (1.0 + (self->mirrored ? -z : z));
  const double x = gsl_cdf_ugaussian_Pinv (CLAMP (self->lower_share + share * self->mass, 0.0, 1.0));

  return self->mean + self->sd * (self->mirrored ? -x : x);
}
