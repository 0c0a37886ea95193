#include "gui/app/about.h"

#include <QCoreApplication>
#include <QDialog>
#include <QFile>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <array>

namespace orrery::gui {
namespace {

struct AboutText {
  Q_DECLARE_TR_FUNCTIONS(AboutText)
};

struct Key {
  const char* keys;
  const char* does;
};

constexpr std::array kKeys{
    Key{"Space", QT_TRANSLATE_NOOP("AboutText", "plays and pauses")},
    Key{"← →", QT_TRANSLATE_NOOP("AboutText", "event before and after")},
    Key{"Shift ← →", QT_TRANSLATE_NOOP("AboutText", "1 s")},
    Key{"Ctrl ← →", QT_TRANSLATE_NOOP("AboutText", "10 s")},
    Key{"Home, End", QT_TRANSLATE_NOOP("AboutText", "beginning and end of the run")},
    Key{"F", QT_TRANSLATE_NOOP("AboutText", "next fault")},
    Key{"B", QT_TRANSLATE_NOOP("AboutText", "bookmark")},
    Key{"[ ]", QT_TRANSLATE_NOOP("AboutText", "cause and effect of an event")},
    Key{"1 2 3 4, F6", QT_TRANSLATE_NOOP("AboutText", "panels")},
    Key{"Tab, Enter", QT_TRANSLATE_NOOP("AboutText", "what can be clicked on, and a click")},
    Key{"← → ↑ ↓", QT_TRANSLATE_NOOP("AboutText", "from card to card, from node to node")},
    Key{"N, Shift N",
        QT_TRANSLATE_NOOP("AboutText",
                          "next and previous edge of the selected card; Enter: along it")},
    Key{"P", QT_TRANSLATE_NOOP("AboutText", "only what hangs together with the selected service")},
    Key{"+ - 0", QT_TRANSLATE_NOOP("AboutText", "zoom")},
    Key{"E T L R", QT_TRANSLATE_NOOP("AboutText", "events, requests, limits, scenario")},
    Key{"Ctrl L", QT_TRANSLATE_NOOP("AboutText", "labs")},
    Key{"Ctrl D", QT_TRANSLATE_NOOP("AboutText", "compares")},
    Key{"Ctrl K", QT_TRANSLATE_NOOP("AboutText", "finds")},
    Key{"Ctrl O", QT_TRANSLATE_NOOP("AboutText", "opens")},
    Key{"Ctrl S",
        QT_TRANSLATE_NOOP("AboutText", "saves a picture, or the scenario that was changed")},
    Key{"Ctrl Shift S", QT_TRANSLATE_NOOP("AboutText", "saves an image sequence")},
    Key{"M", QT_TRANSLATE_NOOP("AboutText", "motion")},
    Key{"I",
        QT_TRANSLATE_NOOP("AboutText",
                          "does something to a card, an edge or a node, in a run by hand; at its "
                          "last instant → and F step it")},
    Key{"Esc", QT_TRANSLATE_NOOP("AboutText", "goes back")}};

QString licence_of(const QString& name) {
  QFile file{":/licences/" + name + ".txt"};
  if (!file.open(QIODevice::ReadOnly)) return {};
  return name + "\n\n" + QString::fromUtf8(file.readAll());
}

}  // namespace

QString about_text() {
  QStringList parts;
  parts << AboutText::tr(
      "Orrery shows recordings of runs: how a failure spreads, stops and heals.");
  QStringList keys;
  for (const Key& key : kKeys) keys << QString{key.keys} + '\t' + AboutText::tr(key.does);
  parts << keys.join('\n');
  parts << AboutText::tr("Licences");
  parts << "Orrery: Apache-2.0\nQt 6: LGPL-3.0\nGraphviz: EPL-1.0\nZstandard: BSD-3-Clause\n"
           "Inter: OFL-1.1\nJetBrains Mono: OFL-1.1\nNanumSquare: OFL-1.1";
  for (const char* fonts : {"fonts-inter", "fonts-jetbrains-mono", "fonts-nanum"}) {
    parts << licence_of(fonts);
  }
  return parts.join("\n\n");
}

void show_about(QWidget* parent) {
  QDialog dialog{parent};
  dialog.setWindowTitle(AboutText::tr("About Orrery"));
  dialog.resize(640, 560);
  auto* layout = new QVBoxLayout{&dialog};
  auto* text = new QPlainTextEdit{about_text()};
  text->setReadOnly(true);
  text->setTabStopDistance(text->fontMetrics().horizontalAdvance("Ctrl Shift S") + 24);
  layout->addWidget(text);
  auto* close = new QPushButton{AboutText::tr("Close")};
  layout->addWidget(close, 0, Qt::AlignRight);
  QObject::connect(close, &QPushButton::clicked, &dialog, &QDialog::accept);
  dialog.exec();
}

}  // namespace orrery::gui
