/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE    /* sched_getaffinity, syscall */
#include "config.h"

#include "us-pool.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How a chunk is claimed.  A job's ticket holds its generation (high word) and
 * the chunks that nobody has claimed (low word).  A thread reads the ticket,
 * then the job, then takes one chunk by compare-and-swap.  If that succeeds the
 * ticket has not moved since, so chunks were left, so the owner had not gone on
 * and the job that was read is the one that the ticket stands for.  A thread
 * that slept in between finds another generation and starts over.  So the
 * owner needs to wait only for claimed chunks, and nobody registers anywhere. */

#define SPIN_US 5

typedef struct
{
  _Alignas (64) _Atomic guint64  ticket;     /* generation << 32 | unclaimed */
  _Alignas (64) _Atomic guint32  pending;    /* chunks not done; a futex */
  _Atomic guint32                waiting;    /* the owner sleeps on pending */
  _Alignas (64) _Atomic gsize    n_chunks;
  _Atomic (UsPoolFunc)           func;
  _Atomic (gpointer)             data;
} Job;

struct _UsPoolGroup
{
  UsPool    *pool;           /* NULL: nothing runs before finish, which frees this */
  gsize      n_chunks;
  UsPoolFunc func;
  gpointer   data;
};

typedef struct
{
  UsPool  *pool;
  GThread *thread;
  guint    index;            /* 1 .. n_workers-1; the caller is worker 0 */
} Worker;

struct _UsPool
{
  Job             foreground;
  Job             background;
  _Alignas (64) _Atomic guint32 epoch;       /* a futex: moves when there is new work */
  _Atomic guint32 sleepers;
  _Atomic guint32 stop;
  _Alignas (64) _Atomic guint32 busy;        /* a run or finish is under way */
  UsPoolGroup     group;     /* the one group; pool is NULL while there is none */
  guint           n_workers;
  guint           spin_us;
  int             niceness;
  Worker         *workers;   /* (n_workers - 1) */
};

static inline void
cpu_relax (void)
{
#if defined (__x86_64__) || defined (__i386__)
  __builtin_ia32_pause ();
#elif defined (__aarch64__)
  __asm__ volatile ("yield");
#endif
}

