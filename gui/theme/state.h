/// @file
/// How well a service, a pod or a call is: the seven states that the whole window speaks in.
#pragma once

#include <QString>
#include <array>
#include <cstddef>

namespace orrery::gui {

/// By colour, shape and texture; see Theme::state and paint_glyph.
enum class State { Healthy, Degraded, Failing, Lost, Starting, Recovering, Draining };
inline constexpr std::size_t kStateCount = 7;
inline constexpr std::array<State, kStateCount> kStates{
    State::Healthy,  State::Degraded,   State::Failing, State::Lost,
    State::Starting, State::Recovering, State::Draining};

/// "Healthy", in the language of the window.
[[nodiscard]] QString name_of(State state);

/// 0 for what is well, more for what is worse: what wins where there is room for one state only.
[[nodiscard]] int severity(State state);

/// Degraded, failing or lost.
[[nodiscard]] inline bool is_bad(State state) {
  return state == State::Degraded || state == State::Failing || state == State::Lost;
}

}  // namespace orrery::gui
