#pragma once

#include "files/hex.hpp"
#include "mirror/error.hpp"
#include "support/catch.hpp"
#include "support/s3_step.hpp"
#include "support/scripted_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/thrown_message.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace test {

/// As a store refuses.
inline scripted_answer s3_error(unsigned status, std::string const& code, std::string const& more = "") {
    return {status, {}, "<Error><Code>" + code + "</Code><Message>no</Message>" + more + "</Error>", {}, false};
}

/// Objects by their names, and what becomes of a request before they are looked at.
class scripted_store {
public:
    using fault = std::function<std::optional<scripted_answer>(scripted_server::request const&)>;

    /// From now on; none: with nullptr. A step that failed leaves requests behind that the server still answers.
    void set_fault(fault f) {
        std::scoped_lock const lock{m_mutex};
        m_fault = std::move(f);
    }

    /// As the store's ETag has it.
    static std::string digest(std::string const& content) {
        notes_export::mirror::md5 all;
        all.add(content);
        return notes_export::hex_of(all.finish());
    }

private:
    std::mutex m_mutex;
    fault m_fault;

public:
    std::map<std::string, std::string> objects;
    std::string metadata_header; ///< x-amz-meta-unfinished-from, as it was sent with metadata.json
    scripted_server server{[this](auto const& r) { return answer(r); }};

private:
    scripted_answer answer(scripted_server::request const& r) {
        std::scoped_lock const lock{m_mutex};
        if (m_fault)
            if (auto broken = m_fault(r))
                return *broken;
        std::string const target{r.target()};
        if (r.method() == boost::beast::http::verb::get && contains(target, "list-type=2"))
            return listing(target);
        auto const key = target.substr(std::string{"/bucket/"}.size());
        if (r.method() == boost::beast::http::verb::put)
            return put(key, r);
        if (r.method() == boost::beast::http::verb::delete_)
            return objects.erase(key), scripted_answer{204, {}, "", {}, false};
        if (!objects.contains(key))
            return s3_error(404, "NoSuchKey");
        scripted_answer found{200, {}, objects[key], {}, false};
        if (!metadata_header.empty())
            found.headers.emplace_back("x-amz-meta-unfinished-from", metadata_header);
        return found;
    }

    scripted_answer put(std::string const& key, scripted_server::request const& r) {
        objects[key] = r.body();
        if (key == "metadata.json")
            metadata_header = std::string{r["x-amz-meta-unfinished-from"]};
        return {200, {{"ETag", '"' + digest(r.body()) + '"'}}, "", {}, false};
    }

    scripted_answer listing(std::string const& target) const {
        auto const at = target.find("start-after=");
        std::string text = "<ListBucketResult>";
        if (at == std::string::npos)
            for (auto const& [key, content] : objects)
                text += "<Contents><Key>" + key + "</Key><ETag>" + digest(content) + "</ETag><Size>" +
                        std::to_string(content.size()) + "</Size></Contents>";
        return {200, {}, text + "<IsTruncated>false</IsTruncated></ListBucketResult>", {}, false};
    }
};

/// A tree, a scripted store, and a mirror of the one in the other.
struct scripted_store_fixture {
    temporary_directory dir;
    made_tree tree{dir / "tree"};
    scripted_store store;
    int asked_for_credentials = 0;
    notes_export::mirror::s3_target target{options(), notes_export::published_paths{notes_export::export_config{}}};

    scripted_store_fixture() { tree.publish(first_files()); }

    static std::map<std::string, std::string> first_files() {
        auto files = some_users(1, 20, "first");
        files["indexes/users.json"] = "[1]\n";
        files["global_stats.json"] = "{}\n";
        return files;
    }

    notes_export::mirror::s3_options options() {
        notes_export::mirror::s3_options o;
        o.url = store.server.url() + "/bucket";
        o.connections = 4;
        o.limits = {.connect = std::chrono::seconds{2},
                    .no_progress = std::chrono::seconds{1},
                    .attempts = 3,
                    .first_pause = std::chrono::milliseconds{1},
                    .longest_pause = std::chrono::milliseconds{5}};
        o.spool_directory = dir.path();
        o.credentials = [this] {
            ++asked_for_credentials;
            return notes_export::mirror::s3_credentials{"ACCESS", "SECRET", "TOKEN"};
        };
        return o;
    }

    std::string kind_of_failure() {
        try {
            step(target, tree);
        } catch (notes_export::mirror::mirror_error const& e) {
            for (auto const* const secret : {"SECRET", "TOKEN"})
                CHECK_FALSE(contains(e.what(), secret));
            return e.kind();
        }
        return "";
    }

    void fail_puts(scripted_answer const& answer) {
        store.set_fault([answer](auto const& r) {
            return r.method() == boost::beast::http::verb::put ? std::optional{answer} : std::nullopt;
        });
    }
};

} // namespace test
