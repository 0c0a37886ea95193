#include "sim/traffic/call_program.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace orrery::sim {
namespace {

/// Beside the positions of a program's own sites.
constexpr std::uint32_t kFallbackPositions = 1U << 31;
constexpr std::uint32_t kQuestionPosition = 1U << 30;

std::uint32_t size_of(std::size_t count) { return static_cast<std::uint32_t>(count); }

}  // namespace

std::uint64_t threshold(double probability) {
  expects(probability >= 0.0 && probability <= 1.0, "a probability lies in 0..1");
  if (probability >= 1.0) return ~0ULL;
  return static_cast<std::uint64_t>(probability * 0x1.0p64);
}

CallProgram compile(const TrafficModel& model) {
  CallProgram program;
  std::vector<std::uint32_t> first_operation;
  std::uint32_t operation_count = 0;
  for (const ServiceModel& service : model.services) {
    first_operation.push_back(operation_count);
    operation_count += size_of(service.operations.size());
  }
  const auto operation_of = [&](ServiceIndex service, std::uint32_t operation) {
    expects(service < model.services.size(), "a call goes to a service of the model");
    expects(operation < model.services[service].operations.size(), "the called operation exists");
    return first_operation[service] + operation;
  };

  program.routes.resize(model.services.size() + 1);
  for (std::uint32_t i = 0; i < model.routes.size(); ++i) {
    const RouteModel& route = model.routes[i];
    expects(route.to < model.services.size(), "a route leads to a service of the model");
    expects(route.from == kNone || route.from < model.services.size(), "a route's caller exists");
    (route.from == kNone ? program.routes.back() : program.routes[route.from]).push_back(i);
  }
  const auto take_route = [&](CallSite& site, ServiceIndex caller) {
    const std::vector<std::uint32_t>& routes = program.routes_from(caller);
    for (std::uint32_t position = 0; position < routes.size(); ++position) {
      if (model.routes[routes[position]].to != site.service) continue;
      expects(site.route == kNone, "one route leads from a caller to a callee");
      site.route = routes[position];
      site.route_position = position;
    }
  };
  std::map<std::pair<ServiceIndex, ServiceIndex>, std::uint32_t> edges;
  const auto take_edge = [&](CallSite& site, ServiceIndex caller) {
    const auto [known, is_new] =
        edges.try_emplace({caller, site.service}, size_of(program.edges.size()));
    if (is_new) program.edges.push_back({caller, site.service});
    site.edge = known->second;
  };

  const auto add_special = [&](CallSite& site, const CallModel& call) {
    SpecialCall special;
    special.taken_position = site.position;
    special.times_least = call.times_least == 0 ? call.times : call.times_least;
    special.request_bytes = call.request_bytes;
    special.answer_bytes = call.answer_bytes;
    special.condition = call.condition;
    special.optional = call.optional;
    special.detached = call.detached;
    const bool varies = special.times_least < call.times;
    const bool has_payload = call.request_bytes > 0 || call.answer_bytes > 0;
    if (call.condition == CallCondition::Always && !call.optional && !call.detached && !varies &&
        !has_payload && !call.cache) {
      return;
    }
    if (call.cache) {
      special.cache = size_of(program.caches.size());
      program.caches.push_back(*call.cache);
    }
    program.has_detached = program.has_detached || call.detached;
    site.special = size_of(program.specials.size());
    program.specials.push_back(special);
  };

  // Sites of what is called in place of another call; in no step, so they come behind them all.
  std::vector<std::pair<std::uint32_t, ServiceIndex>> with_fallback;
  const auto note_fallback = [&](const CallSite& site, ServiceIndex caller) {
    if (site.route == kNone || !model.routes[site.route].fallback) return;
    with_fallback.emplace_back(size_of(program.sites.size()), caller);
  };

  for (ServiceIndex caller = 0; caller < model.services.size(); ++caller) {
    const ServiceModel& service = model.services[caller];
    for (const OperationModel& operation : service.operations) {
      ProgramOperation compiled;
      compiled.cpu = operation.cpu;
      compiled.uses_cpu = !(operation.cpu == Distribution{});
      compiled.wait = operation.wait;
      compiled.fails_below = threshold(operation.error_probability);
      compiled.writes = operation.writes;
      compiled.first_step = size_of(program.steps.size());
      std::uint32_t position = 0;
      for (const CallStep& step : operation.steps) {
        program.steps.push_back({size_of(program.sites.size()), size_of(step.calls.size())});
        for (const CallModel& call : step.calls) {
          expects(call.times >= 1, "a call is made at least once");
          expects(call.times_least <= call.times,
                  "the least number of calls is no more than the most");
          CallSite site;
          site.service = call.to;
          site.operation = operation_of(call.to, call.operation);
          site.times = call.times;
          site.position = position++;
          add_special(site, call);
          site.taken_below = threshold(call.probability);
          site.timeout = call.timeout;
          take_route(site, caller);
          take_edge(site, caller);
          note_fallback(site, caller);
          program.sites.push_back(site);
        }
      }
      compiled.end_step = size_of(program.steps.size());
      const bool undoes =
          std::any_of(operation.steps.begin(), operation.steps.end(), [](const CallStep& step) {
            return std::any_of(step.calls.begin(), step.calls.end(),
                               [](const CallModel& call) { return call.undo.has_value(); });
          });
      for (std::size_t step = undoes ? operation.steps.size() : 0; step-- > 0;) {
        ProgramStep undo{size_of(program.sites.size()), 0};
        const std::uint32_t forward = program.steps[compiled.first_step + step].first;
        for (std::size_t i = 0; i < operation.steps[step].calls.size(); ++i) {
          const CallModel& call = operation.steps[step].calls[i];
          if (!call.undo) continue;
          CallSite site;
          site.service = call.undo->to;
          site.operation = operation_of(call.undo->to, call.undo->operation);
          site.position = position++;
          site.special = size_of(program.specials.size());
          program.specials.push_back({.taken_position = program.sites[forward + i].position});
          site.taken_below = program.sites[forward + i].taken_below;
          site.timeout = call.timeout;
          take_route(site, caller);
          take_edge(site, caller);
          note_fallback(site, caller);
          program.sites.push_back(site);
          ++undo.count;
        }
        program.steps.push_back(undo);
      }
      compiled.end_undo = size_of(program.steps.size());
      program.operations.push_back(compiled);
    }
  }

  for (std::uint32_t j = 0; j < model.journeys.size(); ++j) {
    const JourneyModel& journey = model.journeys[j];
    ProgramOperation compiled;
    compiled.first_step = size_of(program.steps.size());
    std::uint32_t position = 0;
    for (const JourneyStep& step : journey.steps) {
      program.steps.push_back({size_of(program.sites.size()), 1});
      CallSite site;
      site.service = step.service;
      site.operation = operation_of(step.service, step.operation);
      expects(step.times >= 1, "a journey's step is made at least once");
      site.times = step.times;
      site.position = position++;
      site.taken_below = threshold(step.probability);
      site.journey = j;
      site.timeout = journey.timeout;
      take_route(site, kNone);
      take_edge(site, kClients);
      note_fallback(site, kNone);
      program.sites.push_back(site);
    }
    compiled.end_step = compiled.end_undo = size_of(program.steps.size());
    CallSite root;
    root.operation = size_of(program.operations.size());
    root.journey = j;
    program.journey_roots.push_back(size_of(program.sites.size()));
    program.sites.push_back(root);
    program.operations.push_back(compiled);
  }
  const auto add_aside = [&](CallSite& site, ServiceIndex caller, std::uint32_t position) {
    site.position = position;
    take_edge(site, caller == kNone ? kClients : caller);
    program.sites.push_back(site);
    return size_of(program.sites.size() - 1);
  };
  for (const auto& [of, caller] : with_fallback) {
    const FallbackModel& fallback = *model.routes[program.sites[of].route].fallback;
    CallSite site;
    site.service = fallback.to;
    site.operation = operation_of(fallback.to, fallback.operation);
    site.timeout = program.sites[of].timeout;
    site.stands_for = of;
    take_route(site, caller);
    expects(site.route == kNone || !model.routes[site.route].fallback,
            "what is called in place of another has nothing that is called in its place");
    const std::uint32_t position = kFallbackPositions + program.sites[of].position;
    program.sites[of].fallback = add_aside(site, caller, position);
    program.has_fallbacks = true;
  }
  ProgramOperation probe;
  probe.first_step = size_of(program.steps.size());
  probe.end_step = probe.end_undo = probe.first_step;
  CallSite probe_site;
  probe_site.operation = size_of(program.operations.size());
  program.probe_site = size_of(program.sites.size());
  program.sites.push_back(probe_site);
  program.operations.push_back(probe);
  program.replication_sites.assign(program.operations.size(), kNone);
  for (ServiceIndex i = 0; i < model.services.size(); ++i) {
    const ServiceModel& service = model.services[i];
    for (std::uint32_t o = 0; service.leader && o < service.operations.size(); ++o) {
      if (!service.operations[o].writes) continue;
      ProgramOperation kept = probe;
      kept.cpu = service.operations[o].cpu;
      kept.uses_cpu = program.operations[operation_of(i, o)].uses_cpu;
      kept.wait = service.leader->replicate;
      CallSite site;
      site.service = i;
      site.operation = size_of(program.operations.size());
      program.replication_sites[operation_of(i, o)] = size_of(program.sites.size());
      program.sites.push_back(site);
      program.operations.push_back(kept);
    }
  }
  program.check_sites.assign(model.routes.size(), kNone);
  for (std::uint32_t i = 0; i < model.routes.size(); ++i) {
    if (!model.routes[i].checked_operation) continue;
    CallSite site;
    site.service = model.routes[i].to;
    site.operation = operation_of(site.service, *model.routes[i].checked_operation);
    program.check_sites[i] = size_of(program.sites.size());
    program.sites.push_back(site);
  }
  for (const TopicModel& topic : model.topics) {
    program.publishing.push_back(
        topic.operation == kNone ? kNone : operation_of(topic.broker, topic.operation));
    for (const GroupModel& group : topic.groups) {
      CallSite site;
      site.service = group.service;
      site.operation = operation_of(group.service, group.operation);
      site.timeout = group.timeout;
      take_edge(site, topic.broker);
      program.delivery_sites.push_back(size_of(program.sites.size()));
      program.sites.push_back(site);
      program.has_detached = true;  // Whoever hands a message over stands aside.
    }
  }
  // Behind all others: whoever hears of one knows it by that.
  program.questions.assign(model.routes.size(), kNone);
  for (std::uint32_t i = 0; i < model.routes.size(); ++i) {
    const RouteModel& route = model.routes[i];
    if (!route.shared_limit) continue;
    const SharedLimitModel& limit = model.shared_limits.at(*route.shared_limit);
    CallSite site;
    site.service = limit.service;
    site.operation = operation_of(limit.service, limit.operation);
    site.timeout = route.policy.shared_limit->question.timeout;
    program.first_question = std::min(program.first_question, size_of(program.sites.size()));
    program.questions[i] = add_aside(site, route.from, kQuestionPosition);
    program.question_limits.push_back(*route.shared_limit);
  }
  return program;
}

}  // namespace orrery::sim
