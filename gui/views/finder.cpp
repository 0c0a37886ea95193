#include "gui/views/finder.h"

#include <QKeyEvent>
#include <algorithm>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr int kWidth = 560;
constexpr qreal kFieldTop = 14;
constexpr qreal kFieldHeight = 36;
constexpr qreal kRowsTop = 60;
constexpr qreal kRow = 34;
constexpr std::size_t kMost = 8;

struct FinderText {
  Q_DECLARE_TR_FUNCTIONS(FinderText)
};

QString kind_text(Found::Kind kind) {
  switch (kind) {
    case Found::Kind::Time:
      return FinderText::tr("instant");
    case Found::Kind::Service:
      return FinderText::tr("service");
    case Found::Kind::Fault:
      return FinderText::tr("fault");
    case Found::Kind::Rollout:
      return FinderText::tr("rollout");
    case Found::Kind::Pod:
      return FinderText::tr("pod");
  }
  return {};
}

State mark_of(const Found& found, const Moment* moment) {
  if (found.kind == Found::Kind::Fault) return State::Lost;
  if (found.kind == Found::Kind::Rollout) return State::Starting;
  if (found.service && moment != nullptr) return moment->services[*found.service].state;
  return State::Healthy;
}

}  // namespace

QString action_of(const Found& found) {
  QString action = "find";
  if (found.service) action += QString{" service %1"}.arg(*found.service);
  if (found.at) action += QString{" time %1"}.arg(found.at->count_ns() / 1000);
  return action;
}

FinderView::FinderView(const Shown& shown, QWidget* parent)
    : Canvas{shown, parent}, field_{new SearchField{shown, this}} {
  setAccessibleName(tr("Find anything"));
  field_->installEventFilter(this);
  QObject::connect(field_, &QLineEdit::textChanged, this,
                   [this](const QString& text) { look_for(text); });
  hide();
}

void FinderView::begin() {
  field_->setPlaceholderText(tr("A service, pod, fault, or a time like 2:10"));
  field_->setAccessibleName(tr("Find anything"));
  field_->clear();
  look_for({});
  show();
  raise();
  field_->setFocus();
}

void FinderView::type(const QString& text) { field_->setText(text); }

void FinderView::look_for(const QString& text) {
  found_.clear();
  chosen_ = 0;
  if (shown().run != nullptr) {
    found_ = find_anything(*shown().run, text.trimmed().toStdString(), kMost);
  }
  fit();
  refresh();
}

void FinderView::fit() {
  const bool empty = found_.empty();
  const bool asked = !field_->text().trimmed().isEmpty();
  const qreal rows = empty ? (asked ? 1 : 0) : static_cast<qreal>(found_.size());
  const qreal height = rows == 0 ? kFieldTop * 2 + kFieldHeight : kRowsTop + rows * kRow + 10;
  const int left = parentWidget() == nullptr ? 0 : (parentWidget()->width() - kWidth) / 2;
  setGeometry(left, 84, kWidth, static_cast<int>(height));
}

std::vector<Layer> FinderView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  list.box(QRectF{rect()}, 12, c.panel, c.low).tag = "panel";
  for (std::size_t i = 0; i < found_.size(); ++i) draw_row(list, i);
  if (found_.empty() && !field_->text().trimmed().isEmpty()) {
    list.text({20, kRowsTop, width() - 40.0, kRow}, tr("Nothing is called so."), Type::Body, c.mid)
        .tag = "empty";
  }
  return layers;
}

void FinderView::draw_row(DisplayList& list, std::size_t row) const {
  const Theme& c = colors();
  const Found& found = found_[row];
  const QRectF line{10, kRowsTop + static_cast<qreal>(row) * kRow, width() - 20.0, kRow};
  if (static_cast<int>(row) == chosen_) list.box(line, 7, c.raised).tag = "chosen";
  const qreal middle = line.center().y();
  list.glyph(mark_of(found, shown().moment), {line.left() + 16, middle}, 13);
  QString kind = kind_text(found.kind);
  if (found.at) kind += "  " + clock_text(*found.at);
  const qreal right = list.words_before(line.right() - 12, middle, kind, Type::Body, c.low);
  const qreal height = height_of(Type::BodyMedium);
  list.text({line.left() + 32, middle - height / 2, right - line.left() - 44, height},
            subject_text(found.name), Type::BodyMedium, c.high);
  list.target(line, action_of(found), QString{"found %1"}.arg(row));
}

void FinderView::choose(int row) {
  if (row < 0 || row >= static_cast<int>(found_.size())) return;
  hide();
  if (on_action) on_action(action_of(found_[static_cast<std::size_t>(row)]));
}

bool FinderView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusOut) hide();
  if (event->type() != QEvent::KeyPress) return Canvas::eventFilter(watched, event);
  const int last = static_cast<int>(found_.size()) - 1;
  switch (static_cast<const QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape:
      hide();
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      choose(chosen_);
      return true;
    case Qt::Key_Down:
      chosen_ = std::clamp(chosen_ + 1, 0, std::max(0, last));
      refresh();
      return true;
    case Qt::Key_Up:
      chosen_ = std::max(0, chosen_ - 1);
      refresh();
      return true;
    default:
      return false;
  }
}

void FinderView::resizeEvent(QResizeEvent* event) {
  field_->setGeometry(14, static_cast<int>(kFieldTop), width() - 28,
                      static_cast<int>(kFieldHeight));
  Canvas::resizeEvent(event);
}

}  // namespace orrery::gui
