orrery_program(traffic_bench SOURCES traffic_bench.cpp LIBS orrery_traffic)
