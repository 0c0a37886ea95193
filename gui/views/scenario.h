/// @file
/// The text of a scenario with what is wrong with it at its place, whose values are changed where
/// they stand; and what runs it.
#pragma once

#include <QUndoStack>
#include <optional>

#include "gui/model/scenario_text.h"
#include "gui/model/scenario_values.h"
#include "gui/views/drawer.h"
#include "gui/views/search_field.h"

namespace orrery::gui {

class ScenarioView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(ScenarioView)

 public:
  enum class Phase { Checking, Wrong, Right, Running, Over };

  ScenarioView(const Shown& shown, QWidget* parent);

  /// What a file says: what was changed before cannot be undone any more.
  void set_text(ScenarioText text);
  void set_problems(std::vector<Problem> problems);
  /// `said`: a line for people; may be empty.
  void set_phase(Phase phase, const QString& said = {});
  [[nodiscard]] const ScenarioText& text() const { return text_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  /// Where `Run` runs it: on live hosts, or simulated.
  [[nodiscard]] bool is_for_live_hosts() const { return live_hosts_; }
  void set_live_hosts(bool on);
  /// The line that was set with the phase.
  [[nodiscard]] const QString& said() const { return said_; }
  /// There is one, and nothing is known to be wrong with it.
  [[nodiscard]] bool is_right() const;

  /// In the order of the text.
  [[nodiscard]] const std::vector<ValuePlace>& values() const { return values_; }
  /// Somebody types another value in place of this one. Nothing happens if there is none such.
  void begin_edit(std::size_t value);
  /// What is typed becomes the value, or, without `keep`, is forgotten.
  void end_edit(bool keep);
  void undo();
  void redo();
  /// Whether it says something else than its file.
  [[nodiscard]] bool is_changed() const { return !edits_.isClean(); }
  /// What the file said when it was read, or written last.
  [[nodiscard]] const QStringList& saved() const { return saved_; }
  /// Its file says the same now.
  void set_saved();

  /// Told whenever it says something else than before.
  std::function<void()> on_edit;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] bool is_tab_stop(const Shape& shape) const override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// A line of the text, or a problem below it.
  struct Row {
    int line = 0;
    const Problem* problem = nullptr;
    int tall = 1;  ///< Rows that it needs; 0: a row that the one before it takes.
  };
  class Edit;
  struct Button {
    QString name;
    QString action;
    bool chosen = false;
  };
  /// Where what stands above the text has its place: what finds no room beside the name of the
  /// file, or beside what is said of it, has lines of its own.
  struct Head {
    QRectF name;
    std::vector<QRectF> buttons;  ///< In their order.
    QRectF said;
    bool said_wraps = false;
    qreal links_middle = 0;
    qreal bottom = 0;
  };

  /// From the right.
  [[nodiscard]] std::vector<Button> buttons() const;
  [[nodiscard]] std::vector<Button> links() const;
  [[nodiscard]] Head head() const;
  [[nodiscard]] std::vector<Row> rows() const;
  [[nodiscard]] QRectF rows_room() const;
  [[nodiscard]] double first_row(std::size_t count) const;
  void scroll(double rows);
  /// The row of a line comes into view.
  void reveal(int line);
  void choose(std::size_t value);
  /// Over the chosen value.
  void place_field();
  /// Puts other characters in place of `length` of a line.
  void put(int line, qsizetype from, qsizetype length, const QString& text);
  void note_edit();
  void read_values();
  void draw_head(DisplayList& list) const;
  void draw_line(DisplayList& list, int line, const QRectF& room) const;
  void draw_problem(DisplayList& list, const Row& row, const QRectF& room) const;
  /// Where it may run, ending at `right`. Returns where what stands before it ends.
  qreal draw_worlds(DisplayList& list, qreal right, qreal middle) const;
  [[nodiscard]] QString phase_text() const;
  [[nodiscard]] State phase_state() const;
  /// That, and whether it is saved.
  [[nodiscard]] QString said_text() const;

  ScenarioText text_;
  QStringList saved_;
  std::vector<ValuePlace> values_;
  std::optional<std::size_t> chosen_;  ///< Of the values.
  QUndoStack edits_;
  SearchField* field_;    ///< Over the value that is changed.
  bool editing_ = false;  ///< The chosen one is.
  bool live_hosts_ = false;
  Phase phase_ = Phase::Checking;
  QString said_;
  double top_ = 0;
};

}  // namespace orrery::gui
