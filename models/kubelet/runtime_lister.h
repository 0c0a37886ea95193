/// @file
/// Looking at the whole runtime of the node, and knowing what such a look can say.
#pragma once

#include <cstdint>
#include <optional>

#include "models/kubelet/back_off.h"
#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

/// Makes the List calls of one kubelet, one at a time.
///
/// A list is a picture of one moment between its call and its reply. What is known of an object is
/// stamped when it is learnt; a list says something new only about objects stamped before it was
/// asked for and with no call under way.
class RuntimeLister {
 public:
  /// `node` must outlive it.
  explicit RuntimeLister(const NodeServices& node);

  /// The next stamp.
  [[nodiscard]] std::uint64_t stamp() { return ++stamp_; }

  /// A list asked for from now on, `delay` from now at the latest.
  void request(Duration delay);

  /// The timer fired.
  void on_timer();

  /// A reply came. Returns the stamp of the list if it is a good one; a failed one is repeated.
  [[nodiscard]] std::optional<std::uint64_t> on_reply(const ports::Event& event);

  /// When the runtime last answered; never before the first time.
  [[nodiscard]] std::optional<Instant> last_answer() const { return last_answer_; }

 private:
  const NodeServices& node_;
  ports::Timer timer_;
  RetryDelay retry_;
  std::uint64_t stamp_ = 0;
  std::uint64_t list_stamp_ = 0;
  bool in_flight_ = false;
  std::uint32_t sequence_ = 0;
  std::optional<Instant> due_;
  std::optional<Instant> last_answer_;
};

}  // namespace orrery::kubelet