static void
futex_wait (_Atomic guint32 *word,
            guint32          expected)
{
  syscall (SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void
futex_wake (_Atomic guint32 *word,
            int              count)
{
  syscall (SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static gboolean
job_has_unclaimed (Job *job)
{
  return (guint32) atomic_load_explicit (&job->ticket, memory_order_seq_cst) != 0;
}

/* Claims and runs one chunk; FALSE when there is none left. */
static gboolean
job_run_one (Job  *job,
             guint worker)
{
  guint64 ticket = atomic_load_explicit (&job->ticket, memory_order_acquire);
  UsPoolFunc func;
  gpointer data;
  gsize n_chunks;

  do
    {
      if ((guint32) ticket == 0)
        return FALSE;
      func = atomic_load_explicit (&job->func, memory_order_relaxed);
      data = atomic_load_explicit (&job->data, memory_order_relaxed);
      n_chunks = atomic_load_explicit (&job->n_chunks, memory_order_relaxed);
    }
  while (!atomic_compare_exchange_weak_explicit (&job->ticket, &ticket, ticket - 1,
                                                 memory_order_acq_rel, memory_order_acquire));

  func (data, n_chunks - (guint32) ticket, worker);

  /* The last one wakes the owner.  Both sides write, then look at the other's
   * word (seq_cst), so that one of them sees the other. */
  if (atomic_fetch_sub_explicit (&job->pending, 1, memory_order_seq_cst) == 1
      && atomic_load_explicit (&job->waiting, memory_order_seq_cst) != 0)
    futex_wake (&job->pending, 1);

  return TRUE;
}

static void
job_publish (UsPool     *self,
             Job        *job,
             gsize       n_chunks,
             UsPoolFunc  func,
             gpointer    data,
             gsize       n_helpers)
{
  guint64 generation = (atomic_load_explicit (&job->ticket, memory_order_relaxed) >> 32) + 1;

  atomic_store_explicit (&job->func, func, memory_order_relaxed);
  atomic_store_explicit (&job->data, data, memory_order_relaxed);
  atomic_store_explicit (&job->n_chunks, n_chunks, memory_order_relaxed);
  atomic_store_explicit (&job->pending, (guint32) n_chunks, memory_order_relaxed);
  atomic_store_explicit (&job->ticket, generation << 32 | n_chunks, memory_order_seq_cst);

  /* A worker counts itself as a sleeper, then looks at the tickets once more:
   * either it sees this one or we see it. */
  if (atomic_load_explicit (&self->sleepers, memory_order_seq_cst) != 0)
    {
      atomic_fetch_add_explicit (&self->epoch, 1, memory_order_seq_cst);
      futex_wake (&self->epoch, (int) MIN (n_helpers, INT_MAX));
    }
}

/* Waits for the chunks that others have begun. */
static void
job_wait (UsPool *self,
          Job    *job)
{
  gint64 until = 0;
  guint32 pending;

  for (guint i = 1; atomic_load_explicit (&job->pending, memory_order_acquire) != 0; i++)
    {
      cpu_relax ();
      if (i % 8 == 0)
        {
          gint64 now = g_get_monotonic_time ();

          if (until == 0)
            until = now + self->spin_us;
          else if (now >= until)
            break;
        }
    }

  if (atomic_load_explicit (&job->pending, memory_order_acquire) == 0)
    return;

  atomic_store_explicit (&job->waiting, 1, memory_order_seq_cst);
  while ((pending = atomic_load_explicit (&job->pending, memory_order_seq_cst)) != 0)
    futex_wait (&job->pending, pending);
  atomic_store_explicit (&job->waiting, 0, memory_order_relaxed);
}

static gboolean
has_work (UsPool *self)
{
  return job_has_unclaimed (&self->foreground)
         || job_has_unclaimed (&self->background)
         || atomic_load_explicit (&self->stop, memory_order_seq_cst) != 0;
}

static void
worker_idle (UsPool *self)
{
  gint64 until = g_get_monotonic_time () + self->spin_us;
  guint32 epoch;

  do
    for (int i = 0; i < 8; i++)
      {
        if (has_work (self))
          return;
        cpu_relax ();
      }
  while (g_get_monotonic_time () < until);

  epoch = atomic_load_explicit (&self->epoch, memory_order_seq_cst);
  atomic_fetch_add_explicit (&self->sleepers, 1, memory_order_seq_cst);
  if (!has_work (self))
    futex_wait (&self->epoch, epoch);
  atomic_fetch_sub_explicit (&self->sleepers, 1, memory_order_seq_cst);
}

void
us_pool_make_nice (int niceness)
{
  id_t thread = (id_t) syscall (SYS_gettid);
  int nice_value;

  /* On Linux a nice value belongs to a thread.  Not being allowed to go
   * below the present one is no reason not to work. */
  errno = 0;
  nice_value = getpriority (PRIO_PROCESS, thread);
  if (errno == 0)
    setpriority (PRIO_PROCESS, thread, CLAMP (nice_value + niceness, -20, 19));
}

static gpointer
worker_main (gpointer user_data)
{
  Worker *worker = user_data;
  UsPool *self = worker->pool;

  if (self->niceness != 0)
    us_pool_make_nice (self->niceness);

  while (atomic_load_explicit (&self->stop, memory_order_acquire) == 0)
    {
      if (!job_run_one (&self->foreground, worker->index)
          && !job_run_one (&self->background, worker->index))
        worker_idle (self);
    }

  return NULL;
}

static guint
count_processors (void)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  if (sched_getaffinity (0, sizeof set, &set) == 0 && CPU_COUNT (&set) > 0)
    return (guint) CPU_COUNT (&set);

  return g_get_num_processors ();    /* more than cpu_set_t can name */
}

UsPool *
us_pool_new (guint n_workers,
             int   niceness)
{
  guint n_processors = count_processors ();
  UsPool *self = g_aligned_alloc0 (1, sizeof (UsPool), 64);

  self->n_workers = n_workers > 0 ? n_workers : n_processors;
  self->niceness = niceness;
  /* With more threads than processors a spin only delays the one it waits for. */
  self->spin_us = self->n_workers <= n_processors ? SPIN_US : 0;
  self->workers = g_new0 (Worker, self->n_workers);
  for (guint i = 0; i + 1 < self->n_workers; i++)
    {
      g_autofree char *name = g_strdup_printf ("us-pool-%u", i + 1);

      self->workers[i].pool = self;
      self->workers[i].index = i + 1;
      self->workers[i].thread = g_thread_new (name, worker_main, &self->workers[i]);
    }

  return self;
}

void
us_pool_free (UsPool *self)
{
  g_return_if_fail (self != NULL);

  if (atomic_load (&self->busy) != 0 || self->group.pool != NULL)
    g_error ("A pool was freed while it works");

  atomic_store (&self->stop, 1);
  atomic_fetch_add (&self->epoch, 1);
  futex_wake (&self->epoch, INT_MAX);
  for (guint i = 0; i + 1 < self->n_workers; i++)
    g_thread_join (self->workers[i].thread);
  g_free (self->workers);
  g_aligned_free (self);
}

guint
us_pool_n_workers (const UsPool *self)
{
  return self != NULL ? self->n_workers : 1;
}

/* Nested or concurrent use would lose chunks or deadlock: say so at once. */
static void
enter (UsPool     *self,
       const char *what)
{
  if (atomic_exchange_explicit (&self->busy, 1, memory_order_acquire) != 0)
    g_error ("%s: the pool is in use (called from inside a chunk, or from two threads)", what);
}

static void
leave (UsPool *self)
{
  atomic_store_explicit (&self->busy, 0, memory_order_release);
}

void
us_pool_run (UsPool     *self,
             gsize       n_chunks,
             UsPoolFunc  func,
             gpointer    data)
{
  g_return_if_fail (func != NULL);
  g_return_if_fail (n_chunks <= G_MAXUINT32);

  if (self == NULL)
    {
      for (gsize chunk = 0; chunk < n_chunks; chunk++)
        func (data, chunk, 0);
      return;
    }

  if (n_chunks == 0)
    return;

  enter (self, G_STRFUNC);
  if (n_chunks == 1 || self->n_workers == 1)
    {
      for (gsize chunk = 0; chunk < n_chunks; chunk++)
        func (data, chunk, 0);
    }
  else
    {
      job_publish (self, &self->foreground, n_chunks, func, data, n_chunks - 1);
      while (job_run_one (&self->foreground, 0))
        ;
      job_wait (self, &self->foreground);
    }
  leave (self);
}

UsPoolGroup *
us_pool_begin (UsPool     *self,
               gsize       n_chunks,
               UsPoolFunc  func,
               gpointer    data)
{
  UsPoolGroup *group;

  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (n_chunks <= G_MAXUINT32, NULL);

  if (self == NULL)
    {
      group = g_new (UsPoolGroup, 1);
      *group = (UsPoolGroup) { NULL, n_chunks, func, data };
      return group;
    }

  enter (self, G_STRFUNC);
  if (self->group.pool != NULL)
    g_error ("%s: another group is under way", G_STRFUNC);
  group = &self->group;
  *group = (UsPoolGroup) { self, n_chunks, func, data };
  job_publish (self, &self->background, n_chunks, func, data, n_chunks);
  leave (self);

  return group;
}

void
us_pool_finish (UsPoolGroup *group)
{
  UsPool *self;

  g_return_if_fail (group != NULL);

  self = group->pool;
  if (self == NULL)
    {
      us_pool_run (NULL, group->n_chunks, group->func, group->data);
      g_free (group);
      return;
    }

  enter (self, G_STRFUNC);
  while (job_run_one (&self->background, 0))
    ;
  job_wait (self, &self->background);
  group->pool = NULL;
  leave (self);
}
