/// @file
/// Work of processes that do not work evenly: cold ones, and those that pause.
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

std::uint64_t RequestEngine::address_key(const std::string& address) {
  std::uint64_t key = 0;
  for (const char letter : address) key = mix64(key ^ static_cast<unsigned char>(letter));
  return key;
}

void RequestEngine::begin_pace(std::uint32_t index) {
  constexpr std::uint64_t kPhaseOfPauses = 2;  // Behind the draws of its start and its end.
  const ServiceModel& service = model_.services[instances_[index].service];
  paces_[index] = ProcessPace{
      service.warm_up, service.pauses, now_,
      draws_.uniform(Purpose::AppStart, address_key(specs_[index].address), kPhaseOfPauses)};
}

Duration RequestEngine::begin_paced(std::uint32_t index, Duration cpu) {
  if (paced_work_.size() < calls_.slot_count()) paced_work_.resize(calls_.slot_count());
  ProcessPace& pace = paces_[calls_[index].instance];
  const double factor = pace.begin(now_);
  const auto ns = static_cast<std::int64_t>(static_cast<double>(cpu.count_ns()) * factor);
  paced_work_[index] = {ns, pace.paused(now_).count_ns()};
  return Duration::nanoseconds(ns);
}

Duration RequestEngine::cpu_of(std::uint32_t index) const {
  if (has_paces_) return Duration::nanoseconds(paced_work_[index].cpu_ns);
  // Drawn once more rather than kept: the same key gives the same time.
  const Call& call = calls_[index];
  const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
  const Duration cpu = operation.cpu.draw(draws_, Purpose::ServiceTime, call.key, 0);
  return call.opens ? cpu + model_.services[instances_[call.instance].service].handshake.cpu : cpu;
}

bool RequestEngine::puts_off(std::uint32_t index) {
  const std::int64_t paused = paces_[calls_[index].instance].paused_after(now_).count_ns();
  const std::int64_t owed = paused - paced_work_[index].paused_ns;
  if (owed == 0) return false;
  paced_work_[index].paused_ns = paused;
  kernel_.schedule(now_ + Duration::nanoseconds(owed), EventClass::Ordinary, {kEndService, index});
  return true;
}

}  // namespace orrery::sim
