orrery_program(cluster_bench SOURCES cluster_bench.cpp LIBS orrery_world orrery_report)
