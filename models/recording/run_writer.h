/// @file
/// Writes a recording of a run: samples, states, events and followed requests, in one file that can
/// be read while it grows.
///
/// Equal calls make equal bytes, however often they are shown meanwhile: a thread of its own makes
/// the bytes, of samples in the order in which they were taken, and decides nothing.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "models/base/result.h"
#include "models/recording/call_notes.h"
#include "models/recording/call_tally.h"
#include "models/recording/chunk_writer.h"
#include "models/recording/run_data.h"
#include "models/recording/sample_batch.h"
#include "models/recording/sample_values.h"
#include "models/recording/text_table.h"
#include "models/recording/trace_builder.h"
#include "models/recording/trace_notes.h"

namespace orrery::recording {

/// To be used by one thread.
class RunWriter {
 public:
  /// Creates or empties the file. A Failure if that cannot be done, or there is no thread to be
  /// had.
  [[nodiscard]] static Result<std::unique_ptr<RunWriter>> create(const std::string& path,
                                                                 RunInfo info, Scene scene);
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;
  /// Without finish() the file stays as a crash would leave it: it can be read, without an index.
  ~RunWriter();

  [[nodiscard]] const Scene& scene() const { return chunks_->scene(); }
  [[nodiscard]] const ColumnMap& columns() const { return chunks_->columns(); }

  /// The number of the text, given out at its first use.
  [[nodiscard]] TextId text(std::string_view text);

  // What belongs to the next sample.
  /// Without a state it is gone. What is so already is not written.
  void set_pod(TextId name, const std::optional<PodState>& state);
  void set_node(TextId name, const std::optional<NodeState>& state);
  void add_event(const RunEvent& event);
  /// Takes one note: what is noted is counted in the columns of calls, which whoever takes the
  /// samples leaves alone. Requires: the note's row exists.
  [[nodiscard]] CallNotes& calls() {
    if (open_->calls.full()) hand_over();
    return open_->calls;
  }
  /// Takes one note likewise: a journey that is over is written with the next sample.
  [[nodiscard]] TraceNotes& traces() {
    if (open_->traces.full()) hand_over();
    return open_->traces;
  }

  /// Takes the sample; waits if the file is several batches behind. Requires: whole microseconds,
  /// later than the one before; as many values as there are columns; those that were not written to
  /// are as they were in the sample before.
  void sample(Instant at, const SampleValues& values);
  /// Writes out what was sampled since, so that whoever watches the file sees it from now on.
  void show();
  /// The same, without waiting until it is in the file.
  void show_soon();

  /// Closes the chunk and writes the index. Nothing may follow. A Failure if this or anything
  /// before could not be written.
  [[nodiscard]] Result<void> finish();

 private:
  static constexpr std::size_t kBatches = 4;

  explicit RunWriter(std::unique_ptr<ChunkWriter> chunks);
  void hand_over();
  void write_batches();
  void write(SampleBatch& batch);
  void stop();

  // The thread's, as long as it runs.
  std::unique_ptr<ChunkWriter> chunks_;
  CallTally tally_;
  TraceBuilder journeys_;
  std::vector<std::int64_t> row_;  ///< Of the sample that was written last.

  TextTable texts_;
  std::optional<Instant> last_;  ///< Of the last sample.
  std::array<SampleBatch, kBatches> batches_;
  SampleBatch* open_ = batches_.data();  ///< The one that is being filled.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t handed_ = 0;  ///< Batches that were given to the thread.
  std::uint64_t done_ = 0;    ///< Batches that it is done with.
  bool over_ = false;         ///< No more will come.
  std::thread thread_;
};

}  // namespace orrery::recording
