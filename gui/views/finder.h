/// @file
/// A line to type into and what was found, over the rest of the window.
#pragma once

#include <QCoreApplication>
#include <vector>

#include "gui/model/search.h"
#include "gui/views/canvas.h"
#include "gui/views/search_field.h"

namespace orrery::gui {

class FinderView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(FinderView)

 public:
  FinderView(const Shown& shown, QWidget* parent);

  /// Opens, empty, in the upper middle of its parent.
  void begin();
  /// As if it were typed.
  void type(const QString& text);
  void look_for(const QString& text);
  [[nodiscard]] const std::vector<Found>& found() const { return found_; }

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void choose(int row);
  void fit();
  void draw_row(DisplayList& list, std::size_t row) const;

  SearchField* field_;
  std::vector<Found> found_;
  int chosen_ = 0;
};

/// What choosing it does: "find service 3 time 60000000".
[[nodiscard]] QString action_of(const Found& found);

}  // namespace orrery::gui
