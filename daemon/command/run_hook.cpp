#include "command/run_hook.hpp"

#include "cycles/publication_hook.hpp"

namespace exportd {

void run_hook(settings const& s, std::optional<notes_export::publication> const& p, std::stop_token const& stop) {
    asio::io_context io;
    publication_hook* running = nullptr;
    publication_hook hook{
        io, s.output.directory, {.ended = [&](hook_run::outcome const&) { running->stop(); }, .idle = [] {}}};
    running = &hook;
    hook.set(s.hooks.after_publish, s.hooks.timeout);
    hook.recall();
    hook.published(p);
    hook.make_up();
    std::stop_callback const interrupted{stop, [&] { asio::post(io, [&] { hook.stop(); }); }};
    io.run();
}

} // namespace exportd
