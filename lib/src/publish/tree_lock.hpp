#pragma once

#include "publish/tree.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace notes_export {

/**
 * `.exportd/lock`, held for the life of an exporter: one exporter per tree. It names its holder.
 *
 * The file is never unlinked, which would let two processes lock two files of the same name. One that has got a second
 * name (a snapshot made of hard links, or something planted) is not written to: while it is held a new file takes its
 * place, locked from its first moment. Whoever gets a lock looks whether it is still that of the file in the place.
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
    bool take(tree const& t);
    void replace(tree const& t);

    file m_file;
    file m_replaced; ///< the one whose place it took: somebody may be waiting for that
    bool m_left_untidy = false;
};

/**
 * `.exportd/publishing`, held exclusively while files are put into place. Whoever wants a consistent copy of the tree
 * (`flock -s .exportd/publishing sh -c 'git add -A && git commit ...'`) holds it shared; verify does for a moment now
 * and then.
 *
 * It is locked and never written to, so that further names of it do no harm.
 */
class publishing_lock {
public:
    enum class kind { shared, exclusive };
    /// Told once when publication has waited for some seconds: for whom. On the thread that waits.
    using notice = std::function<void(std::string const& text)>;
    static constexpr std::chrono::milliseconds quiet_wait{5000};

    /// Exclusive: waits for readers as long as they read. Shared: waits for a minute, then throws file_error naming the
    /// holder. Throws cancelled when asked to stop.
    publishing_lock(tree const& t, kind k, std::stop_token const& stop, notice const& waiting = {},
                    std::chrono::milliseconds tell_after = quiet_wait);
    /// Makes the file, so that what is wrong with it shows before there is anything to publish.
    static void prepare(tree const& t);

private:
    file m_file;
};

} // namespace notes_export
