// The only file that knows SimGrid. SimGrid solves which flow gets which rate and holds the
// platform; it has no actors here and its clock only follows the kernel's.
//
// What its behaviour (version 3.32) asks of this file:
//  - Its clock is a double of seconds. Whole nanoseconds at the door; ends are rounded up.
//  - run_until() may stop at an event up to 10 us before the date, so it is only ever asked to run
//    to the next event, or to a date before it.
//  - Turning a link off or cancelling only marks a flow. Unless a run of no length reaps it at
//    once, a later run reports the flow as finished.
//  - A flow over a link that is off never ends, and a flow to a host that is off aborts the
//    process. So hosts stay on, their links go off, and starts are checked here.
//  - A flow must be referenced until it is reaped. A cancelled one reports twice.
//  - The engine cannot be replaced or reset within a process, and its clock neither.
#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <limits>
#include <map>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/base/contract.h"
#include "sim/fabric/fabric.h"

namespace orrery::sim {
namespace {

namespace s4u = simgrid::s4u;

constexpr double kUnusedSpeed = 1e9;  // SimGrid asks for one; nothing computes there.
constexpr double kNever = std::numeric_limits<double>::infinity();

double seconds(Instant instant) { return static_cast<double>(instant.count_ns()) * 1e-9; }

/// Rounds up, but takes a date for the whole nanosecond that it exceeds only by the rounding error
/// of a clock that is a sum of doubles: 1.0505 s is 1050500000 ns, not one more.
Instant instant(double clock) {
  constexpr double kRoundingError = 0.05;
  const double ns = clock * 1e9;
  const double rounded = std::round(ns);
  const double up = std::fabs(ns - rounded) <= kRoundingError ? rounded : std::ceil(ns);
  return Instant::at(Duration::nanoseconds(static_cast<std::int64_t>(up)));
}

/// SimGrid takes over SIGINT and SIGSEGV when it starts; both stay what they were.
class KeepSignals {
 public:
  KeepSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], nullptr, &before_[i]);
  }
  ~KeepSignals() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  KeepSignals(const KeepSignals&) = delete;
  KeepSignals& operator=(const KeepSignals&) = delete;

 private:
  static constexpr std::array<int, 3> kSignals = {SIGINT, SIGSEGV, SIGBUS};
  std::array<struct sigaction, kSignals.size()> before_{};
};

/// The engine of this process. It is never destroyed: it could not be created again.
s4u::Engine& create_engine() {
  expects(!s4u::Engine::has_instance(), "a process has one SimGrid engine");
  const KeepSignals keep;
  std::string name = "orrery";
  std::string quiet = "--log=root.thres:critical";
  std::array<char*, 3> arguments = {name.data(), quiet.data(), nullptr};
  int count = 2;
  auto* const engine = new s4u::Engine{&count, arguments.data()};
  // Bytes over bandwidth plus latency, links shared max-min fairly: no calibration for one
  // particular cluster of 2009 (LV08), no acknowledgements that load the way back, no window that
  // bounds the rate by the latency.
  s4u::Engine::set_config("network/model:CM02");
  s4u::Engine::set_config("network/crosstraffic:0");
  s4u::Engine::set_config("network/TCP-gamma:0");
  // Dates closer than this are one to SimGrid; its own choice is 10 us.
  s4u::Engine::set_config("surf/precision:1e-10");
  return *engine;
}

class SimGridFabric final : public Fabric {
 public:
  explicit SimGridFabric(FabricConfig config) : config_{std::move(config)} {
    const auto positive = [](std::int64_t rate) { return rate >= 1; };
    expects(positive(config_.zone_bytes_per_second) && positive(config_.registry_bytes_per_second),
            "every link of the fabric has a bandwidth");
    expects(Duration{} <= config_.latency_in_zone &&
                config_.latency_in_zone <= config_.latency_between_zones &&
                config_.latency_between_zones <= config_.latency_to_registry * 2,
            "the way out of a zone is not shorter than the way within it");
    for (const FabricNode& node : config_.nodes) {
      expects(positive(node.bytes_per_second), "every link of the fabric has a bandwidth");
      hosts_.push_back({node.bytes_per_second, true, nullptr, nullptr});
    }
    hosts_.push_back({config_.registry_bytes_per_second, true, nullptr, nullptr});
  }

  ~SimGridFabric() override {
    // SimGrid must let go of the flows before we do.
    if (engine_ == nullptr) return;
    for (auto& [id, flow] : flows_) abandon(flow);
    run_to(s4u::Engine::get_clock());
  }
  SimGridFabric(const SimGridFabric&) = delete;
  SimGridFabric& operator=(const SimGridFabric&) = delete;

