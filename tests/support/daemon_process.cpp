#include "support/daemon_process.hpp"

#include "support/export_fixture.hpp"

#include <notes_export/environment.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace test {

namespace {

constexpr std::size_t shown_log_bytes = 4000;
constexpr milliseconds rounding{5}; ///< times and durations in records are cut to milliseconds

[[noreturn]] void fail(std::string const& what, int error = errno) {
    throw std::system_error{error, std::generic_category(), what};
}

/// `runtime` is where a daemon and the command status meet, unless the test names another place.
std::vector<std::string> child_environment(environment_variables more, std::filesystem::path const& runtime) {
    more.emplace("RUNTIME_DIRECTORY", runtime.string());
    static constexpr std::array<std::string_view, 11> kept_out{
        "DBNAME_DWH",   "JSON_OUTPUT_DIR", "SCHEMA_DIR",       "JSON_EXPORT_BATCH_SIZE",
        "LOG_LEVEL",    "NOTIFY_SOCKET",   "JOURNAL_STREAM",   "WATCHDOG_USEC",
        "WATCHDOG_PID", "PGDATABASE",      "RUNTIME_DIRECTORY"};
    return notes_export::environment_with(more, kept_out);
}

/// What posix_spawn is to do with the standard descriptors.
class redirections {
public:
    redirections() { ::posix_spawn_file_actions_init(&m_actions); }
    ~redirections() { ::posix_spawn_file_actions_destroy(&m_actions); }
    redirections(redirections const&) = delete;
    redirections& operator=(redirections const&) = delete;

