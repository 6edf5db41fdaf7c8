#include "mirror/make_mirror.hpp"

#include "mirror/directory/target.hpp"
#include "mirror/error.hpp"
#include "mirror/git/target.hpp"
#include "mirror/s3/target.hpp"
#include "mirror/source/directory_source.hpp"
#include "mirror/source/http_source.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace notes_export::mirror {

namespace {

git_options git_options_of(export_config const& tree, mirror_config const& config) {
    git_options options;
    options.url = config.url;
    options.branch = config.branch;
    options.directory = config.directory;
    options.author = config.author;
    if (config.history.count() > 0)
        options.history = config.history;
    options.schemas = config.schemas;
    options.schema_source = tree.schema_dir;
    options.repository = tree.directory / ".exportd" / "mirrors" / (config.name + ".git");
    return options;
}

s3_options s3_options_of(mirror_config const& config) {
    s3_options options;
    options.url = config.url;
    options.style = config.path_style ? s3_style::path : s3_style::host;
    options.region = config.region;
    options.credentials = [access = config.access_key_file, secret = config.secret_key_file,
                           token = config.session_token_file] { return read_s3_credentials(access, secret, token); };
    options.cache_control = config.cache_control;
    options.compress = config.gzip ? s3_compression::gzip : s3_compression::none;
    options.connections = static_cast<unsigned>(config.connections);
    return options;
}

std::unique_ptr<target> bucket(mirror_config const& config, published_paths const& ours) {
    try {
        return std::make_unique<s3_target>(s3_options_of(config), ours);
    } catch (mirror_error const& e) {
        throw mirror_misconfigured{e.what()};
    }
}

/// What is put into the tree would be mirrored with it, or be taken for the tree.
void require_outside(std::filesystem::path const& tree, std::filesystem::path const& copy) {
    std::error_code none;
    auto const root = std::filesystem::weakly_canonical(tree, none);
    auto const place = std::filesystem::weakly_canonical(copy, none);
    auto const [end, other] = std::mismatch(root.begin(), root.end(), place.begin(), place.end());
    if (end == root.end() || (std::next(end) == root.end() && end->empty()))
        throw mirror_misconfigured{"url = " + copy.string() + " is the tree itself or inside it (" + root.string() +
                                   "): set the directory of the copy"};
}

} // namespace

std::unique_ptr<target> make_target(export_config const& tree, mirror_config const& config,
                                    published_paths const& ours) {
    switch (config.kind) {
    case mirror_kind::directory:
        if (config.from.empty())
            require_outside(tree.directory, config.url);
        return std::make_unique<directory_target>(config.url, ours);
    case mirror_kind::git:
        return std::make_unique<git_target>(git_options_of(tree, config), ours);
    case mirror_kind::s3:
        return bucket(config, ours);
    }
    throw std::logic_error{"a kind of mirror that nobody made"};
}

std::unique_ptr<tree_source> make_source(export_config const& tree, mirror_config const& config,
                                         published_paths const& ours) {
    if (config.from.find_first_of("?#") != std::string::npos)
        throw mirror_misconfigured{"from must not have a '?' or '#': paths are put behind it"};
    if (!config.from.empty())
        return std::make_unique<http_source>(config.from, tree);
    return std::make_unique<directory_source>(tree.directory, ours);
}

} // namespace notes_export::mirror
