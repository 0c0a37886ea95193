// The part of PodWorker that ends containers: hooks, grace, stop, clean-up.
#include <algorithm>
#include <utility>

#include "models/kubelet/pod_worker.h"

namespace orrery::kubelet {

/// Ends everything that runs: main containers in parallel, then sidecars in reverse order. Returns
/// whether nothing runs any more, and no call is under way that could make something run.
bool PodWorker::stop_all(Duration grace) {
  bool quiet = sandbox_.call == 0 && !sandbox_.uncertain;
  for (Container& container : containers_) {
    ContainerRecord& record = container.record;
    const bool early = record.step == StartStep::ImageCheck || record.step == StartStep::Pull;
    if (early) {
      if (record.step == StartStep::Pull) shared_.puller.forget(slot_, generation_);
      record.step = StartStep::None;
      container.start_call = 0;
    }
    if (record.stage == ContainerStage::Running) {
      kill(container, grace, Turn::WithThePod);
      quiet = false;
    } else if (record.step != StartStep::None || container.uncertain) {
      quiet = false;
    }
  }
  return quiet;
}

/// Asks for the end of a running container within `grace`. A later call can only bring it forward.
void PodWorker::kill(Container& container, Duration grace, Turn turn) {
  ContainerRecord& record = container.record;
  if (record.stage != ContainerStage::Running || record.step == StartStep::Start) return;
  const Instant deadline = node_.now() + grace;
  if (!container.killing) {
    container.killing = true;
    container.in_turn = turn == Turn::WithThePod && grace > Duration{};
    container.kill_deadline = deadline;
    if (container.hook == Hook::PostStart) {
      container.hook = Hook::None;
      container.hook_call = 0;
      record.step = StartStep::None;
    }
    const auto& hook = spec_of(container).pre_stop;
    if (hook && grace > Duration{}) {
      run_hook(container, Hook::PreStop, *hook, grace);
    } else {
      stop_in_turn(container);
    }
    return;
  }
  if (deadline < container.kill_deadline) {
    container.kill_deadline = deadline;
  } else if (!container.awaits_turn) {
    return;
  }
  if (container.hook == Hook::PreStop) {
    container.timer->arm(deadline);
  } else if (container.awaits_turn) {
    stop_in_turn(container);
  } else if (container.stop_call != 0) {
    stop(container);
  }
}

/// Whether anything runs that ends before this sidecar: main containers and later sidecars.
bool PodWorker::others_run_before(const Container& container) const {
  return std::any_of(containers_.begin(), containers_.end(), [&](const Container& other) {
    const bool first =
        !other.init || (other.record.sidecar && number_of(other) > number_of(container));
    return first &&
           (other.record.stage == ContainerStage::Running || other.record.step == StartStep::Start);
  });
}

/// A sidecar waits for those before it, for what its hook has left of its grace at most.
void PodWorker::stop_in_turn(Container& container) {
  container.awaits_turn = container.in_turn && container.record.sidecar &&
                          node_.now() < container.kill_deadline && others_run_before(container);
  if (!container.awaits_turn) {
    stop(container);
    return;
  }
  if (!container.timer) container.timer = node_.timer(tag(Topic::Hook, number_of(container)));
  container.timer->arm(container.kill_deadline);
}

void PodWorker::run_hook(Container& container, Hook hook, const api::LifecycleAction& action,
                         Duration bound) {
  container.hook = hook;
  const CallTag made = new_tag(Topic::Hook, number_of(container));
  Duration until_timer = bound;
  if (const auto* sleep = std::get_if<api::SleepAction>(&action)) {
    until_timer = std::min(sleep->duration, bound);
  } else {
    container.hook_call = encode(made);
  }
  if (!container.timer) container.timer = node_.timer(tag(Topic::Hook, number_of(container)));
  container.timer->arm(node_.now() + until_timer);
  if (const auto* exec = std::get_if<api::ExecAction>(&action)) {
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::Exec;
    call.container_id = container.record.id;
    call.command = exec->command;
    call.timeout = bound;
    node_.call_runtime(made, std::move(call));
  } else if (const auto* http = std::get_if<api::HttpGetAction>(&action)) {
    const auto port = api::resolve_port(pod().spec, http->port);
    if (!port) {  // Cannot be asked: failed, once this call is over.
      container.hook_call = 0;
      container.timer->arm(node_.now());
      return;
    }
    const api::ProbeAction probe = *http;
    node_.prober.probe(node_.owner, encode(made),
                       {.action = &probe,
                        .address = http->host.empty() ? address() : http->host,
                        .port = *port,
                        .container_id = container.record.id,
                        .timeout = bound});
  }
}

void PodWorker::end_hook(Container& container, bool success) {
  const Hook hook = std::exchange(container.hook, Hook::None);
  container.hook_call = 0;
  container.timer->disarm();
  if (hook == Hook::PreStop) {
    stop_in_turn(container);
  } else if (hook == Hook::PostStart) {
    if (success) {
      up(container);
    } else {
      container.record.step = StartStep::None;
      kill(container, grace());
    }
  }
  sync();
}

void PodWorker::on_container_timer(Container& container) {
  if (container.hook != Hook::None) {
    const auto& action = container.hook == Hook::PostStart ? spec_of(container).post_start
                                                           : spec_of(container).pre_stop;
    end_hook(container, action && std::holds_alternative<api::SleepAction>(*action));
  } else if (container.awaits_turn) {
    container.awaits_turn = false;
    stop(container);
  } else if (container.stop_retry_armed) {
    container.stop_retry_armed = false;
    stop(container);
  } else if (container.uncertain) {
    shared_.lister.request(Duration{});
  }
}

void PodWorker::stop(Container& container) {
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::StopContainer;
  call.container_id = container.record.id;
  call.timeout = std::max(container.kill_deadline - node_.now(), node_.config.minimum_grace);
  const CallTag made = new_tag(Topic::StopContainer, number_of(container));
  container.stop_call = encode(made);
  node_.call_runtime(made, std::move(call));
}

void PodWorker::on_stopped(Container& container, ports::Outcome outcome) {
  container.stamp = shared_.lister.stamp();
  if (!container.timer) container.timer = node_.timer(tag(Topic::Hook, number_of(container)));
  if (outcome == ports::Outcome::Ok || outcome == ports::Outcome::NotFound) {
    // How it ended is said by its exit notice; if that was lost, by a list.
    container.uncertain = true;
    container.timer->arm(node_.now() + node_.config.exit_notice_lag);
    return;
  }
  container.stop_retry_armed = true;
  container.timer->arm(node_.now() + container.stop_retry.next());
}

/// Hands the sandbox and everything in it over for removal. Requires: nothing runs in it.
void PodWorker::discard_sandbox() {
  for (Container& container : containers_) {
    ContainerRecord& record = container.record;
    remove_replaced(container);
    if (!record.in_runtime) continue;
    shared_.leftovers.add_container(meta().uid, record.id, sandbox_.id, false);
    record.in_runtime = false;
    if (record.stage == ContainerStage::Created) record.stage = ContainerStage::NotCreated;
  }
  if (!sandbox_.id.empty()) shared_.leftovers.add_sandbox(meta().uid, sandbox_.id);
  sandbox_.stage = Sandbox::Stage::None;
  sandbox_.id.clear();
  sandbox_.ip.clear();
}

/// Brings the pod to its end: because it is to go, or because it has nothing left to do.
void PodWorker::finish() {
  for (Container& container : containers_) {
    ContainerRecord& record = container.record;
    if (record.stage == ContainerStage::Exited) record.waiting_reason.clear();
    // No more startup and liveness probes; their last word is success.
    if (container.liveness) container.liveness->close();
    if (record.running()) passed_startup(container);
  }
  ended_ = false;
  if (!stop_all(grace())) return;
  discard_sandbox();
  if (shared_.leftovers.any_of(meta().uid)) return;
  if (volumes_ != nullptr && !volumes_->unmount(gone_)) return;
  ended_ = true;
  removable_ = gone_;
}

}  // namespace orrery::kubelet
