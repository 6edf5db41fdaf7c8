#include "setup/program.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace exportd {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_output = std::size_t{1} << 20;
constexpr std::chrono::milliseconds look_again{100};

[[noreturn]] void fail(std::string const& what, int error) {
    throw std::system_error{error, std::generic_category(), what};
}

class pipe_ends {
public:
    pipe_ends() {
        if (::pipe2(m_fds.data(), O_CLOEXEC) != 0)
            fail("make a pipe", errno);
    }
    ~pipe_ends() {
        for (int end = 0; end < 2; ++end)
            close(end);
    }
    pipe_ends(pipe_ends const&) = delete;
    pipe_ends& operator=(pipe_ends const&) = delete;

    int reading() const { return m_fds[0]; }
    int writing() const { return m_fds[1]; }
    void close_reading() { close(0); }
    void close_writing() { close(1); }

private:
    void close(int end) {
        auto& fd = m_fds.at(static_cast<std::size_t>(end));
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }
    std::array<int, 2> m_fds{-1, -1};
};

/// What the program begins with: its streams, user, variables and directory. Gives errno, 0 when all is so.
int prepare(program const& p, pipe_ends const& output, pipe_ends const& errors) {
    int const nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool const streams = nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
                         ::dup2(output.writing(), STDOUT_FILENO) >= 0 && ::dup2(errors.writing(), STDERR_FILENO) >= 0;
    if (!streams)
        return errno;
    if (p.as && !p.as->is_caller())
        become(*p.as);
    for (auto const& [name, value] : p.more)
        if (::setenv(name.c_str(), value.c_str(), 1) != 0)
            return errno;
    return ::chdir("/") == 0 ? 0 : errno; // ours may be closed to that user
}

// errno goes through the pipe when there is no new program.
[[noreturn]] void turn_into(program const& p, std::vector<char*> const& words, pipe_ends const& output,
                            pipe_ends const& errors, pipe_ends const& cause) {
    int error = 0;
    try {
        error = prepare(p, output, errors);
        if (error == 0) {
            ::execvp(words.front(), words.data());
            error = errno;
        }
    } catch (std::system_error const& e) {
        error = e.code().value();
    } catch (std::exception const&) { // nothing of the caller's may go on here, too
        error = ENOMEM;
    }
    [[maybe_unused]] auto const told = ::write(cause.writing(), &error, sizeof error);
    ::_exit(127);
}

/// Adds what is there to read. false: it has ended.
bool read_some(int fd, std::string& to) {
    std::array<char, 16384> block{};
    auto const got = ::read(fd, block.data(), block.size());
    if (got > 0)
        to.append(block.data(),
                  std::min(static_cast<std::size_t>(got), most_output - std::min(most_output, to.size())));
    return got > 0 || (got < 0 && errno == EINTR);
}

bool collect(program_result& r, pipe_ends const& output, pipe_ends const& errors, clock::time_point deadline) {
    std::array<pollfd, 2> open{{{output.reading(), POLLIN, 0}, {errors.reading(), POLLIN, 0}}};
    while (open[0].fd >= 0 || open[1].fd >= 0) {
        if (clock::now() > deadline)
            return false;
        ::poll(open.data(), open.size(), static_cast<int>(look_again.count()));
        if (open[0].fd >= 0 && open[0].revents != 0 && !read_some(open[0].fd, r.output))
            open[0].fd = -1;
        if (open[1].fd >= 0 && open[1].revents != 0 && !read_some(open[1].fd, r.errors))
            open[1].fd = -1;
    }
    return true;
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

std::string shell_word(std::string const& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos)
        return word;
    std::string quoted = "'";
    for (char const c : word)
        quoted += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
    return quoted + '\'';
}

std::string program::text() const {
    std::string line = as ? "sudo -u " + as->name : "";
    for (auto const& [name, value] : more)
        line += (line.empty() ? "" : " ") + name + '=' + shell_word(value);
    for (auto const& word : words)
        line += (line.empty() ? "" : " ") + shell_word(word);
    return line;
}

std::string program_result::last_line() const {
    for (auto const* const text : {&errors, &output}) {
        auto const end = text->find_last_not_of(" \t\r\n");
        if (end == std::string::npos)
            continue;
        auto const begin = text->rfind('\n', end);
        return text->substr(begin == std::string::npos ? 0 : begin + 1,
                            end - (begin == std::string::npos ? -1 : begin));
    }
    return "it says nothing";
}

program_result run_program(program const& p) {
    pipe_ends output, errors, cause;
    std::vector<char*> words;
    for (auto const& word : p.words)
        words.push_back(const_cast<char*>(word.c_str())); // execvp changes none
    words.push_back(nullptr);
    auto const child = ::fork();
    if (child < 0)
        fail("start " + p.words.front(), errno);
    if (child == 0)
        turn_into(p, words, output, errors, cause);
    for (auto* const pipe : {&output, &errors, &cause})
        pipe->close_writing();
    program_result result;
    bool const ended = collect(result, output, errors, clock::now() + p.longest);
    if (!ended)
        ::kill(child, SIGKILL);
    result.status = wait_for(child);
    int error = 0;
    if (::read(cause.reading(), &error, sizeof error) == sizeof error)
        fail("run " + p.words.front(), error);
    if (!ended)
        fail("run " + p.words.front(), ETIMEDOUT);
    return result;
}

} // namespace exportd
