#include "models/controllers/leader_election.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace orrery::controllers {
namespace {

constexpr const char* kNamespace = "kube-system";

}  // namespace

LeaderElector::LeaderElector(Candidate candidate, ports::Executor& executor, ports::ApiClient& api,
                             const LeaderElectionConfig& config,
                             std::function<void(bool leads)> changed)
    : candidate_{std::move(candidate)},
      executor_{executor},
      api_{api},
      config_{config},
      changed_{std::move(changed)},
      timer_{executor, candidate_.owner, 0} {}

void LeaderElector::ask() {
  const Instant now = executor_.now();
  Instant next = now + config_.retry_period;
  if (leads_) next = std::min(next, observed_at_ + config_.renew_deadline);
  timer_.arm(std::max(next, now + Duration::nanoseconds(1)));
  if (step_ != Step::Idle) return;  // The last call is still open.
  if (leads_) {
    take_or_renew(&*observed_);
    return;
  }
  step_ = Step::Getting;
  ports::ApiCall get;
  get.key = {api::Kind::Lease, kNamespace, candidate_.lease};
  api_.call(candidate_.owner, ++sequence_, std::move(get));
}

void LeaderElector::take_or_renew(const api::Lease* present) {
  step_ = Step::Writing;
  api::Lease lease;
  if (present != nullptr) lease = *present;
  lease.meta.name = candidate_.lease;
  lease.meta.namespace_name = kNamespace;
  lease.holder = candidate_.identity;
  lease.duration = config_.lease_duration;
  lease.renew_time = executor_.now();
  ports::ApiCall write;
  write.verb = present == nullptr ? ports::Verb::Create : ports::Verb::Update;
  write.key = {api::Kind::Lease, kNamespace, candidate_.lease};
  write.resource_version = lease.meta.resource_version;
  write.object = std::make_shared<const api::Object>(std::move(lease));
  api_.call(candidate_.owner, ++sequence_, std::move(write));
}

void LeaderElector::on_event(const ports::Event& event) {
  if (lost_) return;
  if (event.kind == ports::EventKind::Timer) {
    if (leads_ && executor_.now() >= observed_at_ + config_.renew_deadline) {
      lose();
    } else {
      ask();
    }
    return;
  }
  if (event.id != sequence_) return;
  const Step step = std::exchange(step_, Step::Idle);
  if (step == Step::Writing) {
    on_written(event);
    return;
  }
  if (event.outcome == ports::Outcome::NotFound) {
    take_or_renew(nullptr);
  } else if (event.outcome == ports::Outcome::Ok) {
    on_lease(std::get<api::Lease>(*std::get<ports::ApiObject>(*event.body).object));
  }
}

void LeaderElector::on_lease(const api::Lease& lease) {
  const Instant now = executor_.now();
  const bool changed =
      !observed_ || observed_->holder != lease.holder || observed_->renew_time != lease.renew_time;
  observed_ = lease;
  if (changed) observed_at_ = now;
  const bool is_held = !lease.holder.empty() && observed_at_ + lease.duration > now;
  if (lease.holder == candidate_.identity || !is_held) take_or_renew(&*observed_);
}

void LeaderElector::on_written(const ports::Event& reply) {
  if (reply.outcome == ports::Outcome::Ok) {
    observed_ = std::get<api::Lease>(*std::get<ports::ApiObject>(*reply.body).object);
    observed_at_ = executor_.now();
    if (!std::exchange(leads_, true)) changed_(true);
    return;
  }
  const auto* body =
      reply.body == nullptr ? nullptr : std::get_if<ports::ApiObject>(reply.body.get());
  if (reply.outcome != ports::Outcome::Conflict || body == nullptr || body->object == nullptr) {
    return;
  }
  const auto& present = std::get<api::Lease>(*body->object);
  if (!leads_) {
    on_lease(present);
  } else if (present.holder != candidate_.identity) {
    lose();
  } else {
    observed_ = present;  // The own write, whose answer was lost.
  }
}

void LeaderElector::lose() {
  leads_ = false;
  lost_ = true;
  timer_.disarm();
  changed_(false);
}

}  // namespace orrery::controllers
