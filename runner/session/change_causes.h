/// @file
/// What led to the changes that a live session sees, so that its log names causes as the log of a
/// simulated run does.
///
/// There every call carries what its caller acted upon. Live callers are other processes, so it is
/// told from the objects: who owns what, what of an object changed, and what its controller could
/// have seen last. Where nothing is known, there is no cause.
#pragma once

#include <map>
#include <set>
#include <string>

#include "models/controllers/informer.h"
#include "models/recording/event_log.h"
#include "runner/session/own_writes.h"
#include "runner/session/struck_pods.h"

namespace orrery::session {

class ChangeCauses {
 public:
  /// Both must outlive it. `struck` is told of pods that are ready again.
  ChangeCauses(recording::EventLog& log, StruckPods& struck) : log_{log}, struck_{struck} {}

  /// As OwnWrites::done: what the session wrote itself has the cause that is given here.
  void done(const ports::ApiCall& call, const ports::Event& answer, ports::CauseId cause) {
    own_writes_.done(call, answer, cause);
  }

  /// Appends the change to the log, if it is worth a line, with what led to it. Changes of one kind
  /// come in the order in which the server made them; where one comes before what led to it, as it
  /// may when watches are taken up again, its cause is an earlier one, or none.
  void log(Instant now, const controllers::Change& change);

 private:
  [[nodiscard]] ports::CauseId cause_of(const controllers::Change& change);
  [[nodiscard]] ports::CauseId cause_of_pod(const controllers::Change& change) const;
  /// What its controller, or its autoscaler, could have acted upon.
  [[nodiscard]] ports::CauseId decided(const controllers::Change& change) const;
  [[nodiscard]] ports::CauseId latest(const api::ObjectKey& key) const;
  void raise(const api::ObjectKey& key, ports::CauseId record);

  recording::EventLog& log_;
  StruckPods& struck_;
  OwnWrites own_writes_;
  /// The last record of an object, or what led to a change of it that has none; or of what it
  /// controls, where that is news to it.
  std::map<api::ObjectKey, ports::CauseId> latest_;
  std::map<api::ObjectKey, api::ObjectKey> autoscalers_;  ///< By what they scale.
  std::set<std::string> lost_;                            ///< Nodes that are not ready.
};

}  // namespace orrery::session
