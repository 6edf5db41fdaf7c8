#include "mirror/s3/object_content.hpp"

#include "compress/gzip.hpp"
#include "files/nameless_file.hpp"
#include "files/sha256.hpp"
#include "mirror/error.hpp"
#include "notes_export/error.hpp"
#include "publish/twin_path.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unistd.h>

namespace notes_export::mirror {

namespace {

constexpr std::size_t most_in_memory = 256UL << 10U;

mirror_error spool_error(std::string const& why, std::filesystem::path const& directory) {
    return {"spool", "keep a large file in " + directory.string() + " while it is sent: " + why,
            "the mirror's user must be able to write there, and there must be space for the largest index"};
}

} // namespace

std::size_t object_content::read(std::uint64_t from, std::span<char> block) const {
    if (!m_spool) {
        auto const rest = std::string_view{m_memory}.substr(std::min<std::uint64_t>(from, m_memory.size()));
        auto const n = std::min(rest.size(), block.size());
        std::copy_n(rest.data(), n, block.data());
        return n;
    }
    for (;;) {
        auto const n = ::pread(m_spool.fd(), block.data(), block.size(), static_cast<off_t>(from));
        if (n >= 0)
            return static_cast<std::size_t>(n);
        if (errno != EINTR)
            throw spool_error(std::generic_category().message(errno), m_spool_directory);
    }
}

/// Makes one of pieces.
class content_maker {
public:
    content_maker(std::string_view path, s3_options const& options)
        : m_options{&options},
          m_compresses{is_sent_compressed(path, options)},
          m_content{std::make_shared<object_content>()} {}

    void add(std::string_view piece) {
        m_file.add(piece);
        if (!m_spooling && m_content->m_memory.size() + piece.size() > most_in_memory)
            begin_spool();
        if (!m_spooling)
            m_content->m_memory += piece;
        else if (m_stream)
            m_stream->add(piece);
        else
            to_spool(piece);
    }

    std::shared_ptr<object_content const> finish() {
        auto& c = *m_content;
        if (m_stream)
            m_stream->finish();
        if (!m_spooling) {
            if (compresses())
                c.m_memory = gzip(c.m_memory);
            count(c.m_memory);
        }
        c.m_md5 = m_md5.finish();
        c.m_file = m_file.finish();
        c.m_sent = compresses() ? m_sent.finish() : c.m_file;
        return std::move(m_content);
    }

private:
    bool compresses() const noexcept { return m_compresses; }

    void begin_spool() {
        auto& c = *m_content;
        c.m_spool_directory = m_options->spool_directory;
        try {
            c.m_spool = nameless_file(c.m_spool_directory);
        } catch (file_error const& e) {
            throw spool_error(e.code().message(), c.m_spool_directory);
        }
        m_spooling = true;
        std::string const begun = std::exchange(c.m_memory, {});
        if (compresses()) {
            m_stream.emplace([this](std::string_view piece) { to_spool(piece); });
            m_stream->add(begun);
        } else {
            to_spool(begun);
        }
    }

    void to_spool(std::string_view piece) {
        count(piece);
        try {
            write_all(m_content->m_spool.fd(), piece, m_content->m_spool_directory);
        } catch (file_error const& e) {
            throw spool_error(e.code().message(), m_content->m_spool_directory);
        }
    }

    void count(std::string_view sent) {
        m_md5.add(sent);
        if (compresses())
            m_sent.add(sent);
        m_content->m_size += sent.size();
    }

    s3_options const* m_options;
    bool m_compresses;
    std::shared_ptr<object_content> m_content;
    sha256 m_file;
    sha256 m_sent;
    md5 m_md5;
    bool m_spooling = false;
    std::optional<gzip_stream> m_stream;
};

std::string_view media_type_of(std::string_view path) noexcept {
    auto const twin = twin_at(path);
    if (!twin)
        return "application/json";
    return twin->how == compression::gzip ? "application/gzip" : "application/octet-stream";
}

bool is_sent_compressed(std::string_view path, s3_options const& options) noexcept {
    return options.compress == s3_compression::gzip && !twin_at(path);
}

std::shared_ptr<object_content const> read_content(tree_source& source, std::string const& path,
                                                   s3_options const& options, std::stop_token const& stop) {
    content_maker maker{path, options};
    auto const take = [&](std::string_view piece) {
        if (stop.stop_requested()) // compressing a large file takes seconds
            throw cancelled{"stopped"};
        maker.add(piece);
    };
    if (!source.read(path, take, stop))
        return nullptr;
    return maker.finish();
}

std::shared_ptr<object_content const> content_of(std::string_view bytes, std::string_view path,
                                                 s3_options const& options) {
    content_maker maker{path, options};
    maker.add(bytes);
    return maker.finish();
}

} // namespace notes_export::mirror
