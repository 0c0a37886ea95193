/// @file
/// Who calls whom, from the users on the left to the stores on the right, and how far a failure
/// came: cards, edges, badges in the order in which it arrived, and why.
#pragma once

#include <QCoreApplication>
#include <optional>
#include <vector>

#include "gui/layout/layered.h"
#include "gui/model/blast_path.h"
#include "gui/model/card_graph.h"
#include "gui/views/canvas.h"

namespace orrery::gui {

class ServiceGraphView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(ServiceGraphView)

 public:
  ServiceGraphView(const Shown& shown, QWidget* parent);

  /// Another run: its cards are laid out, and stay there.
  void set_run(const RecordedRun* run);
  /// Its services stand there one by one, and beside them the groups around it; nothing: all
  /// groups.
  void open_group(const std::optional<QString>& group);
  [[nodiscard]] bool is_group_open() const { return opened_.has_value(); }
  void zoom(double factor, QPointF around);
  /// All of it, no larger than life.
  void zoom_to_fit();
  /// The card beside the selected one in a direction: dx, dy of -1, 0, 1.
  [[nodiscard]] std::optional<std::uint32_t> beside(std::uint32_t service, int dx, int dy) const;

  /// An edge of the selected card that keys have come to.
  struct ReachedEdge {
    QString thing;  ///< Empty: it stands for call paths of several services.
    QPointF middle;
    QString says;
  };
  [[nodiscard]] std::optional<ReachedEdge> reached_edge() const;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] std::vector<Layer> moving_layers() const override;
  [[nodiscard]] bool is_tab_stop(const Shape& shape) const override;
  bool focusNextPrevChild(bool next) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  /// Equally long steps along an edge.
  struct Track {
    QPainterPath path;
    std::vector<QPointF> points;
  };

  void arrange();
  /// Columns and cards are drawn apart as far as there is room to the sides: no card is wider than
  /// life.
  void fill_room();
  /// Cards take from the gaps between columns what they need for what they say, as far as lines
  /// can still be followed; `scale` is that of the graph.
  void widen_cards(double scale);
  /// Of a card for all that it may say [pixels].
  [[nodiscard]] qreal words_width(const Card& card, double scale) const;
  [[nodiscard]] QRectF graph_room() const;
  [[nodiscard]] QTransform view_of_graph() const;
  [[nodiscard]] QRectF card_rect(std::uint32_t card) const;
  void draw_header(DisplayList& list) const;
  /// What is hurt and what is needed by the selected service; returns where it ends.
  qreal draw_path_key(DisplayList& list, qreal left) const;
  [[nodiscard]] std::optional<BlastPath> path_now() const;
  [[nodiscard]] bool is_card_shown(std::uint32_t card) const;
  [[nodiscard]] bool is_edge_shown(std::size_t edge) const;
  [[nodiscard]] QColor path_color() const;
  void draw_path_of_edge(DisplayList& list, std::size_t edge) const;
  void draw_reached_edge(DisplayList& list) const;
  /// Of the selected card, of the users if there is none: out of it and then into it, from the top
  /// to the bottom.
  [[nodiscard]] std::vector<std::size_t> edges_beside() const;
  /// Which of the graph's edges is reached, while it is the selected card's.
  [[nodiscard]] std::optional<std::size_t> edge_reached() const;
  [[nodiscard]] QString thing_of_edge(std::size_t edge) const;
  [[nodiscard]] QString text_of_edge(std::size_t edge) const;
  /// False: there was none.
  bool leave_edge();
  void go_to_edge(int direction);
  void go_along_edge();
  void draw_invitation(DisplayList& list) const;
  void draw_captions(DisplayList& list) const;
  void draw_way_back(DisplayList& list) const;
  void draw_footer(DisplayList& list) const;
  void draw_why(DisplayList& list) const;
  void draw_halo(DisplayList& list, std::uint32_t card) const;
  void draw_edge(DisplayList& list, std::size_t edge) const;
  void draw_breaker(DisplayList& list, std::size_t edge) const;
  void draw_card(DisplayList& list, std::uint32_t card) const;
  /// What stands on a card and beside an edge, in the sizes of other words however small the graph
  /// is: what has no room is left out. `place` leads from the graph to where the words are drawn,
  /// `where` is the card there, `scale` how much smaller than life it is, at most 1.
  void draw_words_of_edge(DisplayList& list, std::size_t edge, const QTransform& place) const;
  void draw_words_of_card(DisplayList& list, std::uint32_t card, const QRectF& where,
                          double scale) const;
  void draw_badge(DisplayList& list, std::uint32_t card, const QRectF& where) const;
  /// Where cards are too small for two lines: its name as it fits, and its place in the order.
  void draw_small_card(DisplayList& list, std::uint32_t card, const QRectF& where) const;
  [[nodiscard]] QString value_of(std::uint32_t card) const;
  /// The number of its value alone; empty: it has none.
  [[nodiscard]] QString figure_of(std::uint32_t card) const;

  const RecordedRun* run_ = nullptr;
  std::optional<std::string> opened_;
  CardGraph graph_;
  // As they were when what stands still was last drawn.
  mutable std::vector<ServiceNow> cards_now_;
  mutable std::vector<EdgeNow> edges_now_;
  mutable std::optional<BlastPath> path_;  ///< Of the selected service.
  Layout laid_out_;                        ///< With cards as wide as in life.
  Layout layout_;                          ///< As it fills the room.
  qreal card_width_ = 0;
  std::vector<Track> tracks_;
  std::optional<std::size_t> reached_;  ///< The first of the scene's edges that it stands for.
  double zoom_ = 0;                     ///< 0: as it fits.
  QPointF pan_;
  std::optional<QPointF> drag_;
};

}  // namespace orrery::gui