  FlowId start_flow(Instant now, FabricHost from, FabricHost to, std::uint64_t bytes,
                    std::uint64_t tag) override {
    const FlowId id{++last_id_};
    const Host& source = host(from);
    const Host& destination = host(to);
    if (!source.up || !destination.up) {
      due_.push_back({id, tag, now, FlowEnd::Failed});
      return id;
    }
    if (from == to) {
      due_.push_back({id, tag, now, FlowEnd::Done});
      return id;
    }
    if (engine_ == nullptr) build();
    follow(now);
    Flow& flow = flows_.try_emplace(id, Flow{id, tag, nullptr, false}).first->second;
    flow.comm = s4u::Comm::sendto_init();
    // SimGrid never ends a flow without bytes.
    flow.comm->set_payload_size(std::max<std::uint64_t>(bytes, 1));
    flow.comm->set_data(&flow);  // Before the ends are known: knowing both starts it.
    flow.comm->set_source(host(from).host);
    flow.comm->set_destination(host(to).host);
    changed_ = true;
    return id;
  }

  void cancel(Instant now, FlowId id) override {
    const auto found = flows_.find(id);
    if (found == flows_.end()) return;
    follow(now);
    if (flows_.contains(id)) abandon(found->second);
    reap();
  }

  void set_up(Instant now, FabricHost which, bool up) override {
    Host& changing = host(which);
    if (changing.up == up) return;
    changing.up = up;
    if (engine_ == nullptr) return;
    follow(now);
    apply_up(changing);
    reap();
  }

  void set_bandwidth(Instant now, FabricHost which, std::int64_t bytes_per_second) override {
    expects(bytes_per_second >= 1, "every link of the fabric has a bandwidth");
    Host& changing = host(which);
    changing.bytes_per_second = bytes_per_second;
    if (engine_ == nullptr) return;
    follow(now);
    changing.link->get_link_up()->set_bandwidth(static_cast<double>(bytes_per_second));
    changing.link->get_link_down()->set_bandwidth(static_cast<double>(bytes_per_second));
    changed_ = true;
  }

  Instant next() override {
    Instant first = Instant::never();
    for (const FlowResult& result : due_) first = std::min(first, result.at);
    const double step = next_step();
    return step == kNever ? first : std::min(first, instant(step));
  }

  void advance(Instant to, std::vector<FlowResult>& results) override {
    expects(to <= next(), "the fabric does not pass over the end of a flow");
    // To the very double that stands for `to`, so that this step is taken for certain.
    if (const double step = next_step(); step != kNever && instant(step) <= to) {
      run_to(step);
      forget_ended();
    }
    std::sort(due_.begin(), due_.end(), [](const FlowResult& a, const FlowResult& b) {
      return std::pair{a.at, a.id} < std::pair{b.at, b.id};
    });
    const auto later = std::find_if(due_.begin(), due_.end(),
                                    [to](const FlowResult& result) { return result.at > to; });
    results.insert(results.end(), due_.begin(), later);
    due_.erase(due_.begin(), later);
  }

 private:
  struct Host {
    std::int64_t bytes_per_second = 0;
    bool up = true;
    s4u::Host* host = nullptr;
    s4u::SplitDuplexLink* link = nullptr;
  };

  struct Flow {
    FlowId id{};
    std::uint64_t tag = 0;
    s4u::CommPtr comm;
    bool ended = false;  ///< Has its result, or gets none.
  };

  Host& host(FabricHost which) {
    const std::size_t index = which == kRegistryHost ? config_.nodes.size() : which;
    expects(index < hosts_.size(), "a flow's ends are hosts of the fabric");
    return hosts_[index];
  }

