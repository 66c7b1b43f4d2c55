/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Epidemics in a closed, well-mixed population: sir/sir.md. */
#include "config.h"

#include "us-epidemic.h"

#include "us-draw.h"
#include "us-ode.h"

#include <gsl/gsl_sf_lambert.h>
#include <math.h>

#define TOLERANCE 1e-9
#define ROUNDING 1e-9           /* days: times that are meant to be the same */

/* Per day; 0: never. */
typedef struct
{
  double infect, fall_ill, recover, wane;
} Rates;

static Rates
rates_of (const UsEpidemic *self)
{
  return (Rates) {
    self->r0 / self->infectious,
    self->latent > 0.0 ? 1.0 / self->latent : 0.0,
    1.0 / self->infectious,
    self->immunity > 0.0 ? 1.0 / self->immunity : 0.0,
  };
}

/* ---- the differential equations ---- */

/* Shares of the population; cases and infections are what has happened so far. */
enum { SUSCEPTIBLE, EXPOSED, INFECTIOUS, CASES, INFECTIONS, N_STATES };

static void
slopes (double        t,
        const double *y,
        const void   *data,
        double       *dydt)
{
  const Rates *rates = data;
  /* what rounding leaves below zero infects nobody */
  const double infected = rates->infect * y[SUSCEPTIBLE] * MAX (y[INFECTIOUS], 0.0);
  const double ill = rates->fall_ill > 0.0 ? rates->fall_ill * y[EXPOSED] : infected;
  const double immune = 1.0 - y[SUSCEPTIBLE] - y[EXPOSED] - y[INFECTIOUS];

  dydt[SUSCEPTIBLE] = rates->wane * immune - infected;
  dydt[EXPOSED] = infected - ill;
  dydt[INFECTIOUS] = ill - rates->recover * y[INFECTIOUS];
  dydt[CASES] = ill;
  dydt[INFECTIONS] = infected;
}

/* From y (N_STATES) at t on; rates is borrowed. */
static void
solver_init (UsOde            *ode,
             const UsEpidemic *self,
             const Rates      *rates,
             double            t,
             const double     *y)
{
  const double small = TOLERANCE * self->initial / self->population;
  /* Where susceptibles come back the next wave grows from whatever is left, however little. */
  const double left = rates->wane > 0.0 ? 1e-200 : small;
  const double absolute[N_STATES] = { small, small, left, small, small };

  us_ode_init (ode, slopes, rates, N_STATES, t, y, TOLERANCE, absolute);
}

/* ---- by chance ---- */

/* A chain in steps of 1/n day, from whole days on; the first is what is left of one at the introduction.  Each step is made of
 * parts that are exact by themselves, in an order that reads the same from behind (Strang 1968): recover, wane, fall ill for
 * half a step, infect for a whole one, and back. */
typedef struct
{
  const UsEpidemic *model;
  Rates  rates;
  double susceptible, exposed, infectious, immune, cases, infections;   /* whole numbers */
  double population;
  double n, grid;                       /* steps a day; where it is: grid / n, or before the first step a little later */
  double day, step;                     /* where it is, and how long the next step is */
  double recover, wane, fall_ill;       /* probabilities in half of that */
} Chain;

guint
us_epidemic_chain_steps (const UsEpidemic *self)
{
  const Rates rates = rates_of (self);
  const double fastest = MAX (MAX (rates.infect, rates.fall_ill), MAX (rates.recover, rates.wane));

  return (guint) CLAMP (ceil (8.0 * fastest), 8.0, 96.0);
}

/* The next step goes from `day` to the next point of the grid. */
static void
chain_aim (Chain *chain)
{
  const double step = (chain->grid + 1.0) / chain->n - chain->day;

  /* all steps but the first are alike */
  if (fabs (step - chain->step) <= ROUNDING)
    return;
  chain->step = step;
  chain->recover = -expm1 (-0.5 * step * chain->rates.recover);
  chain->wane = -expm1 (-0.5 * step * chain->rates.wane);
  chain->fall_ill = -expm1 (-0.5 * step * chain->rates.fall_ill);
}

static void
chain_init (Chain            *chain,
            const UsEpidemic *self)
{
  const double population = rint (self->population), first = MIN (rint (self->initial), population);
  const double n = us_epidemic_chain_steps (self);

  *chain = (Chain) {
    .model = self,
    .rates = rates_of (self),
    .susceptible = population - first,
    .infectious = first,
    .population = population,
    .n = n,
    .grid = floor (self->introduction * n + ROUNDING),
    .day = self->introduction,
  };
  chain_aim (chain);
}

static void
chain_recover (Chain *chain,
               UsRng *rng)
{
  const double n = us_draw_binomial (rng, chain->infectious, chain->recover);

  chain->infectious -= n;
  chain->immune += n;
}

static void
chain_wane (Chain *chain,
            UsRng *rng)
{
  const double n = us_draw_binomial (rng, chain->immune, chain->wane);

  chain->immune -= n;
  chain->susceptible += n;
}

