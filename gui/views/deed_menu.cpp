#include "gui/views/deed_menu.h"

#include <QApplication>
#include <QKeyEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <utility>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr int kWidth = 430;
constexpr qreal kTitleMiddle = 26;
constexpr qreal kRowsTop = 48;
constexpr qreal kRow = 27;
constexpr int kRowsMost = 16;
constexpr qreal kLengthHeight = 40;
constexpr qreal kLine = 18;
constexpr qsizetype kHitLines = 3;
constexpr qsizetype kProblemLines = 4;
constexpr qreal kFootHeight = 48;
constexpr std::array kLengths{10, 30, 60, 300};

struct DeedText {
  Q_DECLARE_TR_FUNCTIONS(DeedText)
};

struct Known {
  const char* name;
  const char* text;
};

constexpr std::array kKnown{
    Known{"pod-kill", QT_TRANSLATE_NOOP("DeedText", "Delete a pod at once")},
    Known{"container-kill", QT_TRANSLATE_NOOP("DeedText", "Kill a container")},
    Known{"unwell fails", QT_TRANSLATE_NOOP("DeedText", "A pod answers with errors")},
    Known{"unwell hangs", QT_TRANSLATE_NOOP("DeedText", "A pod hangs")},
    Known{"network-delay", QT_TRANSLATE_NOOP("DeedText", "Messages are late by 200 ms")},
    Known{"network-loss", QT_TRANSLATE_NOOP("DeedText", "20% of messages are lost")},
    Known{"network-partition", QT_TRANSLATE_NOOP("DeedText", "Nothing passes")},
    Known{"reset", QT_TRANSLATE_NOOP("DeedText", "50% of connections are cut")},
    Known{"http-abort", QT_TRANSLATE_NOOP("DeedText", "50% are answered with 503")},
    Known{"http-delay", QT_TRANSLATE_NOOP("DeedText", "Requests are late by 500 ms")},
    Known{"dns-error", QT_TRANSLATE_NOOP("DeedText", "Its name is not found")},
    Known{"no-retries", QT_TRANSLATE_NOOP("DeedText", "Nothing is tried again")},
    Known{"policy", QT_TRANSLATE_NOOP("DeedText", "Change the policy")},
    Known{"pod-failure", QT_TRANSLATE_NOOP("DeedText", "A pod gets an image that does nothing")},
    Known{"cpu-stress", QT_TRANSLATE_NOOP("DeedText", "2 threads take a pod's CPU")},
    Known{"memory-stress", QT_TRANSLATE_NOOP("DeedText", "A pod takes 256 MiB more")},
    Known{"gc-pause", QT_TRANSLATE_NOOP("DeedText", "A pod stands still")},
    Known{"io-latency", QT_TRANSLATE_NOOP("DeedText", "What a pod waits for takes 100 ms more")},
    Known{"network-corrupt", QT_TRANSLATE_NOOP("DeedText", "5% of messages are corrupt")},
    Known{"network-bandwidth", QT_TRANSLATE_NOOP("DeedText", "Each sender has 1 Mbit/s")},
    Known{"slow-close", QT_TRANSLATE_NOOP("DeedText", "Connections take 5 s to close")},
    Known{"limit-data", QT_TRANSLATE_NOOP("DeedText", "Messages over 4 KiB are cut off")},
    Known{"http-replace", QT_TRANSLATE_NOOP("DeedText", "50% of answers become a 500")},
    Known{"bad-config timeout",
          QT_TRANSLATE_NOOP("DeedText", "Callers are told to wait 100 ms at most")},
    Known{"bad-config port", QT_TRANSLATE_NOOP("DeedText", "Callers are told a wrong port")},
    Known{"leader-kill", QT_TRANSLATE_NOOP("DeedText", "Kill its leader")},
    Known{"slow-leader", QT_TRANSLATE_NOOP("DeedText", "Its leader is slow by 200 ms")},
    Known{"disk-full", QT_TRANSLATE_NOOP("DeedText", "Its disk is full")},
    Known{"stale-endpoints", QT_TRANSLATE_NOOP("DeedText", "Its proxy hears of no change")},
    Known{"watch-stale", QT_TRANSLATE_NOOP("DeedText", "It sees the cluster 10 s late")},
    Known{"watch-late", QT_TRANSLATE_NOOP("DeedText", "One change is told 10 s late")},
    Known{"watch-miss", QT_TRANSLATE_NOOP("DeedText", "One change is never told")},
    Known{"registry-slow", QT_TRANSLATE_NOOP("DeedText", "The registry has 10 Mbit/s")},
    Known{"crash-after-writes",
          QT_TRANSLATE_NOOP("DeedText", "The controller manager dies at its 3rd write")},
    Known{"node-loss", QT_TRANSLATE_NOOP("DeedText", "The node is lost")},
    Known{"node-partition", QT_TRANSLATE_NOOP("DeedText", "Cut it off the control plane")},
    Known{"node-agent-kill", QT_TRANSLATE_NOOP("DeedText", "Kill its agents")},
    Known{"kubelet-kill", QT_TRANSLATE_NOOP("DeedText", "Kill its kubelet")},
    Known{"drain", QT_TRANSLATE_NOOP("DeedText", "Drain it")},
    Known{"cordon", QT_TRANSLATE_NOOP("DeedText", "No new pods for it")},
    Known{"uncordon", QT_TRANSLATE_NOOP("DeedText", "Let it have pods again")},
    Known{"zone-loss", QT_TRANSLATE_NOOP("DeedText", "The zone goes dark")},
    Known{"control-plane-kill", QT_TRANSLATE_NOOP("DeedText", "Kill the control plane")},
    Known{"controller-manager-kill", QT_TRANSLATE_NOOP("DeedText", "Kill the controller manager")},
    Known{"scheduler-kill", QT_TRANSLATE_NOOP("DeedText", "Kill the scheduler")},
    Known{"api-slow", QT_TRANSLATE_NOOP("DeedText", "The API server is slow")},
    Known{"api-unavailable", QT_TRANSLATE_NOOP("DeedText", "The API server does not answer")},
    Known{"api-refusing", QT_TRANSLATE_NOOP("DeedText", "The API server refuses all calls")},
    Known{"store-kill", QT_TRANSLATE_NOOP("DeedText", "Kill a member of the store")},
    Known{"store-slow", QT_TRANSLATE_NOOP("DeedText", "The store writes slowly")},
    Known{"registry-down", QT_TRANSLATE_NOOP("DeedText", "The registry is down")},
    Known{"apply", QT_TRANSLATE_NOOP("DeedText", "Apply manifests")}};

