#pragma once

// Boost.Asio 1.74 uses std::exchange without including <utility>.
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace exportd {
namespace asio = boost::asio;
using error_code = boost::system::error_code;
} // namespace exportd
