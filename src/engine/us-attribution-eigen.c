/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By itself, because GSL's headers and OpenBLAS's declare the same names. */
#include "config.h"

#include "us-attribution-private.h"

#include <gsl/gsl_eigen.h>

void
us_attribution_eigen (gsize   n,
                      double *matrix,
                      double *values,
                      double *vectors)
{
  gsl_matrix_view matrix_view = gsl_matrix_view_array (matrix, n, n);
  gsl_matrix_view vectors_view = gsl_matrix_view_array (vectors, n, n);
  gsl_vector_view values_view = gsl_vector_view_array (values, n);
  gsl_eigen_symmv_workspace *workspace = gsl_eigen_symmv_alloc (n);

  gsl_eigen_symmv (&matrix_view.matrix, &values_view.vector, &vectors_view.matrix, workspace);
  gsl_eigen_symmv_sort (&values_view.vector, &vectors_view.matrix, GSL_EIGEN_SORT_VAL_DESC);
  gsl_eigen_symmv_free (workspace);
}
