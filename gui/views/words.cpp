#include "gui/views/words.h"

#include <QCoreApplication>
#include <cmath>

namespace orrery::gui {
namespace {

QString decimal(double value, int places) { return QString::number(value, 'f', places); }

}  // namespace

QString rate_text(double per_second) {
  if (per_second < 9.95 && per_second > 0 && per_second != std::floor(per_second)) {
    return decimal(per_second, 1) + "/s";
  }
  if (per_second < 999.5) return decimal(per_second, 0) + "/s";
  if (per_second < 99'950) return decimal(per_second / 1000, 1) + "k/s";
  return decimal(per_second / 1000, 0) + "k/s";
}

QString percent_text(double share) {
  const double percent = share * 100;
  return decimal(percent, percent < 9.95 ? 1 : 0) + "%";
}

QString latency_text(Duration latency) {
  if (latency <= Duration{}) return QStringLiteral("–");
  const double ms = to_seconds(latency) * 1000;
  if (ms < 0.995) return decimal(ms, 2) + " ms";
  if (ms < 9.95) return decimal(ms, 1) + " ms";
  if (ms < 999.5) return decimal(ms, 0) + " ms";
  return decimal(ms / 1000, 1) + " s";
}

QString clock_text(Instant t) {
  const std::int64_t tenths = t.count_ns() / 100'000'000;
  return QString{"%1:%2.%3"}
      .arg(tenths / 600)
      .arg(tenths / 10 % 60, 2, 10, QLatin1Char{'0'})
      .arg(tenths % 10);
}

QString minute_text(Instant t) {
  const std::int64_t seconds = t.count_ns() / 1'000'000'000;
  return QString{"%1:%2"}.arg(seconds / 60).arg(seconds % 60, 2, 10, QLatin1Char{'0'});
}

QString offset_text(Duration after) {
  const double seconds = to_seconds(after);
  return seconds < 99.95 ? QString{"+%1 s"}.arg(decimal(seconds, 1))
                         : QString{"+%1 s"}.arg(decimal(seconds, 0));
}

QString count_text(std::uint64_t count) {
  QString text = QString::number(count);
  for (qsizetype at = text.size() - 3; at > 0; at -= 3) text.insert(at, ',');
  return text;
}

QString counted_text(std::uint64_t count, const QString& one, const QString& many) {
  return count == 1 ? one : many.arg(count_text(count));
}

QString amount_text(std::uint64_t count) {
  if (count < 100'000) return count_text(count);
  const auto amount = static_cast<double>(count);
  if (count < 999'500) return decimal(amount / 1e3, 0) + "k";
  return decimal(amount / 1e6, count < 99'950'000 ? 1 : 0) + "M";
}

QString short_name(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return QString::fromStdString(slash == std::string::npos ? name : name.substr(slash + 1));
}

QString subject_text(const std::string& subject) {
  constexpr const char* kZone = "zone/";
  if (subject.rfind(kZone, 0) == 0) {
    return QCoreApplication::translate("Words", "zone %1")
        .arg(QString::fromStdString(subject.substr(5)));
  }
  if (const std::size_t to = subject.find(" to "); to != std::string::npos) {
    return subject_text(subject.substr(0, to)) + QStringLiteral(" → ") +
           subject_text(subject.substr(to + 4));
  }
  if (subject == "control-plane") return QCoreApplication::translate("Words", "control plane");
  return short_name(subject);
}

}  // namespace orrery::gui
