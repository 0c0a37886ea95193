orrery_program(policy_bench SOURCES policy_bench.cpp LIBS orrery_resilience benchmark::benchmark)
