/// @file
/// Reads a recording of a run: the world at any instant, events, followed requests, and series for
/// charts; also while it is being written.
///
/// Whatever the file holds, opening it takes a bounded amount of memory, and what is damaged is
/// said: a file that was cut off is there up to its last whole sample.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/recording/overview.h"
#include "models/recording/run_blocks.h"
#include "models/recording/run_codec.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

/// Where a recording stops making sense.
struct Damage {
  std::uint64_t offset = 0;  ///< In the file [bytes].
  std::string what;

  friend bool operator==(const Damage&, const Damage&) = default;
};

/// A stretch of a series. Counts are per second, latencies and ages in seconds, other states as
/// they are.
struct SeriesPoint {
  Instant from;
  Duration length;
  double min = 0;
  double max = 0;
  double mean = 0;
};

class RunReader {
 public:
  /// A Failure if there is no such file, it is no recording, or of another version.
  [[nodiscard]] static Result<std::unique_ptr<RunReader>> open(const std::string& path);
  RunReader(const RunReader&) = delete;
  RunReader& operator=(const RunReader&) = delete;
  ~RunReader();

  [[nodiscard]] const RunInfo& info() const { return section_.info; }
  [[nodiscard]] const Scene& scene() const { return section_.scene; }
  [[nodiscard]] const ColumnMap& columns() const { return *map_; }
  /// "" for a number that has no text, or whose text is damaged.
  [[nodiscard]] std::string_view text(TextId id) const;

  /// Of the first and of the last sample; nothing if there is none.
  [[nodiscard]] std::optional<Instant> first() const;
  [[nodiscard]] std::optional<Instant> last() const;
  /// Of the first sample of a chunk that goes on from `t`, or `t` if that has begun; nothing if
  /// there are no more samples.
  [[nodiscard]] std::optional<Instant> next(Instant t) const;
  /// Its writer has finished it.
  [[nodiscard]] bool complete() const { return complete_; }
  /// What is wrong with the file, as far as opening it showed. In a file that is being written this
  /// may be a block that is half there: it goes with the next follow().
  [[nodiscard]] const std::optional<Damage>& damage() const { return damage_; }

  /// The last sample up to `t`. A Failure if there is none, or its chunk is damaged.
  [[nodiscard]] Result<Frame> at(Instant t);
  /// Reads a part of the chunk behind that of `t`, so that at() finds it there when time has come
  /// so far; what it finds is the same without. A part of a large run takes a millisecond.
  /// False: that chunk is there, or there is none.
  bool read_ahead(Instant t);

  /// Of [from, to), in order.
  [[nodiscard]] Result<std::vector<RunEvent>> events(Instant from, Instant to);
  /// Journeys that were over in [from, to).
  [[nodiscard]] Result<std::vector<Trace>> traces(Instant from, Instant to);
  /// The samples of [from, to): instants, and rows of values.
  [[nodiscard]] Result<SampleSection> samples(Instant from, Instant to);

  /// A column (see ColumnMap) over [from, to) in at most so many stretches, by time; stretches
  /// without samples are left out. Requires: column < columns().count(), points >= 1.
  [[nodiscard]] Result<std::vector<SeriesPoint>> series(std::size_t column, Instant from,
                                                        Instant to, std::size_t points);

  /// Looks for what was written since. Whether there was anything.
  [[nodiscard]] bool follow();

 private:
  struct Place {
    std::uint64_t offset = 0;
    BlockHead head;
  };
  struct Chunk {
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
    std::optional<Place> events;
    std::optional<Place> traces;
    std::optional<Place> samples;
    std::optional<Place> state;
  };
  /// A chunk in memory.
  struct Decoded {
    SampleSection samples;
    StateSection state;
    std::vector<RunEvent> events;
    std::vector<Trace> traces;
  };

  /// A closed chunk of which parts are in memory.
  struct Ahead {
    std::size_t chunk = 0;
    std::optional<std::string> raw;  ///< What the block of the next part holds.
    std::optional<SampleSection> samples;
    std::optional<StateSection> state;
    bool damaged = false;  ///< Who comes to it is told.
  };

  RunReader(std::string path, int file) : path_{std::move(path)}, file_{file} {}
  [[nodiscard]] Result<void> read_info();
  [[nodiscard]] bool read_index();
  void scan();
  void scan_open_blocks(std::uint64_t size);
  /// Takes a block that is known to be whole. False: its place makes no sense.
  [[nodiscard]] bool take(const Place& place);
  [[nodiscard]] bool take_texts(std::string_view raw);
  [[nodiscard]] bool take_open(std::string_view raw);
  void forget_open();
  [[nodiscard]] std::uint64_t file_size() const;
  [[nodiscard]] std::optional<std::string> read_bytes(std::uint64_t offset, std::size_t size) const;
  [[nodiscard]] std::optional<BlockHead> head_at(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] std::optional<std::string> contents(const Place& place) const;
  [[nodiscard]] Failure damaged(const Place& place, const char* what) const;
  [[nodiscard]] std::size_t chunk_count() const;
  [[nodiscard]] std::int64_t first_of(std::size_t chunk) const;
  [[nodiscard]] std::int64_t last_of(std::size_t chunk) const;
  /// How many chunks begin up to `us`.
  [[nodiscard]] std::size_t begun_at(std::int64_t us) const;
  /// The chunk with what is needed of it to show states.
  [[nodiscard]] Result<const Decoded*> chunk(std::size_t index, bool with_state);
  /// What its block holds, if that could be read.
  [[nodiscard]] Result<SampleSection> samples_in(std::size_t index,
                                                 const std::optional<std::string>& raw) const;
  [[nodiscard]] Result<StateSection> state_in(std::size_t index,
                                              const std::optional<std::string>& raw) const;
  [[nodiscard]] Result<std::vector<RunEvent>> chunk_events(std::size_t index) const;
  [[nodiscard]] Result<std::vector<Trace>> chunk_traces(std::size_t index) const;
  [[nodiscard]] Result<void> add_overview(std::size_t level, std::size_t column, std::int64_t from,
                                          std::int64_t to, std::vector<SeriesPoint>& points,
                                          std::int64_t& covered) const;
  [[nodiscard]] SeriesPoint point_of(std::size_t column, const OverviewCell& cell,
                                     std::uint32_t samples, std::int64_t start_us,
                                     std::int64_t length_us) const;

  std::string path_;
  int file_;
  InfoSection section_;
  std::optional<ColumnMap> map_;
  std::uint32_t version_ = 0;
  std::vector<std::string> texts_;  ///< Text i + 1.
  std::size_t text_bytes_ = 0;
  std::vector<Chunk> chunks_;
  Chunk next_;  ///< Of which the state is still to come.
  std::array<std::vector<Place>, kOverviewLevelsUs.size()> overview_;
  bool complete_ = false;
  std::optional<Damage> damage_;

  std::uint64_t closed_end_ = 0;  ///< Behind the last block of a closed chunk.
  std::uint64_t open_end_ = 0;    ///< Behind the last block of the open one.
  std::string open_head_;         ///< The head of its first block.
  std::size_t open_first_text_ = 0;
  Decoded open_;

  std::optional<std::size_t> kept_;  ///< Which chunk `decoded_` is.
  bool kept_state_ = false;
  Decoded decoded_;
  std::optional<Ahead> ahead_;
};

}  // namespace orrery::recording
