#include "support/catch.hpp"

#include "cycles/cycle_outcome.hpp"
#include "exit_codes.hpp"

#include <notes_export/error.hpp>

#include <cerrno>

using namespace exportd;
using notes_export::database_error;
using notes_export::file_error;

namespace {

template <class Error>
std::string kind(Error const& e) {
    return kind_of_failure(std::make_exception_ptr(e));
}

file_error failed_write(char const* path, int error) {
    return {"write", path, error};
}

} // namespace

TEST_CASE("failure: a full disk is one failure, whichever file meets it", "[outcome]") {
    for (int const error : {ENOSPC, EDQUOT, EROFS, EIO, EMFILE})
        CHECK(kind(failed_write("/a", error)) == kind(failed_write("/b", error)));
    CHECK(kind(failed_write("/a", ENOSPC)) == kind(file_error("open", "/c", ENOSPC)));
    CHECK(kind(failed_write("/a", ENOSPC)) != kind(failed_write("/a", EIO)));
}

TEST_CASE("failure: so is the full disk of the server", "[outcome]") {
    CHECK(kind(database_error{"could not extend file \"base/1/2\"", "53100", false}) ==
          kind(database_error{"could not extend file \"base/3/4\"", "53100", false}));
}

TEST_CASE("failure: others are told apart by their text", "[outcome]") {
    CHECK(kind(failed_write("/a", EACCES)) != kind(failed_write("/b", EACCES)));
    CHECK(kind(database_error{"no table a", "42P01", false}) != kind(database_error{"no table b", "42P01", false}));
}

TEST_CASE("exit code: of a path that nobody can use before somebody changes something", "[outcome]") {
    for (int const error : {EACCES, EROFS, ENOENT, ENOTDIR, ELOOP, EADDRINUSE})
        CHECK(exit_code_of(failed_write("/a", error)) == exit_code::configuration);
    for (int const error : {ENOSPC, EIO, EMFILE})
        CHECK(exit_code_of(failed_write("/a", error)) == exit_code::failure);
}