  void build() {
    engine_ = &create_engine();
    s4u::Activity::on_completion_cb([this](const s4u::Activity& activity) { on_end(activity); });

    using Direction = s4u::LinkInRoute::Direction;
    const double half_in_zone = to_seconds(config_.latency_in_zone) / 2;
    const double zone_latency = to_seconds(config_.latency_between_zones) / 2 - half_in_zone;
    // Of the way between a node and the registry, the node's and the zone's link have their part.
    const double registry_latency =
        to_seconds(config_.latency_to_registry) - half_in_zone - zone_latency;
    s4u::NetZone* const backbone = s4u::create_star_zone("backbone");
    // Names are numbers, so that no text of a user's can trouble SimGrid.
    const auto add_link = [](s4u::NetZone* zone, const std::string& name, std::int64_t rate,
                             double latency) {
      auto* const link = zone->create_split_duplex_link(name, static_cast<double>(rate));
      link->set_latency(latency);
      return link;
    };
    const auto add_zone = [&](const std::string& name) {
      s4u::NetZone* const zone = s4u::create_star_zone("zone-" + name);
      zone->set_parent(backbone);
      return std::pair{zone, zone->create_router("gateway-" + name)};
    };
    const auto join = [&](const auto& zone, const s4u::SplitDuplexLink* uplink) {
      zone.first->seal();
      backbone->add_route(zone.first->get_netpoint(), nullptr, zone.second, nullptr,
                          {{uplink, Direction::UP}}, true);
    };

    std::map<std::string, std::vector<std::size_t>> nodes_of_zone;
    for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
      nodes_of_zone[config_.nodes[i].zone].push_back(i);
    }
    for (const auto& [zone_name, nodes] : nodes_of_zone) {
      const std::string first = std::to_string(nodes.front());
      const auto zone = add_zone(first);
      for (const std::size_t i : nodes) {
        const std::string name = std::to_string(i);
        Host& node = hosts_[i];
        node.host = zone.first->create_host("node-" + name, kUnusedSpeed);
        node.link = add_link(zone.first, "link-" + name, node.bytes_per_second, half_in_zone);
        zone.first->add_route(node.host->get_netpoint(), nullptr, nullptr, nullptr,
                              {{node.link, Direction::UP}}, true);
      }
      join(zone,
           add_link(backbone, "uplink-" + first, config_.zone_bytes_per_second, zone_latency));
    }
    // A zone of its own: a star (of 3.32) that has hosts beside zones finds wrong routes.
    Host& registry = hosts_.back();
    const auto zone = add_zone("registry");
    registry.host = zone.first->create_host("registry", kUnusedSpeed);
    zone.first->add_route(registry.host->get_netpoint(), nullptr, nullptr, nullptr,
                          std::vector<s4u::LinkInRoute>{}, true);
    registry.link =
        add_link(backbone, "link-registry", registry.bytes_per_second, registry_latency);
    join(zone, registry.link);
    backbone->seal();
    engine_->seal_platform();
  }

  static void apply_up(Host& changing) {
    for (s4u::Link* const link : {changing.link->get_link_up(), changing.link->get_link_down()}) {
      if (changing.up) {
        link->turn_on();
      } else {
        link->turn_off();
      }
    }
  }

  /// When SimGrid's next step is: a flow ends, or its latency does. On SimGrid's clock.
  double next_step() {
    if (flows_.empty()) return kNever;
    if (changed_) {
      const double clock = s4u::Engine::get_clock();
      next_step_ = kNever;
      for (simgrid::kernel::resource::Model* const model : engine_->get_all_models()) {
        const double delay = model->next_occurring_event(clock);
        if (delay >= 0) next_step_ = std::min(next_step_, clock + delay);
      }
      changed_ = false;
    }
    return next_step_;
  }

  /// Brings SimGrid's clock to the present before something changes there.
  void follow(Instant now) {
    expects(now <= next(), "the fabric does not pass over the end of a flow");
    run_to(seconds(now));
    forget_ended();
  }

  /// Lets SimGrid notice what was turned off or cancelled.
  void reap() {
    run_to(s4u::Engine::get_clock());
    forget_ended();
  }

  void run_to(double date) {
    // A date may lie a rounding error before the clock, and going back aborts the process.
    engine_->run_until(std::max(date, s4u::Engine::get_clock()));
    changed_ = true;
  }

  static void abandon(Flow& flow) {
    flow.ended = true;
    flow.comm->cancel();
  }

  void on_end(const s4u::Activity& activity) {
    auto* const flow = activity.get_data<Flow>();
    if (flow == nullptr || flow->ended) return;
    flow->ended = true;
    const bool done = activity.get_state() == s4u::Activity::State::FINISHED;
    due_.push_back({flow->id, flow->tag, instant(s4u::Engine::get_clock()),
                    done ? FlowEnd::Done : FlowEnd::Failed});
  }

  void forget_ended() {
    std::erase_if(flows_, [](const auto& entry) { return entry.second.ended; });
  }

  FabricConfig config_;
  std::vector<Host> hosts_;  ///< The nodes, then the registry.
  s4u::Engine* engine_ = nullptr;
  std::map<FlowId, Flow> flows_;  ///< In flight. SimGrid points into it.
  std::vector<FlowResult> due_;   ///< Known, not yet handed out.
  std::uint64_t last_id_ = 0;
  double next_step_ = kNever;
  bool changed_ = true;  ///< next_step_ is out of date.
};

}  // namespace

Result<std::unique_ptr<Fabric>> make_fabric(FabricConfig config) {
  return std::make_unique<SimGridFabric>(std::move(config));
}

}  // namespace orrery::sim
