#pragma once

#include "settings/mirror_settings.hpp"

#include <notes_export/mirroring.hpp>

#include <functional>
#include <string>

namespace exportd {

/// The records of one mirror. `aside` is called around each, when there is a progress bar; else it is empty.
class mirror_log {
public:
    explicit mirror_log(std::string name, std::function<void(std::function<void()> const&)> aside = {});

    void started(notes_export::mirror_state const& first) const;
    void stepped(notes_export::mirror_step const& s) const;
    void failed(notes_export::mirror_failure const& e, std::chrono::milliseconds next_try) const;
    void recovered(std::chrono::seconds failing) const;
    void silent(std::string const& why) const;
    void stopped() const;

private:
    void write(std::function<void()> const& record) const;

    std::string m_name;
    std::function<void(std::function<void()> const&)> m_aside;
};

} // namespace exportd
