/// @file
/// Builds the tree of a document from the events of a YAML or JSON parser, within bounds.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "models/api/document.h"

namespace orrery::api {

/// What a value amounts to once aliases are followed.
struct Extent {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t levels = 0;
};

/// How much of the bounds the documents of one text have used.
struct Budget {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
};

/// Events in, tree and Problems out. After the first broken bound all events are ignored.
class TreeBuilder {
 public:
  /// Anchors are numbered by the parser; 0 is none.
  using Anchor = std::size_t;

  /// `file`, `budget` and `problems` must outlive the builder.
  TreeBuilder(const std::string& file, Budget& budget, std::vector<Problem>& problems)
      : file_{file}, budget_{budget}, problems_{problems} {}

  void key(std::string name, int line);
  void merge_key(int line);
  void scalar(Value value, Anchor anchor = 0);
  void begin(Value::Type list_or_map, int line, Anchor anchor = 0);
  void end();
  void alias(Anchor anchor, int line);

  /// True where a map waits for its next key.
  [[nodiscard]] bool wants_key() const;
  [[nodiscard]] bool refused() const { return refused_; }
  /// The Place of the value that comes next.
  [[nodiscard]] Place place(int line) const;
  /// The finished tree; null if there was none or it was refused.
  [[nodiscard]] ValuePtr take_root();

 private:
  struct Open {
    Value value;
    Extent extent{1, 0, 1};
    Anchor anchor = 0;
    std::string key;
    int key_line = 0;
    bool has_key = false;
    bool key_is_merge = false;
    bool is_key = false;        ///< A list or map that stands where a key should.
    bool key_is_unfit = false;  ///< The value that follows belongs to such a key.
    std::vector<ValuePtr> merged;
  };

  void attach(const ValuePtr& value, const Extent& extent);
  void merge(Open& map, const ValuePtr& value);
  void finish_map(Open& map);
  [[nodiscard]] bool spend(const Extent& extent, int line);
  void refuse(int line, std::string expected, std::string found, std::string hint);

  const std::string& file_;
  Budget& budget_;
  std::vector<Problem>& problems_;
  std::vector<Open> open_;
  std::map<Anchor, std::pair<ValuePtr, Extent>> anchors_;
  ValuePtr root_;
  bool refused_ = false;
};

}  // namespace orrery::api
