#include "mirror/directory/path_set.hpp"

#include "files/sha256.hpp"

#include <algorithm>

namespace notes_export::mirror {

path_set::digest path_set::of(std::string_view path) {
    auto const whole = sha256_of(path);
    digest part{};
    std::copy_n(whole.begin(), part.size(), part.begin());
    return part;
}

void path_set::add(std::string_view path) {
    m_digests.push_back(of(path));
}

void path_set::sort() {
    std::ranges::sort(m_digests);
}

bool path_set::contains(std::string_view path) const {
    return std::ranges::binary_search(m_digests, of(path));
}

} // namespace notes_export::mirror
