/// @file
/// What is said between a run and one of its programs: JSON Lines, one answer to each line.
///
/// The protocol is described in docs/external-controllers.md. An answer is taken as it is meant or
/// not at all: a field too many is as wrong as one too few.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "models/base/result.h"
#include "models/base/time_types.h"
#include "runner/external/child_program.h"

namespace orrery::external {

inline constexpr int kProtocol = 1;

using Json = nlohmann::ordered_json;

/// Seconds, as the number next to them: 15 s are 15.0.
[[nodiscard]] double seconds_of(Duration duration);
/// Since the start of the run.
[[nodiscard]] double seconds_of(Instant at);

class Conversation {
 public:
  /// Starts the program and greets it. `role` and `name` say what it is for. A Failure says why it
  /// cannot take part.
  [[nodiscard]] static Result<std::unique_ptr<Conversation>> start(const scenario::Program& program,
                                                                   const std::string& role,
                                                                   const std::string& name,
                                                                   std::uint64_t seed);

  /// How an answer differs from what is expected; empty: it does not.
  using Check = std::function<std::string(const Json& answer)>;

  /// Asks with the members of `question`, and what it answered, without what belongs to the
  /// protocol. An answer {"error": TEXT} is a Failure, and the conversation goes on. All else that
  /// is not as expected breaks it.
  ///
  /// `about`: whom it is about, for messages. `expected`: an answer as it should be, from its
  /// members on: `"replicas": 3`.
  [[nodiscard]] Result<Json> ask(Instant now, const Json& question, const std::string& about,
                                 const std::string& expected, const Check& check);

  /// Why it is over, if it is.
  [[nodiscard]] const std::optional<Failure>& broken() const { return broken_; }

 private:
  explicit Conversation(std::unique_ptr<ChildProgram> program) : program_{std::move(program)} {}

  [[nodiscard]] Failure break_off(const std::string& about, const std::string& what,
                                  const std::string& expected,
                                  const std::optional<std::string>& received);

  std::unique_ptr<ChildProgram> program_;
  std::uint64_t last_id_ = 0;
  std::optional<Failure> broken_;
};

}  // namespace orrery::external
