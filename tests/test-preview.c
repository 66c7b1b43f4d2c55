/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "us-preview.h"

typedef struct
{
  gint started, finished, cancelled, destroyed;
  gint last;                /* the number of the newest request that ran */
  gint release;
} Log;

typedef struct
{
  Log     *log;
  int      number;
  gboolean hold;            /* until the log says release, or cancelled */
} Request;

static void
run (gpointer    data,
     const gint *cancelled)
{
  Request *request = data;
  Log *log = request->log;

  g_atomic_int_set (&log->last, request->number);
  g_atomic_int_inc (&log->started);
  while (request->hold && !g_atomic_int_get (&log->release) && !g_atomic_int_get (cancelled))
    g_usleep (100);
  if (g_atomic_int_get (cancelled))
    g_atomic_int_inc (&log->cancelled);
  else
    g_atomic_int_inc (&log->finished);
}

static void
destroy (gpointer data)
{
  Request *request = data;

  g_atomic_int_inc (&request->log->destroyed);
  g_free (request);
}

static void
submit (UsPreview *preview,
        Log       *log,
        int        number,
        gboolean   hold)
{
  Request *request = g_new (Request, 1);

  *request = (Request) { log, number, hold };
  us_preview_submit (preview, run, request, destroy);
}

static void
wait_for (gint *counter,
          gint  value)
{
  gint64 until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (g_atomic_int_get (counter) < value && g_get_monotonic_time () < until)
    g_usleep (100);
  g_assert_cmpint (g_atomic_int_get (counter), ==, value);
}

static void
test_runs (void)
{
  g_autoptr(UsPreview) preview = us_preview_new ("test-preview");
  Log log = { 0 };

  us_preview_drain (preview);
  submit (preview, &log, 1, FALSE);
  us_preview_drain (preview);
  g_assert_cmpint (log.finished, ==, 1);
  g_assert_cmpint (log.destroyed, ==, 1);
}

/* 1 runs, 2 to 99 are replaced unrun, 1 is cancelled, 100 runs. */
static void
test_latest_wins (void)
{
  g_autoptr(UsPreview) preview = us_preview_new (NULL);
  Log log = { 0 };

  submit (preview, &log, 1, TRUE);
  wait_for (&log.started, 1);
  for (int i = 2; i <= 100; i++)
    submit (preview, &log, i, i < 100);
  us_preview_drain (preview);
  g_assert_cmpint (log.last, ==, 100);
  g_assert_cmpint (log.cancelled, >=, 1);
  g_assert_cmpint (log.finished, ==, 1);
  g_assert_cmpint (log.started, ==, log.cancelled + log.finished);
  g_assert_cmpint (log.destroyed, ==, 100);
}

/* What runs alone is not told to stop. */
static void
test_not_cancelled_alone (void)
{
  g_autoptr(UsPreview) preview = us_preview_new (NULL);
  Log log = { 0 };

  for (int i = 1; i <= 20; i++)
    {
      submit (preview, &log, i, FALSE);
      us_preview_drain (preview);
    }
  g_assert_cmpint (log.finished, ==, 20);
  g_assert_cmpint (log.cancelled, ==, 0);
}

static void
test_free_while_busy (void)
{
  UsPreview *preview = us_preview_new (NULL);
  Log log = { 0 };

  submit (preview, &log, 1, TRUE);
  wait_for (&log.started, 1);
  submit (preview, &log, 2, TRUE);
  us_preview_free (preview);
  g_assert_cmpint (log.started, ==, 1);
  g_assert_cmpint (log.cancelled, ==, 1);
  g_assert_cmpint (log.destroyed, ==, 2);
}

typedef struct
{
  UsPreview *preview;
  gint       left;
} Chain;

static void
chain (gpointer    data,
       const gint *cancelled)
{
  Chain *self = data;

  if (--self->left > 0)
    us_preview_submit (self->preview, chain, self, NULL);
}

/* A request may submit the next one. */
static void
test_chain (void)
{
  g_autoptr(UsPreview) preview = us_preview_new (NULL);
  Chain self = { preview, 100 };

  us_preview_submit (preview, chain, &self, NULL);
  us_preview_drain (preview);
  g_assert_cmpint (self.left, ==, 0);
}

static gpointer
submit_many (gpointer data)
{
  gpointer *arguments = data;

  for (int i = 0; i < 5000; i++)
    submit (arguments[0], arguments[1], i, FALSE);

  return NULL;
}

/* Every request is destroyed exactly once, whoever submits. */
static void
test_stress (void)
{
  g_autoptr(UsPreview) preview = us_preview_new (NULL);
  Log log = { 0 };
  gpointer arguments[] = { preview, &log };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new (NULL, submit_many, arguments);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  us_preview_drain (preview);
  g_assert_cmpint (log.destroyed, ==, 5000 * (int) G_N_ELEMENTS (threads));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preview/runs", test_runs);
  g_test_add_func ("/preview/latest-wins", test_latest_wins);
  g_test_add_func ("/preview/not-cancelled-alone", test_not_cancelled_alone);
  g_test_add_func ("/preview/free-while-busy", test_free_while_busy);
  g_test_add_func ("/preview/chain", test_chain);
  g_test_add_func ("/preview/stress", test_stress);

  return g_test_run ();
}