    void to(int fd, std::filesystem::path const& file, int flags) {
        ::posix_spawn_file_actions_addopen(&m_actions, fd, file.c_str(), flags, 0600);
    }
    posix_spawn_file_actions_t const* get() const noexcept { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

// "2026-01-31T23:59:59.123Z"
std::chrono::system_clock::time_point parse_time(std::string const& text) {
    std::tm parts{};
    char const* const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S.", &parts);
    if (rest == nullptr)
        throw std::runtime_error{"not a time: " + text};
    return std::chrono::system_clock::from_time_t(::timegm(&parts)) + milliseconds{std::stoi(rest)};
}

std::optional<log_record> parse_record(std::string const& line) {
    rapidjson::Document d;
    d.Parse(line.c_str());
    if (d.HasParseError() || !d.IsObject())
        return std::nullopt; // what is written before there is a log, or by a sanitizer
    log_record record;
    for (auto const& member : std::as_const(d).GetObject()) {
        rapidjson::StringBuffer text;
        rapidjson::Writer<rapidjson::StringBuffer> writer{text};
        member.value.Accept(writer);
        record.fields[member.name.GetString()] =
            member.value.IsString() ? std::string{member.value.GetString(), member.value.GetStringLength()}
                                    : std::string{text.GetString(), text.GetSize()};
    }
    record.time = parse_time(record.field("time"));
    record.event = record.field("event");
    record.message = record.field("message");
    return record;
}

std::filesystem::path unused_name(std::filesystem::path const& directory) {
    static std::atomic<int> next{0};
    return directory / ("daemon-" + std::to_string(next++));
}

std::filesystem::path written(daemon_settings const& settings, std::filesystem::path const& file) {
    settings.write(file);
    return file;
}

sockaddr_un address_of(std::filesystem::path const& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path)
        throw std::length_error{path.string() + " is too long for a socket"};
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return address;
}

} // namespace

child_process::child_process(std::filesystem::path const& files, std::vector<std::string> arguments,
                             environment_variables const& more)
    : m_output{files.string() + ".out"}, m_errors{files.string() + ".err"} {
    arguments.insert(arguments.begin(), EXPORTD_BINARY);
    auto variables = child_environment(more, files.parent_path());
    redirections standard;
    standard.to(STDIN_FILENO, "/dev/null", O_RDONLY);
    standard.to(STDOUT_FILENO, m_output, O_WRONLY | O_CREAT | O_TRUNC);
    standard.to(STDERR_FILENO, m_errors, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    auto const argv = notes_export::null_terminated(arguments);
    auto const envp = notes_export::null_terminated(variables);
    int const error = ::posix_spawn(&m_pid, EXPORTD_BINARY, standard.get(), nullptr, argv.data(), envp.data());
    if (error != 0)
        fail("start " EXPORTD_BINARY, error);
}

child_process::~child_process() {
    if (m_status)
        return;
    ::kill(m_pid, SIGKILL);
    int unused = 0;
    ::waitpid(m_pid, &unused, 0);
}

void child_process::signal(int number) const {
    if (m_status)
        throw std::logic_error{"the process has ended, its id may be another one's"};
    if (::kill(m_pid, number) != 0)
        fail("kill");
}

std::optional<int> child_process::wait_exit(milliseconds deadline) {
    wait_until(
        [this] {
            int status = 0;
            if (!m_status && ::waitpid(m_pid, &status, WNOHANG) == m_pid)
                m_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
            return m_status.has_value();
        },
        deadline);
    return m_status;
}

std::string child_process::output() const {
    return read_file(m_output);
}
std::string child_process::errors() const {
    return read_file(m_errors);
}

std::string daemon_settings::text() const {
    return "[database]\nconninfo = " + conninfo + "\npassword_file = " + password_file.string() +
           "\n[output]\ndirectory = " + directory.string() + "\n[schedule]\ndebounce = " + debounce +
           "\nmax_delay = " + max_delay + "\npoll_interval = " + poll_interval +
           "\nfull_request_interval = " + full_request_interval + "\n[run]\nstandby = " + standby +
           "\n[export]\nschema_dir = " + schema_dir.string() + "\nindex_max_size = " + index_max_size +
           "\n[log]\nlevel = " + log_level + "\nformat = " + log_format + "\n[http]\nlisten = " + http_listen + '\n' +
           more;
}

std::string daemon_settings::line_of(std::string_view key) const {
    auto const all = text();
    auto const end = all.begin() + static_cast<std::ptrdiff_t>(all.find('\n' + std::string{key} + " = ") + 1);
    return std::to_string(1 + std::count(all.begin(), end, '\n'));
}

void daemon_settings::write(std::filesystem::path const& file) const {
    if (!(std::ofstream{file} << text()).flush())
        throw std::runtime_error{"cannot write " + file.string()};
}

std::string log_record::field(std::string const& name) const {
    auto const found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

std::chrono::system_clock::time_point log_record::cycle_began() const {
    return time - milliseconds{static_cast<milliseconds::rep>(std::stod(field("ms")))};
}

daemon_process::daemon_process(std::filesystem::path const& directory, daemon_settings const& settings,
                               environment_variables const& more)
    : m_config{written(settings, unused_name(directory).string() + ".conf")},
      m_process{m_config, {"--config", m_config.string()}, more} {}

std::vector<log_record> daemon_process::log() const {
    std::vector<log_record> records;
    auto const text = m_process.errors();
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        if (auto record = parse_record(text.substr(begin, end - begin)))
            records.push_back(std::move(*record));
        begin = end + 1;
    }
    return records;
}

std::size_t daemon_process::count(std::string const& event) const {
    auto const all = log();
    return static_cast<std::size_t>(std::ranges::count(all, event, &log_record::event));
}

void daemon_process::wait_for(std::string const& what, std::function<bool()> const& condition,
                              milliseconds deadline) const {
    if (wait_until(condition, deadline))
        return;
    auto const text = m_process.errors();
    throw std::runtime_error{"waited in vain for " + what + "; the end of the log:\n" +
                             text.substr(text.size() - std::min(text.size(), shown_log_bytes))};
}

void daemon_process::wait_for_event(std::string const& event, std::size_t times) const {
    wait_for(event + ", " + std::to_string(times) + " times", [&] { return count(event) >= times; });
}

void daemon_process::wait_for_cycle_after(std::string const& payload, milliseconds delay) const {
    wait_for("a cycle after " + payload, [&] {
        auto const all = log();
        auto const arrived = std::ranges::find_if(
            all, [&](log_record const& r) { return r.event == "notified" && r.field("payload") == payload; });
        return std::any_of(arrived, all.end(), [&](log_record const& r) {
            return r.event == "cycle_finished" && r.cycle_began() + rounding >= arrived->time + delay;
        });
    });
}

void daemon_process::wait_settled() const {
    wait_for_event("listening");
    wait_for_event("cycle_finished", 2);
}

int daemon_process::stop() {
    m_process.signal(SIGTERM);
    auto const status = m_process.wait_exit();
    if (!status)
        throw std::runtime_error{"the daemon does not stop"};
    return *status;
}

notify_socket::notify_socket(std::filesystem::path const& path)
    : m_path{path}, m_fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    auto const address = address_of(path);
    if (m_fd < 0 || ::bind(m_fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        fail("bind " + path.string());
    m_reader = std::thread{[this] { read_messages(); }};
}

notify_socket::~notify_socket() {
    ::shutdown(m_fd, SHUT_RD); // wakes the reader
    m_reader.join();
    ::close(m_fd);
}

void notify_socket::read_messages() {
    std::array<char, 4096> message{};
    for (auto size = ::recv(m_fd, message.data(), message.size(), 0); size > 0;
         size = ::recv(m_fd, message.data(), message.size(), 0)) {
        std::istringstream lines{std::string{message.data(), static_cast<std::size_t>(size)}};
        std::lock_guard const lock{m_mutex};
        for (std::string line; std::getline(lines, line);)
            m_received.push_back(line);
    }
}

std::vector<std::string> notify_socket::received(std::string const& prefix) const {
    std::vector<std::string> matching;
    std::lock_guard const lock{m_mutex};
    std::ranges::copy_if(m_received, std::back_inserter(matching),
                         [&](auto const& line) { return line.starts_with(prefix); });
    return matching;
}

bool notify_socket::wait_for(std::string const& prefix, std::size_t times) const {
    return wait_until([&] { return received(prefix).size() >= times; });
}

publication_hold::publication_hold(std::filesystem::path const& tree)
    : m_staging{tree / ".exportd/staging"}, m_fd{::open((tree / ".exportd/publishing").c_str(), O_RDONLY | O_CLOEXEC)} {
    if (m_fd < 0 || ::flock(m_fd, LOCK_SH) != 0)
        fail("lock " + (tree / ".exportd/publishing").string());
}

publication_hold::~publication_hold() {
    release();
}

bool publication_hold::holds_a_cycle() const {
    return !std::filesystem::is_empty(m_staging);
}

void publication_hold::release() {
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

} // namespace test
