#include "gui/layout/layered.h"

#include <gvc.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "models/base/contract.h"

extern "C" {
extern gvplugin_library_t gvplugin_dot_layout_LTX_library;
}

namespace orrery::gui {
namespace {

constexpr double kPointsPerInch = 72;
constexpr double kColumnGap = 76;  // Between cards: columns of cards of 172 are 248 apart.
constexpr double kColumnGapMost = 190;
constexpr double kRowGap = 30;  // Rows of cards of 50 are 80 apart: a badge touches no other card.
constexpr double kRowGapMost = 84;

/// One layout engine, known at link time: nothing is looked for at run time.
GVC_t* context() {
  static lt_symlist_t plugins[] = {
      {"gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library}, {nullptr, nullptr}};
  static GVC_t* const made = gvContextPlugins(plugins, 0);
  return made;
}

void set(void* object, const char* name, const std::string& value) {
  std::string key = name;
  std::string text = value;
  std::string none;
  agsafeset(object, key.data(), text.data(), none.data());
}

QPointF point(const pointf& p, double height) { return {p.x, height - p.y}; }

Layout run_dot(const LayeredGraph& graph, double column_gap, double row_gap) {
  std::string name = "calls";
  Agraph_t* const g = agopen(name.data(), Agdirected, nullptr);
  set(g, "rankdir", "LR");
  set(g, "splines", "true");
  set(g, "ranksep", std::to_string(column_gap / kPointsPerInch));
  set(g, "nodesep", std::to_string(row_gap / kPointsPerInch));
  std::vector<Agnode_t*> nodes;
  for (std::size_t i = 0; i < graph.nodes; ++i) {
    std::string id = "n" + std::to_string(i);
    Agnode_t* const node = agnode(g, id.data(), 1);
    set(node, "shape", "box");
    set(node, "fixedsize", "true");
    set(node, "label", "");
    set(node, "width", std::to_string(graph.card.width() / kPointsPerInch));
    set(node, "height", std::to_string(graph.card.height() / kPointsPerInch));
    nodes.push_back(node);
  }
  std::vector<Agedge_t*> edges;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    std::string id = "e" + std::to_string(i);
    Agedge_t* const edge =
        agedge(g, nodes.at(graph.edges[i].first), nodes.at(graph.edges[i].second), id.data(), 1);
    if (graph.edges[i].first != graph.edges[i].second) {
      set(edge, "tailport", "e");
      set(edge, "headport", "w");
    }
    set(edge, "arrowhead", "none");
    edges.push_back(edge);
  }
  expects(gvLayout(context(), g, "dot") == 0, "dot lays out every directed graph");

  Layout layout;
  const boxf box = GD_bb(g);
  layout.size = {box.UR.x, box.UR.y};
  for (Agnode_t* node : nodes) layout.centres.push_back(point(ND_coord(node), box.UR.y));
  for (Agedge_t* edge : edges) {
    QPainterPath path;
    const splines* const lines = ED_spl(edge);
    for (int i = 0; lines != nullptr && i < lines->size; ++i) {
      const bezier& curve = lines->list[i];
      path.moveTo(point(curve.list[0], box.UR.y));
      for (int at = 1; at + 2 < curve.size; at += 3) {
        path.cubicTo(point(curve.list[at], box.UR.y), point(curve.list[at + 1], box.UR.y),
                     point(curve.list[at + 2], box.UR.y));
      }
    }
    layout.curves.push_back(std::move(path));
  }
  gvFreeLayout(context(), g);
  agclose(g);

  for (const QPointF& centre : layout.centres) layout.columns.push_back(std::round(centre.x()));
  std::sort(layout.columns.begin(), layout.columns.end());
  layout.columns.erase(std::unique(layout.columns.begin(), layout.columns.end()),
                       layout.columns.end());
  return layout;
}

/// The gap that makes `extent` fill `room`, if `gaps` grow alike.
double grown(double gap, double most, double extent, double room, std::size_t gaps) {
  if (gaps == 0 || extent >= room) return gap;
  return std::clamp(gap + (room - extent) / static_cast<double>(gaps), gap, most);
}

}  // namespace

Layout lay_out(const LayeredGraph& graph, QSizeF room) {
  if (graph.nodes == 0) return {};
  Layout first = run_dot(graph, kColumnGap, kRowGap);
  std::map<qreal, std::size_t> in_column;
  std::size_t tallest = 0;
  for (const QPointF& centre : first.centres) {
    tallest = std::max(tallest, ++in_column[std::round(centre.x())]);
  }
  const double column_gap =
      grown(kColumnGap, kColumnGapMost, first.size.width(), room.width(), first.columns.size() - 1);
  const double row_gap =
      grown(kRowGap, kRowGapMost, first.size.height(), room.height(), tallest - 1);
  if (column_gap <= kColumnGap && row_gap <= kRowGap) return first;
  return run_dot(graph, column_gap, row_gap);
}

}  // namespace orrery::gui
