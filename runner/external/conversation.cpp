#include "runner/external/conversation.h"

#include <fmt/format.h>

#include <utility>

namespace orrery::external {
namespace {

constexpr std::size_t kShownMax = 200;

/// The start of a line, for people.
std::string shown(const std::string& line) {
  std::string text = line.substr(0, kShownMax);
  // A control character in a terminal may be anything.
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return line.size() <= kShownMax ? text : fmt::format("{}... ({} bytes)", text, line.size());
}

std::string text_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What is wrong with the frame of an answer; then its members are looked at.
std::string frame_problem(const Json& answer, const char* type, std::optional<std::uint64_t> id) {
  if (!answer.is_object()) return "no JSON object";
  if (answer.value("type", Json{}) != Json(type)) return fmt::format("no \"type\": \"{}\"", type);
  if (id && answer.value("id", Json{}) != Json(*id)) return fmt::format("no \"id\": {}", *id);
  return {};
}

}  // namespace

double seconds_of(Duration duration) {
  // Divided, as a product with 1e-9 would be an ulp off.
  return static_cast<double>(duration.count_ns()) / 1e9;
}

double seconds_of(Instant at) { return seconds_of(at.since_start()); }

Result<std::unique_ptr<Conversation>> Conversation::start(const scenario::Program& program,
                                                          const std::string& role,
                                                          const std::string& name,
                                                          std::uint64_t seed) {
  auto child = ChildProgram::start(program);
  if (!child) return tl::unexpected{child.error()};
  std::unique_ptr<Conversation> made{new Conversation{*std::move(child)}};
  const Json hello{
      {"type", "hello"}, {"protocol", kProtocol}, {"role", role}, {"name", name}, {"seed", seed}};
  const std::string about = fmt::format("{} {}", role, name);
  const std::string expected = fmt::format(R"({{"type": "hello", "protocol": {}}})", kProtocol);
  const auto line = made->program_->ask(text_of(hello));
  if (!line) {
    return tl::unexpected{
        made->break_off(about + " at the start", line.error().what, expected, std::nullopt)};
  }
  const Json answer = Json::parse(*line, nullptr, false);
  std::string problem = answer.is_discarded() ? "no JSON" : frame_problem(answer, "hello", {});
  if (problem.empty() && answer.value("protocol", Json{}) != Json(kProtocol)) {
    problem = fmt::format("no \"protocol\": {}", kProtocol);
  }
  if (problem.empty() && answer.size() != 2) problem = "a field too many";
  if (!problem.empty()) {
    return tl::unexpected{
        made->break_off(about + " at the start", "answered with " + problem, expected, *line)};
  }
  return made;
}

Failure Conversation::break_off(const std::string& about, const std::string& what,
                                const std::string& expected,
                                const std::optional<std::string>& received) {
  Failure failure{fmt::format("{}: {} {}\n  expected {}\n  received {}", about, program_->name(),
                              what, expected, received ? shown(*received) : "nothing"),
                  ""};
  const std::string words = program_->last_words();
  if (!words.empty()) {
    failure.what += "\n  it said on its standard error:";
    std::size_t from = 0;
    while (from <= words.size()) {
      const auto end = std::min(words.find('\n', from), words.size());
      failure.what += "\n    " + shown(words.substr(from, end - from));
      from = end + 1;
    }
  }
  broken_ = failure;
  program_.reset();
  return failure;
}

Result<Json> Conversation::ask(Instant now, const Json& question, const std::string& about,
                               const std::string& expected, const Check& check) {
  if (broken_) return tl::unexpected{*broken_};
  const std::uint64_t id = ++last_id_;
  Json message{{"type", "sync"}, {"id", id}, {"time", seconds_of(now)}};
  message.update(question);
  const std::string who = fmt::format("{} at {}", about, to_string(now.since_start()));
  const std::string wanted = fmt::format(R"({{"type": "answer", "id": {}, {}}})", id, expected);
  const auto line = program_->ask(text_of(message));
  if (!line) {
    return tl::unexpected{break_off(who, line.error().what, wanted, std::nullopt)};
  }
  Json answer = Json::parse(*line, nullptr, false);
  std::string problem = answer.is_discarded() ? "no JSON" : frame_problem(answer, "answer", id);
  if (problem.empty()) {
    answer.erase("type");
    answer.erase("id");
    if (answer.size() == 1 && answer.contains("error") && answer["error"].is_string()) {
      return failure(
          fmt::format("{} says: {}", program_->name(), shown(answer["error"].get<std::string>())));
    }
    problem = check(answer);
  }
  if (!problem.empty()) {
    return tl::unexpected{break_off(who, "answered with " + problem, wanted, *line)};
  }
  return answer;
}

}  // namespace orrery::external