QString length_text(int seconds) {
  return seconds < 60 ? DeedText::tr("%1 s").arg(seconds)
                      : DeedText::tr("%1 min").arg(seconds / 60);
}

}  // namespace

QString deed_text(const Deed& deed) {
  const QJsonObject set = deed.entry.value("set").toObject();
  if (deed.name == "replicas") {
    return DeedText::tr("Replicas: %1").arg(set.value("replicas").toInt());
  }
  if (deed.name == "image") {
    return DeedText::tr("Image: %1").arg(set.value("image").toString().section('/', -1));
  }
  if (deed.name == "patch") {
    const QString target = deed.entry.value("patch").toObject().value("target").toString();
    return DeedText::tr("Patch %1").arg(target.section('/', 0, 0) + "/" + target.section('/', -1));
  }
  const auto known = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Known& any) { return deed.name == any.name; });
  return known == kKnown.end() ? deed.name : DeedText::tr(known->text);
}

QString thing_text(const QString& thing) {
  const QString kind = thing.section(' ', 0, 0);
  const QString name = thing.section(' ', 1, 1);
  const auto end = [](const QString& service) {
    return service == "clients" ? DeedText::tr("users") : short_name(service.toStdString());
  };
  if (kind == "service") return end(name);
  if (kind == "edge") return end(name) + QStringLiteral(" → ") + end(thing.section(' ', 2));
  if (kind == "pod") return name.section('/', -1);
  if (kind == "node") return DeedText::tr("node %1").arg(name);
  if (kind == "zone") return DeedText::tr("zone %1").arg(name);
  return DeedText::tr("Control plane");
}

