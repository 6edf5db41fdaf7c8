#include "mirror/git/failure.hpp"

#include "mirror/git/url.hpp"
#include "mirror/git/words.hpp"

#include <array>
#include <filesystem>
#include <optional>

namespace notes_export::mirror {

namespace {

struct sign {
    std::string_view words;
    std::string_view kind;
    std::string_view remedy;
};

constexpr std::string_view check_network =
    "Check the host name in the address, the network and the firewall. It is tried "
    "again by itself.";
constexpr std::string_view check_credentials =
    "Try `git ls-remote ADDRESS` as the user of the mirror. ssh needs a key without a passphrase that the other side "
    "knows; https needs a token in a credential helper.";
constexpr std::string_view check_address =
    "Check the address, and that the repository exists: `git init --bare` makes one.";
constexpr std::string_view make_sha1 =
    "It is a repository of SHA-256. Make one of SHA-1: `git init --bare --object-format=sha1`.";
constexpr std::string_view make_room = "Make room for the mirror's repository. It is tried again by itself.";

// The first that is found decides: what names the cause stands before what only follows from it.
constexpr std::array<sign, 40> signs{{
    {"bad config", "configuration", "Mend the configuration file of git that is named; see git-config(1)."},
    {"while reading the configuration files", "configuration",
     "The mirror's user must be able to read the configuration file of git that is named."},
    {"Host key verification failed", "host_key",
     "Add the host's key to known_hosts of the mirror's user: `ssh-keyscan HOST`, compared with what the host "
     "publishes."},
    {"Permission denied (", "credentials", check_credentials},
    {"Authentication failed", "credentials", check_credentials},
    {"could not read Username", "credentials", check_credentials},
    {"could not read Password", "credentials", check_credentials},
    {"terminal prompts disabled", "credentials", check_credentials},
    {"Too many authentication failures", "credentials", check_credentials},
    {"The requested URL returned error: 403", "credentials", check_credentials},
    {"Permission to ", "credentials", "The key or token may read, but not write: it needs the right to push."},
    {"Could not resolve host", "unreachable", check_network},
    {"unable to look up", "unreachable", check_network},
    {"Connection refused", "unreachable", check_network},
    {"Connection timed out", "unreachable", check_network},
    {"Operation timed out", "unreachable", check_network},
    {"No route to host", "unreachable", check_network},
    {"Network is unreachable", "unreachable", check_network},
    {"Failed to connect", "unreachable", check_network},
    {"Couldn't connect to server", "unreachable", check_network},
    {"unable to connect to", "unreachable", check_network},
    {"kex_exchange_identification", "unreachable", check_network},
    {"Connection reset by", "unreachable", check_network},
    {"Connection closed by", "unreachable", check_network},
    {"Operation too slow", "slow", check_network},
    {"dubious ownership", "refused",
     "The repository belongs to another user: give it to the mirror's user, or allow it with `git config --global "
     "--add "
     "safe.directory PATH`."},
    {"epository not found", "not_found", check_address},
    {"not appear to be a git repository", "not_found", check_address},
    {"repository not exported", "not_found",
     "The git daemon does not export it (git-daemon-export-ok), or it is not there."},
    {"does not exist", "not_found", check_address},
    {"not found", "not_found", check_address},
    {"not a git repository", "not_found", check_address},
    {"service not enabled", "refused",
     "The git daemon takes no pushes: it needs --enable=receive-pack. Use ssh or https."},
    {"GH001", "too_large", "Lower [export] index_max_size."},
    {"hash algorithm", "not_supported", make_sha1},
    {"shallow update not allowed", "refused",
     "Set receive.shallowUpdate in the repository, or remove the mirror's own one."},
    {"Read-only file system", "disk", "The file system is mounted read-only: see the kernel's log."},
    {"unable to create temporary", "disk", "The mirror's user must be able to write there."},
    {"the remote end hung up unexpectedly", "unreachable", check_network},
    {"early EOF", "unreachable", check_network},
}};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Is the disk full, and whose? What the other side says begins with "remote:".
std::optional<sign> full_disk(std::string_view errors) {
    for (auto const* const words : {"No space left on device", "Disk quota exceeded", "Out of diskspace"}) {
        auto const at = errors.find(words);
        if (at == std::string_view::npos)
            continue;
        auto const line = errors.find_last_of("\r\n", at);
        bool const theirs = errors.substr(line == std::string_view::npos ? 0 : line + 1).starts_with("remote:");
        return theirs ? sign{words, "refused", "The other side's disk is full."} : sign{words, "disk_full", make_room};
    }
    return std::nullopt;
}

sign sign_in(std::string_view errors) {
    if (auto const full = full_disk(errors))
        return *full;
    for (auto const& s : signs)
        if (has(errors, s.words))
            return s;
    return {"", "git", ""};
}

mirror_error failure(git_attempt const& attempt, sign const& s, std::string const& why) {
    return {std::string{s.kind}, "cannot " + attempt.what + ": " + without_secrets(why, attempt.url),
            std::string{s.remedy}};
}

bool has_no_right_to_write(std::string_view errors) {
    return has(errors, "unable to create temporary") || has(errors, "insufficient permission for adding an object") ||
           has(errors, "': Permission denied") || has(errors, "': Read-only file system");
}

/// What is there already, so that the branch cannot be written.
std::optional<mirror_error> obstacle_in(git_attempt const& attempt, std::string_view summary, std::string_view errors) {
    auto const text = "cannot " + attempt.what + ": " + std::string{summary} + "; ";
    if (auto const held = parse_held_lock(errors); !held.empty()) {
        auto const lock = std::filesystem::path{held}.lexically_normal().string();
        return mirror_error{"refused", text + without_secrets(lock, attempt.url) + " is there",
                            "When no other git works in that repository, one that was killed has left it: remove " +
                                lock + ". It is tried again by itself."};
    }
    if (auto const branch = parse_branch_in_the_way(errors); !branch.empty())
        return mirror_error{"refused", text + "branch " + branch + " is in the way of that name",
                            "Git cannot have both: set another `branch`, or rename " + branch + " there."};
    return std::nullopt;
}

} // namespace

mirror_error git_failure(git_attempt const& attempt, int status, std::string_view errors) {
    auto why = reason_in(errors);
    if (why.empty())
        why = "git ended with status " + std::to_string(status) + " and said nothing";
    auto found = sign_in(errors);
    if (found.kind == "git" && attempt.url.empty())
        found.remedy =
            "The mirror's own repository (.exportd/mirrors/NAME.git of the tree) holds nothing that the branch "
            "does not: remove it, and the next step makes it anew.";
    return failure(attempt, found, why);
}

mirror_error push_failure(git_attempt const& attempt, std::string_view summary, std::string_view errors) {
    if (auto const obstacle = obstacle_in(attempt, summary, errors))
        return *obstacle;
    sign s{"", "refused",
           "See what the other side says: a hook or the protection of the branch does not take the push."};
    if (has(errors, "GH001") || has(errors, "exceeds GitHub's file size limit"))
        s = {"", "too_large", "Lower [export] index_max_size."};
    else if (auto const full = full_disk(errors))
        s = *full;
    else if (has_no_right_to_write(errors))
        s.remedy = "The repository must be writable for the user that git runs as there: see its owner, its modes, and "
                   "how its file system is mounted.";
    else if (has(errors, "access denied or repository not exported"))
        s.remedy = "A git daemon takes pushes with --enable=receive-pack only. Use ssh or https.";
    else if (has(summary, "protected branch") || has(errors, "GH006"))
        s.remedy = "The branch is protected: let the mirror's user push to it, or set another `branch`.";
    else if (has(summary, "branch is currently checked out"))
        s.remedy = "The repository has a work tree: make it with `git init --bare`.";
    else if (has(summary, "shallow update not allowed"))
        s.remedy = "Remove the mirror's own repository: the next step fetches all.";
    auto const said = reason_in(errors);
    return failure(attempt, s, std::string{summary} + (said.empty() ? "" : "; " + said));
}

mirror_error git_silence(git_attempt const& attempt, std::string_view why, std::string_view errors) {
    auto const said = reason_in(errors);
    return failure(attempt, {"", "slow", check_network},
                   "git made no progress (" + std::string{why} + ")" + (said.empty() ? "" : "; " + said));
}

} // namespace notes_export::mirror
