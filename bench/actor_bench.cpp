/// @file
/// How much faster is the request engine than the same model written with a simulation library?
///
/// Three M/M/10 stations in a row, as in traffic_bench: through the engine; with SimGrid, once with
/// an actor for each request, as such models are usually written, and once with an actor for each
/// server, which is the cheapest way with actors; with SimPy, if there is one. They alternate, and
/// core time counts. A mean that is not that of theory fails the program, and so does an engine
/// that is less than 20 times as fast as the faster of SimGrid's two.
///
/// Usage: actor_bench [requests per run of SimGrid] [repetitions] [python]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "bench/chain.h"
#include "models/base/random.h"

namespace {

using namespace orrery;
using namespace orrery::bench;
namespace s4u = simgrid::s4u;

constexpr double kWantedRatio = 20;

double draw(const Draws& draws, Purpose purpose, double mean, std::uint32_t request,
            std::uint32_t station) {
  const auto mean_ns = Duration::nanoseconds(static_cast<std::int64_t>(mean * 1e9));
  return to_seconds(draws.exponential(purpose, mean_ns, request, station));
}

/// What is an actor.
enum class Actors {
  Requests,         ///< Each waits for a semaphore of its station.
  ServersWithMail,  ///< Each waits for a message; requests are messages.
  ServersAtQueue,   ///< Those of a station share a queue in plain memory and one semaphore.
};

/// The model as actors.
class ActorChain {
 public:
  ActorChain(std::uint32_t requests, std::uint64_t seed) : draws_{seed}, requests_(requests) {}

  Measurement run(Actors actors) {
    std::array<std::string, 4> words = {"actor_bench", "--log=root.thres:critical",
                                        "--cfg=contexts/stack-size:64", "--cfg=network/model:CM02"};
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    int count = static_cast<int>(words.size());
    s4u::Engine engine{&count, arguments.data()};
    s4u::NetZone* const zone = s4u::create_full_zone("zone");
    host_ = zone->create_host("host", 1e9);
    s4u::Link* const loopback = zone->create_link("loopback", 1e12)->set_latency(0)->seal();
    zone->add_route(host_->get_netpoint(), host_->get_netpoint(), nullptr, nullptr,
                    {s4u::LinkInRoute(loopback)});
    zone->seal();

    const double begun = cpu_seconds();
    over_ = s4u::Semaphore::create(0);
    for (std::uint32_t station = 0; station < kStations; ++station) {
      switch (actors) {
        case Actors::Requests:
          free_[station] = s4u::Semaphore::create(kServers);
          break;
        case Actors::ServersWithMail:
          mail_[station] = s4u::Mailbox::by_name("station " + std::to_string(station));
          employ([this, station] { serve_mail(station); });
          break;
        case Actors::ServersAtQueue:
          work_[station] = s4u::Semaphore::create(0);
          employ([this, station] { serve_queue(station); });
          break;
      }
    }
    s4u::Actor::create("arrivals", host_, [this, actors] { be_users(actors); });
    engine.run();
    const double spent = cpu_seconds() - begun;
    return {spent, sum_seconds_ / static_cast<double>(done_), std::uint64_t{done_} * kStations};
  }

 private:
  template <class Work>
  void employ(Work work) {
    for (std::uint32_t i = 0; i < kServers; ++i) {
      s4u::Actor::create("server", host_, work)->daemonize();
    }
  }

  void be_users(Actors actors) {
    for (std::uint32_t number = 0; number < requests_.size(); ++number) {
      s4u::this_actor::sleep_for(draw(draws_, Purpose::Arrival, 1 / kArrivalRate, number, 0));
      requests_[number] = {number, s4u::Engine::get_clock()};
      switch (actors) {
        case Actors::Requests:
          s4u::Actor::create("request", host_, [this, number] { be_request(number); });
          break;
        case Actors::ServersWithMail:
          send(number, 0);
          break;
        case Actors::ServersAtQueue:
          enter(number, 0);
          break;
      }
    }
    over_->acquire();
  }

  void serve(std::uint32_t number, std::uint32_t station) {
    s4u::this_actor::sleep_for(
        draw(draws_, Purpose::ServiceTime, kMeanServiceSeconds, number, station));
  }

  void be_request(std::uint32_t number) {
    for (std::uint32_t station = 0; station < kStations; ++station) {
      free_[station]->acquire();
      serve(number, station);
      free_[station]->release();
    }
    end(number);
  }

  void send(std::uint32_t number, std::uint32_t station) {
    mail_[station]->put_init(&requests_[number], 1)->detach();
  }

  void serve_mail(std::uint32_t station) {
    for (;;) {
      const std::uint32_t number = mail_[station]->get<Request>()->number;
      serve(number, station);
      if (station + 1 < kStations) {
        send(number, station + 1);
      } else {
        end(number);
      }
    }
  }

  void enter(std::uint32_t number, std::uint32_t station) {
    waiting_[station].push_back(number);
    work_[station]->release();
  }

  void serve_queue(std::uint32_t station) {
    for (;;) {
      work_[station]->acquire();
      const std::uint32_t number = waiting_[station].front();
      waiting_[station].pop_front();
      serve(number, station);
      if (station + 1 < kStations) {
        enter(number, station + 1);
      } else {
        end(number);
      }
    }
  }

