/// @file
/// The values in the text of a scenario, so that they can be changed where they stand.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

namespace orrery::gui {

/// A number, a text with its quotation marks, or a word such as true: never a key, a comment, or
/// what holds other values.
struct ValuePlace {
  int line = 0;  ///< 1, 2, …
  qsizetype from = 0;
  qsizetype length = 0;
};

/// In the order in which they stand. `is_json`: JSON with comments, otherwise YAML; of that a text
/// over several lines, an anchor, an alias and a tag are no values.
[[nodiscard]] std::vector<ValuePlace> values_of(const QStringList& lines, bool is_json);

}  // namespace orrery::gui
