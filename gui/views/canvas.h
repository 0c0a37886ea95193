/// @file
/// A view that paints itself: a display list over cached pixels, drawn anew only when it changed,
/// and above it what moves.
#pragma once

#include <QPixmap>
#include <QRegion>
#include <QTransform>
#include <QWidget>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
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
  bool only_path = false;          ///< Of services, those that the selected one hangs on with.
  std::vector<Instant> bookmarks;  ///< Of the run, in order.
  std::optional<HandNow> hand;     ///< Absent: the run is over, or in nobody's hand.
  bool can_branch = false;         ///< Another run can begin and be led to the instant.
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
  /// It changes less than those above: its pixels are kept, with those of all layers below it.
  bool is_ground = false;
};

class Canvas : public QWidget {
 public:
  Canvas(const Shown& shown, QWidget* parent);

  /// The shared state changed: `moving`, only in what moves.
  void refresh(bool moving = false);
  /// The next painting paints all of it. Otherwise only what changed is painted anew, whose smooth
  /// edges may differ from that by some steps of 255, which nobody sees.
  void refresh_all_pixels();
  /// While time passes, what changed is painted in parts, none of which takes long, and is seen
  /// when all of it is there. Whether there are more of them,
  [[nodiscard]] bool is_behind() const { return !behind_.all.isEmpty(); }
  /// of which this paints the next ones.
  void go_on();
  /// All that it shows now.
  [[nodiscard]] std::vector<Layer> layers() const;
  /// The shape with the tag and where it is in the view; null: it is not shown.
  [[nodiscard]] const Shape* find(const QString& tag, QRectF* where = nullptr) const;

  /// What a screen reader says, in order, where that is in the view, and what a click there does.
  struct Said {
    QString says;
    QRectF where;
    QString action;
  };
  /// Of shapes that say something, and of those to click on, by the words in them.
  [[nodiscard]] std::vector<Said> said() const;

  /// What Tab has come to, of what can be clicked on; null: nothing, or it is not shown any more.
  [[nodiscard]] const Shape* reached(QRectF* where = nullptr) const;

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
  /// Whether Tab comes to it; arrows may come to the others. Requires: it has an action.
  [[nodiscard]] virtual bool is_tab_stop(const Shape& /*shape*/) const { return true; }

  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void changeEvent(QEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  /// Enter does what a click on what is reached does.
  void keyPressEvent(QKeyEvent* event) override;
  /// Through the view's tab stops, and on to the next view.
  bool focusNextPrevChild(bool next) override;

 private:
  /// A shape with an action, and where it is in the view.
  struct Stop {
    /// Two may be called alike: the first of them has the number 0.
    struct Name {
      QString tag;
      QString action;
      std::ptrdiff_t number = 0;
    };
    const Shape* shape;
    QRectF where;

    [[nodiscard]] bool is_called(const Name& name) const {
      return shape->tag == name.tag && shape->action == name.action;
    }
  };

  void rebuild();
  /// What moves now, and what Tab has come to.
  [[nodiscard]] std::vector<Layer> moving_now() const;
  /// Where the cached pixels are not those of layers.
  struct Changes {
    QRegion ground;
    QRegion all;
  };
  /// Nothing: they have to be painted anew. The first `ground` of the layers are the ground.
  [[nodiscard]] std::optional<Changes> changed_in(const std::vector<Layer>& next,
                                                  std::size_t ground) const;
  void paint_all();
  /// Paints what is behind, or a part of it.
  void catch_up();
  void catch_up_in_part();
  void paint_changes(QRegion part);
  /// What was painted is seen from now on.
  void show_pixels();
  /// From the top to the bottom, from the left to the right.
  [[nodiscard]] std::vector<Stop> tab_stops() const;
  /// Which of them is reached; how many there are: none.
  [[nodiscard]] std::size_t reached_of(const std::vector<Stop>& stops) const;
  void reach(const std::vector<Stop>& stops, std::size_t stop);
  [[nodiscard]] const Shape* hit(QPointF point) const;
  [[nodiscard]] const Shape* thing_at(QPointF point) const;

  const Shown& shown_;
  bool stale_ = true;
  qreal ratio_ = 1;
  std::vector<Layer> still_;
  std::vector<Layer> moving_;
  std::size_t ground_layers_ = 0;  ///< The first of those that stand still.
  QPixmap pixels_;
  QPixmap ground_;  ///< Null: no layer is ground.
  Changes behind_;
  QPixmap seen_;    ///< The pixels as they were when they were not behind.
  QRegion unseen_;  ///< Where they were painted since.
  const Theme* theme_of_pixels_ = nullptr;
  std::optional<Stop::Name> reached_;
};

/// Paints layers in order; with `only`, no more than what is seen there.
void paint(QPainter& painter, std::span<const Layer> layers, const Theme& theme,
           const QRegion& only = {});

}  // namespace orrery::gui
