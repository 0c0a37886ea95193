#include "models/store/watches.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "models/store/object_table.h"

namespace orrery::store {
namespace {

using ports::DeltaKind;
using Body = std::shared_ptr<const ports::EventBody>;

/// What a write looks like through a selection: what enters or leaves it looks like a creation or a
/// deletion. Nothing: it is out of sight.
std::optional<DeltaKind> seen_as(const Selection& selection, const Write& write) {
  const bool was_in = write.before != nullptr && selects(selection, *write.before);
  if (write.kind == DeltaKind::Deleted) {
    return was_in ? std::optional{DeltaKind::Deleted} : std::nullopt;
  }
  const bool is_in = selects(selection, *write.after);
  if (is_in) return was_in ? DeltaKind::Modified : DeltaKind::Added;
  return was_in ? std::optional{DeltaKind::Deleted} : std::nullopt;
}

Delivery closing(const Watch& watch) {
  return {watch.client,
          {.owner = watch.owner,
           .kind = ports::EventKind::WatchClosed,
           .outcome = ports::Outcome::Expired,
           .id = watch.id,
           .body = nullptr}};
}

/// Makes the body of a write's event once for each way of seeing it.
class Telling {
 public:
  Telling(const Write& write, ports::CauseId cause, std::vector<Delivery>& out)
      : write_{write}, cause_{cause}, out_{out} {}

  void tell(Watch& watch) {
    const auto kind = seen_as(watch.selection, write_);
    if (!kind) return;
    Body& body = bodies_[static_cast<std::size_t>(*kind)];
    if (body == nullptr) {
      body = std::make_shared<const ports::EventBody>(ports::WatchDelta{*kind, write_.after});
    }
    watch.told = write_.resource_version;
    out_.push_back({watch.client,
                    {.owner = watch.owner,
                     .kind = ports::EventKind::WatchEvent,
                     .outcome = ports::Outcome::Ok,
                     .id = watch.id,
                     .cause = cause_,
                     .body = body}});
  }

 private:
  const Write& write_;
  ports::CauseId cause_;
  std::vector<Delivery>& out_;
  std::array<Body, 3> bodies_;
};

}  // namespace

void Watches::close_all_of(ClientId client, std::vector<Delivery>& out) {
  each_group([&](Group& group) {
    for (const Watch& watch : group) {
      if (watch.client == client) out.push_back(closing(watch));
    }
  });
  remove_all_of(client);
}

bool Watches::can_start(std::uint64_t version, std::uint64_t newest) const {
  return version == newest || (version < newest && version >= oldest_);
}

void Watches::add(Watch watch, ports::CauseId cause, std::vector<Delivery>& out) {
  const std::uint64_t from = watch.told;
  for (const Write& write : history_) {
    if (write.resource_version > from) Telling{write, cause, out}.tell(watch);
  }
  Group& group = !watch.selection.node_name.empty() ? by_node_[watch.selection.node_name]
                 : !watch.selection.name.empty()    ? by_name_[watch.selection.name]
                                                    : others_;
  group.push_back(std::move(watch));
}

void Watches::each_group(const std::function<void(Group&)>& visit) {
  visit(others_);
  for (Groups* groups : {&by_node_, &by_name_}) {
    for (auto& [key, group] : *groups) visit(group);
  }
}

void Watches::remove(ClientId client, ports::OwnerId owner, ports::CallId id) {
  each_group([&](Group& group) {
    std::erase_if(group, [&](const Watch& w) {
      return w.client == client && w.owner == owner && w.id == id;
    });
  });
}

void Watches::remove_all_of(ClientId client) {
  each_group([&](Group& group) {
    std::erase_if(group, [&](const Watch& w) { return w.client == client; });
  });
}

void Watches::record(const Write& write) {
  history_.push_back(write);
  if (history_.size() <= history_max_) return;
  oldest_ = history_.front().resource_version;
  history_.pop_front();
}

void Watches::notify(const Write& write, ports::CauseId cause, std::vector<Delivery>& out) {
  Telling telling{write, cause, out};
  const auto tell_group = [&](Groups& groups, const std::string& key) {
    if (groups.empty() || key.empty()) return;
    const auto group = groups.find(key);
    if (group == groups.end()) return;
    for (Watch& watch : group->second) telling.tell(watch);
  };
  for (Watch& watch : others_) telling.tell(watch);
  const std::string& node = node_of(*write.after);
  tell_group(by_node_, node);
  if (write.before != nullptr && node_of(*write.before) != node) {
    tell_group(by_node_, node_of(*write.before));
  }
  tell_group(by_name_, api::meta_of(*write.after).name);
}

void Watches::send_bookmarks(std::uint64_t version, std::vector<Delivery>& out) {
  Body body;
  each_group([&](Group& group) {
    for (Watch& watch : group) {
      if (!watch.bookmarks || watch.told >= version) continue;
      watch.told = version;
      if (body == nullptr) {
        body = std::make_shared<const ports::EventBody>(
            ports::WatchDelta{DeltaKind::Bookmark, nullptr, version});
      }
      out.push_back({watch.client,
                     {.owner = watch.owner,
                      .kind = ports::EventKind::WatchEvent,
                      .outcome = ports::Outcome::Ok,
                      .id = watch.id,
                      .body = body}});
    }
  });
}

void Watches::close_all(std::vector<Delivery>& out) {
  each_group([&](Group& group) {
    for (const Watch& watch : group) out.push_back(closing(watch));
  });
  others_.clear();
  by_node_.clear();
  by_name_.clear();
}

void Watches::forget_history(std::uint64_t version) {
  history_.clear();
  oldest_ = version;
}

}  // namespace orrery::store
