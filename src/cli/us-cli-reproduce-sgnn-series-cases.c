/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The measured series of part “series”: where they are from, which mechanisms they are laid beside, what others found. */
#include "config.h"

#include "us-cli-reproduce-sgnn-series-private.h"
#include "us-file.h"

#include <string.h>

static const UsSgnnSeries cases[] = {
  { .id = "yeast", .file = "yeast_carlson_1913.csv", .title = "Yeast in a vessel, 1913", .shipped = TRUE,
    .source = "T. Carlson 1913, as reprinted by R. Pearl 1927",
    .candidates = { "growth-logistic+normal", "growth-gompertz+normal", "growth-exponential+normal" },
    .known = { { "K", 663 }, { "r", 0.547 } }, .known_source = "logistic, Pearl 1927" },
  { .id = "indomethacin", .file = "indomethacin_iv.csv", .title = "Indomethacin into a vein", .shipped = TRUE,
    .source = "K. C. Kwan and others 1976; data set Indometh of R (GPL-2 or GPL-3); subject 1 of six",
    .columns = { "conc_ug_per_mL" }, .where = "subject=1", .n_subjects = 6,
    .candidates = { "pk-two-bolus+multiplicative", "pk-one-bolus+multiplicative" } },
  { .id = "theophylline", .file = "theophylline_oral.csv", .title = "Theophylline by mouth", .shipped = TRUE,
    .source = "R. Upton, in Boeckmann, Sheiner, Beal 1994; data set Theoph of R (GPL-2 or GPL-3); subject 1 of twelve",
    .columns = { "conc_mg_per_L" }, .where = "subject=1", .priors = { "dose=fixed:4.02" },
    .candidates = { "pk-one-oral+normal", "pk-two-oral+normal" },
    .known = { { "ka", 1.57 }, { "CL", 0.0402 } }, .known_source = "mean of twelve subjects, Pinheiro and Bates 2000" },
  { .id = "influenza", .file = "influenza_school_1978.csv", .title = "Influenza in a boarding school, 1978",
    .source = "British Medical Journal 1978, from reconhub/outbreaks (GPL-2 or later); in bed, a prevalence, among 763 boys",
    .columns = { "in_bed" }, .candidates = { "sir:prevalence+negative-binomial", "seir:prevalence+negative-binomial" },
    .known = { { "R0", 3.6 }, { "infectious", 2.2 } }, .known_source = "SIR by least squares, Murray 1989: R₀ 3.6 to 3.8" },
  { .id = "hagelloch", .file = "measles_hagelloch_1861.csv", .title = "Measles in Hagelloch, 1861",
    .source = "A. Pfeilsticker 1863, from reconhub/outbreaks (GPL-2 or later); onsets of prodrome among about 188 children",
    .columns = { "new_prodrome" }, .latest = 60, .candidates = { "seir+negative-binomial", "sir+negative-binomial" },
    .priors = { "population=fixed:188", "introduction=uniform:-14:14", "initial=log-uniform:1:5" },
    .known = { { "latent", 10 } }, .known_source = "from infection to prodrome about ten days, Pfeilsticker 1863" },
  { .id = "lombardia", .file = "covid19_lombardia_2020.csv", .title = "COVID-19 in Lombardia, first wave",
    .source = "Dipartimento della Protezione Civile, pcm-dpc/COVID-19 (CC BY 4.0); new cases; lockdown on day 14, tests grew",
    .columns = { "new_cases" }, .latest = 60,
    .candidates = { "seir-control+reporting+delay+negative-binomial", "seir+reporting+delay+negative-binomial" },
    .priors = { "population=fixed:10030000", "introduction=uniform:-60:-5", "initial=log-uniform:1:100", "control_day=fixed:14",
                "reporting=uniform:0.02:0.5" },
    .known = { { "R0", 3.1 } }, .known_source = "Cereda and others 2020: 2.9 to 3.2" },
  { .id = "lynx-hare", .file = "lynx_hare_hudson_bay_1900_1920.csv", .title = "Lynx and hare, 1900 to 1920",
    .source = "Hudson’s Bay Company, from stan-dev/example-models (BSD-3, CC BY); years count from 1900", .origin = 1900,
    .columns = { "hare_thousands", "lynx_thousands" },
    .candidates = { "lotka-volterra+multiplicative", "lotka-volterra+normal" },
    .known = { { "alpha", 0.55 }, { "beta", 0.028 }, { "gamma", 0.80 }, { "delta", 0.024 } }, .known_source = "Carpenter 2018, log-normal errors" },
};

const UsSgnnSeries *
us_sgnn_series_list (gsize *n)
{
  *n = G_N_ELEMENTS (cases);
  return cases;
}

char *
us_sgnn_series_find (const UsSgnn       *self,
                     const UsSgnnSeries *of)
{
  const char *const roots[] = { US_PKGDATADIR, US_SOURCE_DATADIR };

  for (gsize i = 0; of->shipped && i < G_N_ELEMENTS (roots); i++)
    {
      g_autofree char *path = g_build_filename (roots[i], "series", of->file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  if (self->data != NULL)
    {
      g_autofree char *path = g_build_filename (self->data, of->file, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

UsMeasurements *
us_sgnn_series_read (const UsSgnnSeries  *of,
                     const char          *where,
                     const char          *path,
                     GError             **error)
{
  const UsMeasurementsOptions options = { .values = of->columns[0] != NULL ? of->columns : NULL, .where = where };
  UsMeasurements *data = us_measurements_read (path, &options, error);

  for (gsize t = 0; data != NULL && t < data->n_times; t++)
    {
      data->times[t] -= of->origin;
      if (of->latest > 0 && data->times[t] > of->latest)
        data->n_times = t;
    }
  return data;
}

char *
us_sgnn_series_id (const char           *candidate,
                   const UsMeasurements *data)
{
  gsize base = strcspn (candidate, "+");
  GString *id = g_string_new_len (candidate, (gssize) base);

  for (gsize t = 0; t < data->n_times; t++)
    {
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (id, "%c%s", t == 0 ? '@' : ',', us_dtoa (buffer, data->times[t]));
    }
  g_string_append (id, candidate + base);
  return g_string_free (id, FALSE);
}
