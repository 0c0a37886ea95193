/// @file
/// What the pods of a node use, told to the API server for autoscalers: one PodMetrics per pod.
///
/// It stands for the kubelet's summary and the metrics server that reads it: core time as the
/// average between two samples, a pod only once all its containers have been sampled.
///
/// Source: kubernetes-sigs/metrics-server pkg/storage/pod.go, docs FAQ (resolution 15 s in the
/// standard manifests).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

/// Asks and writes nothing unless the configuration says that somebody reads metrics.
class MetricsReporter {
 public:
  /// `node` must outlive it.
  explicit MetricsReporter(const NodeServices& node);

  void start();

  /// A reply or timer of topic Metrics. `pods` are the running pods of this node.
  void on_event(CallTag tag, const ports::Event& event, const std::vector<const api::Pod*>& pods);

 private:
  using Name = std::pair<std::string, std::string>;  ///< Namespace and name of a pod.
  struct Sample {
    Instant at;
    Duration cpu;
  };

  void measure();
  void on_sample(const ports::RuntimeResult& sample, const std::vector<const api::Pod*>& pods);
  [[nodiscard]] std::optional<api::PodMetrics> metrics_of(
      const api::Pod& pod, const std::map<std::string, const ports::ContainerStats*>& now) const;
  void write(api::PodMetrics metrics);
  void remove(const Name& name);
  void on_answer(std::uint32_t sequence, ports::Outcome outcome);
  [[nodiscard]] CallTag next_tag(std::uint32_t container);

  const NodeServices& node_;
  ports::Timer timer_;
  std::uint32_t sequence_ = 0;
  std::map<std::string, Sample> last_;        ///< By container.
  std::set<Name> written_;                    ///< Metrics that exist.
  std::map<std::uint32_t, Name> open_calls_;  ///< Creates and updates, by sequence.
};

}  // namespace orrery::kubelet
