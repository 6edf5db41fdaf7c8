#pragma once

#include "publish/tree.hpp"

#include <stop_token>
#include <string>

namespace notes_export {

/**
 * `.exportd/lock`, held for the life of an exporter: one exporter per tree. The file is never unlinked (unlinking lets
 * two processes lock two files of the same name) and names its holder.
 */
class tree_lock {
public:
    /// Throws lock_held naming the holder.
    explicit tree_lock(tree const& t);
    /// The holder before did not sign off: it was killed, or its last cycle failed half-way.
    bool left_untidy() const noexcept { return m_left_untidy; }
    /// Takes the name out again: everything is in order for the next holder.
    void sign_off() const noexcept;
    /// false when the file was removed or replaced: then it keeps nobody out any more.
    bool in_place(tree const& t) const;
    /// Who holds the tree now; "" is nobody.
    static std::string holder(tree const& t);

private:
    file m_file;
    bool m_left_untidy = false;
};

/**
 * `.exportd/publishing`, held exclusively while files are put into place. Whoever wants a consistent copy of the tree
 * (verify, `flock -s .exportd/publishing git commit`) holds it shared.
 */
class publishing_lock {
public:
    enum class kind { shared, exclusive };
    /// Waits at most a minute, then throws std::system_error; cancelled when asked to stop.
    publishing_lock(tree const& t, kind k, std::stop_token const& stop);
    /// Makes the file, so that what is wrong with it shows before there is anything to publish.
    static void prepare(tree const& t);

private:
    file m_file;
};

} // namespace notes_export
