/// @file
/// What can be done by hand to a thing of a run, as entries of a timeline.
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <map>
#include <optional>
#include <vector>

namespace orrery::gui {

/// What a run that is in hand says it has: "choices" of docs/live-control.md.
struct HandChoices {
  struct Workload {
    std::optional<int> replicas;
    QString image;
  };
  std::map<QString, QStringList> services;  ///< "shop/cart" -> the workloads behind it.
  std::map<QString, Workload> workloads;    ///< "Deployment/shop/cart"
  QStringList images;
  QStringList leaders;                      ///< Services with a leader: "shop/ledger".
  std::map<QString, QStringList> policies;  ///< "clients" -> whom they call by a policy.
};

[[nodiscard]] HandChoices read_choices(const QJsonObject& choices);
/// What was done changed them, too: `entry` is one that was.
void note_done(HandChoices& choices, const QJsonObject& entry);

/// Something that can be done now.
struct Deed {
  /// What has to be typed for it.
  enum class Typed {
    Nothing,
    Manifests,  ///< A file or folder, as from the folder of the scenario.
    Merge,      ///< JSON to merge into an object.
    Policy,     ///< Keys of a policy, as JSON.
  };

  QString name;  ///< "pod-kill", "unwell fails", "replicas", "image", "drain"
  QJsonObject entry;
  bool lasts = false;  ///< It ends after a time that is chosen.
  Typed typed = Typed::Nothing;
};

/// Of a thing that a view names: "service shop/cart", "edge shop/front shop/cart" ("clients" are
/// the users), "pod Pod/shop/cart-1", "node a-1", "zone b", "cluster". Nothing can be done to
/// others.
[[nodiscard]] std::vector<Deed> deeds_for(const QString& thing, const HandChoices& choices);

/// The entry with how long it lasts, and with what was typed.
[[nodiscard]] QJsonObject entry_of(const Deed& deed, int seconds, const QString& typed);

}  // namespace orrery::gui
