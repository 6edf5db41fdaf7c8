#pragma once

// Catch2 moved its headers between versions 2 (Debian 12) and 3 (Debian 13, Ubuntu 24.04); tests include this one.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx; // version 2 has it without a name before it
#else
#include <catch2/catch.hpp>
#endif
