#include "models/recording/run_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "models/base/contract.h"
#include "models/base/latency_buckets.h"
#include "models/recording/bytes.h"

namespace orrery::recording {
namespace {

/// All texts of a recording together, with what it takes to hold them.
constexpr std::size_t kTextBytesMax = std::size_t{256} << 20;
constexpr std::size_t kIndexEntry = 8 + kBlockHeadSize;

std::int64_t us_of(Instant t) { return t.count_ns() / 1000; }
Instant instant_of(std::int64_t us) { return Instant::at(Duration::microseconds(us)); }

/// The first microsecond that is not before `t`.
std::int64_t ceil_us(Instant t) {
  const std::int64_t us = us_of(t);
  return t.count_ns() > us * 1000 ? us + 1 : us;
}

bool is_time(std::int64_t us) {
  return us >= 0 && us <= std::numeric_limits<std::int64_t>::max() / 1000;
}

}  // namespace

Result<std::unique_ptr<RunReader>> RunReader::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure("cannot read " + path + ": " + std::strerror(errno));
  std::unique_ptr<RunReader> reader{new RunReader{path, file}};
  if (const auto info = reader->read_info(); !info) return tl::unexpected{info.error()};
  if (!reader->read_index()) reader->scan();
  return reader;
}

RunReader::~RunReader() { ::close(file_); }

Result<void> RunReader::read_info() {
  const auto head = read_bytes(0, kFileHeadSize);
  if (!head || !head->starts_with(kFileMagic)) {
    return failure(path_ + " is no recording", "orrery run SCENARIO --record FILE makes one");
  }
  ByteReader in{std::string_view{*head}.substr(kFileMagic.size())};
  version_ = static_cast<std::uint32_t>(in.fixed(4));
  if (version_ < kOldestVersion || version_ > kFormatVersion) {
    return failure(path_ + " is a recording of version " + std::to_string(version_) +
                       "; this program reads versions " + std::to_string(kOldestVersion) + " to " +
                       std::to_string(kFormatVersion),
                   "record the run again");
  }
  const auto info = head_at(kFileHeadSize, file_size());
  const auto raw = info ? contents({kFileHeadSize, *info}) : std::nullopt;
  auto section = raw && info->kind == BlockKind::Info ? decode_info(*raw) : std::nullopt;
  if (!section || ColumnMap{section->scene}.count() > kValuesMax) {
    return failure(path_ + " is damaged at its beginning: what it is a recording of is lost");
  }
  section_ = *std::move(section);
  map_.emplace(section_.scene);
  closed_end_ = kFileHeadSize + kBlockHeadSize + info->stored;
  return {};
}

bool RunReader::read_index() {
  const std::uint64_t size = file_size();
  if (size < closed_end_ + kFootSize) return false;
  const auto foot = read_bytes(size - kFootSize, kFootSize);
  const auto offset = foot ? read_foot(*foot) : std::nullopt;
  if (!offset || *offset < closed_end_ || *offset >= size) return false;
  const auto head = head_at(*offset, size);
  if (!head || head->kind != BlockKind::Index) return false;
  if (*offset + kBlockHeadSize + head->stored + kFootSize != size) return false;
  const auto raw = contents({*offset, *head});
  if (!raw) return false;
  ByteReader in{*raw};
  const std::size_t count = in.count(kIndexEntry);
  std::vector<Place> places(count);
  for (Place& place : places) {
    place.offset = in.fixed(8);
    const auto entry = read_block_head(in.bytes(kBlockHeadSize));
    if (!entry || place.offset < kFileHeadSize || place.offset > *offset ||
        kBlockHeadSize + entry->stored > *offset - place.offset) {
      return false;
    }
    place.head = *entry;
  }
  for (const Place& place : places) {
    if (place.head.kind == BlockKind::Info || take(place) || damage_) continue;
    damage_ = Damage{place.offset, "a block is damaged"};
  }
  closed_end_ = open_end_ = size;
  complete_ = true;
  return true;
}

