#include "models/recording/overview.h"

#include <algorithm>
#include <limits>
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

OverviewBuilder::OverviewBuilder(const ColumnMap& map)
    : map_{map},
      first_latency_{static_cast<std::size_t>(CallField::P50) * map.rows()},
      end_latency_{(static_cast<std::size_t>(CallField::P99) + 1) * map.rows()},
      levels_(kOverviewLevelsUs.size(), Level{map.count()}),
      cells_(map.count() * 3) {}

void OverviewBuilder::begin(Row& row, std::int64_t start_us) const {
  row.start_us = start_us;
  row.samples = 0;
  row.min.assign(map_.count(), std::numeric_limits<std::int64_t>::max());
  row.max.assign(map_.count(), std::numeric_limits<std::int64_t>::min());
  row.total.assign(map_.count(), 0);
  row.seen.assign(end_latency_ - first_latency_, 0);
}

OverviewBuilder::Row& OverviewBuilder::row(std::size_t level, std::int64_t start_us) {
  Row& row = levels_[level].open;
  if (row.samples > 0 && row.start_us == start_us) return row;
  if (row.samples > 0) {
    close(level);
  } else {
    levels_[level].first_us = start_us;
  }
  begin(row, start_us);
  return row;
}

void OverviewBuilder::add(std::int64_t at_us, const std::int64_t* values) {
  Row& sums = row(0, overview_row_start(at_us, kOverviewLevelsUs[0]));
  ++sums.samples;
  const auto add_all = [&](std::size_t from, std::size_t to) {
    std::int64_t* min = sums.min.data();
    std::int64_t* max = sums.max.data();
    std::int64_t* total = sums.total.data();
    for (std::size_t c = from; c < to; ++c) {
      min[c] = std::min(min[c], values[c]);
      max[c] = std::max(max[c], values[c]);
      total[c] += values[c];
    }
  };
  add_all(0, first_latency_);
  // A sample without a latency says nothing about latencies.
  for (std::size_t c = first_latency_; c < end_latency_; ++c) {
    if (values[c] == 0) continue;
    sums.min[c] = std::min(sums.min[c], values[c]);
    sums.max[c] = std::max(sums.max[c], values[c]);
    sums.total[c] += values[c];
    ++sums.seen[c - first_latency_];
  }
  add_all(end_latency_, map_.count());
}

void OverviewBuilder::close_cells(Level& level) {
  const std::size_t columns = map_.count();
  const Row& done = level.open;
  std::int64_t* min = cells_.data();
  std::int64_t* max = min + columns;
  std::int64_t* total = max + columns;
  const auto put_all = [&](std::size_t from, std::size_t to) {
    for (std::size_t c = from; c < to; ++c) {
      min[c] = done.min[c] - level.before[c];
      max[c] = done.max[c] - done.min[c];
      total[c] = done.total[c] - done.max[c];
      level.before[c] = done.min[c];
    }
  };
  put_all(0, first_latency_);
  for (std::size_t c = first_latency_; c < end_latency_; ++c) {
    const std::uint32_t seen = done.seen[c - first_latency_];
    const OverviewCell cell =
        seen == 0 ? OverviewCell{} : OverviewCell{done.min[c], done.max[c], done.total[c] / seen};
    min[c] = cell.min - level.before[c];
    max[c] = cell.max - cell.min;
    total[c] = cell.total - cell.max;
    level.before[c] = cell.min;
  }
  put_all(end_latency_, columns);
  level.cells.add(cells_.data());
  level.samples.push_back(done.samples);
}

void OverviewBuilder::close(std::size_t at) {
  Level& level = levels_[at];
  const Row& done = level.open;
  // Rows without samples between.
  const auto row_at =
      static_cast<std::size_t>((done.start_us - level.first_us) / kOverviewLevelsUs[at]);
  while (level.samples.size() < row_at) {
    std::fill(cells_.begin(), cells_.end(), 0);
    for (std::size_t c = 0; c < level.before.size(); ++c) {
      cells_[c] = -std::exchange(level.before[c], 0);
    }
    level.cells.add(cells_.data());
    level.samples.push_back(0);
  }
  close_cells(level);
  if (at + 1 == levels_.size()) return;
  Row& above = row(at + 1, overview_row_start(done.start_us + 1, kOverviewLevelsUs[at + 1]));
  above.samples += done.samples;
  for (std::size_t c = 0; c < map_.count(); ++c) {
    above.min[c] = std::min(above.min[c], done.min[c]);
    above.max[c] = std::max(above.max[c], done.max[c]);
    above.total[c] += done.total[c];
  }
  for (std::size_t i = 0; i < done.seen.size(); ++i) above.seen[i] += done.seen[i];
}

std::array<OverviewRows, kOverviewLevelsUs.size()> OverviewBuilder::take() {
  std::array<OverviewRows, kOverviewLevelsUs.size()> taken;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    close(i);
    Level& level = levels_[i];
    ByteWriter out;
    out.number(level.samples.size());
    for (const std::uint32_t count : level.samples) out.number(count);
    level.cells.write(out);
    taken[i] = {level.first_us, level.samples.size(), std::move(out.bytes())};
    level.open.samples = 0;
    level.samples.clear();
    level.cells.clear();
    std::fill(level.before.begin(), level.before.end(), 0);
  }
  return taken;
}

}  // namespace orrery::recording
