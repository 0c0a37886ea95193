/// @file
/// Which run this is, and how the window looks: opening, language, theme.
#pragma once

#include <QCoreApplication>

#include "gui/views/canvas.h"

namespace orrery::gui {

class TopBar : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(TopBar)

 public:
  TopBar(const Shown& shown, QWidget* parent);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;

 private:
  void draw_mark(DisplayList& list, QPointF centre) const;
  /// One run or two side by side; returns where the switch begins.
  qreal draw_modes(DisplayList& list) const;
};

}  // namespace orrery::gui
