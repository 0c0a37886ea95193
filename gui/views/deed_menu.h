/// @file
/// What can be done to the thing that was pointed at, with what it would hit before it is done.
#pragma once

#include <QCoreApplication>
#include <QPointer>
#include <functional>
#include <vector>

#include "gui/model/deeds.h"
#include "gui/views/canvas.h"
#include "gui/views/search_field.h"

namespace orrery::gui {

class DeedMenu : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(DeedMenu)

 public:
  DeedMenu(const Shown& shown, QWidget* parent);

  /// Opens near `at`, in its parent. Requires: there are deeds.
  void begin(const QString& thing, std::vector<Deed> deeds, QPoint at);
  /// What the chosen one would hit, and how many of these there are in all.
  void set_preview(QStringList hits, int count);
  /// Why it cannot be done; nothing was.
  void set_problems(QStringList problems);
  /// The entry of the deed that is chosen, as long as it is to last.
  [[nodiscard]] QJsonObject entry() const;
  [[nodiscard]] const std::vector<Deed>& deeds() const { return deeds_; }
  /// What the chosen one would hit is not known yet.
  [[nodiscard]] bool is_asking() const { return asked_; }
  /// As if its row were clicked.
  void choose(int row);
  /// When it goes, the keys go back to where they went before.
  void setVisible(bool visible) override;

  /// Told when another deed is chosen, or another time that it lasts.
  std::function<void()> on_choice;
  /// Told when it is to be done.
  std::function<void()> on_do;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  /// Arrows and Enter are enough for it; the window behind is not to be touched.
  bool focusNextPrevChild(bool next) override {
    return isVisible() || Canvas::focusNextPrevChild(next);
  }
  void focusOutEvent(QFocusEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void act(const QString& action);
  /// Another deed, or another way to do it: what it would hit is asked for.
  void ask();
  void fit();
  /// The first deed that is in view becomes this one, or the nearest that can be.
  void scroll(int first);
  [[nodiscard]] const Deed& chosen() const { return deeds_[static_cast<std::size_t>(chosen_)]; }
  /// Above the line with what the chosen one needs.
  [[nodiscard]] qreal need_top() const;
  void draw_rows(DisplayList& list) const;
  qreal draw_length(DisplayList& list, qreal top) const;
  void draw_outcome(DisplayList& list, qreal top) const;
  [[nodiscard]] bool chosen_lasts() const;
  [[nodiscard]] bool any_needs() const;

  SearchField* field_;        ///< Where something has to be typed.
  QPointer<QWidget> before_;  ///< Had the focus.
  QString thing_;
  QPoint at_;
  std::vector<Deed> deeds_;
  int chosen_ = 0;
  int first_ = 0;       ///< In view,
  int rows_ = 1;        ///< and how many are.
  int length_ = 1;      ///< Which of the times it lasts.
  bool asked_ = false;  ///< What it would hit is not known yet.
  QStringList hits_;
  int count_ = 0;
  QStringList problems_;
};

/// "Kill one of its pods": what a deed does.
[[nodiscard]] QString deed_text(const Deed& deed);
/// "service cart", "cart → db": the thing that is pointed at.
[[nodiscard]] QString thing_text(const QString& thing);

}  // namespace orrery::gui
