/// @file
/// Call records and the slab they live in.
#pragma once

#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "sim/kernel/stable_array.h"
#include "sim/traffic/call_program.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// Where a call is. It has an event of its own in the kernel while Outbound, InService, Backoff and
/// Answering (unless that way takes no time); never more than one.
enum class CallPhase : std::uint8_t {
  Free,
  Outbound,    ///< On its way to the instance.
  Queued,      ///< Waits at the instance for a slot.
  InService,   ///< Holds a slot, works.
  Calling,     ///< Holds a slot, waits for its own calls. A journey's root is always here.
  Answering,   ///< Its answer is on the way to the caller.
  Pending,     ///< Waits at the caller for a connection.
  Unthreaded,  ///< Waits at the caller for a thread.
  Asking,      ///< Waits at the caller for a rate limit that it shares with others.
  Backoff,     ///< Waits at the caller until it is tried again.
  Hanging,     ///< Nothing will ever come back: only the caller's timer ends it.
  Spent,       ///< Over; kept until its event has come out of the kernel.
};

/// One call, from the caller's decision to make it until caller and server are both done with it.
struct alignas(64) Call {
  std::uint64_t key = 0;  ///< Of its draws.
  std::int64_t start_ns = 0;
  std::uint32_t generation = 0;  ///< Of the slot; grows when it is freed.
  std::uint32_t parent = kNone;  ///< Slot of the caller's record; kNone: a root, or abandoned.
  std::uint32_t parent_generation = 0;
  std::uint32_t next = kNone;  ///< In the instance's queue, or in the free list.
  std::uint32_t site = 0;      ///< Index into CallProgram::sites.
  std::uint32_t instance = kNone;
  std::uint32_t timer = kNone;   ///< KernelTimer of the slot; made at first need and kept.
  std::uint32_t next_step = 0;   ///< Program counter, an index into CallProgram::steps.
  std::uint32_t repetition = 0;  ///< Of its site, for the caller.
  std::uint32_t pending = 0;     ///< Calls of the current step that have not ended.
  /// A record of the run's log, 0 if there is none: why it failed; before, what else than the load
  /// has held it up, or made its caller make it.
  std::uint32_t cause = 0;
  CallPhase phase = CallPhase::Free;
  RequestOutcome outcome = RequestOutcome::Ok;
  std::uint8_t distance : 2 = 0;  ///< From caller to instance: index into the latencies.
  bool timed : 1 = false;         ///< The timer is armed.
  bool abandoned : 1 = false;     ///< The caller gave up or is gone; the server does not know.
  bool ghost : 1 = false;         ///< The end of service still in the kernel means nothing.
  bool doomed : 1 = false;        ///< Its process has just ended; only within that one operation.
  bool on_cpu : 1 = false;        ///< InService: works in a CpuGroup, which tells its end.
  bool held : 1 = false;          ///< InService at a process that hangs: nothing ends it by itself.
  bool probe : 1 = false;         ///< A health check: `repetition` is its tag, nobody counts it.
  bool followed : 1 = false;      ///< The observer is told of each step.
  bool step_failed : 1 = false;   ///< A call of its last step failed, and that was put up with.
  bool undoing : 1 = false;       ///< It has failed, and makes the calls that undo others.
  bool aside : 1 = false;  ///< Stands for the caller of a detached call, which goes on without it.
  bool opens : 1 = false;  ///< On a new connection, whose handshake takes CPU of the server.

  /// It is one more try of the call that `other` is a try of.
  void take_call_of(const Call& other) {
    start_ns = other.start_ns;
    parent = other.parent;
    parent_generation = other.parent_generation;
    site = other.site;
    repetition = other.repetition;
  }
  /// It stands for a caller that goes on: the one who waits for one call that is made aside.
  void stand_aside(std::uint64_t caller_key, Instant now, std::uint32_t caller_site,
                   std::uint32_t caller_instance) {
    key = caller_key;
    start_ns = now.count_ns();
    site = caller_site;
    instance = caller_instance;
    phase = CallPhase::Calling;
    abandoned = aside = true;
    pending = 1;
  }
};
static_assert(sizeof(Call) == 64, "a call record is one cache line");

/// Calls in line, first come, first served; linked through Call::next by CallSlab.
struct CallQueue {
  std::uint32_t head = kNone;
  std::uint32_t tail = kNone;

  [[nodiscard]] bool empty() const { return head == kNone; }
};

/// Slots with a last-in-first-out free list. A record stays where it is.
class CallSlab {
 public:
  /// A slot with every field at its default but generation and timer.
  [[nodiscard]] std::uint32_t allocate() {
    ++live_;
    if (free_ == kNone) {
      expects(calls_.size() < (1U << 27), "a call's slot fits a kernel event");
      calls_.add();
      return static_cast<std::uint32_t>(calls_.size() - 1);
    }
    const std::uint32_t slot = free_;
    Call& call = calls_[slot];
    free_ = call.next;
    const std::uint32_t generation = call.generation;
    const std::uint32_t timer = call.timer;
    call = Call{};
    call.generation = generation;
    call.timer = timer;
    return slot;
  }

  void free(std::uint32_t slot) {
    Call& call = calls_[slot];
    expects(call.phase != CallPhase::Free, "a call is freed once");
    expects(!call.timed && !call.ghost, "nothing in the kernel refers to a freed call");
    call.phase = CallPhase::Free;
    ++call.generation;
    call.next = free_;
    free_ = slot;
    --live_;
  }

  /// Requires: the call is in no queue.
  void append(CallQueue& queue, std::uint32_t slot) {
    (queue.empty() ? queue.head : calls_[queue.tail].next) = slot;
    queue.tail = slot;
  }

  /// The first of the queue, taken out of it; kNone if it is empty.
  [[nodiscard]] std::uint32_t take_first(CallQueue& queue) {
    const std::uint32_t first = queue.head;
    if (first != kNone) remove(queue, first);
    return first;
  }

  /// O(its place). Requires: the call is in the queue.
  void remove(CallQueue& queue, std::uint32_t slot) {
    std::uint32_t before = kNone;
    for (std::uint32_t at = queue.head; at != slot; at = calls_[at].next) before = at;
    const std::uint32_t after = calls_[slot].next;
    (before == kNone ? queue.head : calls_[before].next) = after;
    if (after == kNone) queue.tail = before;
    calls_[slot].next = kNone;
  }

  [[nodiscard]] Call& operator[](std::uint32_t slot) { return calls_[slot]; }
  [[nodiscard]] const Call& operator[](std::uint32_t slot) const { return calls_[slot]; }
  [[nodiscard]] std::uint32_t live() const { return live_; }
  [[nodiscard]] std::uint32_t slot_count() const {
    return static_cast<std::uint32_t>(calls_.size());
  }

 private:
  StableArray<Call> calls_;
  std::uint32_t free_ = kNone;
  std::uint32_t live_ = 0;
};

}  // namespace orrery::sim
