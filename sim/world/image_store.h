/// @file
/// The images of one node, stored by layer: a layer is kept and fetched once, whoever needs it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/base/distribution.h"
#include "models/ports/event.h"
#include "sim/world/process_model.h"

namespace orrery::sim {

struct ImageLayer {
  std::string id;  ///< Equal ids: the same layer.
  std::int64_t bytes = 0;
};

struct ImageModel {
  std::vector<ImageLayer> layers;
  bool on_nodes = true;  ///< Present from the start.
  bool missing = false;  ///< The registry does not have it.
  Distribution start;    ///< From process start until it listens.
  ProcessModel process;
};

[[nodiscard]] std::int64_t size_of(const ImageModel& image);

class ImageStore {
 public:
  using Images = std::map<std::string, ImageModel>;

  /// Holds the images that are on every node. `images` must outlive it.
  explicit ImageStore(const Images& images);

  [[nodiscard]] bool has(const std::string& image) const { return names_.contains(image); }
  [[nodiscard]] std::vector<ports::ImageInfo> list() const;
  /// On disk, layers counted once [bytes].
  [[nodiscard]] std::int64_t bytes() const;

  /// The layers of a known image that are neither here nor on their way; they are on their way now.
  [[nodiscard]] std::vector<ImageLayer> begin_fetch(const std::string& image);
  /// Layers that were on their way are here, or will not come.
  void end_fetch(const std::vector<ImageLayer>& layers, bool arrived);
  enum class State : std::uint8_t { Complete, OnItsWay, Broken };
  /// Of the layers of a known image; Broken: one is neither here nor on its way.
  [[nodiscard]] State state_of(const std::string& image) const;

  /// All its layers are here.
  void add(const std::string& image) { names_.insert(image); }
  /// Layers that no other image has go with it.
  void remove(const std::string& image);
  /// As at the start.
  void start_over();
  /// A crash ends what was on its way.
  void forget_fetches() { on_their_way_.clear(); }

 private:
  const Images& images_;
  std::set<std::string> names_;
  std::map<std::string, std::int64_t> layers_;  ///< Bytes, by id.
  std::set<std::string> on_their_way_;
};

}  // namespace orrery::sim
