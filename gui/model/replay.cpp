#include "gui/model/replay.h"

#include <QJsonDocument>
#include <algorithm>
#include <string>
#include <utility>

namespace orrery::gui {

std::vector<RecordedOrder> orders_until(const RecordedRun& run, Instant until) {
  std::vector<RecordedOrder> orders;
  for (const recording::RunEvent& event : run.events().all()) {
    if (event.at > until) break;
    if (run.text(event.what) != "command") continue;
    const std::string said{run.text(event.detail)};
    const QJsonObject command = QJsonDocument::fromJson(QByteArray::fromStdString(said)).object();
    if (command.value("do") != "act") continue;
    orders.push_back({event.at, command.value("entry").toObject()});
  }
  return orders;
}

Replay::Replay(std::vector<RecordedOrder> orders, Instant until)
    : orders_{std::move(orders)}, until_{until} {}

bool Replay::arrives(Instant at) { return std::exchange(led_from_, at) != at; }

std::optional<QJsonObject> Replay::next(Instant now) {
  const bool more = given_ < orders_.size();
  if (more && orders_[given_].at <= now) {
    return QJsonObject{{"do", "act"}, {"entry", orders_[given_++].entry}};
  }
  const Instant to = more ? std::min(orders_[given_].at, until_) : until_;
  if (to <= now) return std::nullopt;
  return QJsonObject{{"do", "step"}, {"until", QString{"%1us"}.arg(to.count_ns() / 1000)}};
}

}  // namespace orrery::gui