static void
chain_fall_ill (Chain *chain,
                UsRng *rng)
{
  const double n = us_draw_binomial (rng, chain->exposed, chain->fall_ill);

  chain->exposed -= n;
  chain->infectious += n;
  chain->cases += n;
}

/* The share of the susceptibles that a step infects.  With a latent period the infectious stay as they are in it; without,
 * they become more, and s and i follow the logistic curve of s + i. */
static double
chain_risk (const Chain *chain)
{
  /* how much of the step comes before the control */
  const double before = CLAMP ((chain->model->control_day - chain->day) / chain->step, 0.0, 1.0);
  const double contacts = chain->step * chain->rates.infect * (before + (1.0 - before) * chain->model->control);
  const double i = chain->infectious / chain->population;
  double s, more;

  if (chain->rates.fall_ill > 0.0)
    return -expm1 (-contacts * i);
  s = chain->susceptible / chain->population;
  more = expm1 (contacts * (s + i));
  return i * more / (s + i + i * more);
}

static void
chain_infect (Chain *chain,
              UsRng *rng)
{
  double n;

  if (chain->susceptible == 0.0 || chain->infectious == 0.0)
    return;
  n = us_draw_binomial (rng, chain->susceptible, chain_risk (chain));
  chain->susceptible -= n;
  chain->infections += n;
  if (chain->rates.fall_ill > 0.0)
    chain->exposed += n;
  else
    {
      chain->infectious += n;
      chain->cases += n;
    }
}

/* To the last point of the grid that is not after `day`. */
static void
chain_go (Chain  *chain,
          double  day,
          UsRng  *rng)
{
  const double target = floor (day * chain->n + ROUNDING);

  while (chain->grid < target)
    {
      /* over: nothing more is drawn */
      if (chain->exposed + chain->infectious == 0.0 && (chain->rates.wane == 0.0 || chain->immune == 0.0))
        {
          chain->grid = target;
          break;
        }
      chain_recover (chain, rng);
      chain_wane (chain, rng);
      chain_fall_ill (chain, rng);
      chain_infect (chain, rng);
      chain_fall_ill (chain, rng);
      chain_wane (chain, rng);
      chain_recover (chain, rng);
      chain->grid++;
      chain->day = chain->grid / chain->n;
      chain_aim (chain);
    }
}

/* ---- one epidemic, followed in time ---- */

typedef struct
{
  const UsEpidemic *model;
  gboolean          by_chance, controlled;
  Rates             rates;              /* now */
  union
  {
    UsOde ode;
    Chain chain;
  };
} Path;

static void
path_init (Path             *path,
           const UsEpidemic *model,
           gboolean          by_chance)
{
  const double first = model->initial / model->population;
  const double start[N_STATES] = { [SUSCEPTIBLE] = 1.0 - first, [INFECTIOUS] = first };

  path->model = model;
  path->by_chance = by_chance;
  path->rates = rates_of (model);
  path->controlled = model->control_day <= model->introduction;
  if (path->controlled)
    path->rates.infect *= model->control;
  if (by_chance)
    chain_init (&path->chain, model);
  else
    solver_init (&path->ode, model, &path->rates, model->introduction, start);
}

/* The differential equations at t, not before the introduction; shares.  They have a kink where control begins. */
static UsSimStatus
path_solve (Path   *path,
            double  t,
            double *y)          /* (N_STATES) */
{
  const UsEpidemic *model = path->model;
  UsSimStatus status;

  if (!path->controlled && t >= model->control_day)
    {
      status = us_ode_at (&path->ode, model->control_day, y);
      if (status != US_SIM_OK)
        return status;
      path->controlled = TRUE;
      path->rates.infect *= model->control;
      solver_init (&path->ode, model, &path->rates, model->control_day, y);
    }
  return us_ode_at (&path->ode, t, y);
}

/* people (N_STATES) at t, not before the last one asked for. */
static UsSimStatus
path_at (Path   *path,
         double  t,
         UsRng  *rng,
         double *people)
{
  const UsEpidemic *model = path->model;
  const Chain *chain = &path->chain;
  UsSimStatus status;

  if (t < model->introduction - ROUNDING)
    {
      for (gsize k = 0; k < N_STATES; k++)
        people[k] = 0.0;
      people[SUSCEPTIBLE] = path->by_chance ? rint (model->population) : model->population;
      return US_SIM_OK;
    }
  if (path->by_chance)
    {
      chain_go (&path->chain, t, rng);
      people[SUSCEPTIBLE] = chain->susceptible;
      people[EXPOSED] = chain->exposed;
      people[INFECTIOUS] = chain->infectious;
      people[CASES] = chain->cases;
      people[INFECTIONS] = chain->infections;
      return US_SIM_OK;
    }
  status = path_solve (path, MAX (t, model->introduction), people);
  for (gsize k = 0; k < N_STATES; k++)
    people[k] = MAX (people[k], 0.0) * model->population;
  return status;
}

