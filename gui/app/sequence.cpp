#include "gui/app/sequence.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "gui/app/window.h"
#include "gui/model/clock.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

struct SequenceText {
  Q_DECLARE_TR_FUNCTIONS(SequenceText)
};

tl::unexpected<Failure> fail(const QString& what) {
  Failure failure;
  failure.what = what.toStdString();
  return tl::unexpected{failure};
}

/// Its window on the screen.
class SequenceDialog : public QDialog {
 public:
  explicit SequenceDialog(Window& window) : QDialog{&window}, window_{window} {
    setWindowTitle(SequenceText::tr("Save an image sequence"));
    resize(480, 0);
    const auto field = [&](const QString& text, const QString& name) {
      auto* made = new QLineEdit{text};
      made->setAccessibleName(name);
      form_->addRow(name, made);
      return made;
    };
    from_ = field(clock_text(Instant{}), SequenceText::tr("From"));
    to_ = field(clock_text(window.shown().run->end()), SequenceText::tr("To"));
    every_ = field("1s", SequenceText::tr("Every"));
    folder_ = field(QDir::current().filePath("pictures"), SequenceText::tr("Folder"));
    auto* choose = new QPushButton{SequenceText::tr("Choose a folder…")};
    form_->addRow(QString{}, choose);
    said_->setWordWrap(true);
    auto* buttons = new QHBoxLayout;
    auto* close = new QPushButton{SequenceText::tr("Close")};
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(save_);
    save_->setDefault(true);
    auto* layout = new QVBoxLayout{this};
    layout->addLayout(form_);
    layout->addWidget(said_);
    layout->addWidget(bar_);
    layout->addLayout(buttons);
    bar_->hide();
    connect(choose, &QPushButton::clicked, this, [this] {
      const QString folder =
          QFileDialog::getExistingDirectory(this, SequenceText::tr("Choose a folder…"));
      if (!folder.isEmpty()) folder_->setText(folder);
    });
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(save_, &QPushButton::clicked, this, [this] { begin(); });
    // A picture at a time, so that it can be stopped.
    connect(&draws_, &QTimer::timeout, this, [this] { draw(); });
  }

 private:
  void say(const QString& text) { said_->setText(text); }
  void begin() {
    const auto from = read_clock(from_->text().toStdString());
    const auto to = read_clock(to_->text().toStdString());
    const auto every = read_clock(every_->text().toStdString());
    if (!from || !to || !every) return say(SequenceText::tr("A time is 2:10 or 130s."));
    auto made = PictureSequence::begin(
        window_, {folder_->text(), *from, *to, every->since_start(), window_.devicePixelRatioF()});
    if (!made) return say(QString::fromStdString(made.error().what));
    sequence_ = *std::move(made);
    bar_->setRange(0, static_cast<int>(sequence_->count()));
    bar_->show();
    save_->setEnabled(false);
    draws_.start(0);
  }
  void draw() {
    const auto more = sequence_->next();
    bar_->setValue(static_cast<int>(sequence_->made()));
    if (more && *more) return;
    draws_.stop();
    save_->setEnabled(true);
    say(more ? SequenceText::tr("%1 pictures are in %2.")
                   .arg(sequence_->made())
                   .arg(QDir::toNativeSeparators(folder_->text()))
             : QString::fromStdString(more.error().what));
  }

  Window& window_;
  QFormLayout* form_ = new QFormLayout;
  QLineEdit* from_;
  QLineEdit* to_;
  QLineEdit* every_;
  QLineEdit* folder_;
  QLabel* said_ = new QLabel;
  QProgressBar* bar_ = new QProgressBar;
  QPushButton* save_ = new QPushButton{SequenceText::tr("Save")};
  QTimer draws_;
  std::optional<PictureSequence> sequence_;
};

}  // namespace

PictureSequence::PictureSequence(Window& window, SequenceOrder order, std::int64_t count)
    : window_{&window}, order_{std::move(order)}, count_{count} {}

Result<PictureSequence> PictureSequence::begin(Window& window, SequenceOrder order) {
  if (window.shown().run == nullptr) return fail(SequenceText::tr("No recording is open."));
  if (order.every < Duration::milliseconds(1)) {
    return fail(SequenceText::tr("Pictures are at least 1 ms apart."));
  }
  const Instant to = std::min(order.to.value_or(Instant::never()), window.shown().run->end());
  if (order.from > to) {
    return fail(SequenceText::tr("It begins at %1, and the run or the stretch ends at %2.")
                    .arg(clock_text(order.from), clock_text(to)));
  }
  const std::int64_t count = (to - order.from).count_ns() / order.every.count_ns() + 1;
  if (count > kSequenceMost) {
    return fail(SequenceText::tr("It would be %1 pictures, and no more than %2 are made at once: "
                                 "choose a shorter stretch, or fewer of them.")
                    .arg(count)
                    .arg(kSequenceMost));
  }
  if (!QDir{}.mkpath(order.folder)) {
    return fail(SequenceText::tr("The folder %1 cannot be made.").arg(order.folder));
  }
  return PictureSequence{window, std::move(order), count};
}

Result<bool> PictureSequence::next() {
  if (made_ == count_) return false;
  const Instant at = order_.from + order_.every * made_;
  window_->seek(at);
  const QString path = QDir{order_.folder}.filePath(picture_name(at));
  if (!window_->save_picture(nullptr, path, order_.scale)) {
    return fail(SequenceText::tr("The picture could not be written: %1").arg(path));
  }
  return ++made_ < count_;
}

QString picture_name(Instant at) {
  const std::int64_t ms = at.count_ns() / 1'000'000;
  const auto part = [](std::int64_t number, int digits) {
    return QString::number(number).rightJustified(digits, '0');
  };
  return QString{"%1-%2-%3.%4.png"}.arg(part(ms / 3'600'000, 2), part(ms / 60'000 % 60, 2),
                                        part(ms / 1000 % 60, 2), part(ms % 1000, 3));
}

void ask_for_sequence(Window& window) {
  if (window.shown().run == nullptr) return;
  const Instant before = window.shown().at;
  window.play(false);
  SequenceDialog{window}.exec();
  window.seek(before);
}

}  // namespace orrery::gui
