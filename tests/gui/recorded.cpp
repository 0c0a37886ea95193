#include "tests/gui/recorded.h"

#include <QTemporaryDir>
#include <cstdint>
#include <vector>

#include "models/recording/run_writer.h"
#include "tests/recording/noted_trace.h"

namespace orrery::gui::test {
namespace {

using recording::CallField;
using recording::ColumnMap;
using recording::GroupField;
using recording::PolicyField;
using recording::RowKind;
using recording::RunWriter;

constexpr std::uint32_t kFront = 0;
constexpr std::uint32_t kCart = 1;
constexpr std::uint32_t kDb = 2;
constexpr std::uint32_t kMail = 3;
constexpr std::uint32_t kNoEndpoints = 5;
constexpr std::int64_t kTenths = 1200;
constexpr std::int64_t kDark = 600;
constexpr std::int64_t kLight = 900;
constexpr std::int64_t kShut = 1050;
constexpr std::int64_t kSet = 1180;

/// What happens beside the dark zone.
enum class Beside { Nothing, Breaker, Policy, Admission, Topic, ManyTopics, Start };

class Writer {
 public:
  explicit Writer(RunWriter& writer)
      : writer_{writer}, map_{writer.columns()}, sample_{map_.count()} {}

  void event(std::uint64_t id, std::uint64_t cause, Duration at, const char* what,
             const char* subject, const char* detail = "") {
    recording::RunEvent event;
    event.id = id;
    event.cause = cause;
    event.at = Instant::at(at);
    event.what = writer_.text(what);
    event.subject = writer_.text(subject);
    event.detail = writer_.text(detail);
    writer_.add_event(event);
  }

  void pod(const char* name, const char* node, const char* owner) {
    recording::PodState pod;
    pod.node = writer_.text(node);
    pod.owner = writer_.text(owner);
    pod.phase = recording::PodPhaseCode::Running;
    pod.ready = true;
    writer_.set_pod(writer_.text(name), pod);
  }

  void node(const char* name, const char* zone) {
    recording::NodeState node;
    node.zone = writer_.text(zone);
    node.ready = true;
    node.cpu_milli = 4000;
    node.used_cpu_milli = 1000;
    node.memory_bytes = 1 << 30;
    writer_.set_node(writer_.text(name), node);
  }

  void calls(RowKind kind, std::size_t row, std::int64_t count, std::int64_t failed,
             CallField outcome) {
    values_[map_.of(kind, row, CallField::Started)] = count;
    values_[map_.of(kind, row, CallField::Ok)] = count - failed;
    values_[map_.of(kind, row, outcome)] += failed;
    values_[map_.of(kind, row, CallField::P50)] = 300;
    values_[map_.of(kind, row, CallField::P99)] = 400;
  }

