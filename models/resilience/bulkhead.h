/// @file
/// Bulkheads: a dependency gets so many calls at once and no more, by a semaphore or by a thread
/// pool of its own.
///
/// The waiting calls themselves are the caller's, in a FIFO; here is who waits, who runs and who is
/// rejected.
///
/// Source: resilience4j 2.x, SemaphoreBulkhead, ThreadPoolBulkheadConfig; Hystrix 1.5.18,
/// HystrixThreadPool; java.util.concurrent.ThreadPoolExecutor.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

enum class BulkheadAnswer : std::uint8_t {
  Run,
  Wait,  ///< At the end of the FIFO.
  Reject,
};

struct SemaphoreBulkheadConfig {
  std::uint32_t max_concurrent_calls = 25;
  Duration max_wait;  ///< 0: nobody waits.
};

/// Hystrix, for executions and for fallbacks: ten, and nobody waits.
[[nodiscard]] constexpr SemaphoreBulkheadConfig hystrix_default_semaphore() { return {10, {}}; }

/// So many permits, handed on in the order of arrival.
class SemaphoreBulkhead {
 public:
  explicit SemaphoreBulkhead(const SemaphoreBulkheadConfig& config) : config_{config} {}

  /// Whether a call may begin. One that waits gives up after `max_wait`.
  [[nodiscard]] BulkheadAnswer try_acquire() {
    if (running_ < config_.max_concurrent_calls) {
      ++running_;
      return BulkheadAnswer::Run;
    }
    if (config_.max_wait == Duration{}) return BulkheadAnswer::Reject;
    ++waiting_;
    return BulkheadAnswer::Wait;
  }
  /// A call has ended. True: its permit is the first waiter's.
  [[nodiscard]] bool release() {
    expects(running_ > 0, "a permit that is released was acquired");
    if (waiting_ > 0 && running_ <= config_.max_concurrent_calls) {
      --waiting_;
      return true;
    }
    --running_;
    return false;
  }
  /// A waiter has waited for `max_wait` and is rejected, or its caller has gone.
  void give_up() {
    expects(waiting_ > 0, "who gives up waiting has waited");
    --waiting_;
  }

  [[nodiscard]] Duration max_wait() const { return config_.max_wait; }
  [[nodiscard]] std::uint32_t running() const { return running_; }
  [[nodiscard]] std::uint32_t waiting() const { return waiting_; }

 private:
  SemaphoreBulkheadConfig config_;
  std::uint32_t running_ = 0;
  std::uint32_t waiting_ = 0;
};

struct ThreadPoolBulkheadConfig {
  std::uint32_t core_size = 10;  ///< Threads that stay.
  std::uint32_t max_size = 10;   ///< >= core_size, >= 1
  /// Calls that may wait for a thread; nothing: they are handed to an idle thread or rejected.
  std::optional<std::uint32_t> queue_capacity{};
  /// Hystrix: so many waiting calls reject the next one, below the capacity. Only with a queue.
  std::optional<std::uint32_t> queue_rejection_threshold{};
  Duration keep_alive = Duration::minutes(1);  ///< How long a thread above the core stays idle.
  /// What times out in the queue stays in its place and runs, heard by nobody. resilience4j does so
  /// (its TimeLimiter ends a CompletableFuture; what the executor has is not told); Hystrix' timer
  /// takes it out (HystrixContextScheduler, unsubscribe: executor.remove).
  bool runs_timed_out = false;

  friend bool operator==(const ThreadPoolBulkheadConfig&,
                         const ThreadPoolBulkheadConfig&) = default;
};

/// Hystrix: ten threads, no queue.
[[nodiscard]] constexpr ThreadPoolBulkheadConfig hystrix_default_thread_pool() { return {}; }

/// Hystrix' maxQueueSize (-1: no queue) and queueSizeRejectionThreshold.
[[nodiscard]] constexpr ThreadPoolBulkheadConfig hystrix_thread_pool(
    std::uint32_t size, std::int32_t max_queue_size, std::uint32_t rejection_threshold = 5) {
  ThreadPoolBulkheadConfig config{size, size};
  if (max_queue_size > 0) {
    config.queue_capacity = static_cast<std::uint32_t>(max_queue_size);
    config.queue_rejection_threshold = rejection_threshold;
  }
  return config;
}

/// resilience4j on a machine of so many processors, >= 1.
[[nodiscard]] constexpr ThreadPoolBulkheadConfig resilience4j_default_thread_pool(
    std::uint32_t processors) {
  return {processors > 1 ? processors - 1 : 1, processors, 100, {},
          Duration::milliseconds(20),          true};
}

/// A pool of threads with a queue in front.
///
/// Threads beyond the core are begun only when the queue is full, and then run the newest call, not
/// the one that has waited longest.
class ThreadPoolBulkhead {
 public:
  explicit ThreadPoolBulkhead(const ThreadPoolBulkheadConfig& config) : config_{config} {
    expects(config.max_size >= 1 && config.core_size <= config.max_size,
            "a thread pool has a thread, and a core within its size");
    idle_since_.resize(config.max_size);
  }

  /// A call comes.
  [[nodiscard]] BulkheadAnswer submit(Instant now) {
    end_idle_threads(now);
    if (config_.queue_capacity && config_.queue_rejection_threshold &&
        queued_ >= *config_.queue_rejection_threshold) {
      return BulkheadAnswer::Reject;
    }
    if (threads_ < config_.core_size) return run_on_new_thread();
    if (idle_ > 0) {
      --idle_;
      oldest_idle_ = next(oldest_idle_);  // the one that has waited longest takes it
      return BulkheadAnswer::Run;
    }
    if (queued_ < config_.queue_capacity.value_or(0)) {
      ++queued_;
      return BulkheadAnswer::Wait;
    }
    if (threads_ < config_.max_size) return run_on_new_thread();
    return BulkheadAnswer::Reject;
  }
  /// A call has ended. True: its thread runs the first of the queue.
  [[nodiscard]] bool finish(Instant now) {
    expects(running() > 0, "a call that ends has run");
    if (queued_ > 0) {
      --queued_;
      return true;
    }
    idle_since_[(oldest_idle_ + idle_) % idle_since_.size()] = now;
    ++idle_;
    return false;
  }
  /// A waiting call is taken out of the queue: it never runs.
  void give_up() {
    expects(queued_ > 0, "who gives up waiting has waited");
    --queued_;
  }

  [[nodiscard]] std::uint32_t running() const { return threads_ - idle_; }
  [[nodiscard]] std::uint32_t queued() const { return queued_; }
  /// Threads, idle ones included.
  [[nodiscard]] std::uint32_t threads() const { return threads_; }

 private:
  BulkheadAnswer run_on_new_thread() {
    ++threads_;
    return BulkheadAnswer::Run;
  }
  void end_idle_threads(Instant now) {
    while (idle_ > 0 && threads_ > config_.core_size &&
           now - idle_since_[oldest_idle_] >= config_.keep_alive) {
      --idle_;
      --threads_;
      oldest_idle_ = next(oldest_idle_);
    }
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t place) const {
    return place + 1 == idle_since_.size() ? 0 : place + 1;
  }

  ThreadPoolBulkheadConfig config_;
  std::uint32_t threads_ = 0;
  std::uint32_t idle_ = 0;
  std::uint32_t queued_ = 0;
  std::uint32_t oldest_idle_ = 0;    ///< Its place in the ring.
  std::vector<Instant> idle_since_;  ///< Ring of the idle threads, in the order they became idle.
};

}  // namespace orrery::resilience
