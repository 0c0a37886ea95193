/// @file
/// A scenario as text, with what is wrong with it at its lines.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

namespace orrery::gui {

struct Problem {
  int line = 0;  ///< 1, 2, …; 0: of another file, or of none.
  QString text;
};

struct ScenarioText {
  QString path;  ///< Empty: none is open.
  QStringList lines;
  std::vector<Problem> problems;  ///< By line.
};

/// Of what `orrery check` says: "FILE:LINE: text" for each, or "FILE: text" if it is of all of
/// `path`. Lines without that form are no problems; what is wrong in other files than `path` has its
/// file in the text.
[[nodiscard]] std::vector<Problem> read_problems(const QString& said, const QString& path);

}  // namespace orrery::gui
