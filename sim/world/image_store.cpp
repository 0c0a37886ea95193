#include "sim/world/image_store.h"

namespace orrery::sim {

std::int64_t size_of(const ImageModel& image) {
  std::int64_t bytes = 0;
  for (const ImageLayer& layer : image.layers) bytes += layer.bytes;
  return bytes;
}

ImageStore::ImageStore(const Images& images) : images_{images} { start_over(); }

void ImageStore::start_over() {
  names_.clear();
  layers_.clear();
  for (const auto& [name, image] : images_) {
    if (!image.on_nodes) continue;
    names_.insert(name);
    for (const ImageLayer& layer : image.layers) layers_.emplace(layer.id, layer.bytes);
  }
}

std::vector<ports::ImageInfo> ImageStore::list() const {
  std::vector<ports::ImageInfo> all;
  for (const std::string& name : names_) all.push_back({name, size_of(images_.at(name))});
  return all;
}

std::int64_t ImageStore::bytes() const {
  std::int64_t total = 0;
  for (const auto& [id, bytes] : layers_) total += bytes;
  return total;
}

std::vector<ImageLayer> ImageStore::begin_fetch(const std::string& image) {
  std::vector<ImageLayer> fetched;
  for (const ImageLayer& layer : images_.at(image).layers) {
    if (layers_.contains(layer.id) || !on_their_way_.insert(layer.id).second) continue;
    fetched.push_back(layer);
  }
  return fetched;
}

void ImageStore::end_fetch(const std::vector<ImageLayer>& layers, bool arrived) {
  for (const ImageLayer& layer : layers) {
    on_their_way_.erase(layer.id);
    if (arrived) layers_.emplace(layer.id, layer.bytes);
  }
}

ImageStore::State ImageStore::state_of(const std::string& image) const {
  State state = State::Complete;
  for (const ImageLayer& layer : images_.at(image).layers) {
    if (layers_.contains(layer.id)) continue;
    if (!on_their_way_.contains(layer.id)) return State::Broken;
    state = State::OnItsWay;
  }
  return state;
}

void ImageStore::remove(const std::string& image) {
  if (names_.erase(image) == 0) return;
  std::set<std::string> kept;
  for (const std::string& name : names_) {
    for (const ImageLayer& layer : images_.at(name).layers) kept.insert(layer.id);
  }
  for (const ImageLayer& layer : images_.at(image).layers) {
    if (!kept.contains(layer.id)) layers_.erase(layer.id);
  }
}

}  // namespace orrery::sim
