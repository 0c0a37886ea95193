orrery_program(kernel_bench SOURCES kernel_bench.cpp LIBS orrery_kernel benchmark::benchmark)
