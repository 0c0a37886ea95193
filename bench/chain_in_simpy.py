#!/usr/bin/env python3
"""Three M/M/10 stations in a row, 10 ms each, 700 requests/s, in SimPy 3 or 4.

Usage: chain_in_simpy.py REQUESTS SEED     prints SimPy's version, core time [s] and mean time of a
request [s].
"""
import random
import sys
import time

import simpy

STATIONS, SERVERS, ARRIVAL_RATE, SERVICE_RATE = 3, 10, 700.0, 100.0


def main() -> None:
    requests, draws = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    world = simpy.Environment()
    stations = [simpy.Resource(world, SERVERS) for _ in range(STATIONS)]
    times = []

    def request():
        begun = world.now
        for station in stations:
            with station.request() as server:
                yield server
                yield world.timeout(draws.expovariate(SERVICE_RATE))
        times.append(world.now - begun)

    def arrivals():
        for _ in range(requests):
            yield world.timeout(draws.expovariate(ARRIVAL_RATE))
            world.process(request())

    begun = time.process_time()
    world.process(arrivals())
    world.run()
    spent = time.process_time() - begun
    assert len(times) == requests
    print(simpy.__version__, spent, sum(times) / requests)


if __name__ == "__main__":
    main()
