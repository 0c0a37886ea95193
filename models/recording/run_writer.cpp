#include "models/recording/run_writer.h"

#include <system_error>
#include <utility>

#include "models/base/contract.h"

namespace orrery::recording {
namespace {

/// A batch is handed over when it has so many samples, or values: waking a thread costs as much as
/// a sample or two.
constexpr std::size_t kBatchSamples = 64;
constexpr std::size_t kBatchValues = std::size_t{64} << 10;

}  // namespace

Result<std::unique_ptr<RunWriter>> RunWriter::create(const std::string& path, RunInfo info,
                                                     Scene scene) {
  auto chunks = ChunkWriter::create(path, std::move(info), std::move(scene));
  if (!chunks) return tl::unexpected{chunks.error()};
  std::unique_ptr<RunWriter> writer{new RunWriter{*std::move(chunks)}};
  try {
    writer->thread_ = std::thread{[w = writer.get()] { w->write_batches(); }};
  } catch (const std::system_error& error) {
    return failure("cannot record to " + path + ": " + error.what());
  }
  return writer;
}

RunWriter::RunWriter(std::unique_ptr<ChunkWriter> chunks)
    : chunks_{std::move(chunks)}, tally_{scene()}, row_(columns().count()) {}

RunWriter::~RunWriter() { stop(); }

// --- Who records --------------------------------------------------------------------------------

TextId RunWriter::text(std::string_view text) {
  if (text.empty()) return 0;
  const auto [number, is_new] = texts_.number_of(text);
  if (is_new) open_->texts.emplace_back(text);
  return number;
}

void RunWriter::set_pod(TextId name, const std::optional<PodState>& state) {
  open_->pods.emplace_back(name, state);
}

void RunWriter::set_node(TextId name, const std::optional<NodeState>& state) {
  open_->nodes.emplace_back(name, state);
}

void RunWriter::add_event(const RunEvent& event) { open_->events.push_back(event); }

void RunWriter::sample(Instant at, const SampleValues& values) {
  expects(at.count_ns() % 1000 == 0, "a sample is at a whole microsecond");
  expects(values.size() == columns().count(), "a sample has a value for every column");
  expects(!last_ || *last_ < at, "samples go forward");
  last_ = at;
  SampleBatch& open = *open_;
  for (const std::uint32_t column : values.written()) {
    open.values.push_back({column, values[column]});
  }
  open.rows.push_back(open.row(at));
  if (open.rows.size() >= kBatchSamples || open.values.size() >= kBatchValues) hand_over();
}

void RunWriter::show_soon() {
  open_->show = true;
  hand_over();
}

void RunWriter::show() {
  show_soon();
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return done_ == handed_; });
}

Result<void> RunWriter::finish() {
  stop();
  return chunks_->finish();
}

void RunWriter::hand_over() {
  std::unique_lock lock{mutex_};
  ++handed_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return handed_ - done_ < kBatches; });
  open_ = &batches_[handed_ % kBatches];
}

void RunWriter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    ++handed_;
    over_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

// --- The thread ---------------------------------------------------------------------------------

void RunWriter::write_batches() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [&] { return done_ < handed_ || over_; });
    if (done_ == handed_) return;
    SampleBatch& batch = batches_[done_ % kBatches];
    lock.unlock();
    write(batch);
    lock.lock();
    ++done_;
    changed_.notify_all();
  }
}

void RunWriter::write(SampleBatch& batch) {
  SampleBatch::Row from;
  const auto take = [&](const SampleBatch::Row& to) {
    for (; from.values < to.values; ++from.values) {
      const SampleBatch::Value& value = batch.values[from.values];
      row_[value.column] = value.value;
    }
    batch.calls.each(from.calls, to.calls, [&](const CallNote& note) { tally_.take(note); });
    from.calls = to.calls;
    batch.traces.each(from.traces, to.traces, journeys_);
    from.traces = to.traces;
    for (; from.texts < to.texts; ++from.texts) {
      chunks_->add_text(std::move(batch.texts[from.texts]));
    }
    for (; from.pods < to.pods; ++from.pods) {
      chunks_->set_pod(batch.pods[from.pods].first, batch.pods[from.pods].second);
    }
    for (; from.nodes < to.nodes; ++from.nodes) {
      chunks_->set_node(batch.nodes[from.nodes].first, batch.nodes[from.nodes].second);
    }
    for (; from.events < to.events; ++from.events) chunks_->add_event(batch.events[from.events]);
  };
  for (const SampleBatch::Row& row : batch.rows) {
    take(row);
    for (const Trace& trace : journeys_.over()) chunks_->add_trace(trace);
    journeys_.clear_over();
    tally_.sample(row.at, row_.data());
    chunks_->sample(row.at, row_.data());
  }
  // Of the sample that is still to come.
  take(batch.row({}));
  if (batch.show) chunks_->show();
  batch.clear();
}

}  // namespace orrery::recording
