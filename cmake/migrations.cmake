# Compiles migrations/*.sql into souk_postgres, so that the binary needs no source tree.
#   include(cmake/migrations.cmake) defines souk_embed_migrations(target);
#   cmake -DOUT=x.cc -P cmake/migrations.cmake FILE... writes the source.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "#include \"postgres/migrator.h\"\n\nnamespace souk::postgres {\n\n")
  string(APPEND text "std::span<const MigrationFile> embedded_migrations() {\n")
  string(APPEND text "  static const std::vector<MigrationFile> files = {\n")
  foreach(argument RANGE ${CMAKE_ARGC})
    set(file "${CMAKE_ARGV${argument}}")
    if(file MATCHES "\\.sql$")
      get_filename_component(name ${file} NAME)
      file(READ ${file} sql)
      string(APPEND text "      {\"${name}\", R\"migration(${sql})migration\"},\n")
    endif()
  endforeach()
  string(APPEND text "  };\n  return files;\n}\n\n}  // namespace souk::postgres\n")
  file(WRITE ${OUT} "${text}")
  return()
endif()

function(souk_embed_migrations target)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
  set(out ${CMAKE_BINARY_DIR}/embedded_migrations.cc)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -P ${CMAKE_SOURCE_DIR}/cmake/migrations.cmake ${files}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/migrations.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
