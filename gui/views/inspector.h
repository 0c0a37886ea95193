/// @file
/// The selected service, or the users: three numbers with what they were, and three charts; of its
/// calls, or of a group of consumers that it is or that it feeds.
#pragma once

#include <QCoreApplication>
#include <array>
#include <optional>
#include <vector>

#include "gui/views/canvas.h"

namespace orrery::gui {

class InspectorView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(InspectorView)

 public:
  InspectorView(const Shown& shown, QWidget* parent);

  /// A consumer group of the scene, wherever the selected service has to do with it; nothing: its
  /// calls.
  void inspect(std::optional<std::size_t> group);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] std::vector<Layer> moving_layers() const override;

 private:
  struct Line {
    std::vector<double> values;  ///< By second from the chart's first.
    QColor color;
    QString name;
    bool ghost = false;  ///< Of the run that this one is compared with.
  };
  /// A number, and its chart.
  struct Figure {
    QString title;
    QString brief;  ///< The title where there is no room for it.
    QString value;
    QString beside;  ///< What it was, or is in the other run.
    QColor color;
    std::vector<Line> lines = {};
    double most = 1;  ///< Of the chart.
    QString top = {};
    bool filled = false;
  };
  using Figures = std::array<Figure, 3>;
  [[nodiscard]] static double most_of(const std::vector<Line>& lines);

  [[nodiscard]] CallSecond second(std::size_t second) const;
  [[nodiscard]] CallSum sum(std::size_t second, std::size_t length) const;
  /// The service of the other run that is shown beside; nothing: it has none, or no calls then.
  [[nodiscard]] std::optional<CallSecond> other_second(std::size_t second) const;
  /// Consumer groups that the selected service is, then those that it feeds.
  [[nodiscard]] std::vector<std::size_t> groups() const;
  /// Which of them is shown; nothing: calls are.
  [[nodiscard]] std::optional<std::size_t> group_shown() const;
  [[nodiscard]] QString name_of_group(std::size_t group) const;
  /// The same group of the other run; nothing: it has none.
  [[nodiscard]] std::optional<std::size_t> other_group(std::size_t group) const;
  /// The second whose figures stand beside those of now.
  [[nodiscard]] std::size_t second_before(std::size_t now) const;
  [[nodiscard]] Figures figures_of_calls(std::size_t now) const;
  [[nodiscard]] Figures figures_of_group(std::size_t group, std::size_t now) const;
  void draw_header(DisplayList& list) const;
  void draw_choice(DisplayList& list) const;
  void draw_figure(DisplayList& list, std::size_t column, const Figure& figure) const;
  void draw_chart(DisplayList& list, const QRectF& box, const Figure& figure) const;
  [[nodiscard]] std::size_t first_second() const;
  [[nodiscard]] qreal figures_top() const;
  [[nodiscard]] qreal column_width() const;
  [[nodiscard]] qreal column_left(std::size_t column) const;
  [[nodiscard]] QRectF chart_rect(std::size_t column) const;
  /// Whether there is room for times below the charts; the timeline has them, too.
  [[nodiscard]] bool has_times() const;
  /// Where the instant is in a chart.
  void draw_now(DisplayList& list, const QRectF& box) const;

  bool calls_chosen_ = false;
  std::optional<std::size_t> group_chosen_;
};

}  // namespace orrery::gui
