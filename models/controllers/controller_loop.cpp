#include "models/controllers/controller_loop.h"

#include <utility>

namespace orrery::controllers {
namespace {

std::string reason_of(const ports::Event& reply) {
  const auto* body =
      reply.body == nullptr ? nullptr : std::get_if<ports::ApiObject>(reply.body.get());
  return body == nullptr ? std::string{} : body->message;
}

}  // namespace

ControllerLoop::ControllerLoop(const Ports& ports, std::uint32_t slot, Controller& controller,
                               const LoopConfig& config)
    : ports_{ports},
      slot_{slot},
      controller_{controller},
      config_{config},
      queue_{config.queue},
      wake_{ports.executor, ports.owner, call_id(slot, 0)} {}

void ControllerLoop::on_event(const ports::Event& event) {
  if (event.kind == ports::EventKind::Timer) wake_at_.reset();  // pump() does the rest.
  const auto found = open_calls_.find(event.id);
  if (found == open_calls_.end()) return;
  const OpenCall open = std::move(found->second);
  open_calls_.erase(found);
  controller_.on_answer(open.key, open.call, event);

  Work& work = in_work_.at(open.key);
  if (!succeeded(open.call.verb, event.outcome) && !work.failure) {
    work.failure = CallFailure{open.call.verb, event.outcome, reason_of(event)};
  }
  if (--work.open_calls == 0) advance(open.key, work);
}

void ControllerLoop::pump() {
  const Instant now = ports_.executor.now();
  // Even if every worker is busy: the timer would fire again at once, for a key that is overdue.
  queue_.queue_due(now);
  while (in_work_.size() < config_.workers) {
    const auto key = queue_.take(now);
    if (!key) break;
    std::optional<CallFailure> last_failure;
    if (const auto found = last_failures_.find(*key); found != last_failures_.end()) {
      last_failure = found->second;
    }
    Work& work = in_work_[*key];
    work.plan = controller_.reconcile(*key, last_failure, now);
    advance(*key, work);
  }
  const auto due = queue_.next_due();
  if (due == wake_at_) return;
  wake_at_ = due;
  if (due) {
    wake_.arm(*due);
  } else {
    wake_.disarm();
  }
}

void ControllerLoop::advance(const api::ObjectKey& key, Work& work) {
  if (work.failure || work.next_batch == work.plan.batches.size()) {
    finish(key);
    return;
  }
  Batch batch = std::move(work.plan.batches[work.next_batch++]);
  expects(!batch.empty(), "a batch has at least one call");
  work.open_calls = batch.size();
  for (ports::ApiCall& call : batch) {
    const ports::CallId id = call_id(slot_, ++sequence_);
    controller_.on_sent(key, call, ports_.executor.now());
    open_calls_.emplace(id, OpenCall{key, call});
    ports_.api.call(ports_.owner, id, std::move(call));
  }
}

void ControllerLoop::finish(const api::ObjectKey& key) {
  const Instant now = ports_.executor.now();
  const auto entry = in_work_.find(key);
  const Work work = std::move(entry->second);
  in_work_.erase(entry);
  if (work.failure) {
    if (config_.retries_max && queue_.failure_count(key) >= *config_.retries_max) {
      queue_.forget(key);
      last_failures_.erase(key);
    } else {
      last_failures_[key] = *work.failure;
      queue_.add_after_failure(key, now);
    }
  } else {
    queue_.forget(key);
    last_failures_.erase(key);
    if (work.plan.look_again_after) queue_.add_at(key, now + *work.plan.look_again_after);
  }
  queue_.done(key);
}

}  // namespace orrery::controllers
