# Builds every module: one static library, its tests and benchmarks, chosen by file name.
#   x.cc            the library            x_test.cc       unit tests
#   x_pgtest.cc     needs PostgreSQL       x_redistest.cc  needs Redis
#   x_bench.cc      Google Benchmark       main.cc         left to the module itself

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -Wno-missing-designated-field-initializers  # designated initialisers name only members that differ from their defaults
  -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions(
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_BIND
  SOUK_VERSION="${PROJECT_VERSION}")
# Full RELRO: the loader resolves all symbols at start, and the tables are read-only after that.
add_link_options(-fuse-ld=lld LINKER:-z,relro,-z,now)

if(SOUK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(SOUK_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(NOT SOUK_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SOUK_SANITIZE is address or thread, not ${SOUK_SANITIZE}")
else()
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(SOUK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# One precompiled header for the heavy third-party headers; ccache needs it without time stamps.
add_compile_options(-Xclang -fno-pch-timestamp)
add_library(souk_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cc)
target_precompile_headers(souk_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)

add_custom_target(headers)

function(souk_test_binary name label libraries sources)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${libraries} GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM souk_pch)
  add_test(NAME ${name} COMMAND ${name} --gtest_shuffle --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 900)
endfunction()

# `ninja headers` compiles each header as the only include of a source: it is self-contained, except for the
# precompiled header, which every source includes.
function(souk_headers_alone module libraries)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  set(sources)
  foreach(header ${headers})
    file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/src ${header})
    set(source ${CMAKE_BINARY_DIR}/headers/${name}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${name}\"\n" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  add_library(souk_${module}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(souk_${module}_headers PRIVATE ${libraries})
  target_precompile_headers(souk_${module}_headers REUSE_FROM souk_pch)
  add_dependencies(headers souk_${module}_headers)
endfunction()

# souk_module(DEPENDS modules... LIBRARIES public third-party... PRIVATE private third-party...)
function(souk_module)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES;PRIVATE;TEST_DEPENDS" ${ARGN})
  get_filename_component(module ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(kind test pgtest redistest bench)
    set(${kind}_sources ${all})
    list(FILTER ${kind}_sources INCLUDE REGEX "_${kind}\\.cc$")
  endforeach()
  list(FILTER all EXCLUDE REGEX "_(test|pgtest|redistest|bench)\\.cc$|/main\\.cc$")

  list(TRANSFORM ARG_DEPENDS PREPEND souk_)
  list(TRANSFORM ARG_TEST_DEPENDS PREPEND souk_)
  if(NOT all)
    message(STATUS "module ${module} has no sources yet")
    return()
  endif()
  add_library(souk_${module} STATIC ${all})
  target_include_directories(souk_${module} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(souk_${module}
    PUBLIC ${ARG_DEPENDS} ${ARG_LIBRARIES} fmt::fmt Threads::Threads PRIVATE ${ARG_PRIVATE})
  target_precompile_headers(souk_${module} REUSE_FROM souk_pch)

  if(SOUK_TESTS)
    set(test_libraries souk_${module} ${ARG_TEST_DEPENDS} ${ARG_PRIVATE})
    souk_headers_alone(${module} "${test_libraries}")
    souk_test_binary(${module}_test unit "${test_libraries}" "${test_sources}")
    souk_test_binary(${module}_pgtest postgres "${test_libraries}" "${pgtest_sources}")
    souk_test_binary(${module}_redistest redis "${test_libraries}" "${redistest_sources}")
    if(bench_sources)
      add_executable(${module}_bench ${bench_sources})
      target_link_libraries(${module}_bench PRIVATE ${test_libraries} benchmark::benchmark_main)
      target_precompile_headers(${module}_bench REUSE_FROM souk_pch)
    endif()
  endif()
endfunction()
