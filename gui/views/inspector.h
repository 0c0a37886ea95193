/// @file
/// The selected service, or the users: three numbers with what they were, and three charts.
#pragma once

#include <QCoreApplication>

#include "gui/views/canvas.h"

namespace orrery::gui {

class InspectorView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(InspectorView)

 public:
  InspectorView(const Shown& shown, QWidget* parent);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;

 private:
  struct Line {
    std::vector<double> values;  ///< By second from the chart's first.
    QColor color;
    QString name;
    bool ghost = false;  ///< Of the run that this one is compared with.
  };
  [[nodiscard]] CallSecond second(std::size_t second) const;
  [[nodiscard]] CallSum sum(std::size_t second, std::size_t length) const;
  /// The service of the other run that is shown beside; nothing: it has none, or no calls then.
  [[nodiscard]] std::optional<CallSecond> other_second(std::size_t second) const;
  void draw_header(DisplayList& list) const;
  void draw_chart(DisplayList& list, const QRectF& box, const std::vector<Line>& lines, double most,
                  bool filled, const QString& unit_top) const;
  [[nodiscard]] std::size_t first_second() const;
};

}  // namespace orrery::gui
