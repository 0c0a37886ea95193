orrery_program(traffic_bench SOURCES traffic_bench.cpp chain.cpp LIBS orrery_traffic)
if(ORRERY_SIMGRID)
  orrery_program(actor_bench SOURCES actor_bench.cpp chain.cpp LIBS orrery_traffic PkgConfig::simgrid)
  target_compile_definitions(actor_bench PRIVATE
    ORRERY_CHAIN_IN_SIMPY="${CMAKE_CURRENT_SOURCE_DIR}/chain_in_simpy.py")
endif()
