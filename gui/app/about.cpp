#include "gui/app/about.h"

#include <QCoreApplication>
#include <QDialog>
#include <QFile>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace orrery::gui {
namespace {

struct AboutText {
  Q_DECLARE_TR_FUNCTIONS(AboutText)
};

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
  parts << AboutText::tr(
      "Space plays. Arrows: event; with Shift 1 s, with Ctrl 10 s. F: next fault. B: bookmark. E, "
      "T, L: events, "
      "requests, limits. [ and ]: cause and effect. Ctrl+K finds. Ctrl+D compares. Ctrl+L: labs. "
      "Ctrl+S saves a "
      "picture. P: only what hangs together with the selected service. M: motion. +, -, 0: zoom. 1 "
      "to 4, F6: panels; Tab and Enter, arrows: what is in "
      "them. Esc goes back. Of a run by hand, a right "
      "click or I does something to a thing, and at its last instant arrows and F step it.");
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
  layout->addWidget(text);
  auto* close = new QPushButton{AboutText::tr("Close")};
  layout->addWidget(close, 0, Qt::AlignRight);
  QObject::connect(close, &QPushButton::clicked, &dialog, &QDialog::accept);
  dialog.exec();
}

}  // namespace orrery::gui
