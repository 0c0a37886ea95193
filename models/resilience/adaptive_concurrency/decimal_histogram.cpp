#include "models/resilience/adaptive_concurrency/decimal_histogram.h"

#include "models/base/contract.h"

namespace orrery::resilience {

std::int64_t DecimalHistogram::quantile_us(double quantile) const {
  expects(count_ > 0, "a quantile is one of samples");
  const double wanted = quantile * count_;
  double below = 0.0;
  double tenth = 0.1;  // of the decade: the width of its bins [us]
  for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
    const std::size_t place = bin == 0 ? 0 : (bin - 1) % kPerDecade;
    if (bin > 1 && place == 0) tenth *= 10.0;
    const double here = bins_[bin];
    if (here > 0.0 && below + here >= wanted) {
      if (bin == 0) return 0;
      // Worked example: two samples of 250 us, the median is the one of rank 1 of 2: the middle of
      // the bin from 250 to 260, 255 us.
      const double left = static_cast<double>(place + 10) * tenth;
      return static_cast<std::int64_t>(left + tenth * ((wanted - below) / here));
    }
    below += here;
  }
  return 0;
}

}  // namespace orrery::resilience
