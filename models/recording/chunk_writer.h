/// @file
/// Puts samples, states, events and followed requests into the chunks of a recording's file.
///
/// What was shown of the chunk that is being written stands at the end of the file; when its five
/// seconds are over, its compressed form takes its place.
#pragma once

#include <cstdint>
#include <map>
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

class ChunkWriter {
 public:
  /// Creates or empties the file. A Failure if that cannot be done.
  [[nodiscard]] static Result<std::unique_ptr<ChunkWriter>> create(const std::string& path,
                                                                   RunInfo info, Scene scene);
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;
  /// Without finish() the file stays as a crash would leave it: it can be read, without an index.
  ~ChunkWriter();

  [[nodiscard]] const Scene& scene() const { return section_.scene; }
  [[nodiscard]] const ColumnMap& columns() const { return map_; }

  /// The text of the next number; the first one has number 1.
  void add_text(std::string text);

  // What belongs to the next sample.
  /// Without a state it is gone. What is so already is not written.
  void set_pod(TextId name, const std::optional<PodState>& state);
  void set_node(TextId name, const std::optional<NodeState>& state);
  void add_event(const RunEvent& event);
  void add_trace(const Trace& trace);

  /// Takes the sample: one value for each column. Requires: whole microseconds, later than the one
  /// before.
  void sample(Instant at, const std::int64_t* values);
  /// Writes out what was sampled since, so that whoever watches the file sees it.
  void show();

  /// Closes the chunk and writes the index. Nothing may follow. A Failure if this or anything
  /// before could not be written.
  [[nodiscard]] Result<void> finish();

 private:
  ChunkWriter(std::string path, int file, RunInfo info, Scene scene);
  void append(std::string_view bytes);
  void append_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                    std::int64_t last_us, std::string_view raw);
  void note_block(std::string_view block, std::uint64_t at);
  void close_chunk();
  void write_overview();
  void fail(const std::string& what);

  std::string path_;
  int file_;
  InfoSection section_;
  ColumnMap map_;
  BlockPacker packer_;
  std::uint64_t end_ = 0;
  std::string index_;  ///< Heads and places of the blocks so far.
  std::uint64_t block_count_ = 0;

  TextId text_count_ = 0;
  std::map<TextId, PodState> pods_;
  std::map<TextId, NodeState> nodes_;
  std::vector<Change<PodState>> pod_changes_;  ///< Since the last sample.
  std::vector<Change<NodeState>> node_changes_;

  // The open chunk.
  std::uint64_t chunk_at_ = 0;
  std::int64_t chunk_end_us_ = 0;
  SampleEncoder samples_;
  StateSection state_;
  TextSection new_texts_;
  std::vector<RunEvent> events_;
  TraceEncoder traces_;
  std::size_t chunk_bytes_ = 0;  ///< About as many, before they are compressed.

  // What of it has not been shown.
  std::size_t shown_samples_ = 0;
  std::size_t shown_texts_ = 0;
  std::size_t shown_events_ = 0;
  std::size_t shown_pods_ = 0;
  std::size_t shown_nodes_ = 0;

  OverviewBuilder overview_;
  std::int64_t overview_span_ = 0;  ///< Which its rows belong to.
  std::optional<Failure> failed_;
};

/// A chunk holds the samples of so much time.
inline constexpr std::int64_t kChunkUs = 5'000'000;

}  // namespace orrery::recording
