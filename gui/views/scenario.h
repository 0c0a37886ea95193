/// @file
/// The text of a scenario with what is wrong with it at its place, and what runs it.
#pragma once

#include "gui/model/scenario_text.h"
#include "gui/views/drawer.h"

namespace orrery::gui {

class ScenarioView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(ScenarioView)

 public:
  enum class Phase { Checking, Wrong, Right, Running, Over };

  ScenarioView(const Shown& shown, QWidget* parent);

  void set_text(ScenarioText text);
  /// `said`: a line for people; may be empty.
  void set_phase(Phase phase, const QString& said = {});
  [[nodiscard]] const ScenarioText& text() const { return text_; }
  [[nodiscard]] Phase phase() const { return phase_; }

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  /// A line of the text, or a problem below it.
  struct Row {
    int line = 0;
    const Problem* problem = nullptr;
    int tall = 1;  ///< Rows that it needs; 0: a row that the one before it takes.
  };

  [[nodiscard]] std::vector<Row> rows() const;
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] double first_row(std::size_t count) const;
  void draw_head(DisplayList& list) const;
  [[nodiscard]] QString phase_text() const;

  ScenarioText text_;
  Phase phase_ = Phase::Checking;
  QString said_;
  double top_ = 0;
};

}  // namespace orrery::gui
