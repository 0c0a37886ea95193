/// @file
/// Which attachable volumes a node uses, and what of it the API server has been told: nobody may
/// detach a volume that is in use, so a volume is reported before it is mounted.
///
/// Source: Kubernetes pkg/kubelet/volumemanager (ReportedInUse), nodestatus setters (VolumesInUse).
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace orrery::kubelet {

class VolumesInUse {
 public:
  /// Counted: by one more pod.
  void use(const std::string& volume) {
    if (++users_[volume] == 1) unsent_ = true;
  }
  void release(const std::string& volume) {
    const auto entry = users_.find(volume);
    if (entry == users_.end() || --entry->second > 0) return;
    users_.erase(entry);
    unsent_ = true;
  }

  /// A volume that one pod may use at a time (ReadWriteOncePod): false if another one has it.
  [[nodiscard]] bool take_alone(const std::string& volume, const std::string& pod_uid) {
    return alone_.emplace(volume, pod_uid).first->second == pod_uid;
  }
  /// Without effect unless the pod has it.
  void leave_alone(const std::string& volume, const std::string& pod_uid) {
    const auto entry = alone_.find(volume);
    if (entry != alone_.end() && entry->second == pod_uid) alone_.erase(entry);
  }

  /// What an earlier kubelet had reported: in use until this one knows better.
  void inherit(const std::vector<std::string>& volumes) { inherited_ = volumes; }
  void drop_inherited() {
    if (inherited_.empty()) return;
    inherited_.clear();
    unsent_ = true;
  }

  /// The list that is now on its way, by name.
  [[nodiscard]] std::vector<std::string> send() {
    unsent_ = false;
    std::vector<std::string> names = inherited_;
    for (const auto& [name, count] : users_) names.push_back(name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    sent_ = names;
    return names;
  }
  /// The API server has taken over what was sent last.
  void confirm() { confirmed_ = sent_; }

  [[nodiscard]] bool unsent() const { return unsent_; }
  /// The API server knows that the volume is in use.
  [[nodiscard]] bool reported(const std::string& volume) const {
    return std::binary_search(confirmed_.begin(), confirmed_.end(), volume);
  }

 private:
  std::map<std::string, int> users_;
  std::map<std::string, std::string> alone_;  ///< The pod that has it, by volume.
  std::vector<std::string> inherited_;
  std::vector<std::string> sent_;
  std::vector<std::string> confirmed_;
  bool unsent_ = false;
};

}  // namespace orrery::kubelet
