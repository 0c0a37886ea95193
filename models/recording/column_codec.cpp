#include "models/recording/column_codec.h"

#include <algorithm>
#include <string_view>

namespace orrery::recording {
namespace {

constexpr auto kCounts = static_cast<std::size_t>(CallField::InFlight);
constexpr auto kInFlight = static_cast<std::size_t>(CallField::InFlight);

std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// How the calls in flight changed, by the counts of each row.
void add_flow(const std::int64_t* sample, std::size_t rows, std::int64_t* change) {
  const std::int64_t* started = sample + static_cast<std::size_t>(CallField::Started) * rows;
  for (std::size_t row = 0; row < rows; ++row) change[row] = plus(change[row], started[row]);
  const auto take = [&](std::size_t field) {
    const std::int64_t* gone = sample + field * rows;
    for (std::size_t row = 0; row < rows; ++row) change[row] = minus(change[row], gone[row]);
  };
  for (std::size_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
    take(static_cast<std::size_t>(CallField::Ok) + outcome);
  }
  take(static_cast<std::size_t>(CallField::Forgotten));
}

/// How a group's lag changed, by its counts.
std::int64_t lag_change(const ColumnMap& map, const std::int64_t* sample, std::size_t group) {
  return minus(sample[map.of(group, GroupField::Published)],
               sample[map.of(group, GroupField::Finished)]);
}

}  // namespace

ColumnWriter::ColumnWriter(std::size_t columns)
    : columns_{columns}, filled_(columns), bytes_(columns) {}

void ColumnWriter::add(const std::int64_t* row) {
  const auto take = [&](std::size_t from, std::size_t end) {
    for (std::size_t c = from; c < end; ++c) {
      if (row[c] == 0) continue;
      bytes_[c].bytes().append(rows_ - filled_[c], '\0');
      bytes_[c].whole(row[c]);
      filled_[c] = rows_ + 1;
    }
  };
  std::size_t c = 0;
  for (; c + kTogether <= columns_; c += kTogether) {
    std::int64_t values = 0;
    for (std::size_t i = c; i < c + kTogether; ++i) values |= row[i];
    if (values != 0) take(c, c + kTogether);
  }
  take(c, columns_);
  ++rows_;
}

void ColumnWriter::write_from(ByteWriter& out, std::size_t from, const std::int64_t* first) const {
  std::uint64_t empty = 0;
  for (std::size_t c = 0; c < columns_; ++c) {
    if (filled_[c] == 0 && (first == nullptr || first[c] == 0)) {
      ++empty;
      continue;
    }
    // 2n: n columns of zeros; 1: one with values.
    if (empty > 0) out.number(empty * 2);
    empty = 0;
    out.number(1);
    std::string_view rest = bytes_[c].bytes();
    std::size_t next = 0;  // The first row that is still to be written.
    if (first != nullptr) {
      out.whole(first[c]);
      // A value's last byte is the one without the eighth bit.
      std::size_t at = 0;
      for (; next <= from && next < filled_[c]; ++at) {
        if ((static_cast<unsigned char>(rest[at]) & 0x80U) == 0) ++next;
      }
      rest.remove_prefix(at);
      next = from + 1;
    }
    out.bytes().append(rest);
    out.bytes().append(rows_ - std::max(next, filled_[c]), '\0');
  }
  if (empty > 0) out.number(empty * 2);
}

void ColumnWriter::clear() {
  rows_ = 0;
  for (std::size_t c = 0; c < columns_; ++c) {
    if (filled_[c] != 0) bytes_[c].bytes().clear();
  }
  std::fill(filled_.begin(), filled_.end(), 0);
}

void read_columns(ByteReader& in, std::vector<std::int64_t>& cells, std::size_t columns,
                  std::size_t stored) {
  for (std::size_t column = 0; column < stored && !in.failed();) {
    const std::uint64_t token = in.number();
    if (token == 1) {
      for (std::size_t at = column; at < cells.size(); at += columns) cells[at] = in.whole();
      ++column;
    } else if (token == 0 || token % 2 != 0 || token / 2 > stored - column) {
      in.fail();
    } else {
      column += static_cast<std::size_t>(token / 2);
    }
  }
}

void SamplePrediction::subtract(const std::int64_t* now, const std::int64_t* before,
                                std::int64_t* differences) const {
  const std::size_t rows = map_.rows();
  const std::size_t columns = map_.count();
  const std::size_t edges = scene_.edges.size();
  std::copy_n(now, kCounts * rows, differences);
  for (std::size_t field = 0; field < kCounts; ++field) {
    const std::int64_t* count = now + field * rows;
    std::int64_t* services = differences + field * rows + edges;
    for (std::size_t edge = 0; edge < edges; ++edge) {
      std::int64_t& service = services[scene_.edges[edge].to];
      service = minus(service, count[edge]);
    }
  }
  std::int64_t* in_flight = differences + kInFlight * rows;
  std::fill_n(in_flight, rows, 0);
  add_flow(now, rows, in_flight);
  for (std::size_t c = kInFlight * rows; c < (kInFlight + 1) * rows; ++c) {
    const std::int64_t expected = plus(before == nullptr ? 0 : before[c], differences[c]);
    differences[c] = minus(now[c], expected);
  }
  const std::size_t first_group = map_.of(0, GroupField::Published);
  for (std::size_t c = (kInFlight + 1) * rows; c < first_group; ++c) {
    differences[c] = minus(now[c], before == nullptr ? 0 : before[c]);
  }
  std::copy(now + first_group, now + columns, differences + first_group);
  const std::size_t first_route = map_.of(0, PolicyField::Calls);
  for (std::size_t c = map_.of(0, GroupField::Lag); before != nullptr && c < first_route; ++c) {
    differences[c] = minus(now[c], before[c]);
  }
  const std::size_t first_kept_out = map_.of(0, PolicyField::KeptOut);
  for (std::size_t c = first_kept_out; before != nullptr && c < columns; ++c) {
    differences[c] = minus(now[c], before[c]);
  }
  for (std::size_t group = 0; group < map_.groups(); ++group) {
    std::int64_t& lag = differences[map_.of(group, GroupField::Lag)];
    lag = minus(lag, lag_change(map_, now, group));
  }
}

void SamplePrediction::add(std::vector<std::int64_t>& differences) const {
  const std::size_t rows = map_.rows();
  const std::size_t columns = map_.count();
  const std::size_t edges = scene_.edges.size();
  for (std::size_t at = 0; columns > 0 && at + columns <= differences.size(); at += columns) {
    std::int64_t* now = differences.data() + at;
    const std::int64_t* before = at == 0 ? nullptr : now - columns;
    for (std::size_t field = 0; field < kCounts; ++field) {
      for (std::size_t edge = 0; edge < edges; ++edge) {
        std::int64_t& service = now[field * rows + edges + scene_.edges[edge].to];
        service = plus(service, now[field * rows + edge]);
      }
    }
    add_flow(now, rows, now + kInFlight * rows);
    for (std::size_t group = 0; group < map_.groups(); ++group) {
      std::int64_t& lag = now[map_.of(group, GroupField::Lag)];
      lag = plus(lag, lag_change(map_, now, group));
    }
    if (before == nullptr) continue;
    const std::size_t first_group = map_.of(0, GroupField::Published);
    for (std::size_t c = kInFlight * rows; c < first_group; ++c) now[c] = plus(now[c], before[c]);
    const std::size_t first_route = map_.of(0, PolicyField::Calls);
    for (std::size_t c = map_.of(0, GroupField::Lag); c < first_route; ++c) {
      now[c] = plus(now[c], before[c]);
    }
    for (std::size_t c = map_.of(0, PolicyField::KeptOut); c < columns; ++c) {
      now[c] = plus(now[c], before[c]);
    }
  }
}

}  // namespace orrery::recording
