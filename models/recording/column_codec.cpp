#include "models/recording/column_codec.h"

#include <algorithm>

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

}  // namespace

void write_columns(ByteWriter& out, const std::vector<std::int64_t>& cells, std::size_t columns) {
  const std::size_t size = cells.size();
  // Row by row, as they lie in memory: which columns have anything but zeros.
  std::vector<std::int64_t> any(columns);
  for (std::size_t row = 0; row + columns <= size; row += columns) {
    for (std::size_t c = 0; c < columns; ++c) any[c] |= cells[row + c];
  }
  std::uint64_t empty = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    if (any[column] == 0) {
      ++empty;
      continue;
    }
    // 2n: n columns of zeros; 1: one with values.
    if (empty > 0) out.number(empty * 2);
    empty = 0;
    out.number(1);
    for (std::size_t at = column; at < size; at += columns) out.whole(cells[at]);
  }
  if (empty > 0) out.number(empty * 2);
}

void read_columns(ByteReader& in, std::vector<std::int64_t>& cells, std::size_t columns) {
  for (std::size_t column = 0; column < columns && !in.failed();) {
    const std::uint64_t token = in.number();
    if (token == 1) {
      for (std::size_t at = column; at < cells.size(); at += columns) cells[at] = in.whole();
      ++column;
    } else if (token == 0 || token % 2 != 0 || token / 2 > columns - column) {
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
  for (std::size_t c = (kInFlight + 1) * rows; c < columns; ++c) {
    differences[c] = minus(now[c], before == nullptr ? 0 : before[c]);
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
    for (std::size_t c = kInFlight * rows; before != nullptr && c < columns; ++c) {
      now[c] = plus(now[c], before[c]);
    }
  }
}

}  // namespace orrery::recording