DeedMenu::DeedMenu(const Shown& shown, QWidget* parent)
    : Canvas{shown, parent}, field_{new SearchField{shown, this, false}} {
  setAccessibleName(tr("What to do"));
  field_->installEventFilter(this);
  QObject::connect(field_, &QLineEdit::textChanged, this, [this] { ask(); });
  field_->hide();
  on_action = [this](const QString& action) { act(action); };
  hide();
}

void DeedMenu::begin(const QString& thing, std::vector<Deed> deeds, QPoint at) {
  thing_ = thing;
  deeds_ = std::move(deeds);
  at_ = at;
  if (isHidden()) before_ = window()->focusWidget();
  show();
  raise();
  setFocus();
  choose(0);
}

void DeedMenu::setVisible(bool visible) {
  const bool has_keys = hasFocus() || isAncestorOf(QApplication::focusWidget());
  if (!visible && has_keys && before_ != nullptr) before_->setFocus(Qt::PopupFocusReason);
  Canvas::setVisible(visible);
}

void DeedMenu::choose(int row) {
  chosen_ = std::clamp(row, 0, static_cast<int>(deeds_.size()) - 1);
  fit();
  scroll(std::clamp(first_, chosen_ - rows_ + 1, chosen_));
  const bool typed = chosen().typed != Deed::Typed::Nothing;
  field_->setVisible(typed);
  if (!typed) {
    setFocus();
    return ask();
  }
  QString example = tr("A file or folder of manifests");
  QString asked = example;
  if (chosen().typed == Deed::Typed::Merge) {
    example = R"({"spec": {…}})";
    asked = tr("What to merge, as JSON");
  } else if (chosen().typed == Deed::Typed::Policy) {
    example = R"({"timeout": "500ms"})";
    asked = tr("What changes of the policy, as JSON");
  }
  field_->setPlaceholderText(example);
  field_->setAccessibleName(asked);
  field_->setGeometry(20, static_cast<int>(need_top() + 4), width() - 40, 32);
  field_->setFocus();
  // Nothing is typed for another one yet.
  if (field_->text().isEmpty()) return ask();
  field_->clear();
}

void DeedMenu::ask() {
  problems_.clear();
  hits_.clear();
  asked_ = true;
  refresh();
  if (!isHidden() && on_choice) on_choice();
}

bool DeedMenu::any_needs() const {
  return std::any_of(deeds_.begin(), deeds_.end(), [](const Deed& deed) {
    return deed.lasts || deed.typed != Deed::Typed::Nothing;
  });
}

qreal DeedMenu::need_top() const { return kRowsTop + kRow * rows_ + 8; }

void DeedMenu::scroll(int first) {
  first_ = std::clamp(first, 0, std::max(0, static_cast<int>(deeds_.size()) - rows_));
  refresh();
}

void DeedMenu::wheelEvent(QWheelEvent* event) {
  scroll(first_ - event->angleDelta().y() / 120 * 3);
  event->accept();
}

bool DeedMenu::chosen_lasts() const { return !deeds_.empty() && chosen().lasts; }

QJsonObject DeedMenu::entry() const {
  return entry_of(chosen(), kLengths[static_cast<std::size_t>(length_)], field_->text().trimmed());
}

void DeedMenu::set_preview(QStringList hits, int count) {
  hits_ = std::move(hits);
  count_ = count;
  asked_ = false;
  refresh();
}

void DeedMenu::set_problems(QStringList problems) {
  problems_ = std::move(problems);
  asked_ = false;
  refresh();
}

void DeedMenu::act(const QString& action) {
  const int number = action.section(' ', 2).toInt();
  if (action.startsWith("deed row ")) choose(number);
  if (action.startsWith("deed for ")) {
    length_ = number;
    ask();
  }
  if (action == "deed do" && on_do) on_do();
  if (action == "deed close") hide();
}

