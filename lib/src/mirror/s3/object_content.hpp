#pragma once

#include "files/file.hpp"
#include "http/exchange.hpp"
#include "mirror/s3/digest.hpp"
#include "mirror/s3/options.hpp"
#include "mirror/source/tree_source.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export::mirror {

/**
 * A file as it is sent to an object store: maybe compressed, with its digests.
 *
 * Small ones are in memory, others in a nameless file of the spool directory, so that memory does not grow with files.
 * Thread: const functions from one thread.
 */
class object_content final : public http::body {
public:
    std::uint64_t size() const override { return m_size; }
    std::size_t read(std::uint64_t from, std::span<char> block) const override;

    md5_digest const& md5() const noexcept { return m_md5; }             ///< of what is sent
    sha256_digest const& sha256_sent() const noexcept { return m_sent; } ///< of what is sent
    sha256_digest const& sha256_file() const noexcept { return m_file; } ///< of the file itself

private:
    friend class content_maker;

    std::string m_memory;
    file m_spool;
    std::filesystem::path m_spool_directory;
    std::uint64_t m_size = 0;
    md5_digest m_md5{};
    sha256_digest m_sent{};
    sha256_digest m_file{};
};

/// What the store is told of an object: nothing knows a twin's brotli, which has no registered type of its own.
std::string_view media_type_of(std::string_view path) noexcept;
/// Does the store get it compressed? A twin is an object of its own, as it is.
bool is_sent_compressed(std::string_view path, s3_options const& options) noexcept;

/// null: there is no such file. Throws what the source does; mirror_error "spool" when there is no place for it.
std::shared_ptr<object_content const> read_content(tree_source& source, std::string const& path,
                                                   s3_options const& options, std::stop_token const& stop);
std::shared_ptr<object_content const> content_of(std::string_view bytes, std::string_view path,
                                                 s3_options const& options);

} // namespace notes_export::mirror
