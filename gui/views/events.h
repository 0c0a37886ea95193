/// @file
/// What happened, line by line: filtered, with the instant that is shown marked, and for the chosen
/// line what it came from.
#pragma once

#include "gui/model/event_list.h"
#include "gui/views/drawer.h"
#include "gui/views/search_field.h"

namespace orrery::gui {

class EventsView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(EventsView)

 public:
  EventsView(const Shown& shown, QWidget* parent);

  /// Another run.
  void set_run(const RecordedRun* run);
  /// More of it was taken in.
  void take();
  /// See read_filter().
  void set_filter(const QString& text);
  /// Nothing: events of all groups.
  void set_group(std::optional<EventGroup> group);
  /// The line of the instant stays in view, until somebody scrolls.
  void follow();
  [[nodiscard]] const EventList& list() const { return list_; }
  /// The event that the foot is about: the chosen one, else the last that happened. Null: none.
  [[nodiscard]] const recording::RunEvent* current() const;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] bool is_tab_stop(const Shape& shape) const override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void scroll(qreal rows);
  /// The row so far from the one of current().
  void choose(int rows);
  void say_what_to_type();
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] double rows_shown() const;
  [[nodiscard]] double first_row() const;
  /// False: there was no room for the way back to the instant.
  bool draw_controls(DisplayList& list) const;
  /// Over the last row.
  void draw_way_to_now(DisplayList& list) const;
  /// Of the column that says what kind of event each row is.
  [[nodiscard]] qreal kind_width() const;
  void draw_row(DisplayList& list, std::size_t row, qreal top, bool ahead) const;
  void draw_foot(DisplayList& list) const;

  EventList list_;
  SearchField* field_;
  double top_ = 0;  ///< The first row that is shown, if it does not follow.
  bool follows_ = true;
};

}  // namespace orrery::gui
