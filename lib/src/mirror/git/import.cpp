#include "mirror/git/import.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace notes_export::mirror {

namespace {

constexpr std::size_t block = 64U * 1024U;

} // namespace

std::string import_path(std::string_view path) {
    bool const plain = !path.empty() && path.front() != '"' && std::all_of(path.begin(), path.end(), [](char c) {
        return c > ' ' && c != '\x7f' && c != '\\';
    });
    if (plain)
        return std::string{path};
    std::string quoted = "\"";
    for (char const c : path) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (byte < ' ' || c == '\x7f') {
            char octal[5];
            std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
            quoted += octal;
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

git_import::git_import(git_program const& git, std::stop_token stop) : m_git{git} {
    // Without deltas: git would make them against the file before, and push those instead of good ones.
    auto command = m_git.command({"fast-import", "--quiet", "--done", "--force", "--depth=0", "--date-format=raw"});
    try {
        m_process = std::make_unique<child_process>(
            command, [this](std::string_view piece) { m_answer += piece; }, std::move(stop));
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(m_attempt, "");
    }
}

void git_import::begin(commit const& c) {
    auto const stamp = m_git.options().author + ' ' + std::to_string(c.time) + " +0000\n";
    // Without it a second commit on the same ref is a child of the first.
    say("reset " + c.ref + '\n');
    say("commit " + c.ref + "\nmark :1\nauthor " + stamp + "committer " + stamp + "data " +
        std::to_string(c.message.size()) + '\n' + c.message + '\n');
    if (c.from)
        say("from " + c.from->text() + '\n');
    if (c.tree)
        say("M 040000 " + c.tree->text() + " \"\"\n");
}

void git_import::file(std::string_view path, std::uint64_t size) {
    say("M 100644 inline " + import_path(path) + "\ndata " + std::to_string(size) + '\n');
}

void git_import::add(std::string_view piece) {
    say(piece);
}

void git_import::end_file() {
    say("\n");
}

void git_import::file(std::string_view path, std::string const& mode, git_object_id const& id) {
    say("M " + mode + ' ' + id.text() + ' ' + import_path(path) + '\n');
}

void git_import::remove(std::string_view path) {
    say("D " + import_path(path) + '\n');
}

git_object_id git_import::id() {
    auto const answer = ask("get-mark :1\n");
    if (auto const id = git_object_id::parse(answer))
        return *id;
    throw mirror_error{"git", "cannot " + m_attempt.what + ": git names no commit", ""};
}

git_object_id git_import::tree() {
    id(); // ends the commit, which `ls` does not
    // 040000 tree ID<tab>
    auto const answer = ask("ls :1 \"\"\n");
    auto const entry = parse_tree_entry(answer.ends_with('\t') ? answer + '.' : answer);
    if (entry)
        return entry->id;
    throw mirror_error{"git", "cannot " + m_attempt.what + ": git names no tree", ""};
}

git_object_id git_import::finish() {
    auto const last = id();
    say("done\n");
    flush();
    int status = 0;
    try {
        status = m_process->wait();
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(m_attempt, m_process->errors());
    }
    if (status != 0)
        throw git_failure(m_attempt, status, m_process->errors());
    return last;
}

void git_import::say(std::string_view bytes) {
    m_waiting += bytes;
    if (m_waiting.size() >= block)
        flush();
}

void git_import::flush() {
    try {
        m_process->write(m_waiting);
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(m_attempt, m_process->errors());
    }
    m_waiting.clear();
}

std::string git_import::ask(std::string_view question) {
    say(question);
    flush();
    bool answered = false;
    try {
        answered = m_process->read_until([&] { return m_answer.find('\n') != std::string::npos; });
        if (!answered)
            throw git_failure(m_attempt, m_process->wait(), m_process->errors());
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(m_attempt, m_process->errors());
    }
    auto answer = m_answer.substr(0, m_answer.find('\n'));
    m_answer.erase(0, answer.size() + 1);
    return answer;
}

} // namespace notes_export::mirror
