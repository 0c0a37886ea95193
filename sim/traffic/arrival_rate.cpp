#include "sim/traffic/arrival_rate.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

constexpr double kSecond = 1e9;
/// 146 years: no run lasts so long.
constexpr double kEndOfTime = 0x1.0p62;

double area_of(double rate, double slope, double seconds) {
  return seconds * (rate + slope * seconds / 2);
}

}  // namespace

ArrivalRate::ArrivalRate(const RateSeries& series)
    : period_ns_{series.period.count_ns()}, offset_ns_{series.offset.count_ns()} {
  expects(offset_ns_ >= 0, "a load does not begin before its series");
  double area = 0;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const RatePoint& point = series.points[i];
    expects(point.per_second >= 0, "a rate is not negative");
    Piece piece{point.at.count_ns(), point.per_second, 0, area};
    if (i + 1 < series.points.size()) {
      const RatePoint& next = series.points[i + 1];
      expects(point.at < next.at, "the points of a series lie one after another");
      const double seconds = static_cast<double>((next.at - point.at).count_ns()) / kSecond;
      if (series.lines) piece.slope = (next.per_second - point.per_second) / seconds;
      area += area_of(piece.rate, piece.slope, seconds);
    }
    pieces_.push_back(piece);
  }
  if (period_ns_ == 0 || pieces_.empty()) return;
  expects(pieces_.back().from_ns < period_ns_, "a series ends before it begins anew");
  period_area_ = area_at(period_ns_);
}

double ArrivalRate::area_at(std::int64_t at_ns) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), at_ns,
                       [](std::int64_t at, const Piece& piece) { return at < piece.from_ns; });
  if (after == pieces_.begin()) return 0;
  const Piece& piece = *(after - 1);
  return piece.area_from +
         area_of(piece.rate, piece.slope, static_cast<double>(at_ns - piece.from_ns) / kSecond);
}

/// Worked example: from 0/s on, 2/s more each second: 9 arrivals are reached after
/// 2 * 9 / (0 + sqrt(0 + 2 * 2 * 9)) = 3 s.
double ArrivalRate::time_ns_of(double area) const {
  const auto after =
      std::lower_bound(pieces_.begin(), pieces_.end(), area,
                       [](const Piece& piece, double a) { return piece.area_from < a; });
  const Piece& piece = after == pieces_.begin() ? pieces_.front() : *(after - 1);
  const double left = area - piece.area_from;
  const auto from = static_cast<double>(piece.from_ns);
  if (left <= 0) return from;
  const double root = std::sqrt(std::max(0.0, piece.rate * piece.rate + 2 * piece.slope * left));
  return from + 2 * left / (piece.rate + root) * kSecond;
}

Duration ArrivalRate::next(Duration after, double gap) const {
  expects(gap >= 0, "a gap is not negative");
  if (pieces_.empty()) return Duration::max();
  const std::int64_t after_ns = after.count_ns() + offset_ns_;
  double begin = 0;  // Of the period in which the arrival comes.
  double area = gap;
  if (period_ns_ > 0) {
    if (period_area_ <= 0) return Duration::max();
    const std::int64_t periods = after_ns / period_ns_;
    area += area_at(after_ns - periods * period_ns_);
    const double more = std::floor(area / period_area_);
    area = std::clamp(area - more * period_area_, 0.0, period_area_);
    begin = (static_cast<double>(periods) + more) * static_cast<double>(period_ns_);
  } else {
    area += area_at(after_ns);
    const Piece& last = pieces_.back();
    if (last.rate <= 0 && area > last.area_from) return Duration::max();
  }
  // A time in whole nanoseconds may lie just before the one that was asked from.
  const double at = begin + time_ns_of(area);
  if (!(at < kEndOfTime)) return Duration::max();
  const auto at_ns = std::max(after_ns, static_cast<std::int64_t>(at));
  return Duration::nanoseconds(at_ns - offset_ns_);
}

}  // namespace orrery::sim
