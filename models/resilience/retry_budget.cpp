#include "models/resilience/retry_budget.h"

namespace orrery::resilience {

// Worked example: ratio 0.2: a deposit is 1, a retry costs 5; 10 a second for 10 s reserve 500.
TpsBudget::TpsBudget(const TpsBudgetConfig& config, Instant now)
    : slot_width_{config.ttl / kSlots}, generation_{now} {
  expects(config.ttl >= Duration::seconds(1) && config.ttl <= Duration::seconds(60),
          "a deposit lives 1 s to 60 s");
  expects(config.retry_ratio >= 0.0F && config.retry_ratio <= 1000.0F,
          "a retry ratio lies in 0..1000");
  if (config.retry_ratio == 0.0F) {
    deposit_amount_ = 0;
    withdraw_amount_ = 1;
  } else if (config.retry_ratio <= 1.0F) {
    deposit_amount_ = 1;
    withdraw_amount_ = static_cast<std::int64_t>(1.0F / config.retry_ratio);
  } else {
    deposit_amount_ = 1000;
    withdraw_amount_ = static_cast<std::int64_t>(1000.0F / config.retry_ratio);
  }
  const std::int64_t whole_seconds = config.ttl.count_ns() / 1'000'000'000;
  reserve_ = std::int64_t{config.min_retries_per_second} * whole_seconds * withdraw_amount_;
}

void TpsBudget::commit(Instant now) {
  const auto put = [&](std::uint32_t index, std::int64_t amount) {
    slot_sum_ += amount - slots_[index];
    slots_[index] = amount;
  };
  put(index_, current_);
  current_ = 0;
  index_ = (index_ + 1) % kSlots;
  // Every further slot that has passed whole is empty: those that end strictly before now.
  const std::int64_t passed =
      (now - generation_).count_ns() / slot_width_.count_ns() -
      ((now - generation_).count_ns() % slot_width_.count_ns() == 0 ? 1 : 0);
  for (std::int64_t i = 0; i < std::min<std::int64_t>(passed, kSlots); ++i) {
    put((index_ + static_cast<std::uint32_t>(i)) % kSlots, 0);
  }
  index_ = static_cast<std::uint32_t>((index_ + passed) % kSlots);
  generation_ = now;
}

}  // namespace orrery::resilience