static guint
state_of (guint output)
{
  switch (output)
    {
    case US_EPIDEMIC_PREVALENCE:
      return INFECTIOUS;
    case US_EPIDEMIC_SUSCEPTIBLES:
      return SUSCEPTIBLE;
    case US_EPIDEMIC_EXPOSED:
      return EXPOSED;
    case US_EPIDEMIC_INFECTIONS:
      return INFECTIONS;
    default:
      return CASES;
    }
}

UsSimStatus
us_epidemic_run (const UsEpidemic *self,
                 gboolean          chain,
                 const UsOutput   *of,
                 guint             output,
                 gsize             n_times,
                 const double     *times,
                 UsRng            *rng,
                 float            *out)
{
  const gboolean daily = output == US_EPIDEMIC_INCIDENCE || output == US_EPIDEMIC_INFECTIONS;
  const guint state = state_of (output);
  double people[N_STATES], last_x = -INFINITY, last = 0.0;
  Path path, day_before;        /* the same one, a day behind */
  UsRng again = *rng;

  path_init (&path, self, chain);
  path_init (&day_before, self, chain);
  for (gsize t = 0; t < n_times; t++)
    {
      const double x = times != NULL ? times[t] : us_output_x (of, t);
      double before = 0.0, value;

      if (!(x >= of->at_lower && x <= of->at_upper))
        return US_SIM_FAILED;
      if (daily && fabs (last_x - (x - 1.0)) <= ROUNDING)
        before = last;
      else if (daily)
        {
          if (path_at (&day_before, x - 1.0, &again, people) != US_SIM_OK)
            return US_SIM_RETRY;
          before = people[state];
        }
      if (path_at (&path, x, rng, people) != US_SIM_OK)
        return US_SIM_RETRY;
      value = people[state];
      out[t] = (float) MAX (value - before, 0.0);
      last_x = x;
      last = value;
    }
  return US_SIM_OK;
}

/* ---- what follows ---- */

/* The larger root of (r + σ)(r + γ) = σβ; without a latent period β - γ.  All are taken to be susceptible. */
double
us_epidemic_growth_rate (const UsEpidemic *self)
{
  const Rates rates = rates_of (self);
  const double difference = rates.fall_ill - rates.recover;

  if (rates.fall_ill == 0.0)
    return rates.infect - rates.recover;
  return 0.5 * (sqrt (difference * difference + 4.0 * rates.fall_ill * rates.infect) - rates.fall_ill - rates.recover);
}

double
us_epidemic_doubling (const UsEpidemic *self)
{
  const double rate = us_epidemic_growth_rate (self);

  return rate > 0.0 ? G_LN2 / rate : INFINITY;
}

/* Kermack and McKendrick (1927): s = s₀ exp (-R₀ (1 - s)), by Lambert's W. */
double
us_epidemic_attack_rate (const UsEpidemic *self)
{
  const double start = 1.0 - self->initial / self->population;

  return 1.0 + gsl_sf_lambert_W0 (-self->r0 * start * exp (-self->r0)) / self->r0;
}

double
us_epidemic_endemic (const UsEpidemic *self)
{
  return self->r0 > 1.0 ? (1.0 - 1.0 / self->r0) * self->infectious / (self->infectious + self->immunity) : 0.0;
}

/* Fewer are susceptible than sustain it, and fewer fall ill than recover. */
static gboolean
is_past_peak (const double *y,
              const Rates  *rates)
{
  double dydt[N_STATES];

  slopes (0.0, y, rates, dydt);
  return y[SUSCEPTIBLE] * rates->infect <= rates->recover && dydt[INFECTIOUS] <= 0.0;
}

/* Where an epidemic is followed from a second time. */
static void
path_copy (Path       *to,
           const Path *from)
{
  *to = *from;
  to->ode.data = &to->rates;
}

double
us_epidemic_peak_day (const UsEpidemic *self)
{
  enum { MOST = 20000, HALVINGS = 40 };
  const double stride = 0.25 * MIN (self->infectious, self->infectious / self->r0);
  double y[N_STATES], low = self->introduction, step = stride;
  Path path, from, try;

  path_init (&path, self, FALSE);
  if (path_solve (&path, low, y) != US_SIM_OK || is_past_peak (y, &path.rates))
    return low;
  for (guint k = 0; k < MOST; k++)
    {
      /* where it is before the peak, to begin again */
      path_copy (&from, &path);
      if (path_solve (&path, low + stride, y) != US_SIM_OK)
        return NAN;
      if (is_past_peak (y, &path.rates))
        break;
      low += stride;
    }
  for (guint k = 0; k < HALVINGS; k++)
    {
      step *= 0.5;
      path_copy (&try, &from);
      if (path_solve (&try, low + step, y) != US_SIM_OK)
        return NAN;
      if (!is_past_peak (y, &try.rates))
        low += step;
    }
  return low + 0.5 * step;
}
