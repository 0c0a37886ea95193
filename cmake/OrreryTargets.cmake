# Helpers that give every target of ours the same requirements. Nothing is set globally.

add_library(orrery_compile_options INTERFACE)
target_compile_features(orrery_compile_options INTERFACE cxx_std_20)
target_compile_options(orrery_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Wimplicit-fallthrough
  # A fused multiply-add rounds once instead of twice, so results would depend on the processor.
  -ffp-contract=off)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(orrery_compile_options INTERFACE -march=x86-64-v2)
endif()
# The repository root is the only include directory, so that an include line shows its layer.
target_include_directories(orrery_compile_options INTERFACE "${CMAKE_SOURCE_DIR}")

# orrery_not_instrumented(file...): not looked at by the thread sanitizer.
#
# For files that use gRPC. Much of it is inline, made on one thread and ended on another, and ordered by
# locks in libgrpc, which is not instrumented: half of it cannot be checked. These files do nothing on
# threads of gRPC but post, and say what they hand over (real-backend/loop/handover.h); whom they call
# is instrumented.
function(orrery_not_instrumented)
  if(ORRERY_THREAD_SANITIZER)
    set_source_files_properties(${ARGN} PROPERTIES
      COMPILE_OPTIONS -fno-sanitize=thread COMPILE_DEFINITIONS ORRERY_THREAD_SANITIZER)
  endif()
endfunction()

# orrery_library(NAME SOURCES file... [LIBS target...] [PRIVATE_LIBS target...])
function(orrery_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
    target_link_libraries(${name} PUBLIC orrery_compile_options ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE orrery_compile_options ${ARG_LIBS})
  endif()
endfunction()

# orrery_program(NAME SOURCES file... LIBS target...)
function(orrery_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE orrery_compile_options ${ARG_LIBS})
endfunction()

# orrery_test(NAME SOURCES file... LIBS target... [LABELS label...] [TIMEOUT seconds])
#
# One executable is one CTest test: a process start per case costs more than the cases.
function(orrery_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  orrery_program(${name} SOURCES ${ARG_SOURCES} LIBS ${ARG_LIBS} GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
