# Read by cpack when it makes the packages: their version names the distribution they were made on and for, as in
# 0.2.0-1~deb12 or 0.2.0-1~ubuntu24.04. Programs link what is there, so each distribution needs its own; an upgrade of the
# distribution finds the newer one. CPACK_OS_RELEASE: another file than this machine's.
if(NOT CPACK_OS_RELEASE)
    set(CPACK_OS_RELEASE /etc/os-release)
endif()

# os_release(VARIABLE KEY): its value, or nothing.
function(os_release variable key)
    file(STRINGS ${CPACK_OS_RELEASE} line REGEX "^${key}=" LIMIT_COUNT 1)
    string(REGEX REPLACE "^${key}=[\"']?([^\"']*)[\"']?$" "\\1" value "${line}")
    # What a version of a package may be made of.
    string(REGEX REPLACE "[^a-z0-9.]" "" value "${value}")
    set(${variable} "${value}" PARENT_SCOPE)
endfunction()

os_release(distribution ID)
os_release(release VERSION_ID)
if(distribution STREQUAL "debian")
    set(distribution deb)
endif()
# A release that is still being made has no number: only the last of its versions will be beside others.
if(release)
    string(APPEND CPACK_DEBIAN_PACKAGE_RELEASE "~${distribution}${release}")
endif()
