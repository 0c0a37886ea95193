/// @file
/// The results of a sweep in one SQLite file.
///
/// Tables: `meta` (what was swept), `point` and `parameter` (the variants), `run` (one per point
/// and seed), `figure` and `expectation` (what each run found). A run and all its rows are one
/// transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "runner/sweep/sweep.h"

namespace orrery::sweep {

struct FigureRow {
  std::string name;
  std::string unit;
  double value = 0;
};
struct ExpectationRow {
  std::string id;
  std::string verdict;  ///< Of this run alone.
  std::optional<double> observed;
};
/// What one run found.
struct RunRows {
  std::uint64_t point = 0;
  std::uint64_t seed = 0;
  std::string fingerprint;
  std::uint64_t events = 0;
  std::vector<FigureRow> figures;
  std::vector<ExpectationRow> expectations;
};

class ResultsFile {
 public:
  ResultsFile();
  ~ResultsFile();
  ResultsFile(ResultsFile&& other) noexcept;
  ResultsFile& operator=(ResultsFile&& other) noexcept;

  /// Opens or makes the file. A Failure when it holds a sweep of something else: `digest` stands
  /// for all that was swept.
  [[nodiscard]] static Result<ResultsFile> open(const std::string& path, const std::string& name,
                                                const std::string& digest,
                                                const std::vector<Point>& points);

  /// Opens a file that exists, to read it.
  [[nodiscard]] static Result<ResultsFile> read(const std::string& path);

  /// Point and seed of every run it holds.
  [[nodiscard]] Result<std::set<std::pair<std::uint64_t, std::uint64_t>>> runs();
  [[nodiscard]] Result<std::vector<Point>> points();
  /// In the order of points and seeds, then as added.
  [[nodiscard]] Result<std::vector<RunRows>> rows();

  [[nodiscard]] Result<void> add(const RunRows& rows);

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace orrery::sweep
