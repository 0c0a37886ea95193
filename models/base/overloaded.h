/// @file
/// One function out of several, for std::visit.
#pragma once

namespace orrery {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace orrery