void DeedMenu::fit() {
  const qreal rest = kRowsTop + (any_needs() ? kLengthHeight : 0) + 30 +
                     kLine * static_cast<qreal>(kProblemLines) + kFootHeight;
  constexpr int kRoomLeast = 640;
  const QSize room = parentWidget() == nullptr ? QSize{kWidth, kRoomLeast} : parentWidget()->size();
  const int fits = static_cast<int>((room.height() - 16 - rest) / kRow);
  rows_ = std::clamp(std::min(fits, kRowsMost), 1, static_cast<int>(deeds_.size()));
  const auto tall = static_cast<int>(rest + kRow * rows_);
  setGeometry(std::clamp(at_.x() + 6, 8, std::max(8, room.width() - kWidth - 8)),
              std::clamp(at_.y() - 20, 8, std::max(8, room.height() - tall - 8)), kWidth, tall);
}

void DeedMenu::draw_rows(DisplayList& list) const {
  const Theme& c = colors();
  const auto first = static_cast<std::size_t>(first_);
  const auto end = std::min(deeds_.size(), first + static_cast<std::size_t>(rows_));
  if (end - first < deeds_.size()) {
    const qreal share = rows_ / static_cast<qreal>(deeds_.size());
    const qreal room = kRow * rows_;
    list.box({width() - 8.0, kRowsTop + room * first_ / static_cast<qreal>(deeds_.size()), 4,
              room * share},
             2, c.raised)
        .tag = "more deeds";
  }
  for (std::size_t i = first; i < end; ++i) {
    const QRectF row{10, kRowsTop + kRow * static_cast<qreal>(i - first), width() - 20.0, kRow};
    const bool chosen = static_cast<int>(i) == chosen_;
    if (chosen) list.box(row, 7, c.raised).tag = "chosen deed";
    const bool change = deeds_[i].entry.contains("set") || deeds_[i].name == "uncordon" ||
                        deeds_[i].typed != Deed::Typed::Nothing;
    list.glyph(change                                                    ? State::Starting
               : deeds_[i].name == "drain" || deeds_[i].name == "cordon" ? State::Draining
                                                                         : State::Lost,
               {row.left() + 16, row.center().y()}, 13);
    list.text({row.left() + 32, row.top(), row.width() - 40, row.height()}, deed_text(deeds_[i]),
              chosen ? Type::BodyMedium : Type::Body, chosen ? c.high : c.mid);
    const QString action = QString{"deed row %1"}.arg(i);
    list.target(row, action, action);
  }
}

qreal DeedMenu::draw_length(DisplayList& list, qreal top) const {
  const Theme& c = colors();
  if (chosen().typed != Deed::Typed::Nothing) return top + kLengthHeight;
  const qreal middle = top + kLengthHeight / 2;
  const bool lasts = chosen_lasts();
  qreal x = list.words(20, middle, lasts ? tr("for") : tr("at once"), Type::Body, c.low) + 12;
  if (!lasts) return top + kLengthHeight;
  for (std::size_t i = 0; i < kLengths.size(); ++i) {
    const QString text = length_text(kLengths[i]);
    const bool chosen = static_cast<int>(i) == length_;
    const QRectF chip{x, middle - 13, width_of(text, Type::BodyMedium) + 20, 26};
    Shape& shape = list.box(chip, 8, chosen ? c.raised : QColor{}, c.line);
    shape.action = QString{"deed for %1"}.arg(i);
    shape.tag = shape.action;
    list.text(chip, text, Type::BodyMedium, chosen ? c.high : c.mid, Qt::AlignHCenter);
    x = chip.right() + 6;
  }
  return top + kLengthHeight;
}

