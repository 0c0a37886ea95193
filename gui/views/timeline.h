/// @file
/// The whole run from left to right: transport and clock, faults, rollouts, errors, and a strip for
/// each service that was hit.
#pragma once

#include <QCoreApplication>
#include <cstdint>
#include <vector>

#include "gui/views/canvas.h"

namespace orrery::gui {

class TimelineView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(TimelineView)

 public:
  TimelineView(const Shown& shown, QWidget* parent);

  /// Another run, or more of it was taken in.
  void set_run(const RecordedRun* run);
  /// The instant changed: what stands still is drawn anew only if something of note was passed.
  void show_instant();
  /// Told of the instant that is pointed at.
  std::function<void(Instant)> on_seek;

  [[nodiscard]] qreal x_of(Instant t) const;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] std::vector<Layer> moving_layers() const override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  struct Affected {
    std::uint32_t service = 0;
    Instant first;  ///< When the main trouble of the run reached it.
  };

  [[nodiscard]] Instant instant_at(qreal x) const;
  [[nodiscard]] qreal lanes_left() const;
  [[nodiscard]] qreal lanes_right() const;
  [[nodiscard]] Instant run_end() const;
  [[nodiscard]] std::size_t strip_room() const;
  [[nodiscard]] std::size_t strip_cells() const;
  /// All of it as it looks once it is over, or while it is ahead.
  [[nodiscard]] std::vector<Layer> lanes(bool ahead) const;
  [[nodiscard]] const QImage& ahead() const;
  /// Faults and rollouts that began or ended up to now.
  [[nodiscard]] std::size_t passed_notes() const;
  void draw_transport(DisplayList& list) const;
  /// What begins another run; returns where there is room before it.
  qreal draw_branch(DisplayList& list, qreal right) const;
  /// What a run in hand does, and its steps; from `left` on.
  void draw_hand(DisplayList& list, qreal left) const;
  void draw_axis(DisplayList& list) const;
  void draw_bookmarks(DisplayList& list) const;
  void draw_faults(DisplayList& list) const;
  [[nodiscard]] static QString text_of_change(const ChangeMark& change);
  void draw_rollouts(DisplayList& list) const;
  void draw_errors(DisplayList& list, bool ahead) const;
  void draw_other_errors(DisplayList& list, double most) const;
  void draw_parting(DisplayList& list) const;
  /// How the two runs part, as a line for people; empty: they do not, as far as is known.
  [[nodiscard]] QString parting_text() const;
  /// The worst state in each cell of a strip, from the left.
  [[nodiscard]] std::vector<State> strip_of(const RecordedRun& run, std::uint32_t service) const;
  [[nodiscard]] std::vector<Affected> strip_rows() const;
  void draw_strips(DisplayList& list, bool ahead) const;
  void draw_strip(DisplayList& list, std::uint32_t service, qreal middle, bool ahead) const;
  /// How it is now, beside the lanes.
  void draw_states(DisplayList& list) const;
  void draw_callout(DisplayList& list) const;
  void draw_cursor(DisplayList& list) const;
  /// What lasts for a while, or happened at an instant.
  struct Bar {
    Instant from;
    Instant to;
    QString text;
    State state = State::Healthy;
    QString tag;
  };
  void draw_lane(DisplayList& list, qreal middle, std::vector<Bar> bars) const;
  /// `room_end`: its words go no further.
  /// Its words have the room between; returns where it ends with them.
  qreal draw_bar(DisplayList& list, qreal middle, const Bar& bar, qreal room_begin,
                 qreal room_end) const;

  std::vector<Affected> affected_;  ///< Those hit worst first.
  bool scrubbing_ = false;
  mutable std::vector<QRectF> labels_;  ///< That the line of the instant leaves legible.
  mutable QImage ahead_;                ///< Null: it is not drawn yet.
  mutable std::size_t note_ = 0;
};

}  // namespace orrery::gui
