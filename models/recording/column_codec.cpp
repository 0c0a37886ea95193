#include "models/recording/column_codec.h"

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

/// How the calls in flight changed, by the counts of the row.
std::int64_t flow(const std::int64_t* sample, std::size_t rows, std::size_t row) {
  const auto at = [&](std::size_t field) { return sample[field * rows + row]; };
  std::int64_t change = at(static_cast<std::size_t>(CallField::Started));
  for (std::size_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
    change = minus(change, at(static_cast<std::size_t>(CallField::Ok) + outcome));
  }
  return minus(change, at(static_cast<std::size_t>(CallField::Forgotten)));
}

}  // namespace

void write_columns(ByteWriter& out, const std::vector<std::int64_t>& cells, std::size_t columns) {
  const std::size_t size = cells.size();
  std::uint64_t empty = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    std::size_t at = column;
    while (at < size && cells[at] == 0) at += columns;
    if (at >= size) {
      ++empty;
      continue;
    }
    // 2n: n columns of zeros; 1: one with values.
    if (empty > 0) out.number(empty * 2);
    empty = 0;
    out.number(1);
    for (at = column; at < size; at += columns) out.whole(cells[at]);
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

void SamplePrediction::subtract(std::vector<std::int64_t>& samples) const {
  const std::size_t rows = map_.rows();
  const std::size_t columns = map_.count();
  const std::size_t edges = scene_.edges.size();
  // From the last one on, so that each still finds the one before as it was.
  for (std::size_t end = samples.size(); end >= columns && columns > 0; end -= columns) {
    std::int64_t* now = samples.data() + end - columns;
    const std::int64_t* before = end == columns ? nullptr : now - columns;
    for (std::size_t c = kInFlight * rows; c < columns; ++c) {
      std::int64_t expected = before == nullptr ? 0 : before[c];
      if (c < (kInFlight + 1) * rows) {
        expected = plus(expected, flow(now, rows, c - kInFlight * rows));
      }
      now[c] = minus(now[c], expected);
    }
    for (std::size_t field = 0; field < kCounts; ++field) {
      for (std::size_t edge = 0; edge < edges; ++edge) {
        std::int64_t& service = now[field * rows + edges + scene_.edges[edge].to];
        service = minus(service, now[field * rows + edge]);
      }
    }
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
    for (std::size_t c = kInFlight * rows; c < columns; ++c) {
      std::int64_t expected = before == nullptr ? 0 : before[c];
      if (c < (kInFlight + 1) * rows) {
        expected = plus(expected, flow(now, rows, c - kInFlight * rows));
      }
      now[c] = plus(now[c], expected);
    }
  }
}

}  // namespace orrery::recording
