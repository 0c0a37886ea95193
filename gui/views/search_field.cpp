#include "gui/views/search_field.h"

#include <QPainter>

namespace orrery::gui {

SearchField::SearchField(const Shown& shown, QWidget* parent, bool searches)
    : QLineEdit{parent}, shown_{shown}, searches_{searches} {
  setFrame(false);
  setFont(font_of(Type::Body));
  setTextMargins(searches ? 30 : 10, 0, 8, 0);
  setStyleSheet("background: transparent; border: none;");
}

void SearchField::paintEvent(QPaintEvent* event) {
  const Theme& c = *shown_.theme;
  if (palette().color(QPalette::Text) != c.high) {
    QPalette colors = palette();
    colors.setColor(QPalette::Text, c.high);
    colors.setColor(QPalette::PlaceholderText, c.low);
    colors.setColor(QPalette::Highlight, c.accent);
    colors.setColor(QPalette::HighlightedText, c.window);
    setPalette(colors);
  }
  {
    QPainter painter{this};
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), c.panel);
    painter.setPen(QPen{hasFocus() ? c.accent : c.line, 1});
    painter.setBrush(c.card);
    painter.drawRoundedRect(QRectF{rect()}.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
    if (searches_) {
      const QPointF glass{16, height() / 2.0 - 1};
      QPen pen{c.low, 1.5};
      pen.setCapStyle(Qt::RoundCap);
      painter.setPen(pen);
      painter.setBrush(Qt::NoBrush);
      painter.drawEllipse(glass, 4.5, 4.5);
      painter.drawLine(glass + QPointF{3.4, 3.4}, glass + QPointF{6.5, 6.5});
    }
  }
  QLineEdit::paintEvent(event);
}

}  // namespace orrery::gui
