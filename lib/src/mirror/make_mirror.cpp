#include "mirror/make_mirror.hpp"

#include "mirror/directory_source.hpp"
#include "mirror/directory_target.hpp"
#include "mirror/published_paths.hpp"

namespace notes_export::mirror {

namespace {

mirror_misconfigured not_built_in(std::string const& what) {
    return mirror_misconfigured{what + " is not built in: this program was made without it"};
}

} // namespace

std::unique_ptr<target> make_target(export_config const& tree, mirror_config const& config) {
    published_paths const ours{tree};
    switch (config.kind) {
    case mirror_kind::directory:
        return std::make_unique<directory_target>(config.url, ours);
    case mirror_kind::git:
        throw not_built_in("kind = git");
    case mirror_kind::s3:
        throw not_built_in("kind = s3");
    }
    throw not_built_in("this kind");
}

std::unique_ptr<tree_source> make_source(export_config const& tree, mirror_config const& config) {
    if (!config.from.empty())
        throw not_built_in("from = URL");
    return std::make_unique<directory_source>(tree.directory, published_paths{tree});
}

} // namespace notes_export::mirror
