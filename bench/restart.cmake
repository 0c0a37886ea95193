if(ORRERY_CONTAINERD)
  orrery_program(restart_bench SOURCES restart_bench.cpp LIBS orrery_recorded_process orrery_loop orrery_store)
endif()
