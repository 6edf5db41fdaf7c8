#include "status/process_metrics.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace exportd {

namespace {

prometheus::Gauge& gauge(prometheus::Registry& r, std::string const& name, std::string const& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(r).Add({});
}

double seconds(timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

} // namespace

process_metrics::process_metrics(prometheus::Registry& r)
    : m_cpu{prometheus::BuildCounter()
                .Name("process_cpu_seconds_total")
                .Help("Processor time spent, user and system.")
                .Register(r)
                .Add({})},
      m_started{gauge(r, "process_start_time_seconds", "Start of the process, Unix time.")},
      m_virtual{gauge(r, "process_virtual_memory_bytes", "Virtual memory.")},
      m_resident{gauge(r, "process_resident_memory_bytes", "Resident memory.")},
      m_open{gauge(r, "process_open_fds", "Open file descriptors.")},
      m_most_open{gauge(r, "process_max_fds", "Limit on open file descriptors.")} {}

void process_metrics::show(std::chrono::system_clock::time_point started) {
    m_started.Set(std::chrono::duration<double>{started.time_since_epoch()}.count());
    rusage used{};
    rlimit most{};
    if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_NOFILE, &most) != 0)
        throw std::system_error{errno, std::generic_category(), "read the figures of the process"};
    m_cpu.Increment(seconds(used.ru_utime) + seconds(used.ru_stime) - m_cpu.Value());
    m_most_open.Set(most.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                                   : static_cast<double>(most.rlim_cur));
    std::filesystem::directory_iterator const open{"/proc/self/fd"};
    m_open.Set(static_cast<double>(std::distance(begin(open), end(open))) - 1); // less the listing itself
    double total = 0, resident = 0;
    if (std::ifstream{"/proc/self/statm"} >> total >> resident) {
        auto const page = static_cast<double>(::sysconf(_SC_PAGESIZE));
        m_virtual.Set(total * page);
        m_resident.Set(resident * page);
    }
}

} // namespace exportd
