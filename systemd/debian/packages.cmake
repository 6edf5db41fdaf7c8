# The Debian packages osm-notes-exportd and libnotes-export-dev:
#
#     cmake --preset release && cmake --build --preset release --target package

# The changelog says which version is packaged, and by whom.
set(debian ${PROJECT_SOURCE_DIR}/systemd/debian)
set(user_changes ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${debian}/changelog ${debian}/NEWS ${user_changes})
file(STRINGS ${debian}/changelog newest_entry REGEX "^osm-notes-exportd \\(" LIMIT_COUNT 1)
file(STRINGS ${debian}/changelog packager REGEX "^ -- " LIMIT_COUNT 1)
if(NOT newest_entry MATCHES "\\((.*)-(.*)\\)" OR NOT CMAKE_MATCH_1 STREQUAL PROJECT_VERSION)
    message(FATAL_ERROR "The newest entry of ${debian}/changelog is not about version ${PROJECT_VERSION}")
endif()
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CMAKE_MATCH_2})
# An upgrade shows what was said there about this version. Not every version has something to say.
file(STRINGS ${debian}/NEWS newest_news REGEX "^osm-notes-exportd \\(" LIMIT_COUNT 1)
if(NOT newest_news MATCHES "\\((.*)-.*\\)" OR CMAKE_MATCH_1 VERSION_GREATER PROJECT_VERSION)
    message(FATAL_ERROR "The newest entry of ${debian}/NEWS is about a version after ${PROJECT_VERSION}")
endif()
file(STRINGS ${user_changes} newest_section REGEX "^## \\[" LIMIT_COUNT 1)
if(NOT newest_section MATCHES "^## \\[([0-9.]+)\\]" OR NOT CMAKE_MATCH_1 STREQUAL PROJECT_VERSION)
    message(FATAL_ERROR "The newest section of ${user_changes} is not about version ${PROJECT_VERSION}")
endif()
# The tag of a release: cmake --build build/release --target tag_release
add_custom_target(tag_release COMMAND ${debian}/tag_release.sh ${PROJECT_VERSION} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  VERBATIM)
string(REGEX REPLACE "^ -- (.*)  .*" "\\1" CPACK_PACKAGE_CONTACT "${packager}")

# What belongs to each package by Debian's rules.
gzip_file(changelog.Debian ${debian}/changelog)
gzip_file(changelog ${user_changes})
gzip_file(NEWS.Debian ${debian}/NEWS)
foreach(part daemon:osm-notes-exportd library:libnotes-export-dev)
    string(REPLACE ":" ";" part ${part})
    list(POP_FRONT part component package)
    install(FILES ${debian}/copyright ${PROJECT_BINARY_DIR}/gzip/changelog.Debian.gz
                  ${PROJECT_BINARY_DIR}/gzip/changelog.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
    install(FILES ${debian}/${package}.lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
            RENAME ${package} COMPONENT ${component})
endforeach()
install(FILES ${debian}/README.Debian ${PROJECT_BINARY_DIR}/gzip/NEWS.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PROJECT_CONFIG_FILE ${debian}/package_release.cmake)
# Each package has a synopsis of its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL daemon library)
# The configuration is installed to /etc, which is not below the prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME osm-notes-exportd)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION database)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_DAEMON_PACKAGE_RECOMMENDS "postgresql-client, git, openssh-client")
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "postgresql, logrotate")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
    ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_DAEMON_DESCRIPTION "publishes OSM notes datamarts as JSON files
A daemon that keeps a published tree of JSON files equal to the datamart
tables of an OSM-Notes-Analytics warehouse. When the ETL sends NOTIFY, the
changed users and countries are on disk about a second later: checked
against their JSON Schemas, durable, and listed in the indexes. Files that
did not change are not touched.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libnotes-export-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libpq-dev, libre2-dev, libcurl4-openssl-dev, libssl-dev, libexpat1-dev, libdeflate-dev, libbrotli-dev, zlib1g-dev, pkgconf | pkg-config")
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "incremental export of OSM notes datamarts - development files
The library behind osm-notes-exportd: finds the rows of a PostgreSQL
warehouse that changed, renders and checks them as JSON, publishes them
without ever showing a reader half a file, and marks them as exported.

It is linked statically. This package holds the archive, the headers and a
CMake package: find_package(notes_export).")

include(CPack)