  void end(std::uint32_t number) {
    sum_seconds_ += s4u::Engine::get_clock() - requests_[number].start;
    if (++done_ == requests_.size()) over_->release();
  }

  struct Request {
    std::uint32_t number = 0;
    double start = 0;
  };

  Draws draws_;
  s4u::Host* host_ = nullptr;
  std::array<s4u::SemaphorePtr, kStations> free_;  ///< Servers, where requests are actors.
  std::array<s4u::Mailbox*, kStations> mail_{};
  std::array<s4u::SemaphorePtr, kStations> work_;  ///< Requests that wait in the queue.
  std::array<std::deque<std::uint32_t>, kStations> waiting_;
  s4u::SemaphorePtr over_;
  std::vector<Request> requests_;
  double sum_seconds_ = 0;
  std::uint32_t done_ = 0;
};

/// In a process of its own: SimGrid's clock does not start again in the same one.
Measurement by_simgrid(std::uint32_t requests, std::uint64_t seed, Actors actors) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    const Measurement measured = ActorChain{requests, seed}.run(actors);
    const bool told = write(ends[1], &measured, sizeof measured) == sizeof measured;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Measurement measured;
  if (read(ends[0], &measured, sizeof measured) != sizeof measured) measured = {};
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return measured;
}

/// Nothing spent: there is none.
Measurement by_simpy(const std::string& python, std::uint32_t requests, std::uint64_t seed,
                     std::string& version) {
  const std::string command = python + " " + ORRERY_CHAIN_IN_SIMPY + " " +
                              std::to_string(requests) + " " + std::to_string(seed);
  std::FILE* const answer = popen(command.c_str(), "r");
  if (answer == nullptr) return {};
  std::array<char, 32> name{};
  Measurement measured;
  const int read = std::fscanf(answer, "%31s %lf %lf", name.data(), &measured.spent_seconds,
                               &measured.mean_seconds);
  pclose(answer);
  if (read != 3) return {};
  version = name.data();
  measured.hops = std::uint64_t{requests} * kStations;
  return measured;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto requests =
      static_cast<std::uint32_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200'000);
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string python = argc > 3 ? argv[3] : "python3";
  const auto has_simpy = std::system((python + " -c 'import simpy'").c_str()) == 0;
  if (!has_simpy) {
    std::printf("SKIPPED: SimPy, as %s does not have it (Debian: python3-simpy3)\n",
                python.c_str());
  }

  struct Rival {
    std::string name;
    std::vector<double> requests_per_second;
    std::vector<double> engine_is_faster_by;
  };
  std::array<Rival, 5> all{{{"request engine", {}, {}},
                            {"SimGrid, servers with messages", {}, {}},
                            {"SimGrid, an actor a request", {}, {}},
                            {"SimGrid, servers at a queue", {}, {}},
                            {"SimPy", {}, {}}}};
  bool right = true;
  for (int i = 0; i < repetitions; ++i) {
    const auto seed = static_cast<std::uint64_t>(i) + 1;
    std::vector<Measurement> measured;
    measured.push_back(by_engine(std::uint64_t{requests} * 5, seed, {"bare", {}, {}}));
    measured.push_back(by_simgrid(requests, seed, Actors::ServersWithMail));
    measured.push_back(by_simgrid(requests, seed, Actors::Requests));
    measured.push_back(by_simgrid(requests, seed, Actors::ServersAtQueue));
    if (has_simpy) {
      std::string version;
      measured.push_back(by_simpy(python, requests / 2, seed, version));
      all[4].name = "SimPy " + version;
    }
    for (std::size_t who = 0; who < measured.size(); ++who) {
      const Measurement& one = measured[who];
      if (one.hops == 0 || std::fabs(one.mean_seconds / kTheorySeconds - 1) > 0.02) {
        std::printf("FAIL: %s, seed %llu: mean %.3f ms, not %.3f\n", all[who].name.c_str(),
                    static_cast<unsigned long long>(seed), one.mean_seconds * 1e3,
                    kTheorySeconds * 1e3);
        right = false;
        continue;
      }
      const double rate = static_cast<double>(one.hops) / kStations / one.spent_seconds;
      all[who].requests_per_second.push_back(rate);
      if (!all[0].requests_per_second.empty()) {
        all[who].engine_is_faster_by.push_back(all[0].requests_per_second.back() / rate);
      }
    }
  }
  for (const Rival& one : all) {
    if (one.engine_is_faster_by.empty()) continue;
    const auto [least, most] =
        std::minmax_element(one.engine_is_faster_by.begin(), one.engine_is_faster_by.end());
    std::printf("%-31s %.3f M requests/s; the engine is faster by %.1f (%.1f..%.1f)\n",
                one.name.c_str(), median(one.requests_per_second) * 1e-6,
                median(one.engine_is_faster_by), *least, *most);
  }
  if (!right) return 1;
  const double ratio =
      std::min(median(all[1].engine_is_faster_by), median(all[2].engine_is_faster_by));
  if (ratio < kWantedRatio) {
    std::printf("FAIL: %.1f times as fast as SimGrid's actors, not %.0f\n", ratio, kWantedRatio);
    return 1;
  }
  return 0;
}
