#include "runner/control/run_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "runner/control/choices.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/scalars.h"

namespace orrery::control {
namespace {

using nlohmann::json;
using scenario::Value;
using session::Order;
using session::RunView;

constexpr double kSpeedMost = 1000;
/// So many commands are carried out before the run goes on.
constexpr int kCommandsAtOnce = 64;
/// Of what is hit no more is listed; how many are hit is said.
constexpr std::size_t kHitsSaid = 100;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json instant_of(Instant at) { return at.count_ns() / 1000; }

json problems_of(const std::vector<api::Problem>& problems) {
  json all = json::array();
  for (const api::Problem& problem : problems) {
    all.push_back({{"pointer", problem.where.pointer},
                   {"expected", problem.expected},
                   {"found", problem.found},
                   {"hint", problem.hint}});
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<RunControl>> RunControl::create(const ControlOrder& order,
                                                       const scenario::Scenario& scenario) {
  auto socket = ControlSocket::create(order.socket);
  if (!socket) return tl::unexpected{socket.error()};
  std::unique_ptr<RunControl> made{new RunControl{order, scenario, *std::move(socket)}};
  if (!made->write_session()) return failure("--control: cannot write " + order.session);
  return made;
}

RunControl::RunControl(const ControlOrder& order, const scenario::Scenario& scenario,
                       std::unique_ptr<ControlSocket> socket)
    : order_{order},
      scenario_{scenario},
      ordered_{order.scenario, scenario, order.folder, order.live},
      socket_{std::move(socket)},
      held_{!order.live} {}

RunControl::~RunControl() { socket_->send(R"({"state":"over"})"); }

std::optional<Order> RunControl::next(RunView& view) {
  if (!held_ && is_reached(view)) hold(view);
  for (int commands = 0; held_ || commands < kCommandsAtOnce;) {
    if (greeted_ != socket_->connections()) greet(view.now());
    if (auto line = socket_->take_line()) {
      ++commands;
      if (auto order = obey(*line, view)) return order;
      continue;
    }
    // Whoever had it in hand is gone: it comes to its end as any other run.
    if (greeted_ > 0 && !socket_->is_connected()) go_on(0, Goal::None, view);
    const int ahead = held_ ? -1 : ahead_ms(view.now());
    if (held_) view.show();
    socket_->wait(ahead);
    if (ahead == 0) {
      if (auto line = socket_->take_line()) {
        if (auto order = obey(*line, view)) return order;
      }
      if (!held_) return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Order> RunControl::obey(const std::string& line, RunView& view) {
  tag_.clear();
  scenario::Document document = scenario::read_document(line, "command", scenario::Syntax::Json);
  scenario::Report report;
  report.append(document.problems);
  const auto refuse = [&] {
    json answer{{"refused", problems_of(report.problems())}};
    if (!tag_.empty()) answer["tag"] = tag_;
    socket_->send(text_of(answer));
    return std::nullopt;
  };
  if (!document.root) return refuse();
  const Value& root = *document.root;
  const scenario::Fields fields{root, {"do", "tag", "until", "factor", "entry"}, report};
  if (const Value* tag = fields.find("tag")) tag_ = tag->text;
  const Value* what = fields.require("do", "what to do");
  const std::string verb = what == nullptr ? std::string{} : what->text;
  const auto only_with = [&](const char* key, std::initializer_list<std::string_view> verbs) {
    const Value* value = fields.find(key);
    const bool fits = std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
    if (value != nullptr && !fits) {
      report.add(value->where, fmt::format("no \"{}\" with \"{}\"", key, verb), "one");
    }
    return value;
  };
  const Value* until = only_with("until", {"step"});
  const Value* factor = only_with("factor", {"speed"});
  const Value* entry = only_with("entry", {"act", "preview"});
  if ((verb == "act" || verb == "preview") && entry == nullptr) {
    (void)fields.require("entry", "an entry of a timeline, without \"at\"");
  }
  if (!report.problems().empty()) return refuse();

  if (order_.live && (verb == "pause" || verb == "step" || verb == "speed")) {
    report.add(*what, "\"act\" or \"preview\": a run on live hosts goes by the clock");
    return refuse();
  }
  if (verb == "act" || verb == "preview") return act(*entry, line, verb == "preview", view);
  const auto accept = [&]() -> std::optional<Order> {
    json answer{{"done", verb}, {"at", instant_of(view.now())}};
    if (!tag_.empty()) answer["tag"] = tag_;
    socket_->send(text_of(answer));
    return Order{line, {}};
  };
  if (verb == "run") {
    go_on(speed_, Goal::None, view);
  } else if (verb == "pause") {
    hold(view);
  } else if (verb == "speed") {
    const auto number = factor == nullptr || factor->type != Value::Type::Number
                            ? std::nullopt
                            : scenario::parse_number(factor->text);
    if (!number || *number < 0 || *number > kSpeedMost) {
      report.add(factor == nullptr ? root : *factor,
                 "a \"factor\" from 0.01 to 1000, or 0 for as fast as can be");
      return refuse();
    }
    speed_ = *number == 0 ? 0 : std::max(0.01, *number);
    if (held_) {
      say_state(view.now());
    } else {
      go_on(speed_, goal_, view);
    }
  } else if (verb == "step") {
    const std::string goal = until == nullptr ? "second" : until->text;
    if (goal == "event") {
      go_on(speed_, Goal::Event, view);
    } else if (goal == "second") {
      constexpr std::int64_t kSecond = 1'000'000'000;
      const std::int64_t next = (view.now().count_ns() / kSecond + 1) * kSecond;
      go_on_until(Instant::at(Duration::nanoseconds(next)), view);
    } else if (goal == "fault") {
      go_on(speed_, Goal::Fault, view);
    } else if (const auto time = parse_duration(goal); time && Instant::at(*time) > view.now()) {
      go_on_until(Instant::at(*time), view);
    } else {
      report.add(*until, "\"event\", \"second\", \"fault\", or a time that is still to come");
      return refuse();
    }
  } else {
    report.add(*what, "\"run\", \"pause\", \"step\", \"speed\", \"act\" or \"preview\"");
    return refuse();
  }
  return accept();
}

std::optional<Order> RunControl::act(const Value& entry, const std::string& line, bool only_preview,
                                     RunView& view) {
  OrderReading read = ordered_.read(entry, view.now());
  json answer;
  if (!read.problems.empty()) {
    answer["refused"] = problems_of(read.problems);
  } else {
    answer["done"] = only_preview ? "preview" : "act";
    answer["id"] = read.entries.front().id;
    answer["at"] = instant_of(view.now());
    std::vector<std::string> hits = view.would_hit(read.entries.front());
    answer["count"] = hits.size();
    if (hits.size() > kHitsSaid) hits.resize(kHitsSaid);
    answer["hits"] = hits;
  }
  std::optional<Order> order;
  if (read.problems.empty() && !only_preview) {
    ordered_.accept(read);
    entries_.insert(entries_.end(), read.entries.begin(), read.entries.end());
    answer["kept"] = write_session();
    order = Order{line, std::move(read.entries), std::move(read.later)};
  }
  if (!tag_.empty()) answer["tag"] = tag_;
  socket_->send(text_of(answer));
  return order;
}

bool RunControl::is_reached(const RunView& view) const {
  switch (goal_) {
    case Goal::None:
      return false;
    case Goal::Event:
      return view.records() > goal_beyond_;
    case Goal::Time:
      return view.now() >= goal_at_;
    case Goal::Fault:
      return view.performed() > goal_beyond_;
  }
  return false;
}

int RunControl::ahead_ms(Instant now) const {
  if (order_.live || speed_ == 0 || goal_ != Goal::None || !socket_->is_connected()) return 0;
  const double simulated = to_seconds(now - from_) / speed_;
  const double passed = std::chrono::duration<double>(Clock::now() - from_wall_).count();
  return static_cast<int>(std::clamp((simulated - passed) * 1000, 0.0, 1e6));
}

void RunControl::go_on(double factor, Goal goal, const RunView& view) {
  const bool was = !held_ && goal_ == goal && factor == speed_;
  if (was) return;
  held_ = false;
  if (socket_->is_connected()) speed_ = factor;
  goal_ = goal;
  from_ = view.now();
  from_wall_ = Clock::now();
  // The command itself is a record, too.
  goal_beyond_ = goal == Goal::Event ? view.records() + 1 : view.performed();
  say_state(view.now());
}

void RunControl::go_on_until(Instant at, const RunView& view) {
  goal_at_ = at;
  go_on(speed_, Goal::Time, view);
}

void RunControl::hold(RunView& view) {
  held_ = true;
  goal_ = Goal::None;
  view.show();
  say_state(view.now());
}

void RunControl::say_state(Instant now) {
  socket_->send(text_of(json{{"state", held_                 ? "held"
                                       : goal_ == Goal::None ? "runs"
                                                             : "steps"},
                             {"at", instant_of(now)},
                             {"speed", speed_}}));
}

void RunControl::greet(Instant now) {
  greeted_ = socket_->connections();
  socket_->send(text_of(json{{"choices", choices_of(scenario_)}}));
  say_state(now);
}

bool RunControl::write_session() const {
  std::ofstream file{order_.session, std::ios::binary};
  const auto slash = order_.session.rfind('/');
  file << ordered_.text_for(slash == std::string::npos ? "" : order_.session.substr(0, slash),
                            order_.seed);
  return file.flush().good();
}

}  // namespace orrery::control