void RunReader::scan() {
  damage_.reset();
  const std::uint64_t size = file_size();
  // Blocks of a chunk count when its last one is there.
  next_ = {};
  for (std::uint64_t offset = closed_end_; offset < size;) {
    const auto head = head_at(offset, size);
    if (!head) {
      damage_ = Damage{offset, "the file ends, or what stands there is no block"};
      break;
    }
    if (head->kind == BlockKind::Open && offset == closed_end_) return scan_open_blocks(size);
    const Place place{offset, *head};
    if (!contents(place)) {
      damage_ = Damage{offset, "a block is damaged"};
      break;
    }
    if (head->kind == BlockKind::Index) {
      complete_ = offset + kBlockHeadSize + head->stored + kFootSize == size;
      if (!complete_) damage_ = Damage{offset, "the end of the file is damaged"};
      break;
    }
    if (!take(place)) {
      damage_ = Damage{offset, "a block is damaged"};
      break;
    }
    offset += kBlockHeadSize + head->stored;
    if (head->kind == BlockKind::State || head->kind == BlockKind::Overview) closed_end_ = offset;
  }
  forget_open();
  open_end_ = closed_end_;
}

void RunReader::scan_open_blocks(std::uint64_t size) {
  const auto first = read_bytes(closed_end_, kBlockHeadSize);
  if (!first || *first != open_head_) {
    forget_open();
    open_end_ = closed_end_;
    open_head_ = first.value_or("");
  }
  while (open_end_ < size) {
    const auto head = head_at(open_end_, size);
    const auto raw =
        head && head->kind == BlockKind::Open ? contents({open_end_, *head}) : std::nullopt;
    if (!raw || !take_open(*raw)) {
      damage_ = Damage{open_end_, "the file ends within a sample, or it is damaged"};
      return;
    }
    open_end_ += kBlockHeadSize + head->stored;
  }
}

void RunReader::forget_open() {
  open_ = {};
  open_head_.clear();
}

bool RunReader::take(const Place& place) {
  if (!is_time(place.head.first_us) || !is_time(place.head.last_us) ||
      place.head.first_us > place.head.last_us) {
    return false;
  }
  switch (place.head.kind) {
    case BlockKind::Texts: {
      const auto raw = contents(place);
      return raw && take_texts(*raw);
    }
    case BlockKind::Events:
      next_.events = place;
      return true;
    case BlockKind::Traces:
      next_.traces = place;
      return true;
    case BlockKind::Samples:
      next_.samples = place;
      return true;
    case BlockKind::State: {
      next_.state = place;
      next_.first_us = place.head.first_us;
      next_.last_us = place.head.last_us;
      const bool follows = chunks_.empty() || chunks_.back().last_us < next_.first_us;
      if (follows && next_.samples) chunks_.push_back(next_);
      next_ = {};
      return follows;
    }
    case BlockKind::Overview:
      if (place.head.level >= overview_.size()) return false;
      overview_[place.head.level].push_back(place);
      return true;
    default:
      return false;
  }
}

bool RunReader::take_texts(std::string_view raw) {
  const auto section = decode_texts(raw, kTextBytesMax);
  if (!section || section->first == 0) return false;
  // Those of an open chunk come once more when it is closed; those of a damaged one are missing.
  const std::size_t first = section->first - 1;
  std::size_t bytes = text_bytes_;
  if (first > texts_.size()) {
    bytes += (first - texts_.size()) * sizeof(std::string);
    if (bytes > kTextBytesMax) return false;
    texts_.resize(first);
  }
  for (std::size_t i = 0; i < section->texts.size(); ++i) {
    const std::string& text = section->texts[i];
    if (first + i < texts_.size()) {
      if (!texts_[first + i].empty()) continue;
      texts_[first + i] = text;
      bytes += text.size();
    } else {
      texts_.push_back(text);
      bytes += text.size() + sizeof(std::string);
    }
    if (bytes > kTextBytesMax) return false;
  }
  text_bytes_ = bytes;
  return true;
}

