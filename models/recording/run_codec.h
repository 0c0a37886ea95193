/// @file
/// The contents of a recording's blocks as bytes, and back. Bytes that cannot be give nothing, and
/// no bytes make more than a few times their decompressed size of memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/recording/bytes.h"
#include "models/recording/column_codec.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

struct InfoSection {
  RunInfo info;
  Scene scene;
};
[[nodiscard]] std::string encode_info(const InfoSection& section);
[[nodiscard]] std::optional<InfoSection> decode_info(std::string_view bytes);

/// Texts `first`, first + 1, ….
struct TextSection {
  TextId first = 1;
  std::vector<std::string> texts;
};
[[nodiscard]] std::string encode_texts(const TextSection& section);
/// Nothing, too, if they take more than `most` bytes.
[[nodiscard]] std::optional<TextSection> decode_texts(std::string_view bytes, std::size_t most);

[[nodiscard]] std::string encode_events(const std::vector<RunEvent>& events);
[[nodiscard]] std::optional<std::vector<RunEvent>> decode_events(std::string_view bytes);

/// Traces, taken one by one into the columns of their block.
class TraceEncoder {
 public:
  void add(const Trace& trace);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool has_new() const { return new_count_ > 0; }
  /// Bytes so far.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string encode() const;
  /// A section of its own of those since the last call of this.
  [[nodiscard]] std::string encode_new();
  /// It begins anew, in the memory it has.
  void clear();

 private:
  static constexpr std::size_t kColumns = 9;

  static void add_head(ByteWriter& out, const Trace& trace, std::int64_t& last_start_us);

  std::uint64_t count_ = 0;
  std::int64_t last_start_us_ = 0;
  ByteWriter heads_;
  std::array<ByteWriter, kColumns> columns_;
  std::uint64_t new_count_ = 0;
  std::int64_t new_last_start_us_ = 0;
  ByteWriter new_heads_;
  std::array<std::size_t, kColumns> new_from_{};  ///< Bytes of each column that are not new.
};
[[nodiscard]] std::optional<std::vector<Trace>> decode_traces(std::string_view bytes);

/// From the sample on, counted in its chunk; without a state it is gone.
template <class State>
struct Change {
  std::uint32_t sample = 0;
  TextId name = 0;
  std::optional<State> now;

  friend bool operator==(const Change&, const Change&) = default;
};

/// The world before the first sample of a chunk, and what changed in it.
struct StateSection {
  struct Keyframe {
    Scene scene;
    Pods pods;
    Nodes nodes;

    friend bool operator==(const Keyframe&, const Keyframe&) = default;
  };
  std::optional<Keyframe> keyframe;  ///< Absent: of samples behind the first of an open chunk.
  std::vector<Change<PodState>> pods;
  std::vector<Change<NodeState>> nodes;
};
[[nodiscard]] std::string encode_state(const StateSection& section);
[[nodiscard]] std::optional<StateSection> decode_state(std::string_view bytes);

/// What was changed up to the sample is so. By rising sample.
void apply_changes(Pods& pods, const std::vector<Change<PodState>>& changes, std::uint32_t sample);
void apply_changes(Nodes& nodes, const std::vector<Change<NodeState>>& changes,
                   std::uint32_t sample);

/// Samples of a chunk: instants, and as many values for each as the scene has columns.
struct SampleSection {
  std::vector<std::int64_t> at_us;   ///< Rising.
  std::vector<std::int64_t> values;  ///< Row per sample.
};
/// No chunk has more values.
inline constexpr std::size_t kValuesMax = std::size_t{8} << 20;
/// Samples, taken one by one as what differs from their expectation.
class SampleEncoder {
 public:
  /// The scene must outlive it.
  explicit SampleEncoder(const Scene& scene);

  /// `values`: one for each column.
  void add(std::int64_t at_us, const std::int64_t* values);
  [[nodiscard]] const std::vector<std::int64_t>& at_us() const { return at_us_; }
  [[nodiscard]] std::string encode() const;
  /// A section of its own of the samples since the last call of this. Requires: there are some.
  [[nodiscard]] std::string encode_new();
  /// It begins anew, in the memory it has.
  void clear();

 private:
  void write_times(ByteWriter& out, std::size_t from) const;

  SamplePrediction prediction_;
  std::vector<std::int64_t> at_us_;
  ColumnWriter differences_;
  std::vector<std::int64_t> difference_;  ///< Of the last sample.
  std::vector<std::int64_t> last_;        ///< Its values.
  std::size_t new_from_ = 0;
  std::vector<std::int64_t> first_new_;  ///< The values of that sample.
};
/// `version`: of the format of the file. Columns that it does not have are 0.
[[nodiscard]] std::optional<SampleSection> decode_samples(std::string_view bytes,
                                                          const Scene& scene,
                                                          std::uint32_t version);

/// A column over one row of the overview.
struct OverviewCell {
  std::int64_t min = 0;
  std::int64_t max = 0;
  std::int64_t total = 0;  ///< The sum; of latencies, the mean of those that there are.

  friend bool operator==(const OverviewCell&, const OverviewCell&) = default;
};
struct OverviewSection {
  std::vector<std::uint32_t> samples;  ///< By row: how many it sums up; maybe none.
  std::vector<OverviewCell> cells;     ///< Row by row.
};
/// `stored`: the first so many of the columns are there, the others are 0. Requires: > 0.
[[nodiscard]] std::optional<OverviewSection> decode_overview(std::string_view bytes,
                                                             std::size_t columns,
                                                             std::size_t stored);

}  // namespace orrery::recording
