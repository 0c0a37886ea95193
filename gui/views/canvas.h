/// @file
/// A view that paints itself: a display list over cached pixels, drawn anew only when it changed,
/// and above it what moves.
#pragma once

#include <QPixmap>
#include <QTransform>
#include <QWidget>
#include <functional>
#include <utility>
#include <vector>

#include "gui/draw/display_list.h"
#include "gui/model/divergence.h"
#include "gui/model/moment.h"
#include "gui/theme/theme.h"

namespace orrery::gui {

/// What stands in place of the cluster and the inspector.
enum class Drawer { None, Events, Requests, Limits, Scenario, Compare, Lab };

inline constexpr qreal kPadding = 20;       ///< Of panels.
inline constexpr qreal kHeaderMiddle = 26;  ///< Of a panel's title, from its top.

/// A run that is in the window's hand.
struct HandNow {
  bool held = false;   ///< It waits; otherwise it goes on,
  bool steps = false;  ///< and holds again by itself.
  double speed = 1;    ///< Simulated seconds in one; 0: as fast as can be.
  Instant at;          ///< Where it was when it came to this.
};

/// What all views share: one run, one instant, one selection.
struct Shown {
  const RecordedRun* run = nullptr;  ///< Null: nothing is open.
  const Moment* moment = nullptr;
  /// The run that this one is compared with; null: none.
  const RecordedRun* other = nullptr;
  const Moment* other_moment = nullptr;
  QString letter;  ///< "A" or "B", if two are compared.
  QString file;    ///< Its name, without folders.
  QString other_file;
  std::optional<Divergence> parting;  ///< Of the two.
  Instant at;
  std::optional<std::uint32_t> selected;  ///< A service; absent: the users.
  std::optional<std::uint64_t> event;     ///< That was chosen of the events.
  std::optional<std::uint64_t> request;   ///< The key of a request that was chosen.
  Drawer drawer = Drawer::None;
  const Theme* theme = nullptr;
  bool playing = false;
  double speed = 1;  ///< Simulated seconds in one; 0: as fast as can be.
  bool reduced_motion = false;
  std::vector<Instant> bookmarks;  ///< Of the run, in order.
  std::optional<HandNow> hand;     ///< Absent: the run is over, or in nobody's hand.
  QString session;                 ///< A scenario of what was done by hand; empty: nothing was.
  /// What somebody may begin with: a name for people, and its path.
  std::vector<std::pair<QString, QString>> offers;
  QStringList recent;  ///< Recordings that were open before, the last one first.
  QString notice;      ///< What went wrong, for people; empty: nothing.
};

/// A display list in coordinates of its own.
struct Layer {
  DisplayList list;
  QTransform transform;
  QRectF clip;  ///< In those of the view; empty: all of it.
};

class Canvas : public QWidget {
 public:
  Canvas(const Shown& shown, QWidget* parent);

  /// The shared state changed: `moving`, only in what moves.
  void refresh(bool moving = false);
  /// All that it shows now.
  [[nodiscard]] std::vector<Layer> layers() const;
  /// The shape with the tag and where it is in the view; null: it is not shown.
  [[nodiscard]] const Shape* find(const QString& tag, QRectF* where = nullptr) const;

  /// What a screen reader says, in order, and where that is in the view.
  struct Said {
    QString says;
    QRectF where;
  };
  [[nodiscard]] std::vector<Said> said() const;

  /// Told of clicks on shapes with an action.
  std::function<void(const QString& action)> on_action;
  /// Told of the thing that is pointed at, to do something to it; the point is one of the view's.
  std::function<void(const QString& thing, QPoint at)> on_thing;

 protected:
  [[nodiscard]] const Shown& shown() const { return shown_; }
  [[nodiscard]] const Theme& colors() const { return *shown_.theme; }
  /// Pixels of what is painted on for each of the view's.
  [[nodiscard]] qreal ratio() const { return ratio_; }
  /// Whether there is something to show.
  [[nodiscard]] bool has_moment() const { return shown_.moment != nullptr; }
  /// The background and border of a panel.
  void draw_panel(DisplayList& list) const;

  /// What stands still, in order.
  [[nodiscard]] virtual std::vector<Layer> still_layers() const = 0;
  /// What moves with time, drawn above it.
  [[nodiscard]] virtual std::vector<Layer> moving_layers() const { return {}; }

  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void rebuild();
  [[nodiscard]] const Shape* hit(QPointF point) const;
  [[nodiscard]] const Shape* thing_at(QPointF point) const;

  const Shown& shown_;
  bool stale_ = true;
  qreal ratio_ = 1;
  std::vector<Layer> still_;
  std::vector<Layer> moving_;
  QPixmap pixels_;
};

/// Paints layers in order.
void paint(QPainter& painter, const std::vector<Layer>& layers, const Theme& theme);

}  // namespace orrery::gui
