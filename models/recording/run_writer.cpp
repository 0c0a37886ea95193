#include "models/recording/run_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "models/base/contract.h"
#include "models/recording/bytes.h"

namespace orrery::recording {
namespace {

/// A chunk with more than this when it is open ends early.
constexpr std::size_t kChunkBytes = 8U << 20;

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

Result<std::unique_ptr<RunWriter>> RunWriter::create(const std::string& path, RunInfo info,
                                                     Scene scene) {
  expects(info.period > Duration{} && info.period.count_ns() % 1000 == 0,
          "samples are whole microseconds apart");
  if (ColumnMap{scene}.count() > kValuesMax) {
    return failure("the scene is too large to be recorded");
  }
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failure("cannot write " + path + ": " + std::strerror(errno));
  std::unique_ptr<RunWriter> writer{new RunWriter{path, file, std::move(info), std::move(scene)}};
  if (writer->failed_) return tl::unexpected{*writer->failed_};
  return writer;
}

RunWriter::RunWriter(std::string path, int file, RunInfo info, Scene scene)
    : path_{std::move(path)},
      file_{file},
      section_{std::move(info), std::move(scene)},
      map_{section_.scene} {
  for (std::size_t level = 0; level < kOverviewLevelsUs.size(); ++level) {
    overview_[level].emplace(map_, kOverviewLevelsUs[level]);
  }
  ByteWriter head;
  head.bytes().append(kFileMagic);
  head.fixed(kFormatVersion, 4);
  head.fixed(0, 4);
  append(head.bytes());
  append_block(BlockKind::Info, 0, 0, 0, encode_info(section_));
  state_.keyframe.emplace();
  state_.keyframe->scene = section_.scene;
}

RunWriter::~RunWriter() { ::close(file_); }

TextId RunWriter::text(std::string_view text) {
  if (text.empty()) return 0;
  const auto [number, is_new] = texts_.number_of(text);
  if (is_new) new_texts_.emplace_back(text);
  return number;
}

void RunWriter::set_pod(TextId name, const std::optional<PodState>& state) {
  note(pod_changes_, pods_, name, state);
}

void RunWriter::set_node(TextId name, const std::optional<NodeState>& state) {
  note(node_changes_, nodes_, name, state);
}

void RunWriter::sample(Instant at, const std::vector<std::int64_t>& values) {
  expects(at.count_ns() % 1000 == 0, "a sample is at a whole microsecond");
  expects(values.size() == map_.count(), "a sample has a value for every column");
  const std::int64_t at_us = at.count_ns() / 1000;
  expects(samples_.at_us.empty() || samples_.at_us.back() < at_us, "samples go forward");
  if (failed_) return;
  keep_last(pod_changes_);
  keep_last(node_changes_);
  if (samples_.at_us.empty()) {
    chunk_at_ = end_;
    chunk_end_us_ = (std::max<std::int64_t>(at_us, 1) - 1) / kChunkUs * kChunkUs + kChunkUs;
    chunk_texts_ = {static_cast<TextId>(texts_.size() - new_texts_.size() + 1), {}};
  }
  write_open_block(at_us, values);
  const auto ordinal = static_cast<std::uint32_t>(samples_.at_us.size());
  samples_.at_us.push_back(at_us);
  samples_.values.insert(samples_.values.end(), values.begin(), values.end());
  move_to_chunk(pod_changes_, state_.pods, ordinal);
  move_to_chunk(node_changes_, state_.nodes, ordinal);
  std::move(new_texts_.begin(), new_texts_.end(), std::back_inserter(chunk_texts_.texts));
  new_texts_.clear();
  chunk_events_.insert(chunk_events_.end(), events_.begin(), events_.end());
  events_.clear();
  std::move(traces_.begin(), traces_.end(), std::back_inserter(chunk_traces_));
  traces_.clear();
  const bool full =
      chunk_bytes_ > kChunkBytes || samples_.values.size() + map_.count() > kValuesMax;
  if (at_us >= chunk_end_us_ || full) close_chunk();
}

void RunWriter::write_open_block(std::int64_t at_us, const std::vector<std::int64_t>& values) {
  ByteWriter out;
  const auto section = [&](BlockKind kind, const std::string& bytes) {
    out.byte(static_cast<std::uint8_t>(kind));
    out.text(bytes);
  };
  if (!new_texts_.empty()) {
    section(BlockKind::Texts,
            encode_texts({static_cast<TextId>(texts_.size() - new_texts_.size() + 1), new_texts_}));
  }
  if (!events_.empty()) section(BlockKind::Events, encode_events(events_));
  if (!traces_.empty()) section(BlockKind::Traces, encode_traces(traces_));
  section(BlockKind::Samples, encode_samples({{at_us}, values}, section_.scene));
  StateSection state{std::nullopt, pod_changes_, node_changes_};
  if (samples_.at_us.empty()) state.keyframe = state_.keyframe;
  section(BlockKind::State, encode_state(state));
  if (out.bytes().size() > kBlockMax) {
    fail("a sample is larger than 32 MiB");
    return;
  }
  append(make_block(BlockKind::Open, 0, at_us, at_us, out.bytes(), false));
  // The keyframe is no part of what makes a chunk grow.
  if (!samples_.at_us.empty()) chunk_bytes_ += out.bytes().size();
}

void RunWriter::close_chunk() {
  const std::uint64_t tail_end = end_;
  const std::int64_t first = samples_.at_us.front();
  const std::int64_t last = samples_.at_us.back();
  std::string blocks;
  const auto add = [&](BlockKind kind, const std::string& raw) {
    if (raw.size() > kBlockMax) {
      fail("a chunk is larger than 32 MiB");
      return;
    }
    const std::string block = make_block(kind, 0, first, last, raw, true);
    ByteWriter place;
    place.fixed(chunk_at_ + blocks.size(), 8);
    index_ += place.bytes();
    index_.append(block, 0, kBlockHeadSize);
    ++block_count_;
    blocks += block;
  };
  if (!chunk_texts_.texts.empty()) add(BlockKind::Texts, encode_texts(chunk_texts_));
  if (!chunk_events_.empty()) add(BlockKind::Events, encode_events(chunk_events_));
  if (!chunk_traces_.empty()) add(BlockKind::Traces, encode_traces(chunk_traces_));
  add(BlockKind::Samples, encode_samples(samples_, section_.scene));
  add(BlockKind::State, encode_state(state_));
  if (failed_) return;
  end_ = chunk_at_;
  append(blocks);
  if (end_ < tail_end && ::ftruncate(file_, static_cast<off_t>(end_)) != 0) {
    fail(std::strerror(errno));
  }
  sum_up();
  apply_changes(state_.keyframe->pods, state_.pods, 0xffff'ffff);
  apply_changes(state_.keyframe->nodes, state_.nodes, 0xffff'ffff);
  state_.pods.clear();
  state_.nodes.clear();
  samples_ = {};
  chunk_texts_ = {};
  chunk_events_.clear();
  chunk_traces_.clear();
  chunk_bytes_ = 0;
}

void RunWriter::sum_up() {
  for (std::size_t i = 0; i < samples_.at_us.size(); ++i) {
    const std::int64_t at_us = samples_.at_us[i];
    const std::int64_t span = (std::max<std::int64_t>(at_us, 1) - 1) / kOverviewSpanUs;
    if (span != overview_span_) write_overview();
    overview_span_ = span;
    for (auto& level : overview_) level->add(at_us, samples_.values.data() + i * map_.count());
  }
  if (samples_.at_us.back() % kOverviewSpanUs == 0) write_overview();
}

void RunWriter::write_overview() {
  for (std::size_t level = 0; level < overview_.size(); ++level) {
    if (overview_[level]->empty()) continue;
    const OverviewRows rows = overview_[level]->take();
    const auto count = static_cast<std::int64_t>(rows.section.samples.size());
    const std::string raw = encode_overview(rows.section, map_.count());
    // Of so many columns that a minute of seconds does not fit, the coarser levels have to do.
    if (raw.size() > kBlockMax || rows.section.cells.size() > kValuesMax / 3) continue;
    append_block(BlockKind::Overview, static_cast<std::uint16_t>(level), rows.first_us,
                 rows.first_us + count * kOverviewLevelsUs[level], raw);
  }
}

Result<void> RunWriter::finish() {
  if (!failed_ && !samples_.at_us.empty()) close_chunk();
  if (!failed_) {
    write_overview();
    ByteWriter raw;
    raw.number(block_count_);
    raw.bytes() += index_;
    const std::uint64_t at = end_;
    // A run of weeks is found by scanning.
    if (raw.bytes().size() <= kBlockMax) {
      append(make_block(BlockKind::Index, 0, 0, 0, raw.bytes(), true));
      append(make_foot(at));
    }
  }
  if (failed_) return tl::unexpected{*failed_};
  return {};
}

void RunWriter::append_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                             std::int64_t last_us, std::string_view raw) {
  const std::string block = make_block(kind, level, first_us, last_us, raw, true);
  ByteWriter place;
  place.fixed(end_, 8);
  index_ += place.bytes();
  index_.append(block, 0, kBlockHeadSize);
  ++block_count_;
  append(block);
}

void RunWriter::append(std::string_view bytes) {
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

void RunWriter::fail(const std::string& what) {
  if (!failed_) failed_ = Failure{"cannot record to " + path_ + ": " + what, ""};
}

}  // namespace orrery::recording
