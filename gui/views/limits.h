/// @file
/// Breakers, full queues, limits of rates and admission, by call path: what they stop now, and how
/// it went over the run; and what the policies of callers did.
#pragma once

#include <functional>

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
  /// A figure of now, and how it went over the run.
  struct Tile {
    QString name;
    QString tag;
    QString value;
    QString beside = {};  ///< Behind the value, if there is room.
    State state = State::Healthy;
    bool is_none = false;
    std::function<std::uint64_t(std::size_t second)> count = {};
    std::uint64_t most = 0;  ///< Of the counts.
  };
  [[nodiscard]] std::size_t seconds_to_now() const;
  /// Whose policies are shown: the selected service's, if it has some; otherwise those of all.
  [[nodiscard]] std::optional<std::uint32_t> caller() const;
  void draw_key(DisplayList& list) const;
  [[nodiscard]] Tile limit_tile(LimitKind kind) const;
  [[nodiscard]] Tile policy_tile(recording::PolicyField deed, const PolicyTotals& totals) const;
  /// In one row, or in two low ones where they would be too narrow for their names.
  [[nodiscard]] bool is_one_row() const;
  /// How much of what policies did is shown, so that enough is left for the table.
  enum class PolicyRoom { None, Line, LowTiles, Tiles };
  [[nodiscard]] PolicyRoom policy_room() const;
  /// With their charts, or without.
  [[nodiscard]] qreal tile_height() const;
  [[nodiscard]] QRectF tile_place(qreal top, std::size_t tile) const;
  [[nodiscard]] qreal tiles_bottom(qreal top) const;
  [[nodiscard]] qreal policies_middle() const;
  [[nodiscard]] qreal table_middle() const;
  [[nodiscard]] qreal rows_top() const;
  /// There is room for it below a row.
  [[nodiscard]] bool has_key() const;
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] double first_row() const;
  void draw_policies(DisplayList& list) const;
  void draw_tile(DisplayList& list, const QRectF& place, const Tile& tile) const;
  void draw_row(DisplayList& list, std::size_t edge, qreal top) const;
  /// What stands below the name of a call path, the most important first.
  [[nodiscard]] QStringList said_of(std::size_t edge, bool is_state_said) const;
  void draw_switch(DisplayList& list, std::size_t edge, QPointF centre) const;
  void draw_strip(DisplayList& list, std::size_t edge, const QRectF& strip) const;

  LimitBoard board_;
  // Of the caller that was drawn last.
  mutable std::optional<std::uint32_t> totals_of_;
  mutable PolicyTotals totals_of_caller_;
  double top_ = 0;
};

}  // namespace orrery::gui
