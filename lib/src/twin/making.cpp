#include "twin/making.hpp"

#include "compress/brotli.hpp"
#include "compress/gzip.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <sys/stat.h>
#include <vector>

namespace notes_export {

namespace {

constexpr std::size_t block_bytes = 256 << 10;
constexpr int most_gzip_stream = 9;
constexpr int most_brotli_of_large = 9;

template <class Stream>
staged_file streamed(staging& to, std::string twin, file const& from, std::filesystem::path const& path, int level,
                     std::stop_token const& stop) {
    auto out = to.begin(std::move(twin));
    Stream stream{[&](std::string_view piece) { out.append(piece); }, level};
    std::vector<char> block(block_bytes);
    while (auto const n = read_up_to(from.fd(), std::span{block}, path)) {
        if (stop.stop_requested())
            throw cancelled{};
        stream.add({block.data(), n});
    }
    stream.finish();
    return out.finish();
}

staged_file make(staging& to, std::string const& target, file const& from, std::filesystem::path const& path,
                 compression how, twin_config config, bool small, std::stop_token const& stop) {
    config.brotli_level = std::min(config.brotli_level, most_brotli_of_large);
    auto twin = twin_path(target, how);
    if (small)
        if (auto const bytes = read_rest(from.fd(), largest_whole_twin, path))
            return to.write(twin_bytes(*bytes, how, config), std::move(twin));
    if (how == compression::brotli)
        return streamed<brotli_stream>(to, std::move(twin), from, path, config.brotli_level, stop);
    return streamed<gzip_stream>(to, std::move(twin), from, path, std::min(config.gzip_level, most_gzip_stream), stop);
}

} // namespace

std::string twin_bytes(std::string_view bytes, compression how, twin_config const& config) {
    return how == compression::gzip ? gzip(bytes, config.gzip_level) : brotli(bytes, config.brotli_level);
}

staged_file stage_twin(staging& to, staged_file const& of, compression how, twin_config const& config,
                       std::stop_token const& stop) {
    return make(to, of.target, to.open(of), to.full(of.name), how, config, of.size <= largest_whole_twin, stop);
}

staged_file stage_twin_of_published(staging& to, tree const& t, std::string const& path, compression how,
                                    twin_config const& config, std::stop_token const& stop) {
    auto const from = t.open_file(path);
    struct stat info {};
    if (!from || ::fstat(from.fd(), &info) != 0)
        throw file_error("open", t.full(path), from ? errno : ENOENT);
    return make(to, path, from, t.full(path), how, config,
                static_cast<std::uint64_t>(info.st_size) <= largest_whole_twin, stop);
}

} // namespace notes_export
