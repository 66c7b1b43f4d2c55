/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE    /* sched_getaffinity, syscall */
#include "config.h"

#include "us-pool.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct
{
  gsize    n_chunks;
  guint    n_workers;
  guint32 *runs;        /* (n_chunks) how often each ran; plain: the pool orders */
  gint     in_use[64];  /* (n_workers) a worker index is held by one thread at a time */
  gint     clashes;
} Count;

static void
count_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  Count *count = data;

  if (worker >= count->n_workers || chunk >= count->n_chunks
      || !g_atomic_int_compare_and_exchange (&count->in_use[worker], 0, 1))
    {
      g_atomic_int_inc (&count->clashes);
      return;
    }
  count->runs[chunk]++;
  g_atomic_int_set (&count->in_use[worker], 0);
}

static void
test_each_once (void)
{
  static const guint workers[] = { 1, 2, 3, 8 };
  static const gsize chunks[] = { 0, 1, 2, 3, 7, 64, 1000 };

  for (guint w = 0; w < G_N_ELEMENTS (workers); w++)
    {
      g_autoptr(UsPool) pool = us_pool_new (workers[w], 0);

      g_assert_cmpuint (us_pool_n_workers (pool), ==, workers[w]);
      for (guint c = 0; c < G_N_ELEMENTS (chunks); c++)
        {
          g_autofree guint32 *runs = g_new0 (guint32, chunks[c] + 1);
          Count count = { chunks[c], workers[w], runs };

          for (guint32 round = 1; round <= 20; round++)
            {
              us_pool_run (pool, chunks[c], count_chunk, &count);
              for (gsize i = 0; i < chunks[c]; i++)
                g_assert_cmpuint (runs[i], ==, round);
            }
          g_assert_cmpint (count.clashes, ==, 0);
        }
    }
}

static void
append_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  g_assert_cmpuint (worker, ==, 0);
  g_array_append_val ((GArray *) data, chunk);
}

static void
test_no_pool (void)
{
  g_autoptr(GArray) order = g_array_new (FALSE, FALSE, sizeof (gsize));
  UsPoolGroup *group;

  us_pool_run (NULL, 5, append_chunk, order);
  group = us_pool_begin (NULL, 3, append_chunk, order);
  us_pool_finish (group);
  g_assert_cmpuint (order->len, ==, 8);
  for (gsize i = 0; i < 8; i++)
    g_assert_cmpuint (g_array_index (order, gsize, i), ==, i < 5 ? i : i - 5);
  g_assert_cmpuint (us_pool_n_workers (NULL), ==, 1);
}

/* 10^5 runs of tiny chunks by more threads than there are processors; each
 * chunk writes without atomics what the next run's chunks read, so a lost
 * chunk, a chunk of an earlier run and a missing barrier all show. */
typedef struct
{
  guint64 generation;
  guint64 cells[16];
  gint    wrong;
} Relay;

static void
relay_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  Relay *relay = data;

  if (relay->cells[chunk] != relay->generation)
    g_atomic_int_inc (&relay->wrong);
  relay->cells[chunk] = relay->generation + 1;
}

static void
test_stress (void)
{
  g_autoptr(UsPool) pool = us_pool_new (7, 0);
  Relay relay = { 0 };
  gsize n = 1;

  for (guint run = 0; run < 100000; run++)
    {
      us_pool_run (pool, n, relay_chunk, &relay);
      for (gsize i = 0; i < n; i++)
        g_assert_cmpuint (relay.cells[i], ==, relay.generation + 1);
      relay.generation++;
      n = 1 + run % G_N_ELEMENTS (relay.cells);
      for (gsize i = 0; i < G_N_ELEMENTS (relay.cells); i++)
        relay.cells[i] = relay.generation;
    }
  g_assert_cmpint (relay.wrong, ==, 0);
}

/* Foreground and background together, many times over. */
static void
test_background_stress (void)
{
  g_autoptr(UsPool) pool = us_pool_new (5, 0);
  guint32 front_runs[8] = { 0 }, back_runs[32] = { 0 };

  for (guint32 round = 1; round <= 10000; round++)
    {
      Count front = { G_N_ELEMENTS (front_runs), 5, front_runs };
      Count back = { G_N_ELEMENTS (back_runs), 5, back_runs };
      UsPoolGroup *group = us_pool_begin (pool, back.n_chunks, count_chunk, &back);

      for (guint32 i = 1; i <= 3; i++)
        us_pool_run (pool, front.n_chunks, count_chunk, &front);
      us_pool_finish (group);
      for (gsize i = 0; i < front.n_chunks; i++)
        g_assert_cmpuint (front_runs[i], ==, 3 * round);
      for (gsize i = 0; i < back.n_chunks; i++)
        g_assert_cmpuint (back_runs[i], ==, round);
      g_assert_cmpint (front.clashes + back.clashes, ==, 0);
    }
}

