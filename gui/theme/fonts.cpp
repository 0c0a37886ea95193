#include "gui/theme/fonts.h"

#include <QDir>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QHash>
#include <QStringList>
#include <array>
#include <cstddef>
#include <optional>

namespace orrery::gui {
namespace {

struct Form {
  double pixels;
  QFont::Weight weight;
  bool mono = false;
};

// By Type.
constexpr std::array<Form, 14> kForms{{{24, QFont::Medium, true},
                                       {24, QFont::DemiBold},
                                       {18, QFont::DemiBold},
                                       {15, QFont::DemiBold},
                                       {13.5, QFont::DemiBold},
                                       {12.5, QFont::Normal},
                                       {12.5, QFont::Medium},
                                       {12.5, QFont::DemiBold},
                                       {11, QFont::Normal},
                                       {11, QFont::Medium},
                                       {11, QFont::DemiBold},
                                       {10, QFont::Medium},
                                       {9.5, QFont::DemiBold},
                                       {11, QFont::Normal, true}}};

QFont make(Type type) {
  const Form& form = kForms[static_cast<std::size_t>(type)];
  QFont font;
  font.setFamilies(form.mono ? QStringList{"JetBrains Mono", "NanumSquare"}
                             : QStringList{"Inter", "NanumSquare"});
  // Whole pixels are too coarse; the application has set 96 dots per inch.
  font.setPointSizeF(form.pixels * 72 / 96);
  font.setWeight(form.weight);
  font.setHintingPreference(QFont::PreferNoHinting);
  font.setStyleStrategy(QFont::PreferAntialias);
  if (type == Type::Caption) font.setLetterSpacing(QFont::PercentageSpacing, 110);
  return font;
}

/// The same words are measured and painted every second.
struct Line {
  qreal width = 0;
  std::optional<QStaticText> laid_out;  ///< Since it was first painted.
};

Line& line_of(const QString& text, Type type) {
  // Never destroyed: the fonts end with the application.
  static auto& known = *new std::array<QHash<QString, Line>, kForms.size()>;
  constexpr qsizetype kMost = 4'000;
  QHash<QString, Line>& of_type = known[static_cast<std::size_t>(type)];
  const auto found = of_type.find(text);
  if (found != of_type.end()) return *found;
  if (of_type.size() >= kMost) of_type.clear();
  return *of_type.insert(text, {QFontMetricsF{font_of(type)}.horizontalAdvance(text), {}});
}

}  // namespace

void load_fonts() {
  const QDir fonts{":/fonts"};
  for (const QString& name : fonts.entryList()) {
    QFontDatabase::addApplicationFont(fonts.filePath(name));
  }
}

const QFont& font_of(Type type) {
  static const std::array<QFont, kForms.size()> kFonts = [] {
    std::array<QFont, kForms.size()> fonts;
    for (std::size_t i = 0; i < fonts.size(); ++i) fonts[i] = make(static_cast<Type>(i));
    return fonts;
  }();
  return kFonts[static_cast<std::size_t>(type)];
}

qreal width_of(const QString& text, Type type) { return line_of(text, type).width; }

QStaticText laid_out(const QString& text, Type type) {
  std::optional<QStaticText>& line = line_of(text, type).laid_out;
  if (!line) {
    line = QStaticText{text};
    line->setTextFormat(Qt::PlainText);
    line->prepare({}, font_of(type));
  }
  return *line;
}

qreal height_of(Type type) {
  static const std::array<qreal, kForms.size()> kHeights = [] {
    std::array<qreal, kForms.size()> heights{};
    for (std::size_t i = 0; i < heights.size(); ++i) {
      const QFontMetricsF metrics{font_of(static_cast<Type>(i))};
      heights[i] = metrics.ascent() + metrics.descent();
    }
    return heights;
  }();
  return kHeights[static_cast<std::size_t>(type)];
}

}  // namespace orrery::gui
