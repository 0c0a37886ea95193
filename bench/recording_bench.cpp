/// @file
/// What does a recording cost, and how fast is it read?
///
/// `engine`: a scenario run as it is, recorded, and recorded with followed requests, each in a
/// process of its own, whose engines' threads share one processor, so that what else the machine
/// does slows all alike: by the processor time of the engine's thread from the building of the
/// world to the closing of the file (the median of the ratios), and beside it that of the whole
/// process, with the thread that writes; and the recording's bytes for each simulated minute. A run
/// with another fingerprint fails the program. `size`: a minute of 1,000 services, 2,000 edges,
/// 1,000 nodes and 100,000 pods of which 1,000 change each second. `seek`: ten minutes of 200
/// services, 400 edges, 5,000 nodes and 100,000 pods: opening, and the world at instants all over
/// it, by processor time and by the clock, with the memory that a process takes for it. A frame
/// that is not what was written fails the program.
///
/// Usage: recording_bench engine SCENARIO [minutes] [repetitions] | size | seek
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/recording/run_reader.h"
#include "models/recording/run_writer.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"

namespace {

using namespace orrery;
using recording::CallField;
using recording::RowKind;
using recording::TextId;

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
double thread_seconds() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double megabytes(const std::string& path) {
  return static_cast<double>(std::filesystem::file_size(path)) * 1e-6;
}

/// A folder that goes with it.
class Folder {
 public:
  Folder()
      : path_{std::filesystem::temp_directory_path() /
              ("recording-bench-" + std::to_string(getpid()))} {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Work that is done in a process of its own: a run of its own meets no memory of another.
template <class T>
class Apart {
 public:
  explicit Apart(const std::function<T()>& work) {
    int ends[2];
    if (pipe(ends) != 0) std::exit(1);
    std::fflush(nullptr);
    child_ = fork();
    if (child_ == 0) {
      const T result = work();
      const bool written = write(ends[1], &result, sizeof result) == sizeof result;
      _exit(written ? 0 : 1);
    }
    close(ends[1]);
    end_ = ends[0];
  }

  [[nodiscard]] pid_t process() const { return child_; }

  /// What it leaves. Requires: it was not asked before.
  [[nodiscard]] T result() const {
    T result{};
    const bool read_all = read(end_, &result, sizeof result) == sizeof result;
    close(end_);
    int status = 0;
    waitpid(child_, &status, 0);
    if (!read_all || status != 0) {
      std::printf("FAIL: a run has died\n");
      std::exit(1);
    }
    return result;
  }

 private:
  pid_t child_ = 0;
  int end_ = 0;
};

template <class T>
T apart(const std::function<T()>& work) {
  return Apart<T>{work}.result();
}

// --- The engine ---------------------------------------------------------------------------------

struct Spent {
  double seconds = 0;  ///< Of the engine's thread.
  double in_all = 0;
  std::array<char, 17> fingerprint{};
};

Spent run(const scenario::Scenario& scenario, const session::RecordOrder* order) {
  const double begun = thread_seconds();
  const double all_begun = cpu_seconds();
  const auto result = session::try_simulate(scenario, 1, order);
  Spent spent{thread_seconds() - begun, cpu_seconds() - all_begun, {}};
  if (!result) _exit(1);
  std::strncpy(spent.fingerprint.data(), result->fingerprint.c_str(), 16);
  return spent;
}

/// By then the writers' threads are there.
constexpr useconds_t kBeginUs = 20'000;

/// Of the first thread of the process; its others keep all processors.
void share_first_processor(pid_t process) {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  if (sched_setaffinity(process, sizeof first, &first) != 0) std::exit(1);
}

int engine(const std::string& path, std::int64_t minutes, int repetitions) {
  scenario::ScenarioReading reading = scenario::read_scenario(path);
  for (const api::Problem& problem : reading.problems) {
    std::printf("%s\n", to_string(problem).c_str());
  }
  if (!reading.scenario) return 2;
  scenario::Scenario scenario = *std::move(reading.scenario);
  scenario.duration = Duration::minutes(minutes);
  const Folder folder;
  std::array<std::vector<double>, 2> slower;
  std::array<std::vector<double>, 2> more;
  std::vector<double> bare;
  std::array<session::RecordOrder, 2> orders{
      {{folder.file("numbers"), {}, "bench", 0}, {folder.file("requests"), {}, "bench", 20}}};
  for (int i = 0; i < repetitions; ++i) {
    const std::array runs{Apart<Spent>{[&] { return run(scenario, nullptr); }},
                          Apart<Spent>{[&] { return run(scenario, &orders[0]); }},
                          Apart<Spent>{[&] { return run(scenario, &orders[1]); }}};
    usleep(kBeginUs);
    for (const auto& one : runs) share_first_processor(one.process());
    const Spent as_it_is = runs[0].result();
    bare.push_back(as_it_is.seconds);
    for (std::size_t k = 0; k < orders.size(); ++k) {
      const Spent recorded = runs[k + 1].result();
      slower[k].push_back(recorded.seconds / as_it_is.seconds);
      more[k].push_back(recorded.in_all / as_it_is.in_all);
      if (recorded.fingerprint != as_it_is.fingerprint) {
        std::printf("FAIL: a recorded run is another run\n");
        return 1;
      }
    }
  }
  std::printf("as it is: %.0f x real time\n", static_cast<double>(minutes) * 60 / median(bare));
  for (std::size_t k = 0; k < orders.size(); ++k) {
    const auto [least, most] = std::minmax_element(slower[k].begin(), slower[k].end());
    const double share = median(slower[k]);
    std::printf(
        "%-24s slower by %.1f %% (%.1f..%.1f), %.2f us a sample, "
        "with the writer's thread %.1f %% more work, %.3f MB a minute\n",
        k == 0 ? "recorded" : "with followed requests", (share - 1) * 100, (*least - 1) * 100,
        (*most - 1) * 100, (share - 1) * median(bare) / static_cast<double>(minutes * 600) * 1e6,
        (median(more[k]) - 1) * 100, megabytes(orders[k].path) / static_cast<double>(minutes));
  }
  return 0;
}

// --- A large world that nobody lived in ---------------------------------------------------------

struct WorldSize {
  std::uint32_t services = 0;
  std::uint32_t edges = 0;
  std::uint32_t nodes = 0;
  std::uint32_t pods = 0;
  std::uint32_t changes_per_sample = 0;
};

/// Every value of every sample follows from its place, so that a reader can be asked for any.
class MadeUpRun {
 public:
  explicit MadeUpRun(const WorldSize& size) : size_{size} {
    for (std::uint32_t i = 0; i < size.services; ++i) {
      scene_.services.push_back("shop/service-" + std::to_string(i));
    }
    for (std::uint32_t i = 0; i < size.edges; ++i) {
      const auto from = static_cast<std::uint32_t>(mix64(i) % size.services);
      const auto to = static_cast<std::uint32_t>(mix64(i + 1'000'000ULL) % size.services);
      scene_.edges.push_back({i == 0 ? recording::kOutside : from, to});
    }
    scene_.journeys = {"buy"};
  }

  void write(const std::string& path, std::uint64_t samples) {
    const auto writer = *recording::RunWriter::create(path, {}, scene_);
    std::vector<TextId> nodes;
    for (std::uint32_t i = 0; i < size_.nodes; ++i) {
      nodes.push_back(writer->text("node-" + std::to_string(i)));
      writer->set_node(nodes[i], recording::NodeState{.ready = true,
                                                      .pods = size_.pods / size_.nodes,
                                                      .cpu_milli = 64'000,
                                                      .memory_bytes = std::int64_t{256} << 30,
                                                      .used_cpu_milli = 32'000,
                                                      .used_memory_bytes = std::int64_t{64} << 30});
    }
    for (std::uint32_t i = 0; i < size_.pods; ++i) {
      const std::uint32_t of = i % size_.services;
      const std::string owner = "service-" + std::to_string(of) + "-7d4b9c6f5";
      char suffix[8];
      std::snprintf(suffix, sizeof suffix, "%05x", static_cast<unsigned>(mix64(i) & 0xfffff));
      pods_.push_back(writer->text("Pod/shop/" + owner + "-" + suffix + std::to_string(i / 1000)));
      states_.push_back({.node = nodes[mix64(i) % size_.nodes],
                         .owner = writer->text("ReplicaSet/shop/" + owner),
                         .phase = recording::PodPhaseCode::Running,
                         .ready = true});
      writer->set_pod(pods_[i], states_[i]);
    }
    recording::SampleValues row{writer->columns().count()};
    for (std::uint64_t sample = 1; sample <= samples; ++sample) {
      for (std::uint32_t i = 0; i < size_.changes_per_sample; ++i) {
        const std::uint64_t at = mix64(sample * 1'000 + i) % size_.pods;
        recording::PodState& state = states_[at];
        state.ready = !state.ready;
        if (!state.ready) ++state.restarts;
        writer->set_pod(pods_[at], state);
      }
      row.set_all(values(sample, writer->columns()));
      writer->sample(at(sample), row);
      row.begin_period([](std::size_t) { return false; });
    }
    if (!writer->finish()) std::exit(1);
  }

  [[nodiscard]] static Instant at(std::uint64_t sample) {
    return Instant::at(Duration::milliseconds(static_cast<std::int64_t>(sample) * 100));
  }

  [[nodiscard]] std::vector<std::int64_t> values(std::uint64_t sample,
                                                 const recording::ColumnMap& map) const {
    std::vector<std::int64_t> all(map.count());
    const auto put = [&](RowKind kind, std::size_t row, CallField field, std::int64_t value) {
      all[map.of(kind, row, field)] += value;
    };
    for (std::uint32_t e = 0; e < size_.edges; ++e) {
      const std::uint64_t noise = mix64(sample * 1'000'003 + e);
      const auto calls = static_cast<std::int64_t>(mix64(e) % 20 + noise % 8);
      const bool fails = noise >> 54 == 0;
      const std::uint64_t second = mix64((sample / 10) * 1'000'003 + e);
      for (const auto& [kind, row] :
           {std::pair{RowKind::Edge, e}, std::pair{RowKind::Service, scene_.edges[e].to}}) {
        put(kind, row, CallField::Started, calls);
        put(kind, row, CallField::Ok, calls - (fails ? 1 : 0));
        put(kind, row, static_cast<CallField>(2), fails ? 1 : 0);
        put(kind, row, CallField::InFlight, static_cast<std::int64_t>(mix64(e) % 3));
        for (const CallField field : {CallField::P50, CallField::P95, CallField::P99}) {
          const auto rank = static_cast<std::uint64_t>(field);
          all[map.of(kind, row, field)] =
              static_cast<std::int64_t>(500 + rank * 20 + (second >> rank) % 9);
        }
      }
    }
    all[map.of(recording::ClusterField::Pods)] = size_.pods;
    return all;
  }

  /// A number over the last state of every pod.
  [[nodiscard]] std::uint64_t end() const {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < pods_.size(); ++i) number = fold(number, pods_[i], states_[i]);
    return number;
  }
  [[nodiscard]] static std::uint64_t end_of(const recording::Pods& pods) {
    std::uint64_t number = 0;
    for (const auto& pod : pods) number = fold(number, pod.name, pod.state);
    return number;
  }

 private:
  static std::uint64_t fold(std::uint64_t number, TextId name, const recording::PodState& pod) {
    number = mix64(number ^ name) ^ pod.node ^ (std::uint64_t{pod.owner} << 32);
    return mix64(number) ^ pod.restarts ^ (pod.ready ? 1U << 31 : 0U);
  }

  WorldSize size_;
  recording::Scene scene_;
  std::vector<TextId> pods_;
  std::vector<recording::PodState> states_;
};

int size() {
  const Folder folder;
  MadeUpRun made{{1'000, 2'000, 1'000, 100'000, 100}};
  const double begun = cpu_seconds();
  made.write(folder.file("run"), 600);
  const double spent = cpu_seconds() - begun;
  const auto reader = *recording::RunReader::open(folder.file("run"));
  const auto last = reader->at(MadeUpRun::at(600));
  if (!last || MadeUpRun::end_of(last->pods) != made.end() ||
      last->values != made.values(600, reader->columns())) {
    std::printf("FAIL: the end is not what was written\n");
    return 1;
  }
  std::printf("100,000 pods, 1,000 changes a second: %.2f MB a minute, %.2f s to write\n",
              megabytes(folder.file("run")), spent);
  return 0;
}

struct Seeks {
  double open_ms = 0;
  double median_ms = 0;
  double most_ms = 0;
  double most_wall_ms = 0;
  std::uint64_t most_at = 0;  ///< Which seek that was, by processor time.
  double memory_mb = 0;
  bool right = true;
};

int seek() {
  constexpr std::uint64_t kSamples = 6'000;
  const Folder folder;
  const WorldSize world{200, 400, 5'000, 100'000, 10};
  const auto end = apart<std::uint64_t>([&] {
    MadeUpRun made{world};
    made.write(folder.file("run"), kSamples);
    return made.end();
  });
  const auto now = [] { return thread_seconds() * 1e3; };
  const auto seeks = apart<Seeks>([&] {
    const MadeUpRun made{world};
    Seeks found;
    const double begun = now();
    const auto reader = *recording::RunReader::open(folder.file("run"));
    found.open_ms = now() - begun;
    std::vector<double> spent;
    for (std::uint64_t i = 0; i < 200; ++i) {
      const std::uint64_t sample = i == 0 ? kSamples : mix64(i) % kSamples + 1;
      const double wall = wall_seconds();
      const double from = now();
      const auto frame = reader->at(MadeUpRun::at(sample));
      spent.push_back(now() - from);
      found.most_wall_ms = std::max(found.most_wall_ms, (wall_seconds() - wall) * 1e3);
      const bool right = frame && frame->pods.size() == world.pods &&
                         frame->values == made.values(sample, reader->columns());
      found.right = found.right && right && (i > 0 || MadeUpRun::end_of(frame->pods) == end);
    }
    found.median_ms = median(spent);
    const auto most = std::max_element(spent.begin(), spent.end());
    found.most_ms = *most;
    found.most_at = static_cast<std::uint64_t>(most - spent.begin()) + 1;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    found.memory_mb = static_cast<double>(usage.ru_maxrss) / 1024;
    return found;
  });
  std::printf(
      "10 minutes of 200 services, 5,000 nodes, 100,000 pods, %.1f MB: open %.0f ms, seek %.1f ms "
      "(at most %.1f, the one with number %llu, by the clock %.1f), %.0f MB of memory\n",
      megabytes(folder.file("run")), seeks.open_ms, seeks.median_ms, seeks.most_ms,
      static_cast<unsigned long long>(seeks.most_at), seeks.most_wall_ms, seeks.memory_mb);
  if (!seeks.right) std::printf("FAIL: a frame is not what was written\n");
  return seeks.right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "engine" && argc > 2) {
    return engine(argv[2], argc > 3 ? std::atoll(argv[3]) : 20, argc > 4 ? std::atoi(argv[4]) : 5);
  }
  if (what == "size") return size();
  if (what == "seek") return seek();
  std::printf("Usage: recording_bench engine SCENARIO [minutes] [repetitions] | size | seek\n");
  return 2;
}