  /// A request that was over at 1:10: front calls cart, which calls db `tries` times; the last of
  /// them decides.
  void request(std::uint64_t key, std::uint8_t tries, bool fails) {
    constexpr std::uint8_t kTimeout = 4;
    constexpr std::uint8_t kUpstream = 6;
    recording::Trace trace;
    trace.key = key;
    trace.start = Instant::at(Duration::milliseconds(68'900));
    trace.length = Duration::milliseconds(100) * (tries + 1);
    trace.outcome = fails ? kUpstream : 0;
    const auto add = [&](std::uint32_t parent, std::uint32_t edge, Duration start, Duration length,
                         std::uint8_t outcome) -> recording::Span& {
      recording::Span& span = trace.spans.emplace_back();
      span.parent = parent;
      span.edge = edge;
      span.start = start;
      span.length = length;
      span.outcome = outcome;
      return span;
    };
    add(recording::Span::kJourney, 0, {}, trace.length, trace.outcome);
    add(0, 1, Duration::milliseconds(10), trace.length - Duration::milliseconds(20), trace.outcome);
    for (std::uint8_t i = 0; i < tries; ++i) {
      const bool last = i + 1 == tries;
      add(1, 3, Duration::milliseconds(100) * i + Duration::milliseconds(20),
          Duration::milliseconds(90), !last || fails ? kTimeout : 0)
          .attempt = i;
    }
    recording::note_trace(writer_, trace);
  }

  void messages(std::int64_t tenth) {
    const bool dark = tenth > kDark && tenth <= kLight;
    const std::int64_t finished = dark ? 3 : lag_ > 0 ? 9 : 6;
    lag_ += 6 - finished;
    values_[map_.of(0, GroupField::Published)] = 6;
    values_[map_.of(0, GroupField::Finished)] = finished;
    values_[map_.of(0, GroupField::Lag)] = lag_;
    values_[map_.of(0, GroupField::OldestAge)] = lag_ * 20'000;
  }

  void policies(std::size_t route, std::int64_t calls, bool at_work) {
    values_[map_.of(route, PolicyField::Calls)] = calls;
    values_[map_.of(route, PolicyField::Tries)] = at_work ? calls + 3 : calls;
    values_[map_.of(route, PolicyField::Retries)] = at_work ? 1 : 0;
    values_[map_.of(route, PolicyField::Hedges)] = at_work ? 2 : 0;
    values_[map_.of(route, PolicyField::Fallbacks)] = at_work ? 1 : 0;
  }

  /// Users find no endpoint for five seconds; from 0:07 on, three of their ten calls time out.
  void sample_of_start(std::int64_t tenth) {
    values_.assign(map_.count(), 0);
    const bool none = tenth <= 50;
    const std::int64_t failed = none ? 10 : tenth > 70 ? 3 : 0;
    const auto outcome = recording::outcome_field(none ? kNoEndpoints : 4);
    calls(RowKind::Edge, 0, 10, failed, outcome);
    calls(RowKind::Service, kFront, 10, failed, outcome);
    sample_.set_all(values_);
    writer_.sample(Instant::at(Duration::milliseconds(100) * tenth), sample_);
  }

  void sample(std::int64_t tenth, bool failing, Beside beside) {
    const bool breaker = beside == Beside::Breaker;
    constexpr auto kTimeout = recording::outcome_field(4);
    constexpr auto kUpstream = recording::outcome_field(6);
    values_.assign(map_.count(), 0);
    constexpr auto kCircuitOpen = recording::outcome_field(7);
    const std::int64_t failed = failing && !breaker ? 5 : 0;
    calls(RowKind::Edge, 0, 10, failed, kUpstream);
    calls(RowKind::Edge, 1, 10, failed, kUpstream);
    calls(RowKind::Edge, 2, 10, failing && beside == Beside::Admission ? 2 : 0,
          CallField::NotAdmitted);
    calls(RowKind::Edge, 3, 10, failed, kTimeout);
    calls(RowKind::Service, kFront, 10, failed, kUpstream);
    calls(RowKind::Service, kCart, 10, failed, kUpstream);
    calls(RowKind::Service, kDb, 10, failed, kTimeout);
    calls(RowKind::Service, kMail, 10, 0, kTimeout);
    if (breaker && failing) {
      calls(RowKind::Edge, 3, 10, 3, kCircuitOpen);
      values_[map_.of(RowKind::Edge, 3, CallField::Retries)] = 1;
      values_[map_.of(RowKind::Edge, 3, CallField::BreakersOpen)] = 1;
    }
    if (breaker && tenth > kLight && tenth <= kLight + 20) {
      values_[map_.of(RowKind::Edge, 3, CallField::BreakersTrying)] = 1;
    }
    if (beside == Beside::Topic) {
      messages(tenth);
      policies(0, 10, false);
      policies(1, 10, failing);
      values_[map_.of(RowKind::Edge, 3, CallField::Retries)] = failing ? 3 : 0;
      values_[map_.of(1, PolicyField::Openings)] = tenth == kDark + 11 ? 1 : 0;
      values_[map_.of(1, PolicyField::Ejections)] = tenth == kDark + 21 ? 1 : 0;
      values_[map_.of(1, PolicyField::KeptOut)] = tenth >= kDark + 21 && failing ? 1 : 0;
      values_[map_.of(1, PolicyField::ByPool)] = failing ? 2 : 0;
      values_[map_.of(1, PolicyField::ByRetryLimit)] = failing ? 4 : 0;
    }
    sample_.set_all(values_);
    writer_.sample(Instant::at(Duration::milliseconds(100) * tenth), sample_);
  }

 private:
  RunWriter& writer_;
  ColumnMap map_;
  std::vector<std::int64_t> values_;
  recording::SampleValues sample_;
  std::int64_t lag_ = 0;
};

QString write(const char* file, Beside beside) {
  const bool breaker = beside == Beside::Breaker;
  const bool policy = beside == Beside::Policy;
  const std::string path = path_of(file);
  recording::RunInfo info;
  info.scenario = "A zone goes dark";
  info.world = "sim";
  info.seed = 7;
  recording::Scene scene;
  scene.services = {"shop/front", "shop/cart", "shop/db", "shop/mail"};
  scene.journeys = {"buy"};
  scene.edges = {{recording::kOutside, kFront}, {kFront, kCart}, {kFront, kMail}, {kCart, kDb}};
  if (beside == Beside::ManyTopics) {
    for (const char* what : {"made", "paid", "packed", "sent", "kept", "returned", "lost", "old"}) {
      scene.groups.push_back({std::string{"shop.orders."} + what, kMail});
    }
  }
  if (beside == Beside::Topic) {
    scene.groups = {{"orders", kMail}};
    scene.routes = {{kFront, kCart}, {kCart, kDb}};
  }
  auto made = RunWriter::create(path, info, scene);
  if (!made) return {};
  Writer writer{**made};
  writer.node("a-1", "a");
  writer.node("b-1", "b");
  writer.pod("Pod/shop/front-1-x", "a-1", "ReplicaSet/shop/front-1");
  writer.pod("Pod/shop/cart-1-x", "a-1", "ReplicaSet/shop/cart-1");
  writer.pod("Pod/shop/db-1-x", "b-1", "ReplicaSet/shop/db-1");
  writer.pod("Pod/shop/db-1-y", "a-1", "ReplicaSet/shop/db-1");
  for (std::int64_t tenth = 1; tenth <= kTenths; ++tenth) {
    if (beside == Beside::Start) {
      if (tenth == 1) {
        writer.event(1, 0, {}, "no-endpoints", "Service/shop/front");
        writer.event(2, 1, {}, "failing", "Service/shop/front", "calls from users: no-endpoints");
      }
      if (tenth == 71) {
        const Duration killed = Duration::seconds(7);
        writer.event(3, 0, killed, "fault", "Deployment/shop/front", "it: pod-kill");
        writer.event(4, 3, killed, "failing", "Service/shop/front", "calls from users: timeout");
      }
      writer.sample_of_start(tenth);
      continue;
    }
    if (tenth == 1) {
      writer.event(1, 0, Duration::milliseconds(50), "endpoints", "EndpointSlice/shop/db-x",
                   "0 -> 2 ready");
    }
    if (tenth == kDark + 1) {
      const Duration dark = Duration::seconds(60);
      writer.event(2, 0, dark, "fault", "zone/b", "dark: zone-loss");
      if (breaker) {
        writer.sample(tenth, true, beside);
        continue;
      }
      writer.event(3, 2, dark + Duration::milliseconds(10), "failing", "Service/shop/db",
                   "calls from shop/cart: timeout");
      writer.event(4, 3, dark + Duration::milliseconds(20), "failing", "Service/shop/cart",
                   "calls from shop/front: upstream");
      writer.event(5, 4, dark + Duration::milliseconds(30), "failing", "Service/shop/front",
                   "calls from users: upstream");
    }
    if (tenth == 700) {
      writer.request(11, 2, true);
      writer.request(12, 6, false);
    }
    if (tenth == kLight + 1) {
      writer.event(6, 0, Duration::seconds(90), "fault-ends", "Node/b-1", "dark");
    }
    if (policy && tenth == kShut + 1) {
      const Duration shut = Duration::seconds(105);
      writer.event(7, 0, shut, "apply", "NetworkPolicy/shop/deny", "shut");
      writer.event(8, 7, shut + Duration::milliseconds(10), "failing", "Service/shop/db",
                   "calls from shop/cart: timeout");
      writer.event(9, 8, shut + Duration::milliseconds(20), "failing", "Service/shop/cart",
                   "calls from shop/front: upstream");
      writer.event(10, 9, shut + Duration::milliseconds(30), "failing", "Service/shop/front",
                   "calls from users: upstream");
      for (const char* caller : {"clients", "shop/cart"}) {
        writer.event(*caller == 'c' ? 11 : 12, 0, shut + Duration::milliseconds(40), "policy",
                     "Service/shop/db", (std::string{"patience: timeout from "} + caller).c_str());
      }
    }
    if (policy && tenth == kSet + 1) {
      const Duration set = Duration::seconds(118);
      writer.event(13, 0, set, "set", "Deployment/shop/cart", "hand-1");
      writer.event(14, 13, set + Duration::milliseconds(5), "spec-changed", "Deployment/shop/cart",
                   "replicas 1 -> 3");
      writer.event(15, 0, set + Duration::seconds(1), "spec-changed", "Deployment/shop/db",
                   "replicas 2 -> 4");
    }
    const bool dark = tenth > kDark && tenth <= kLight;
    writer.sample(tenth, dark || (policy && tenth > kShut), beside);
  }
  return (*made)->finish() ? QString::fromStdString(path) : QString{};
}

}  // namespace

std::string path_of(const char* file) {
  static const QTemporaryDir kFolder;
  return kFolder.filePath(file).toStdString();
}

const QString& recording_path() {
  static const QString kPath = write("gui_test.orrery", Beside::Nothing);
  return kPath;
}

const QString& breaker_recording_path() {
  static const QString kPath = write("gui_test_breaker.orrery", Beside::Breaker);
  return kPath;
}

const QString& admission_recording_path() {
  static const QString kPath = write("gui_test_admission.orrery", Beside::Admission);
  return kPath;
}

const QString& policy_recording_path() {
  static const QString kPath = write("gui_test_policy.orrery", Beside::Policy);
  return kPath;
}

const QString& many_topics_recording_path() {
  static const QString kPath = write("gui_test_topics.orrery", Beside::ManyTopics);
  return kPath;
}

const QString& start_recording_path() {
  static const QString kPath = write("gui_test_start.orrery", Beside::Start);
  return kPath;
}

const QString& topic_recording_path() {
  static const QString kPath = write("gui_test_topic.orrery", Beside::Topic);
  return kPath;
}

}  // namespace orrery::gui::test
