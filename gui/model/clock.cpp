#include "gui/model/clock.h"

#include <QRegularExpression>
#include <QString>
#include <string>

namespace orrery::gui {

std::optional<Instant> read_clock(std::string_view text) {
  static const QRegularExpression kClock{R"(^(\d{1,6}):([0-5]\d)(\.(\d{1,3}))?$)"};
  const std::string copy{text};
  const QRegularExpressionMatch match = kClock.match(QString::fromStdString(copy));
  if (match.hasMatch()) {
    const Duration whole = Duration::minutes(match.captured(1).toLongLong()) +
                           Duration::seconds(match.captured(2).toLongLong());
    const QString part = match.captured(4).leftJustified(3, '0');
    return Instant::at(whole + Duration::milliseconds(part.toLongLong()));
  }
  const auto duration = parse_duration(copy);
  if (!duration) return std::nullopt;
  return Instant::at(*duration);
}

}  // namespace orrery::gui
