#include "mirror/git/program.hpp"

#include "mirror/git/url.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

namespace notes_export::mirror {

namespace {

// What would lead git to another repository, or is ours alone: systemd's channel to us, and passwords.
std::vector<std::string_view> withheld() {
    return {"GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_COMMON_DIR",
            "GIT_NAMESPACE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_QUARANTINE_PATH",
            "GIT_CONFIG",
            "GIT_SHALLOW_FILE",
            "GIT_DEFAULT_HASH",
            "GIT_TRACE",
            "GIT_TRACE_PACKET",
            "GIT_TRACE_CURL",
            "NOTIFY_SOCKET",
            "WATCHDOG_USEC",
            "WATCHDOG_PID",
            "PGPASSWORD"};
}

// Repacking is ours to begin, hooks are for people, and what has been said to be pushed must survive a power failure.
std::vector<std::string> settings(git_options const& options) {
    std::vector<std::string> all;
    for (auto const* const setting :
         {"gc.auto=0", "maintenance.auto=false", "core.fsync=all", "core.hooksPath=/dev/null", "fetch.unpackLimit=1",
          "fastimport.unpackLimit=1", "protocol.ext.allow=never", "push.gpgSign=false", "push.recurseSubmodules=no",
          "color.ui=false", "http.lowSpeedLimit=1", "http.lowSpeedTime=60", "pack.window=3", "pack.compression=1",
          "core.quotePath=false", "fetch.writeCommitGraph=false", "core.deltaBaseCacheLimit=32m",
          "pack.windowMemory=64m", "repack.writeBitmaps=false"}) {
        all.emplace_back("-c");
        all.emplace_back(setting);
    }
    all.push_back("--git-dir=" + options.repository.string());
    return all;
}

} // namespace

git_program::git_program(git_options const& options) : m_options{options} {}

program git_program::command(arguments const& words, priority p) const {
    program command;
    if (p == priority::low)
        command.words = {"nice", "-n", "15"};
    command.words.emplace_back("git");
    for (auto const& setting : settings(m_options))
        command.words.push_back(setting);
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.variables = {
        {"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"},   {"LANGUAGE", ""}, {"SSH_ASKPASS_REQUIRE", "never"},
        {"GIT_OPTIONAL_LOCKS", "0"},  {"GIT_FLUSH", "1"}};
    if (m_own_ssh)
        command.variables["GIT_SSH_COMMAND"] =
            "ssh -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=15 -oServerAliveCountMax=4";
    command.without = withheld();
    command.silence = m_options.silence;
    return command;
}

void git_program::find_ssh(std::stop_token const& stop) {
    if (std::getenv("GIT_SSH_COMMAND") != nullptr || std::getenv("GIT_SSH") != nullptr)
        return;
    m_own_ssh = run({"config", "--get", "core.sshCommand"}, {"run git", m_options.url}, stop).status != 0;
}

git_attempt git_program::attempt(std::string const& what) const {
    return {what + ' ' + shown_git_url(m_options.url), m_options.url};
}

int git_program::run_process(program const& p, git_attempt const& attempt, take_bytes const& take,
                             std::stop_token const& stop, std::string_view input, std::string& errors) const {
    std::optional<child_process> process;
    try {
        process.emplace(p, take, stop);
        process->write(input);
        int const status = process->wait();
        errors = process->errors();
        return status;
    } catch (std::runtime_error const&) {
        rethrow_as_git_failure(attempt, process ? process->errors() : "");
    }
}

git_program::said git_program::run(arguments const& words, git_attempt const& attempt, std::stop_token const& stop,
                                   std::string_view input) const {
    said all;
    auto const take = [&](std::string_view piece) {
        all.output += piece.substr(0, most_output - std::min(most_output, all.output.size()));
    };
    all.status = run_process(command(words), attempt, take, stop, input, all.errors);
    return all;
}

std::string git_program::output(arguments const& words, git_attempt const& attempt, std::stop_token const& stop,
                                std::string_view input) const {
    auto all = run(words, attempt, stop, input);
    if (all.status != 0)
        throw git_failure(attempt, all.status, all.errors);
    return std::move(all.output);
}

void git_program::stream(arguments const& words, git_attempt const& attempt, take_bytes const& take,
                         std::stop_token const& stop) const {
    std::string errors;
    if (int const status = run_process(command(words), attempt, take, stop, {}, errors); status != 0)
        throw git_failure(attempt, status, errors);
}

void rethrow_as_git_failure(git_attempt const& attempt, std::string const& errors) {
    try {
        throw;
    } catch (program_overdue const& e) {
        throw git_silence(attempt, e.what(), errors);
    } catch (program_not_started const& e) {
        bool const missing = e.code().value() == ENOENT;
        throw mirror_error{"no_git", "cannot " + attempt.what + ": " + e.what(),
                           missing ? "Install git: apt install git" : ""};
    }
}

} // namespace notes_export::mirror
