#include "models/recording/chunk_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "models/base/contract.h"
#include "models/recording/bytes.h"

namespace orrery::recording {
namespace {

/// A chunk with more than this ends early: by what its parts take, about, not counting its
/// keyframe.
constexpr std::size_t kChunkBytes = 8U << 20;
constexpr std::size_t kValueBytes = 2;
constexpr std::size_t kEventBytes = 8;
constexpr std::size_t kChangeBytes = 16;

/// The change is appended, or takes the place of an earlier one of the same sample.
template <class State>
void note(std::vector<Change<State>>& changes, std::map<TextId, State>& states, TextId name,
          const std::optional<State>& now) {
  const auto known = states.find(name);
  const bool same = now ? known != states.end() && known->second == *now : known == states.end();
  if (same) return;
  if (now) {
    states.insert_or_assign(name, *now);
  } else {
    states.erase(known);
  }
  changes.push_back({0, name, now});
}

template <class State>
void keep_last(std::vector<Change<State>>& changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<Change<State>> kept;
  for (Change<State>& change : changes) {
    if (!kept.empty() && kept.back().name == change.name) kept.pop_back();
    kept.push_back(std::move(change));
  }
  changes = std::move(kept);
}

template <class State>
void move_to_chunk(std::vector<Change<State>>& from, std::vector<Change<State>>& to,
                   std::uint32_t sample) {
  for (Change<State>& change : from) {
    change.sample = sample;
    to.push_back(change);
  }
  from.clear();
}

}  // namespace

Result<std::unique_ptr<ChunkWriter>> ChunkWriter::create(const std::string& path, RunInfo info,
                                                         Scene scene) {
  expects(info.period > Duration{} && info.period.count_ns() % 1000 == 0,
          "samples are whole microseconds apart");
  if (ColumnMap{scene}.count() > kValuesMax) {
    return failure("the scene is too large to be recorded");
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failure("cannot write " + path + ": " + std::strerror(errno));
  std::unique_ptr<ChunkWriter> writer{
      new ChunkWriter{path, file, std::move(info), std::move(scene)}};
  if (writer->failed_) return tl::unexpected{*writer->failed_};
  return writer;
}

ChunkWriter::ChunkWriter(std::string path, int file, RunInfo info, Scene scene)
    : path_{std::move(path)},
      file_{file},
      section_{std::move(info), std::move(scene)},
      map_{section_.scene},
      samples_{section_.scene},
      overview_{map_} {
  ByteWriter head;
  head.bytes().append(kFileMagic);
  head.fixed(kFormatVersion, 4);
  head.fixed(0, 4);
  append(head.bytes());
  append_block(BlockKind::Info, 0, 0, 0, encode_info(section_));
  state_.keyframe.emplace();
  state_.keyframe->scene = section_.scene;
}

ChunkWriter::~ChunkWriter() { ::close(file_); }

void ChunkWriter::add_text(std::string text) {
  ++text_count_;
  if (new_texts_.texts.empty()) new_texts_.first = text_count_;
  chunk_bytes_ += text.size() + 2;
  new_texts_.texts.push_back(std::move(text));
}

void ChunkWriter::set_pod(TextId name, const std::optional<PodState>& state) {
  note(pod_changes_, pods_, name, state);
}

void ChunkWriter::set_node(TextId name, const std::optional<NodeState>& state) {
  note(node_changes_, nodes_, name, state);
}

void ChunkWriter::add_event(const RunEvent& event) {
  events_.push_back(event);
  chunk_bytes_ += kEventBytes;
}

void ChunkWriter::add_trace(const Trace& trace) {
  const std::size_t before = traces_.size();
  traces_.add(trace);
  chunk_bytes_ += traces_.size() - before;
}

void ChunkWriter::sample(Instant at, const std::int64_t* values) {
  const std::int64_t at_us = at.count_ns() / 1000;
  expects(samples_.at_us().empty() || samples_.at_us().back() < at_us, "samples go forward");
  if (failed_) return;
  keep_last(pod_changes_);
  keep_last(node_changes_);
  chunk_bytes_ +=
      map_.count() * kValueBytes + (pod_changes_.size() + node_changes_.size()) * kChangeBytes;
  if (samples_.at_us().empty()) {
    const std::int64_t span = (std::max<std::int64_t>(at_us, 1) - 1) / kOverviewSpanUs;
    if (span != overview_span_) write_overview();
    overview_span_ = span;
    chunk_at_ = end_;
    chunk_end_us_ = (std::max<std::int64_t>(at_us, 1) - 1) / kChunkUs * kChunkUs + kChunkUs;
  }
  const auto ordinal = static_cast<std::uint32_t>(samples_.at_us().size());
  samples_.add(at_us, values);
  move_to_chunk(pod_changes_, state_.pods, ordinal);
  move_to_chunk(node_changes_, state_.nodes, ordinal);
  overview_.add(at_us, values);
  if (chunk_bytes_ > kChunkBytes || at_us >= chunk_end_us_ ||
      (samples_.at_us().size() + 1) * map_.count() > kValuesMax) {
    close_chunk();
  }
}

void ChunkWriter::show() {
  const std::size_t samples = samples_.at_us().size();
  if (failed_ || shown_samples_ == samples) return;
  ByteWriter out;
  const auto section = [&](BlockKind kind, const std::string& bytes) {
    out.byte(static_cast<std::uint8_t>(kind));
    out.text(bytes);
  };
  const auto from = [](const auto& all, std::size_t first) {
    return std::remove_cvref_t<decltype(all)>{all.begin() + static_cast<std::ptrdiff_t>(first),
                                              all.end()};
  };
  if (shown_texts_ < new_texts_.texts.size()) {
    section(BlockKind::Texts, encode_texts({new_texts_.first + static_cast<TextId>(shown_texts_),
                                            from(new_texts_.texts, shown_texts_)}));
  }
  if (shown_events_ < events_.size()) {
    section(BlockKind::Events, encode_events(from(events_, shown_events_)));
  }
  if (traces_.has_new()) section(BlockKind::Traces, traces_.encode_new());
  section(BlockKind::Samples, samples_.encode_new());
  StateSection state{std::nullopt, from(state_.pods, shown_pods_),
                     from(state_.nodes, shown_nodes_)};
  if (shown_samples_ == 0) state.keyframe = state_.keyframe;
  for (auto& change : state.pods) change.sample -= static_cast<std::uint32_t>(shown_samples_);
  for (auto& change : state.nodes) change.sample -= static_cast<std::uint32_t>(shown_samples_);
  section(BlockKind::State, encode_state(state));
  if (out.bytes().size() > kBlockMax) {
    fail("what was sampled since is larger than 32 MiB");
    return;
  }
  append(make_block(BlockKind::Open, 0, samples_.at_us()[shown_samples_], samples_.at_us().back(),
                    out.bytes()));
  shown_samples_ = samples;
  shown_texts_ = new_texts_.texts.size();
  shown_events_ = events_.size();
  shown_pods_ = state_.pods.size();
  shown_nodes_ = state_.nodes.size();
}

void ChunkWriter::close_chunk() {
  const std::uint64_t tail_end = end_;
  const std::int64_t first = samples_.at_us().front();
  const std::int64_t last = samples_.at_us().back();
  std::string blocks;
  const auto add = [&](BlockKind kind, const std::string& raw) {
    if (raw.size() > kBlockMax) {
      fail("a chunk is larger than 32 MiB");
      return;
    }
    const std::string block = packer_.make_block(kind, 0, first, last, raw);
    note_block(block, chunk_at_ + blocks.size());
    blocks += block;
  };
  if (!new_texts_.texts.empty()) add(BlockKind::Texts, encode_texts(new_texts_));
  if (!events_.empty()) add(BlockKind::Events, encode_events(events_));
  if (!traces_.empty()) add(BlockKind::Traces, traces_.encode());
  add(BlockKind::Samples, samples_.encode());
  add(BlockKind::State, encode_state(state_));
  if (failed_) return;
  end_ = chunk_at_;
  append(blocks);
  if (end_ < tail_end && ::ftruncate(file_, static_cast<off_t>(end_)) != 0) {
    fail(std::strerror(errno));
  }
  if (last % kOverviewSpanUs == 0) write_overview();
  apply_changes(state_.keyframe->pods, state_.pods, 0xffff'ffff);
  apply_changes(state_.keyframe->nodes, state_.nodes, 0xffff'ffff);
  state_.pods.clear();
  state_.nodes.clear();
  samples_.clear();
  new_texts_.texts.clear();
  events_.clear();
  traces_.clear();
  chunk_bytes_ = 0;
  shown_samples_ = shown_texts_ = shown_events_ = shown_pods_ = shown_nodes_ = 0;
}

void ChunkWriter::write_overview() {
  if (overview_.empty()) return;
  const auto levels = overview_.take();
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const OverviewRows& rows = levels[level];
    const auto count = static_cast<std::int64_t>(rows.count);
    // Of so many columns that a minute of seconds does not fit, the coarser levels have to do.
    if (rows.bytes.size() > kBlockMax || rows.count * map_.count() > kValuesMax / 3) continue;
    append_block(BlockKind::Overview, static_cast<std::uint16_t>(level), rows.first_us,
                 rows.first_us + count * kOverviewLevelsUs[level], rows.bytes);
  }
}

Result<void> ChunkWriter::finish() {
  if (!failed_ && !samples_.at_us().empty()) close_chunk();
  if (!failed_) {
    write_overview();
    ByteWriter raw;
    raw.number(block_count_);
    raw.bytes() += index_;
    const std::uint64_t at = end_;
    // A run of weeks is found by scanning.
    if (raw.bytes().size() <= kBlockMax) {
      append(packer_.make_block(BlockKind::Index, 0, 0, 0, raw.bytes()));
      append(make_foot(at));
    }
  }
  if (failed_) return tl::unexpected{*failed_};
  return {};
}

void ChunkWriter::append_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                               std::int64_t last_us, std::string_view raw) {
  const std::string block = packer_.make_block(kind, level, first_us, last_us, raw);
  note_block(block, end_);
  append(block);
}

void ChunkWriter::note_block(std::string_view block, std::uint64_t at) {
  ByteWriter place;
  place.fixed(at, 8);
  index_ += place.bytes();
  index_.append(block.substr(0, kBlockHeadSize));
  ++block_count_;
}

void ChunkWriter::append(std::string_view bytes) {
  while (!bytes.empty() && !failed_) {
    const ::ssize_t written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(end_));
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(std::strerror(errno));
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    end_ += static_cast<std::uint64_t>(written);
  }
}

void ChunkWriter::fail(const std::string& what) {
  if (!failed_) failed_ = Failure{"cannot record to " + path_ + ": " + what, ""};
}

}  // namespace orrery::recording
