/// @file
/// What the drawers share: they stand in place of the cluster and the inspector, and lead to each
/// other and back.
#pragma once

#include <QCoreApplication>

#include "gui/views/canvas.h"

namespace orrery::gui {

class DrawerView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(DrawerView)

 public:
  DrawerView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {}

  /// Of the marks of what is still to come.
  static constexpr qreal kAhead = 0.45;

 protected:
  /// The panel, the names of the drawers, and what closes them.
  void draw_frame(DisplayList& list) const;
  /// How much of a list is shown: a bar at its right side.
  void draw_scroll_bar(DisplayList& list, const QRectF& room, double from, double length,
                       double all) const;
};

/// "events" of Drawer::Events, as actions and the command line name it; Drawer::None: "none".
[[nodiscard]] QString name_of(Drawer drawer);
/// Nothing: there is no such drawer.
[[nodiscard]] std::optional<Drawer> drawer_named(const QString& name);

[[nodiscard]] qreal width_of_chip(const QString& text, Type type = Type::BodyMedium);
/// A small button of one of several choices, so much narrower than width_of_chip(); returns where
/// it ends.
qreal draw_chip(DisplayList& list, qreal left, qreal middle, const QString& text, bool chosen,
                const QString& action, const Theme& theme, qreal less = 0,
                Type type = Type::BodyMedium);

/// Links to the drawers that end at `right`; returns where they begin.
qreal draw_drawer_links(DisplayList& list, qreal right, qreal middle, const Theme& theme);

}  // namespace orrery::gui
