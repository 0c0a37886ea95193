#include "real-backend/workload/flags.h"

#include <charconv>
#include <cmath>

namespace orrery::workload {

namespace {

template <class Number>
bool read_number(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

}  // namespace

Flags::Flags(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (!argument.starts_with("--")) {
      problems_ += "expected --flag or --flag=value; found " + argument + "\n";
    } else if (equals == std::string::npos) {
      values_[argument.substr(2)] = "";
    } else {
      values_[argument.substr(2, equals - 2)] = argument.substr(equals + 1);
    }
  }
}

const std::string* Flags::value_of(const std::string& name) {
  asked_for_[name] = true;
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

std::string Flags::text(const std::string& name, const std::string& otherwise) {
  const std::string* value = value_of(name);
  return value == nullptr ? otherwise : *value;
}

std::int64_t Flags::count(const std::string& name, std::int64_t otherwise) {
  const std::string* value = value_of(name);
  if (value == nullptr) return otherwise;
  std::int64_t number = 0;
  if (read_number(*value, number) && number >= 0) return number;
  problems_ += "--" + name + ": expected a count; found \"" + *value + "\"\n";
  return otherwise;
}

double Flags::rate(const std::string& name, double otherwise) {
  const std::string* value = value_of(name);
  if (value == nullptr) return otherwise;
  double number = 0;
  if (read_number(*value, number) && std::isfinite(number) && number > 0) return number;
  problems_ += "--" + name + ": expected a rate per second above 0; found \"" + *value + "\"\n";
  return otherwise;
}

Duration Flags::duration(const std::string& name, Duration otherwise) {
  const std::string* value = value_of(name);
  if (value == nullptr) return otherwise;
  if (const auto duration = parse_duration(*value)) return *duration;
  problems_ += "--" + name + ": expected a duration such as 250ms; found \"" + *value + "\"\n";
  return otherwise;
}

bool Flags::is_set(const std::string& name) {
  const std::string* value = value_of(name);
  if (value != nullptr && !value->empty()) {
    problems_ += "--" + name + ": expected no value; found \"" + *value + "\"\n";
  }
  return value != nullptr;
}

Result<bool> Flags::check() const {
  std::string problems = problems_;
  for (const auto& [name, value] : values_) {
    if (!asked_for_.contains(name)) problems += "--" + name + " is not a flag of this mode\n";
  }
  if (problems.empty()) return true;
  problems.pop_back();
  return failure(problems);
}

}  // namespace orrery::workload
