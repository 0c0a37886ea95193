/// @file
/// Followed requests around the instant, and the calls of one of them as a waterfall.
#pragma once

#include <set>
#include <vector>

#include "gui/model/requests.h"
#include "gui/views/drawer.h"
#include "gui/views/why_text.h"

namespace orrery::gui {

class RequestsView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(RequestsView)

 public:
  RequestsView(const Shown& shown, QWidget* parent);

  /// Another run.
  void set_run();
  /// The instant or the selection changed: another stretch of requests may be due.
  void load();
  void set_order(RequestOrder order);
  /// Opens the siblings that share the row of this span, or puts them together again.
  void toggle(std::uint32_t span);
  /// All of the request, after its waterfall was zoomed.
  void show_whole();
  /// The one whose waterfall is shown; null: none.
  [[nodiscard]] const recording::Trace* current() const;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] bool is_tab_stop(const Shape& shape) const override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  /// A part of the request: shares of its length.
  struct Part {
    double from = 0;
    double to = 1;
  };

  [[nodiscard]] std::vector<const recording::Trace*> listed() const;
  /// How many requests it shows at a time; fewer where there is little room for the chosen one.
  [[nodiscard]] double list_rows() const;
  [[nodiscard]] qreal list_bottom() const;
  [[nodiscard]] QRectF list_room() const;
  /// There is room for it, and for a call below it.
  [[nodiscard]] bool has_minimap() const;
  [[nodiscard]] qreal rows_top() const;
  [[nodiscard]] qreal names_right() const;  ///< There the bars begin.
  [[nodiscard]] QRectF minimap_room() const;
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] qreal x_of(const recording::Trace& trace, Duration since) const;
  [[nodiscard]] double first_listed(const std::vector<const recording::Trace*>& list) const;
  void zoom(double factor, double around);
  void scroll_rows(double rows);
  void draw_controls(DisplayList& list, std::size_t count) const;
  void draw_request(DisplayList& list, const recording::Trace& trace, Duration longest, qreal top,
                    bool chosen) const;
  void draw_title(DisplayList& list, const recording::Trace& trace) const;
  void draw_minimap(DisplayList& list, const recording::Trace& trace,
                    const std::vector<WaterfallRow>& rows) const;
  void draw_axis(DisplayList& list, const recording::Trace& trace) const;
  void draw_span(DisplayList& list, const recording::Trace& trace, const WaterfallRow& row,
                 qreal top) const;
  void draw_key(DisplayList& list) const;
  [[nodiscard]] std::vector<WhyPart> causes_of(const recording::Trace& trace,
                                               const std::vector<WaterfallRow>& rows) const;

  Requests requests_;
  RequestOrder order_ = RequestOrder::ByTime;
  std::set<std::uint32_t> opened_;
  Part part_;
  double top_request_ = -1;  ///< Below 0: the list follows the instant.
  double top_row_ = 0;
  std::optional<qreal> drag_from_;  ///< In the minimap, a share of the request.
};

}  // namespace orrery::gui
