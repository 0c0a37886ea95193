orrery_program(scale_bench SOURCES scale_bench.cpp chain.cpp LIBS orrery_traffic orrery_heap)
