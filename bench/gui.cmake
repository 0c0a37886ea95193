if(TARGET orrery_gui)
  orrery_program(gui_bench SOURCES gui_bench.cpp LIBS orrery_gui orrery_run_recording)
endif()