bool RunReader::take_open(std::string_view raw) {
  ByteReader in{raw};
  Decoded one;
  bool has_sample = false;
  bool has_state = false;
  while (in.left() > 0) {
    const std::uint8_t kind = in.byte();
    const std::string_view bytes = in.text();
    if (in.failed()) return false;
    switch (static_cast<BlockKind>(kind)) {
      case BlockKind::Texts:
        if (!take_texts(bytes)) return false;
        break;
      case BlockKind::Events: {
        auto events = decode_events(bytes);
        if (!events) return false;
        one.events = *std::move(events);
        break;
      }
      case BlockKind::Traces: {
        auto traces = decode_traces(bytes);
        if (!traces) return false;
        one.traces = *std::move(traces);
        break;
      }
      case BlockKind::Samples: {
        auto samples = decode_samples(bytes, section_.scene, version_);
        if (!samples || samples->at_us.empty() || !is_time(samples->at_us.front()) ||
            !is_time(samples->at_us.back())) {
          return false;
        }
        one.samples = *std::move(samples);
        has_sample = true;
        break;
      }
      case BlockKind::State: {
        auto state = decode_state(bytes);
        if (!state) return false;
        one.state = *std::move(state);
        has_state = true;
        break;
      }
      default:
        return false;
    }
  }
  if (!has_sample || !has_state) return false;
  SampleSection& samples = open_.samples;
  const std::int64_t at = one.samples.at_us.front();
  const bool first = samples.at_us.empty();
  if (first != one.state.keyframe.has_value()) return false;
  if (first ? !chunks_.empty() && chunks_.back().last_us >= at : samples.at_us.back() >= at) {
    return false;
  }
  if (samples.values.size() + one.samples.values.size() > kValuesMax) return false;
  const auto ordinal = static_cast<std::uint32_t>(samples.at_us.size());
  samples.at_us.insert(samples.at_us.end(), one.samples.at_us.begin(), one.samples.at_us.end());
  samples.values.insert(samples.values.end(), one.samples.values.begin(), one.samples.values.end());
  if (first) open_.state.keyframe = std::move(one.state.keyframe);
  for (auto& change : one.state.pods) {
    change.sample += ordinal;
    open_.state.pods.push_back(change);
  }
  for (auto& change : one.state.nodes) {
    change.sample += ordinal;
    open_.state.nodes.push_back(change);
  }
  open_.events.insert(open_.events.end(), one.events.begin(), one.events.end());
  std::move(one.traces.begin(), one.traces.end(), std::back_inserter(open_.traces));
  return true;
}

bool RunReader::follow() {
  if (complete_) return false;
  const auto before = last();
  const bool was_complete = complete_;
  scan();
  return last() != before || complete_ != was_complete;
}

// --- The file -----------------------------------------------------------------------------------

