#include "gui/model/card_graph.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace orrery::gui {
namespace {

std::string namespace_of(const std::string& service) {
  return service.substr(0, service.find('/'));
}

bool has_namespaces(const recording::Scene& scene) {
  return std::any_of(scene.services.begin(), scene.services.end(), [&](const std::string& name) {
    return namespace_of(name) != namespace_of(scene.services.front());
  });
}

/// The cards that are shown, without edges.
std::vector<Card> cards_of(const recording::Scene& scene,
                           const std::optional<std::string>& opened) {
  std::vector<Card> cards;
  const bool grouped = scene.services.size() > kServicesMost;
  std::map<std::string, std::size_t> groups;
  for (std::uint32_t service = 0; service < scene.services.size(); ++service) {
    const std::string group = grouped ? group_of_service(scene, service) : std::string{};
    if (!grouped || group == opened) {
      cards.push_back({scene.services[service], false, {service}});
      continue;
    }
    const auto [place, is_new] = groups.emplace(group, cards.size());
    if (is_new) cards.push_back({group, true, {}});
    cards[place->second].services.push_back(service);
  }
  for (Card& card : cards) {
    if (card.services.size() > 1) continue;
    card.is_group = false;
    card.name = scene.services[card.services.front()];
  }
  return cards;
}

std::vector<CardEdge> edges_of(const recording::Scene& scene, const CardGraph& graph) {
  std::vector<CardEdge> edges;
  std::map<std::pair<std::optional<std::uint32_t>, std::uint32_t>, std::size_t> known;
  for (std::size_t e = 0; e < scene.edges.size(); ++e) {
    const recording::SceneEdge& edge = scene.edges[e];
    const auto to = graph.card_of(edge.to);
    std::optional<std::uint32_t> from;
    if (edge.from != recording::kOutside) {
      from = graph.card_of(edge.from);
      if (!from || from == to) continue;
    }
    if (!to) continue;
    const auto [place, is_new] = known.emplace(std::pair{from, *to}, edges.size());
    if (is_new) edges.push_back({from, *to, {}});
    edges[place->second].edges.push_back(e);
  }
  return edges;
}

}  // namespace

std::optional<std::uint32_t> CardGraph::card_of(std::uint32_t service) const {
  for (std::uint32_t i = 0; i < cards.size(); ++i) {
    const auto& services = cards[i].services;
    if (std::find(services.begin(), services.end(), service) != services.end()) return i;
  }
  return std::nullopt;
}

std::string group_of_service(const recording::Scene& scene, std::uint32_t service) {
  const std::string& name = scene.services[service];
  if (has_namespaces(scene)) return namespace_of(name);
  const std::string own = name.substr(name.find('/') + 1);
  return own.substr(0, own.find('-'));
}

CardGraph card_graph(const recording::Scene& scene, const std::optional<std::string>& opened) {
  CardGraph graph;
  graph.cards = cards_of(scene, opened);
  graph.edges = edges_of(scene, graph);
  if (!opened || scene.services.size() <= kServicesMost) return graph;
  // Of the others, only those that have to do with the opened one.
  const auto is_open = [&](std::uint32_t card) {
    return group_of_service(scene, graph.cards[card].services.front()) == opened;
  };
  std::set<std::uint32_t> near;
  for (const CardEdge& edge : graph.edges) {
    if (edge.from && is_open(*edge.from)) near.insert(edge.to);
    if (edge.from && is_open(edge.to)) near.insert(*edge.from);
  }
  CardGraph around;
  for (std::uint32_t card = 0; card < graph.cards.size(); ++card) {
    if (is_open(card) || near.count(card) > 0) around.cards.push_back(graph.cards[card]);
  }
  around.edges = edges_of(scene, around);
  return around;
}

ServiceNow card_now(const Moment& moment, const Card& card) {
  if (!card.is_group) return moment.services[card.services.front()];
  ServiceNow now;
  for (const std::uint32_t service : card.services) {
    const ServiceNow& one = moment.services[service];
    if (severity(one.state) > severity(now.state)) now.state = one.state;
    now.calls.started += one.calls.started;
    now.calls.ended += one.calls.ended;
    now.calls.failed += one.calls.failed;
    now.per_second += one.per_second;
    now.p50 = std::max(now.p50, one.p50);
    now.p95 = std::max(now.p95, one.p95);
    now.p99 = std::max(now.p99, one.p99);
    now.ready += one.ready;
    if (one.arrival && (!now.arrival || one.arrival->order < now.arrival->order)) {
      now.arrival = one.arrival;
    }
  }
  return now;
}

EdgeNow edge_now(const Moment& moment, const CardEdge& edge) {
  if (edge.edges.size() == 1) return moment.edges[edge.edges.front()];
  EdgeNow now;
  double failed = 0;
  for (const std::size_t e : edge.edges) {
    const EdgeNow& one = moment.edges[e];
    if (severity(one.state) > severity(now.state)) now.state = one.state;
    now.per_second += one.per_second;
    failed += one.error_share * one.per_second;
    now.p50 = std::max(now.p50, one.p50);
    now.open += one.open;
    now.trying += one.trying;
    if (one.open_since && (!now.open_since || *one.open_since < *now.open_since)) {
      now.open_since = one.open_since;
    }
  }
  now.error_share = now.per_second > 0 ? failed / now.per_second : 0;
  return now;
}

}  // namespace orrery::gui
