/// @file
/// Going through a recording from its beginning to its end without holding all of it.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "models/recording/run_reader.h"
#include "runner/export/export.h"

namespace orrery::exporting {

/// Stops a pass when it returns false.
template <class T>
using Visitor = std::function<bool(const T&)>;

/// A damaged file has instants whose sums do not fit: those begin again from the other end.
[[nodiscard]] constexpr std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// The values of one second: counts are summed up, states those at its end.
struct Second {
  std::int64_t at = 0;  ///< Its end [s].
  std::vector<std::int64_t> values;
};

[[nodiscard]] Result<void> each_second(recording::RunReader& run, const Visitor<Second>& visit);
[[nodiscard]] Result<void> each_event(recording::RunReader& run,
                                      const Visitor<recording::RunEvent>& visit);
/// Those chosen, by their end.
[[nodiscard]] Result<void> each_trace(recording::RunReader& run, const TraceChoice& choice,
                                      const Visitor<recording::Trace>& visit);

/// A row of calls, and what it is called.
struct CallRow {
  recording::RowKind kind{};
  std::size_t index = 0;
  std::string from;  ///< Edges: "clients", "shop/cart".
  std::string name;  ///< "shop/cart", a journey; of an edge, who is called.
};
[[nodiscard]] std::vector<CallRow> call_rows(const recording::Scene& scene);
/// "edge", "service", "journey".
[[nodiscard]] const char* to_string(recording::RowKind kind);

/// What is seen of a consumer group, or of what policies did.
struct FigureRow {
  struct Figure {
    std::size_t column = 0;
    const char* name = "";
    const char* unit = "";
  };
  const char* of = "";       ///< "group", "policies"
  const char* from_is = "";  ///< What `from` says: "topic", "from".
  std::string from;          ///< "orders"; "clients", "shop/cart".
  std::string name;          ///< The service that consumes, or is called.
  std::vector<Figure> figures;
};
[[nodiscard]] std::vector<FigureRow> figure_rows(const recording::RunReader& run);
/// In seconds if it is an age.
[[nodiscard]] std::string figure_text(const recording::RunReader& run, std::size_t column,
                                      std::int64_t value);

/// A pod that callers keep out, and how many do.
struct KeptOutPod {
  std::string name;  ///< "Pod/shop/cart-1"
  std::uint32_t callers = 0;
};
/// Those of the end of the second; a Failure if its chunk is damaged. Pods are looked at only where
/// the figures say that somebody keeps a host out.
[[nodiscard]] Result<std::vector<KeptOutPod>> kept_out_pods(recording::RunReader& run,
                                                            const Second& second);

/// Text up to a number of bytes, the last of which are kept for its end.
class BoundedText {
 public:
  BoundedText(std::ostream& out, std::uint64_t max_bytes) : out_{out}, left_{max_bytes} {}
  /// Keeps so many bytes for finish().
  void reserve(std::uint64_t bytes) { reserved_ = bytes; }
  /// Writes all of it, or none: then it is cut, and takes nothing more.
  bool add(std::string_view text);
  /// Writes the end.
  void finish(std::string_view text);
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  std::ostream& out_;
  std::uint64_t left_;
  std::uint64_t reserved_ = 0;
  bool cut_ = false;
};

// One function per format; each writes what there is room for.
[[nodiscard]] Result<void> write_jsonl(recording::RunReader& run, const ExportOrder& order,
                                       BoundedText& out);
[[nodiscard]] Result<void> write_csv_long(recording::RunReader& run, BoundedText& out);
[[nodiscard]] Result<void> write_prometheus(recording::RunReader& run, BoundedText& out);
[[nodiscard]] Result<void> write_zipkin(recording::RunReader& run, const ExportOrder& order,
                                        BoundedText& out);
[[nodiscard]] Result<void> write_jaeger(recording::RunReader& run, const ExportOrder& order,
                                        BoundedText& out);
[[nodiscard]] Result<void> write_otlp(recording::RunReader& run, const ExportOrder& order,
                                      BoundedText& out);
[[nodiscard]] Result<void> write_perfetto(recording::RunReader& run, const ExportOrder& order,
                                          BoundedText& out);

}  // namespace orrery::exporting