std::uint64_t RunReader::file_size() const {
  struct stat status {};
  return ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::optional<std::string> RunReader::read_bytes(std::uint64_t offset, std::size_t size) const {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ::ssize_t got =
        ::pread(file_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

/// The head of a block that is all there, as far as its length says.
std::optional<BlockHead> RunReader::head_at(std::uint64_t offset, std::uint64_t size) const {
  if (offset > size || size - offset < kBlockHeadSize) return std::nullopt;
  const auto bytes = read_bytes(offset, kBlockHeadSize);
  const auto head = bytes ? read_block_head(*bytes) : std::nullopt;
  if (!head || head->stored > size - offset - kBlockHeadSize) return std::nullopt;
  return head;
}

std::optional<std::string> RunReader::contents(const Place& place) const {
  const auto bytes = read_bytes(place.offset, kBlockHeadSize + place.head.stored);
  return bytes ? read_block(*bytes) : std::nullopt;
}

Failure RunReader::damaged(const Place& place, const char* what) const {
  return {path_ + " is damaged: " + what + " between " +
              to_string(instant_of(place.head.first_us)) + " and " +
              to_string(instant_of(place.head.last_us)) + " are lost",
          ""};
}

// --- What is asked of it ------------------------------------------------------------------------

std::string_view RunReader::text(TextId id) const {
  return id == 0 || id > texts_.size() ? std::string_view{} : std::string_view{texts_[id - 1]};
}

std::size_t RunReader::chunk_count() const {
  return chunks_.size() + (open_.samples.at_us.empty() ? 0 : 1);
}

std::int64_t RunReader::first_of(std::size_t chunk) const {
  return chunk < chunks_.size() ? chunks_[chunk].first_us : open_.samples.at_us.front();
}

std::int64_t RunReader::last_of(std::size_t chunk) const {
  return chunk < chunks_.size() ? chunks_[chunk].last_us : open_.samples.at_us.back();
}

std::optional<Instant> RunReader::first() const {
  if (chunk_count() == 0) return std::nullopt;
  return instant_of(first_of(0));
}

std::optional<Instant> RunReader::last() const {
  if (chunk_count() == 0) return std::nullopt;
  return instant_of(last_of(chunk_count() - 1));
}

std::optional<Instant> RunReader::next(Instant t) const {
  const std::int64_t us = us_of(t);
  const auto found =
      std::lower_bound(chunks_.begin(), chunks_.end(), us,
                       [](const Chunk& c, std::int64_t at) { return c.last_us < at; });
  const auto index = static_cast<std::size_t>(found - chunks_.begin());
  if (index >= chunk_count() || last_of(index) < us) return std::nullopt;
  return std::max(t, instant_of(first_of(index)));
}

Result<const RunReader::Decoded*> RunReader::chunk(std::size_t index, bool with_state) {
  if (index >= chunks_.size()) return &open_;
  if (kept_ == index && (kept_state_ || !with_state)) return &decoded_;
  Ahead ahead;
  if (ahead_ && ahead_->chunk == index) {
    ahead = *std::move(ahead_);
    ahead_.reset();
  }
  Decoded decoded;
  if (kept_ == index) {
    decoded.samples = std::move(decoded_.samples);
  } else if (ahead.samples) {
    decoded.samples = *std::move(ahead.samples);
  } else {
    auto samples = samples_in(index, contents(*chunks_[index].samples));
    if (!samples) return tl::unexpected{samples.error()};
    decoded.samples = *std::move(samples);
  }
  kept_.reset();
  if (with_state && ahead.state) {
    decoded.state = *std::move(ahead.state);
  } else if (with_state) {
    auto state = state_in(index, contents(*chunks_[index].state));
    if (!state) return tl::unexpected{state.error()};
    decoded.state = *std::move(state);
  }
  decoded_ = std::move(decoded);
  kept_ = index;
  kept_state_ = with_state;
  return &decoded_;
}

Result<SampleSection> RunReader::samples_in(std::size_t index,
                                            const std::optional<std::string>& raw) const {
  const Chunk& chunk = chunks_[index];
  auto samples = raw ? decode_samples(*raw, section_.scene, version_) : std::nullopt;
  const bool fits = samples && !samples->at_us.empty() &&
                    samples->at_us.front() == chunk.first_us &&
                    samples->at_us.back() == chunk.last_us;
  if (!fits) return tl::unexpected{damaged(*chunk.samples, "the samples")};
  return *std::move(samples);
}

Result<StateSection> RunReader::state_in(std::size_t index,
                                         const std::optional<std::string>& raw) const {
  const Chunk& chunk = chunks_[index];
  auto state = raw ? decode_state(*raw) : std::nullopt;
  if (!state || !state->keyframe || state->keyframe->scene != section_.scene) {
    return tl::unexpected{damaged(*chunk.state, "the states")};
  }
  return *std::move(state);
}

bool RunReader::read_ahead(Instant t) {
  const std::size_t next = begun_at(us_of(t));
  if (next >= chunks_.size() || (kept_ == next && kept_state_)) return false;
  if (!ahead_ || ahead_->chunk != next) {
    ahead_ = Ahead{};
    ahead_->chunk = next;
  }
  Ahead& ahead = *ahead_;
  if (ahead.damaged || ahead.state) return false;
  const auto keep = [&](auto& part, auto read) {
    if (read) part = *std::move(read);
    ahead.damaged = !read;
    ahead.raw.reset();
  };
  if (!ahead.raw) {
    ahead.raw = contents(ahead.samples ? *chunks_[next].state : *chunks_[next].samples);
    ahead.damaged = !ahead.raw;
  } else if (!ahead.samples) {
    keep(ahead.samples, samples_in(next, ahead.raw));
  } else {
    keep(ahead.state, state_in(next, ahead.raw));
  }
  return true;
}

std::size_t RunReader::begun_at(std::int64_t us) const {
  std::size_t begun = 0;
  for (std::size_t end = chunk_count(); begun < end;) {
    const std::size_t middle = begun + (end - begun) / 2;
    if (first_of(middle) <= us) {
      begun = middle + 1;
    } else {
      end = middle;
    }
  }
  return begun;
}

Result<Frame> RunReader::at(Instant t) {
  const std::int64_t us = us_of(t);
  const std::size_t begun = begun_at(us);
  if (begun == 0) return failure("there is no sample up to " + to_string(t));
  const auto found = chunk(begun - 1, true);
  if (!found) return tl::unexpected{found.error()};
  const Decoded& decoded = **found;
  const auto& times = decoded.samples.at_us;
  const auto next = std::upper_bound(times.begin(), times.end(), us);
  const auto sample = static_cast<std::uint32_t>(next - times.begin() - 1);
  Frame frame;
  frame.at = instant_of(times[sample]);
  const auto row =
      decoded.samples.values.begin() + static_cast<std::ptrdiff_t>(sample * map_->count());
  frame.values.assign(row, row + static_cast<std::ptrdiff_t>(map_->count()));
  frame.pods = decoded.state.keyframe->pods;
  frame.nodes = decoded.state.keyframe->nodes;
  apply_changes(frame.pods, decoded.state.pods, sample);
  apply_changes(frame.nodes, decoded.state.nodes, sample);
  return frame;
}

Result<std::vector<RunEvent>> RunReader::chunk_events(std::size_t index) const {
  if (index >= chunks_.size()) return open_.events;
  if (!chunks_[index].events) return std::vector<RunEvent>{};
  const auto raw = contents(*chunks_[index].events);
  auto events = raw ? decode_events(*raw) : std::nullopt;
  if (!events) return tl::unexpected{damaged(*chunks_[index].events, "the events")};
  return *std::move(events);
}

Result<std::vector<Trace>> RunReader::chunk_traces(std::size_t index) const {
  if (index >= chunks_.size()) return open_.traces;
  if (!chunks_[index].traces) return std::vector<Trace>{};
  const auto raw = contents(*chunks_[index].traces);
  auto traces = raw ? decode_traces(*raw) : std::nullopt;
  if (!traces) return tl::unexpected{damaged(*chunks_[index].traces, "the traces")};
  return *std::move(traces);
}

Result<std::vector<RunEvent>> RunReader::events(Instant from, Instant to) {
  std::vector<RunEvent> found;
  for (std::size_t i = 0; i < chunk_count(); ++i) {
    // What a chunk holds happened after the last sample before it.
    if (last_of(i) < us_of(from)) continue;
    if (i > 0 && last_of(i - 1) > ceil_us(to)) break;
    const auto events = chunk_events(i);
    if (!events) return tl::unexpected{events.error()};
    for (const RunEvent& e : *events) {
      if (e.at >= from && e.at < to) found.push_back(e);
    }
  }
  return found;
}

Result<std::vector<Trace>> RunReader::traces(Instant from, Instant to) {
  std::vector<Trace> found;
  for (std::size_t i = 0; i < chunk_count(); ++i) {
    if (last_of(i) < us_of(from)) continue;
    if (i > 0 && last_of(i - 1) > ceil_us(to)) break;
    auto traces = chunk_traces(i);
    if (!traces) return tl::unexpected{traces.error()};
    for (Trace& t : *traces) {
      // A hostile file has lengths that do not fit.
      const Duration until_last = Instant::never() - t.start;
      if (t.length > until_last || t.start + t.length < from || t.start + t.length >= to) continue;
      found.push_back(std::move(t));
    }
  }
  return found;
}

Result<SampleSection> RunReader::samples(Instant from, Instant to) {
  SampleSection found;
  const std::int64_t begin = ceil_us(from);
  const std::int64_t end = ceil_us(to);
  const auto columns = static_cast<std::ptrdiff_t>(map_->count());
  for (std::size_t i = 0; i < chunk_count(); ++i) {
    if (last_of(i) < begin) continue;
    if (first_of(i) >= end) break;
    const auto decoded = chunk(i, false);
    if (!decoded) return tl::unexpected{decoded.error()};
    const SampleSection& all = (*decoded)->samples;
    for (std::size_t s = 0; s < all.at_us.size(); ++s) {
      if (all.at_us[s] < begin || all.at_us[s] >= end) continue;
      found.at_us.push_back(all.at_us[s]);
      const auto row = all.values.begin() + static_cast<std::ptrdiff_t>(s) * columns;
      found.values.insert(found.values.end(), row, row + columns);
    }
  }
  return found;
}

SeriesPoint RunReader::point_of(std::size_t column, const OverviewCell& cell, std::uint32_t samples,
                                std::int64_t start_us, std::int64_t length_us) const {
  SeriesPoint point;
  point.from = instant_of(start_us);
  point.length = Duration::microseconds(length_us);
  if (map_->is_latency(column)) {
    const auto seconds = [](std::int64_t value) {
      const bool known = value >= 0 && value <= std::int64_t{kLatencyBucketCount};
      return known ? to_seconds(latency_of(value)) : 0.0;
    };
    point.min = seconds(cell.min);
    point.max = seconds(cell.max);
    point.mean = seconds(cell.total);
    return point;
  }
  double scale = map_->is_age(column) ? 1e-6 : 1.0;
  if (map_->is_count(column)) scale = 1.0 / to_seconds(section_.info.period);
  point.min = static_cast<double>(cell.min) * scale;
  point.max = static_cast<double>(cell.max) * scale;
  point.mean = static_cast<double>(cell.total) / samples * scale;
  return point;
}

Result<void> RunReader::add_overview(std::size_t level, std::size_t column, std::int64_t from,
                                     std::int64_t to, std::vector<SeriesPoint>& points,
                                     std::int64_t& covered) const {
  const std::int64_t length = kOverviewLevelsUs[level];
  for (const Place& place : overview_[level]) {
    if (place.head.first_us < covered) continue;  // Out of order: not ours.
    if (place.head.last_us <= from) {
      covered = place.head.last_us;
      continue;
    }
    if (place.head.first_us >= to) break;
    const auto raw = contents(place);
    const auto rows =
        raw ? decode_overview(*raw, map_->count(), map_->count_in(version_)) : std::nullopt;
    if (!rows) return tl::unexpected{damaged(place, "the rows of the overview")};
    covered = place.head.last_us;
    for (std::size_t row = 0; row < rows->samples.size(); ++row) {
      const std::int64_t start = place.head.first_us + static_cast<std::int64_t>(row) * length;
      if (start >= covered) break;
      if (start + length <= from || start >= to || rows->samples[row] == 0) continue;
      points.push_back(point_of(column, rows->cells[row * map_->count() + column],
                                rows->samples[row], start, length));
    }
  }
  return {};
}

Result<std::vector<SeriesPoint>> RunReader::series(std::size_t column, Instant from, Instant to,
                                                   std::size_t points) {
  expects(column < map_->count(), "a series is of a column");
  expects(points >= 1, "a series has at least one point");
  std::vector<SeriesPoint> found;
  const auto end = last();
  if (!end || to <= from) return found;
  // A sample stands for the time before it, so that the range ends with the last one.
  const std::int64_t begin_us = std::max<std::int64_t>(us_of(from), 0);
  const std::int64_t end_us = std::min(ceil_us(to), us_of(*end));
  const std::int64_t period = us_of(Instant::at(section_.info.period));
  if (end_us <= begin_us) return found;
  const auto fits = [&](std::int64_t length) {
    return (end_us - begin_us) / length < static_cast<std::int64_t>(points);
  };
  const bool by_sample = fits(period);
  std::size_t level = 0;
  while (level + 1 < kOverviewLevelsUs.size() && !fits(kOverviewLevelsUs[level])) ++level;
  std::int64_t covered = 0;
  if (!by_sample) {
    const auto added = add_overview(level, column, begin_us, end_us, found, covered);
    if (!added) return tl::unexpected{added.error()};
  }
  // What the overview does not have yet, from the samples.
  covered = std::max(covered, begin_us);
  const std::int64_t length = by_sample ? period : kOverviewLevelsUs[level];
  const bool is_latency = map_->is_latency(column);
  std::int64_t row = 0;
  CellSum sum;
  const auto close_row = [&] {
    if (sum.samples() == 0) return;
    found.push_back(point_of(column, sum.cell(is_latency), sum.samples(), row, length));
    sum = {};
  };
  for (std::size_t i = 0; i < chunk_count() && covered < end_us; ++i) {
    if (last_of(i) <= covered) continue;
    if (first_of(i) > end_us) break;
    const auto decoded = chunk(i, false);
    if (!decoded) return tl::unexpected{decoded.error()};
    const SampleSection& samples = (*decoded)->samples;
    for (std::size_t s = 0; s < samples.at_us.size(); ++s) {
      const std::int64_t at = samples.at_us[s];
      if (at <= covered || at > end_us) continue;
      const std::int64_t start = overview_row_start(at, length);
      if (start != row) close_row();
      row = start;
      sum.add(samples.values[s * map_->count() + column], is_latency);
    }
  }
  close_row();
  // Coarser than the coarsest level: neighbours together.
  if (found.size() > points) {
    const std::size_t together = (found.size() + points - 1) / points;
    std::vector<SeriesPoint> merged;
    for (std::size_t i = 0; i < found.size(); i += together) {
      const std::size_t until = std::min(i + together, found.size());
      SeriesPoint point = found[i];
      double total = 0;
      for (std::size_t k = i; k < until; ++k) {
        point.min = std::min(point.min, found[k].min);
        point.max = std::max(point.max, found[k].max);
        total += found[k].mean;
      }
      point.mean = total / static_cast<double>(until - i);
      point.length = found[until - 1].from + found[until - 1].length - point.from;
      merged.push_back(point);
    }
    found = std::move(merged);
  }
  return found;
}

}  // namespace orrery::recording
