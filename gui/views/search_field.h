/// @file
/// A line to type into, in the window's colours, with a glass before the text where it searches.
#pragma once

#include <QLineEdit>

#include "gui/views/canvas.h"

namespace orrery::gui {

class SearchField : public QLineEdit {
 public:
  SearchField(const Shown& shown, QWidget* parent, bool searches = true);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Shown& shown_;
  bool searches_;
};

}  // namespace orrery::gui
