#include "settings/exported_places.hpp"

#include "settings/dataset_syntax.hpp"
#include "settings/export_settings.hpp"
#include "settings/values.hpp"

#include <notes_export/dataset.hpp>

#include <optional>
#include <string_view>

namespace exportd {

namespace {

/// Where files of a section are; or files that have none, and only a key.
struct place {
    std::string kind, name, key;
    std::string path; ///< of one file, or the template of profiles
    bool many = false;

    std::string text() const { return name.empty() ? key : "[" + kind + ' ' + name + "] " + key + " = " + path; }
    /// The directory that all of its files are in, as far as that is fixed.
    std::string_view directory() const {
        return std::string_view{path}.substr(0, path.rfind('/', std::min(path.find('{'), path.size())));
    }
};

std::vector<place> places_of(settings const& s) {
    std::vector<place> all;
    auto const version = s.output.version_file.is_relative()
                             ? s.output.version_file
                             : s.output.version_file.lexically_relative(s.output.directory);
    if (!version.empty() && *version.begin() != "..")
        all.push_back({"", "", "the version file", version.string(), false});
    for (auto const& d : s.datasets) {
        if (!d.path.empty())
            all.push_back({"dataset", d.name, "path", d.path, true});
        if (d.has_index())
            all.push_back({"dataset", d.name, "index", d.index_path, false});
        if (d.shards.make && !d.shards.directory.empty()) // all below it
            all.push_back({"dataset", d.name, "shards", d.shards.directory, false});
    }
    for (auto const& d : s.documents)
        if (!d.path.empty())
            all.push_back({"document", d.name, "path", d.path, false});
    return all;
}

/// A file in the place of a directory, or of the other file, or of a profile.
bool file_meets(place const& file, place const& other) {
    if (!other.many)
        return file.path == other.path || is_below(file.path, other.path) || is_below(other.path, file.path);
    return notes_export::entity_path{other.path}.id_at(file.path).has_value() || file.path == other.directory() ||
           is_below(other.directory(), file.path) || notes_export::entity_path{other.path}.may_hold(file.path);
}

bool meet(place const& a, place const& b) {
    if (a.many && b.many)
        return a.directory() == b.directory() || is_below(a.directory(), b.directory()) ||
               is_below(b.directory(), a.directory());
    return a.many ? file_meets(b, a) : file_meets(a, b);
}

} // namespace

std::vector<place_clash> meeting_places(settings const& s) {
    std::vector<place_clash> all;
    auto const places = places_of(s);
    for (auto later = places.begin(); later != places.end(); ++later)
        for (auto earlier = places.begin(); earlier != later; ++earlier)
            if (!later->name.empty() && meet(*later, *earlier))
                all.push_back({later->kind, later->name, later->key,
                               in_quotes(later->path) + " is in the way of " + earlier->text()});
    return all;
}

} // namespace exportd
