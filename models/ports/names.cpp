#include "models/ports/api_client.h"
#include "models/ports/container_runtime.h"
#include "models/ports/event.h"

namespace orrery::ports {

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok:
      return "Ok";
    case Outcome::NotFound:
      return "NotFound";
    case Outcome::AlreadyExists:
      return "AlreadyExists";
    case Outcome::Conflict:
      return "Conflict";
    case Outcome::Invalid:
      return "Invalid";
    case Outcome::Refused:
      return "Refused";
    case Outcome::Unreachable:
      return "Unreachable";
    case Outcome::Unknown:
      return "Unknown";
    case Outcome::Timeout:
      return "Timeout";
    case Outcome::Expired:
      return "Expired";
  }
  contract_violation("an outcome has one of the known values");
}

const char* to_string(Verb verb) {
  switch (verb) {
    case Verb::Get:
      return "get";
    case Verb::List:
      return "list";
    case Verb::Watch:
      return "watch";
    case Verb::Create:
      return "create";
    case Verb::Update:
      return "update";
    case Verb::UpdateStatus:
      return "updateStatus";
    case Verb::Delete:
      return "delete";
    case Verb::Bind:
      return "bind";
    case Verb::Unwatch:
      return "unwatch";
    case Verb::Evict:
      return "evict";
  }
  contract_violation("a verb has one of the known values");
}

const char* to_string(Propagation propagation) {
  switch (propagation) {
    case Propagation::Default:
      return "Default";
    case Propagation::Background:
      return "Background";
    case Propagation::Foreground:
      return "Foreground";
    case Propagation::Orphan:
      return "Orphan";
  }
  contract_violation("a propagation has one of the known values");
}

const char* to_string(RuntimeVerb verb) {
  switch (verb) {
    case RuntimeVerb::List:
      return "list";
    case RuntimeVerb::ImageStatus:
      return "imageStatus";
    case RuntimeVerb::PullImage:
      return "pullImage";
    case RuntimeVerb::RunSandbox:
      return "runSandbox";
    case RuntimeVerb::CreateContainer:
      return "createContainer";
    case RuntimeVerb::StartContainer:
      return "startContainer";
    case RuntimeVerb::Exec:
      return "exec";
    case RuntimeVerb::StopContainer:
      return "stopContainer";
    case RuntimeVerb::RemoveContainer:
      return "removeContainer";
    case RuntimeVerb::StopSandbox:
      return "stopSandbox";
    case RuntimeVerb::RemoveSandbox:
      return "removeSandbox";
    case RuntimeVerb::Stats:
      return "stats";
    case RuntimeVerb::Images:
      return "images";
    case RuntimeVerb::RemoveImage:
      return "removeImage";
    case RuntimeVerb::PrepareVolume:
      return "prepareVolume";
    case RuntimeVerb::RemoveVolumes:
      return "removeVolumes";
  }
  contract_violation("a runtime verb has one of the known values");
}

}  // namespace orrery::ports
