#include "models/recording/overview.h"

#include <algorithm>
#include <utility>

namespace orrery::recording {

void CellSum::add(std::int64_t value, bool is_latency) {
  ++samples_;
  if (is_latency && value == 0) return;
  cell_.min = seen_ == 0 ? value : std::min(cell_.min, value);
  cell_.max = seen_ == 0 ? value : std::max(cell_.max, value);
  // A hostile file has values that do not fit.
  cell_.total = static_cast<std::int64_t>(static_cast<std::uint64_t>(cell_.total) +
                                          static_cast<std::uint64_t>(value));
  ++seen_;
}

OverviewCell CellSum::cell(bool is_latency) const {
  OverviewCell cell = cell_;
  if (is_latency && seen_ > 0) cell.total /= seen_;
  return cell;
}

std::int64_t overview_row_start(std::int64_t at_us, std::int64_t level_us) {
  return (std::max<std::int64_t>(at_us, 1) - 1) / level_us * level_us;
}

void OverviewBuilder::add(std::int64_t at_us, const std::int64_t* values) {
  const std::int64_t start = overview_row_start(at_us, level_us_);
  if (row_.empty()) {
    rows_.first_us = start;
  } else if (start != row_start_us_) {
    close_row();
    const auto row = static_cast<std::size_t>((start - rows_.first_us) / level_us_);
    rows_.section.samples.resize(row);
    rows_.section.cells.resize(row * map_.count());
    row_.clear();
  }
  row_start_us_ = start;
  row_.resize(map_.count());
  for (std::size_t c = 0; c < row_.size(); ++c) row_[c].add(values[c], map_.is_latency(c));
}

void OverviewBuilder::close_row() {
  if (row_.empty()) return;
  rows_.section.samples.push_back(row_.front().samples());
  for (std::size_t c = 0; c < row_.size(); ++c) {
    rows_.section.cells.push_back(row_[c].cell(map_.is_latency(c)));
  }
}

OverviewRows OverviewBuilder::take() {
  close_row();
  row_.clear();
  return std::exchange(rows_, {});
}

}  // namespace orrery::recording
