#include "gui/model/scenario_text.h"

#include <QRegularExpression>
#include <algorithm>

namespace orrery::gui {

std::vector<Problem> read_problems(const QString& said, const QString& path) {
  static const QRegularExpression kProblem{R"(^(.+?):(\d+): (.+)$)"};
  std::vector<Problem> problems;
  for (const QString& line : said.split('\n')) {
    const QRegularExpressionMatch match = kProblem.match(line);
    if (!match.hasMatch()) {
      // Of all of it.
      if (line.startsWith(path + ": ")) problems.push_back({0, line.mid(path.size() + 2)});
      continue;
    }
    if (match.captured(1) == path) {
      problems.push_back({match.captured(2).toInt(), match.captured(3)});
    } else {
      problems.push_back({0, line});
    }
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  return problems;
}

}  // namespace orrery::gui
