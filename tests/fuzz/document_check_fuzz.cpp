// A document for each of the schemas that are shipped.
#include "fuzz/checked_twice.hpp"
#include "fuzz/input.hpp"

#include <filesystem>
#include <vector>

using namespace notes_export;

namespace {

std::vector<schema> shipped_schemas() {
    std::vector<schema> all;
    for (auto const& entry : std::filesystem::directory_iterator{EXPORTD_SOURCE_DIR "/conf/schemas"})
        all.push_back(schema::load(entry.path()));
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const all = shipped_schemas();
    auto const document = fuzz::input{data, size}.rest();
    for (auto const& s : all)
        fuzz::checked_twice(s, document);
    return 0;
}
