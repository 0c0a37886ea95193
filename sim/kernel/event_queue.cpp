#include "sim/kernel/event_queue.h"

#include <algorithm>
#include <utility>

namespace orrery::sim {
namespace {

// Measured with 1k to 1M pending events: 4 to 32 events a bucket, and two to eight times as many
// moved to the heap at once, do not differ beyond the noise.
constexpr std::size_t kEventsPerBucket = 16;
constexpr std::size_t kPourMax = 64;

}  // namespace

EventHeap::EventHeap() : cells_{make_cells(64)}, capacity_{64} {}

EventHeap::Cells EventHeap::make_cells(std::size_t count) {
  void* const memory = ::operator new (count * sizeof(PackedEvent), std::align_val_t{kLine});
  auto* const cells = static_cast<PackedEvent*>(memory);
  std::uninitialized_fill_n(cells, count, PackedEvent::last());
  return Cells{cells};
}

void EventHeap::grow() {
  Cells larger = make_cells(capacity_ * 2);
  std::copy_n(cells_.get(), capacity_, larger.get());
  cells_ = std::move(larger);
  capacity_ *= 2;
}

std::size_t EventQueue::Rung::first_occupied() const {
  std::size_t word = next / 64;
  if (word >= occupied.size()) return kBucketsMax;
  std::uint64_t bits = occupied[word] & (~std::uint64_t{0} << (next % 64));
  while (bits == 0) {
    if (++word == occupied.size()) return kBucketsMax;
    bits = occupied[word];
  }
  return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
}

EventQueue::Bucket EventQueue::Rung::take(std::size_t index) {
  occupied[index / 64] &= ~(std::uint64_t{1} << (index % 64));
  next = index + 1;
  return std::exchange(buckets[index], Bucket{});
}

EventQueue::EventQueue(std::size_t buckets_above)
    : spill_above_{buckets_above}, buckets_above_{buckets_above} {}

EventQueue::Chunk* EventQueue::take_chunk() {
  if (free_chunks_ == nullptr) return &chunks_.add();
  Chunk* const chunk = free_chunks_;
  free_chunks_ = chunk->next;
  return chunk;
}

void EventQueue::add(Bucket& bucket, PackedEvent event) {
  if (bucket.first_count == Chunk::kEvents) {
    Chunk* const chunk = take_chunk();
    chunk->next = bucket.first;
    bucket.first = chunk;
    bucket.first_count = 0;
  }
  bucket.first->events[bucket.first_count++] = event;
  ++bucket.count;
}

void EventQueue::add(Rung& rung, PackedEvent event) {
  const auto index = static_cast<std::size_t>((event.time() - rung.begin) >> rung.shift);
  rung.occupied[index / 64] |= std::uint64_t{1} << (index % 64);
  add(rung.buckets[index], event);
}

template <class Take>
void EventQueue::drain(Bucket& events, Take take) {
  Chunk* chunk = events.first;
  std::uint32_t count = events.first_count;
  events = Bucket{};
  while (chunk != nullptr) {
    Chunk* const next = chunk->next;
    if (next != nullptr) __builtin_prefetch(next);
    for (std::uint32_t i = 0; i < count; ++i) take(chunk->events[i]);
    chunk->next = free_chunks_;
    free_chunks_ = chunk;
    chunk = next;
    count = Chunk::kEvents;
  }
}

PackedEvent EventQueue::next_top() {
  if (heap_.empty() && !refill()) return PackedEvent::last();
  return heap_.top();
}

void EventQueue::bucket(PackedEvent event) {
  ++bucketed_count_;
  const std::uint64_t time = event.time();
  for (std::size_t i = rung_count_; i-- > 0;) {
    if (time < rungs_[i]->end) return add(*rungs_[i], event);
  }
  add(beyond_, event);
  beyond_min_ = std::min(beyond_min_, time);
  beyond_max_ = std::max(beyond_max_, time);
}

void EventQueue::split(Bucket& events, std::uint64_t begin, std::uint64_t end,
                       std::uint64_t limit) {
  if (rung_count_ == rungs_.size()) rungs_.push_back(std::make_unique<Rung>());
  Rung& rung = *rungs_[rung_count_++];
  const std::size_t wanted =
      std::clamp<std::size_t>(events.count / kEventsPerBucket, 2, kBucketsMax);
  const auto span_bits = static_cast<unsigned>(std::bit_width(end - begin - 1));
  const auto index_bits = static_cast<unsigned>(std::bit_width(wanted - 1));
  rung.shift = span_bits - std::min(span_bits, index_bits);
  rung.begin = begin;
  rung.end = std::min(limit, begin + (std::uint64_t{kBucketsMax} << rung.shift));
  rung.next = 0;
  drain(events, [&](PackedEvent event) { add(rung, event); });
  front_end_ = begin;
}

void EventQueue::to_heap(Bucket& events) {
  bucketed_count_ -= events.count;
  drain(events, [this](PackedEvent event) { heap_.push(event); });
}

void EventQueue::spill() {
  std::uint64_t earliest = kEndOfTime;
  std::uint64_t latest = 0;
  // In two steps, because the width of the buckets depends on the events.
  Bucket all;
  heap_.drain([&](PackedEvent event) {
    earliest = std::min(earliest, event.time());
    latest = std::max(latest, event.time());
    add(all, event);
  });
  bucketed_count_ += all.count;
  // Inside a taken bucket the rung must reach to its end: what comes later must find its place.
  const std::uint64_t end = front_end_ == kEndOfTime ? latest + 1 : front_end_;
  split(all, earliest, end, front_end_);
}

bool EventQueue::refill() {
  if (bucketed_count_ <= buckets_above_ / 8) return everything_to_heap();
  for (;;) {
    if (rung_count_ == 0) {
      Bucket all = std::exchange(beyond_, Bucket{});
      const std::uint64_t begin = std::exchange(beyond_min_, kEndOfTime);
      const std::uint64_t end = std::exchange(beyond_max_, 0) + 1;
      split(all, begin, end, kEndOfTime);
    }
    Rung& rung = *rungs_[rung_count_ - 1];
    const std::size_t index = rung.first_occupied();
    if (index == kBucketsMax) {
      --rung_count_;
      front_end_ = rung.end;
      continue;
    }
    const std::uint64_t begin = rung.begin + (std::uint64_t{index} << rung.shift);
    const std::uint64_t end = std::min(begin + (std::uint64_t{1} << rung.shift), rung.end);
    Bucket taken = rung.take(index);
    if (taken.count > kPourMax && rung.shift > 0) {
      split(taken, begin, end, end);
      continue;
    }
    front_end_ = end;
    to_heap(taken);
    // Twice, so that a million events at one instant are not moved back and forth.
    spill_above_ = std::max(buckets_above_, 2 * heap_.size());
    return true;
  }
}

bool EventQueue::everything_to_heap() {
  for (; rung_count_ > 0; --rung_count_) {
    Rung& rung = *rungs_[rung_count_ - 1];
    for (std::size_t i = rung.first_occupied(); i < kBucketsMax; i = rung.first_occupied()) {
      Bucket taken = rung.take(i);
      to_heap(taken);
    }
  }
  to_heap(beyond_);
  beyond_min_ = kEndOfTime;
  beyond_max_ = 0;
  front_end_ = kEndOfTime;
  spill_above_ = buckets_above_;
  return !heap_.empty();
}

}  // namespace orrery::sim