void DeedMenu::draw_outcome(DisplayList& list, qreal top) const {
  const Theme& c = colors();
  const auto line = [&](qreal y, const QString& text, Type type, const QColor& color) -> Shape& {
    return list.text({20, y, width() - 40.0, kLine}, text, type, color);
  };
  if (!problems_.isEmpty()) {
    list.glyph(State::Failing, {27, top + 9}, 13);
    list.text({40, top, width() - 60.0, kLine}, tr("It was not done:"), Type::BodyMedium,
              c.text_of(State::Failing));
    Shape& said = list.text({20, top + kLine + 4, width() - 40.0, kLine * kProblemLines}, {},
                            Type::Small, c.text_of(State::Failing), Qt::AlignTop);
    said.text = problems_.join('\n');
    said.align = Qt::AlignLeft | Qt::AlignTop;
    said.wraps = true;
    said.tag = "problems";
    return;
  }
  if (asked_) {
    line(top, tr("What it would hit…"), Type::Body, c.low);
    return;
  }
  if (count_ == 0) {
    line(top, tr("It would hit nothing now."), Type::Body, c.text_of(State::Degraded)).tag = "hits";
    return;
  }
  line(top, tr("It would hit, now (%1):").arg(count_), Type::Body, c.low);
  const qsizetype shown_most = count_ > kHitLines ? kHitLines - 1 : kHitLines;
  const qsizetype said = std::min(hits_.size(), shown_most);
  for (qsizetype i = 0; i < said; ++i) {
    line(top + 4 + kLine * static_cast<qreal>(i + 1), hits_[i], Type::SmallMedium, c.high).tag =
        "hits";
  }
  if (count_ > said) {
    line(top + 4 + kLine * static_cast<qreal>(said + 1), tr("and %1 more").arg(count_ - said),
         Type::Small, c.mid);
  }
}

std::vector<Layer> DeedMenu::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  list.box(QRectF{rect()}, 12, c.panel, c.low).tag = "panel";
  if (deeds_.empty()) return layers;
  const bool held = shown().hand && shown().hand->held;
  const Instant now = held                     ? shown().hand->at
                      : shown().run != nullptr ? shown().run->end()
                                               : Instant{};
  const QString when = clock_text(now);
  const qreal right = list.words_before(width() - 20, kTitleMiddle, when, Type::Mono, c.low);
  const qreal height = height_of(Type::Heading);
  list.text({20, kTitleMiddle - height / 2, right - 32, height}, thing_text(thing_), Type::Heading,
            c.high)
      .tag = "thing";
  draw_rows(list);
  qreal top = need_top();
  list.line({20, top - 4}, {width() - 20.0, top - 4}, c.line);
  if (any_needs()) top = draw_length(list, top);
  draw_outcome(list, top + 4);

  qreal x = width() - 20;
  const qreal middle = QWidget::height() - kFootHeight / 2;
  const auto button = [&](const QString& name, const QString& action, bool main) {
    const qreal wide = width_of(name, Type::BodyMedium) + 26;
    const QRectF box{x - wide, middle - 15, wide, 30};
    Shape& shape = list.box(box, 8, main ? c.accent : c.card, main ? QColor{} : c.line);
    shape.action = action;
    shape.tag = action;
    list.text(box, name, Type::BodyMedium, main ? c.window : c.high, Qt::AlignHCenter);
    x = box.left() - 8;
  };
  button(tr("Do it"), "deed do", true);
  button(tr("Close"), "deed close", false);
  return layers;
}

void DeedMenu::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Up:
      return choose(chosen_ - 1);
    case Qt::Key_Down:
      return choose(chosen_ + 1);
    case Qt::Key_Left:
    case Qt::Key_Right:
      if (!chosen_lasts()) return;
      length_ = std::clamp(length_ + (event->key() == Qt::Key_Left ? -1 : 1), 0,
                           static_cast<int>(kLengths.size()) - 1);
      return ask();
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (on_do) on_do();
      return;
    case Qt::Key_Escape:
      return hide();
    default:
      break;
  }
}

void DeedMenu::focusOutEvent(QFocusEvent* event) {
  const bool within = isAncestorOf(QApplication::focusWidget());
  if (event->reason() == Qt::MouseFocusReason && !within) hide();
  Canvas::focusOutEvent(event);
}

bool DeedMenu::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress) return Canvas::eventFilter(watched, event);
  auto* key = static_cast<QKeyEvent*>(event);
  // Those that a line of text has no use for.
  static constexpr std::array kOurs{Qt::Key_Up, Qt::Key_Down, Qt::Key_Return, Qt::Key_Enter,
                                    Qt::Key_Escape};
  if (std::find(kOurs.begin(), kOurs.end(), key->key()) == kOurs.end()) return false;
  keyPressEvent(key);
  return true;
}

}  // namespace orrery::gui