static void
sleep_chunk (gpointer data,
             gsize    chunk,
             guint    worker)
{
  g_usleep (1000);
  if (worker != 0)
    g_atomic_int_inc ((gint *) data);
}

/* Idle workers take background chunks while the owner does something else. */
static void
test_background_overlaps (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  gint by_workers = 0;
  UsPoolGroup *group = us_pool_begin (pool, 10, sleep_chunk, &by_workers);
  gint64 until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (g_atomic_int_get (&by_workers) < 10 && g_get_monotonic_time () < until)
    g_usleep (500);
  g_assert_cmpint (g_atomic_int_get (&by_workers), ==, 10);
  us_pool_finish (group);
}

typedef struct
{
  gint release;
  gint started;
  gint foreground_done;
} Hold;

static void
hold_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Hold *hold = data;

  g_atomic_int_inc (&hold->started);
  while (!g_atomic_int_get (&hold->release))
    g_usleep (100);
}

static void
done_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  g_atomic_int_inc (&((Hold *) data)->foreground_done);
}

/* A run does not wait for a worker that is busy elsewhere: here every worker
 * sits in a background chunk that ends only after the run. */
static void
test_caller_waits_for_nobody (void)
{
  g_autoptr(UsPool) pool = us_pool_new (3, 0);
  Hold hold = { 0 };
  UsPoolGroup *group = us_pool_begin (pool, 2, hold_chunk, &hold);

  while (g_atomic_int_get (&hold.started) < 2)
    g_usleep (100);
  us_pool_run (pool, 50, done_chunk, &hold);
  g_assert_cmpint (hold.foreground_done, ==, 50);
  g_atomic_int_set (&hold.release, 1);
  us_pool_finish (group);
}

static void
nested_chunk (gpointer data,
              gsize    chunk,
              guint    worker)
{
  us_pool_run (data, 2, nested_chunk, data);
}

static void
test_nested (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr(UsPool) pool = us_pool_new (2, 0);

      us_pool_run (pool, 2, nested_chunk, pool);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*us_pool_run*in use*");
}

typedef struct
{
  int  nice_values[2];   /* caller, worker */
  gint seen[2];
} Nice;

static void
nice_chunk (gpointer data,
            gsize    chunk,
            guint    worker)
{
  Nice *seen = data;

  seen->nice_values[worker] = getpriority (PRIO_PROCESS, (id_t) syscall (SYS_gettid));
  g_atomic_int_set (&seen->seen[worker], 1);
  g_usleep (100);
}

static void
test_niceness (void)
{
  int own = getpriority (PRIO_PROCESS, 0);
  g_autoptr(UsPool) pool = us_pool_new (2, 3);
  Nice seen = { { 0 } };

  for (int i = 0; i < 10000 && !(g_atomic_int_get (&seen.seen[0]) && g_atomic_int_get (&seen.seen[1])); i++)
    us_pool_run (pool, 4, nice_chunk, &seen);
  g_assert_cmpint (seen.nice_values[0], ==, own);
  g_assert_cmpint (seen.nice_values[1], ==, MIN (own + 3, 19));
}

/* As many as this process may use, which may be fewer than the machine has. */
static void
test_default_size (void)
{
  cpu_set_t all, one;
  g_autoptr(UsPool) pool = us_pool_new (0, 0);
  g_autoptr(UsPool) small = NULL;

  g_assert_cmpint (sched_getaffinity (0, sizeof all, &all), ==, 0);
  g_assert_cmpuint (us_pool_n_workers (pool), ==, CPU_COUNT (&all));

  CPU_ZERO (&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT (&one) == 0; i++)
    if (CPU_ISSET (i, &all))
      CPU_SET (i, &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);
  small = us_pool_new (0, 0);
  g_assert_cmpuint (us_pool_n_workers (small), ==, 1);
  g_assert_cmpint (sched_setaffinity (0, sizeof all, &all), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/each-once", test_each_once);
  g_test_add_func ("/pool/no-pool", test_no_pool);
  g_test_add_func ("/pool/stress", test_stress);
  g_test_add_func ("/pool/background-stress", test_background_stress);
  g_test_add_func ("/pool/background-overlaps", test_background_overlaps);
  g_test_add_func ("/pool/caller-waits-for-nobody", test_caller_waits_for_nobody);
  g_test_add_func ("/pool/nested", test_nested);
  g_test_add_func ("/pool/niceness", test_niceness);
  g_test_add_func ("/pool/default-size", test_default_size);

  return g_test_run ();
}
