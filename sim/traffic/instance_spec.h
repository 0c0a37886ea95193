/// @file
/// What is known of a process that serves requests, from its start on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/traffic/indices.h"

namespace orrery::sim {

struct InstanceSpec {
  std::string address;
  std::int32_t port = 0;
  ServiceIndex service = 0;  ///< Whose concurrency, queue and behaviour on TERM it has.
  std::uint32_t node = 0;
  std::uint32_t zone = 0;
  std::string version;              ///< Of what it runs; a label for whoever asks.
  std::uint32_t cpu_group = kNone;  ///< Whose quota its work draws on; kNone: without limit.
  std::map<std::string, std::string, std::less<>> labels = {};  ///< Of the pod.
  /// [0, 1]: of its requests, those that fail after their work, beside the operation's own.
  double error_probability = 0;
  /// "Pod/default/web-1", if that counts as ready before its process listens, as no probe waits for
  /// it; empty: it does not.
  std::string unprobed_pod = {};
};

}  // namespace orrery::sim
