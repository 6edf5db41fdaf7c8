#include "mirror/s3/step.hpp"

#include "document/metadata.hpp"
#include "mirror/error.hpp"

#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t most_remembered = 100'000;

tree_moved_on moved_on(std::string const& path) {
    return tree_moved_on{"read " + path + " for the bucket: the tree has moved on", "the step is begun again"};
}

// Until it is answered, nobody knows what is stored: the answer may be lost.
http::exchange to_send(s3_step& step, waiting_object const& object, http::header_list more = {}) {
    step.sent.erase(object.path);
    auto done = [&step, object] {
        ++step.result.written;
        step.result.bytes += object.content->size();
        step.result.note_changed(object.path);
        if (step.sent.size() < most_remembered)
            step.sent.insert_or_assign(object.path, object.content->sha256_file());
    };
    return step.bucket.put(object.path, object.content, std::move(done), std::move(more));
}

bool is_sent(s3_step const& step, listed_file const& file) {
    auto const found = step.sent.find(file.path);
    return found != step.sent.end() && found->second == file.sha256;
}

/// The bytes of metadata.json, when they are those of a tree that is being published no further.
waiting_object read_metadata(s3_step& step, std::uint64_t generation) {
    std::string const path{metadata::path};
    std::string text;
    auto const take = [&](std::string_view piece) {
        if (text.size() + piece.size() > metadata::longest)
            throw moved_on(path);
        text += piece;
    };
    if (!step.source.read(path, take, step.stop))
        throw moved_on(path);
    auto const parsed = metadata::parse(text);
    if (!parsed || parsed->generation != generation || parsed->publishing != 0)
        throw moved_on(path);
    return {path, content_of(text, path, step.bucket.options())};
}

void send_list(s3_step& step, std::span<waiting_object const> objects) {
    send_objects(step, [&](waiting_object& found) {
        if (objects.empty())
            return supply::end;
        found = objects.front();
        objects = objects.subspan(1);
        return supply::found;
    });
}

void remove_objects(s3_step& step, std::span<std::string const> paths) {
    step.bucket.run(
        [&]() -> http::offer {
            if (paths.empty())
                return {std::nullopt, true};
            auto const path = paths.front();
            paths = paths.subspan(1);
            step.sent.erase(path);
            return {step.bucket.remove(path,
                                       [&step, path] {
                                           ++step.result.removed;
                                           step.result.note_changed(path);
                                       }),
                    false};
        },
        step.stop);
}

} // namespace

void send_objects(s3_step& step, std::function<supply(waiting_object&)> const& next) {
    step.bucket.run(
        [&]() -> http::offer {
            waiting_object object;
            auto const got = next(object);
            if (got != supply::found)
                return {std::nullopt, got == supply::end};
            return {to_send(step, object), false};
        },
        step.stop);
}

bool send_listed(s3_step& step, std::span<listed_file const> files) {
    bool as_listed = true;
    send_objects(step, [&](waiting_object& found) {
        if (files.empty())
            return supply::end;
        auto const& file = files.front();
        files = files.subspan(1);
        if (is_sent(step, file))
            return supply::none_yet;
        auto content = read_content(step.source, file.path, step.bucket.options(), step.stop);
        if (!content || content->sha256_file() != file.sha256) {
            as_listed = false;
            return supply::none_yet;
        }
        found = {file.path, std::move(content)};
        return supply::found;
    });
    return as_listed;
}

closing_objects read_closing(s3_step& step, std::span<listed_file const> files, std::uint64_t generation) {
    closing_objects closing;
    for (auto const& file : files) {
        auto const rank = step.ours.rank_of(file.path);
        if (rank == published_paths::rank::profile || rank == published_paths::rank::metadata || is_sent(step, file))
            continue;
        auto content = read_content(step.source, file.path, step.bucket.options(), step.stop);
        if (!content || content->sha256_file() != file.sha256)
            throw moved_on(file.path);
        auto& group = rank == published_paths::rank::index ? closing.indexes : closing.singles;
        group.push_back({file.path, std::move(content)});
    }
    closing.metadata = read_metadata(step, generation);
    for (auto const& file : files)
        if (file.path == metadata::path && closing.metadata.content->sha256_file() != file.sha256)
            throw moved_on(file.path);
    return closing;
}

closing_objects read_closing(s3_step& step, std::set<std::string> const& paths, std::uint64_t generation) {
    closing_objects closing;
    for (auto const& path : paths) {
        auto content = read_content(step.source, path, step.bucket.options(), step.stop);
        if (!content)
            throw moved_on(path);
        auto& group = step.ours.rank_of(path) == published_paths::rank::index ? closing.indexes : closing.singles;
        group.push_back({path, std::move(content)});
    }
    closing.metadata = read_metadata(step, generation);
    return closing;
}

void finish_step(s3_step& step, closing_objects const& closing, std::span<std::string const> removed,
                 std::uint64_t from) {
    send_list(step, closing.indexes);
    send_list(step, closing.singles);
    if (!removed.empty()) {
        // Not counted: the same object is sent again below.
        step.bucket.run_one(step.bucket.put(closing.metadata.path, closing.metadata.content, [] {},
                                            {{unfinished_header, std::to_string(from)}}),
                            step.stop);
        // No index names what has gone.
        std::vector<std::string> going{removed.begin(), removed.end()};
        auto const indexes = step.ours.put_indexes_first(going);
        remove_objects(step, std::span{going}.first(indexes));
        remove_objects(step, std::span{going}.subspan(indexes));
    }
    step.bucket.run_one(to_send(step, closing.metadata), step.stop);
}

} // namespace notes_export::mirror
