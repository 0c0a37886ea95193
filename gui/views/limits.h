/// @file
/// Breakers, full queues, limits of rates and admission, by call path: what they stop now, and how
/// it went over the run.
#pragma once

#include "gui/model/limits.h"
#include "gui/views/drawer.h"

namespace orrery::gui {

class LimitsView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(LimitsView)

 public:
  LimitsView(const Shown& shown, QWidget* parent);

  /// Another run, or more of it was taken in.
  void set_run(const RecordedRun* run);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void scroll(double rows);
  /// In one row, or in two low ones where they would be too narrow for their names.
  [[nodiscard]] QRectF tile_place(std::size_t tile) const;
  [[nodiscard]] qreal table_middle() const;
  [[nodiscard]] qreal rows_top() const;
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] double first_row() const;
  void draw_tile(DisplayList& list, const QRectF& tile, LimitKind kind) const;
  void draw_row(DisplayList& list, std::size_t edge, qreal top) const;
  void draw_switch(DisplayList& list, std::size_t edge, QPointF centre) const;
  void draw_strip(DisplayList& list, std::size_t edge, const QRectF& strip) const;

  LimitBoard board_;
  double top_ = 0;
};

}  // namespace orrery::gui
