#include "http/client.hpp"

#include "http/libcurl.hpp"
#include "http/retry.hpp"
#include "http/transfer.hpp"

#include "notes_export/error.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace notes_export::http {

namespace {

using clock = std::chrono::steady_clock;

/// What curl_easy_init() would do otherwise, and not safely when several threads begin.
void start_libcurl() {
    static CURLcode const started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK)
        throw std::runtime_error{std::string{"libcurl cannot be used: "} + curl_easy_strerror(started)};
}

/// One of the requests that are on their way at once.
struct place {
    explicit place(client_options const& options) : way{options} {}

    transfer way;
    std::optional<exchange> work; ///< none: free
    unsigned attempts = 0;
    bool running = false;         ///< libcurl has it
    clock::time_point not_before; ///< of the next attempt, when it is not running
};

} // namespace

class client::flow {
public:
    explicit flow(client_options options);

    void run(std::function<offer()> const& next, std::stop_token const& stop);

private:
    struct clean_multi {
        void operator()(CURLM* m) const noexcept { curl_multi_cleanup(m); }
    };
    /// Whatever ends a run: nothing of it stays on its way.
    struct end_all {
        flow& all;
        explicit end_all(flow& f) : all{f} {}
        end_all(end_all const&) = delete;
        end_all& operator=(end_all const&) = delete;
        ~end_all() { all.give_up(); }
    };

    bool fill(std::function<offer()> const& next);
    void begin_due();
    void take_finished();
    void look_for_slow();
    void ended(place& p, std::optional<transfer::failed> const& failed);
    void try_again(place& p);
    void detach(place& p) noexcept;
    void give_up() noexcept;
    bool busy() const;
    std::chrono::milliseconds time_to_wait() const;

    client_options m_options; ///< before the places, which point to it
    std::unique_ptr<CURLM, clean_multi> m_multi;
    std::vector<std::unique_ptr<place>> m_places; ///< behind m_multi: handles go before it
    std::mt19937 m_random{std::random_device{}()};
};

client::flow::flow(client_options options) : m_options{std::move(options)} {
    start_libcurl();
    m_options.connections = std::max(m_options.connections, 1U);
    m_multi.reset(curl_multi_init());
    if (!m_multi)
        throw std::bad_alloc{};
    require(curl_multi_setopt(m_multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(m_options.connections)));
    for (unsigned i = 0; i < m_options.connections; ++i)
        m_places.push_back(std::make_unique<place>(m_options));
}

// Each round asks for at most as much as there are places, so that answers are waited for in between.
bool client::flow::fill(std::function<offer()> const& next) {
    for (auto& p : m_places) {
        if (p->work)
            continue;
        auto o = next();
        if (!o.next)
            return !o.last;
        p->work = std::move(o.next);
        p->attempts = 0;
        p->not_before = {};
    }
    return true;
}

void client::flow::begin_due() {
    auto const now = clock::now();
    for (auto& p : m_places) {
        if (!p->work || p->running || p->not_before > now)
            continue;
        ++p->attempts;
        p->way.begin(p->work->ask);
        require(curl_multi_add_handle(m_multi.get(), p->way.handle()));
        p->running = true;
    }
}

void client::flow::detach(place& p) noexcept {
    if (p.running)
        curl_multi_remove_handle(m_multi.get(), p.way.handle());
    p.running = false;
}

void client::flow::give_up() noexcept {
    for (auto& p : m_places) {
        detach(*p);
        p->work.reset();
    }
}

bool client::flow::busy() const {
    return std::ranges::any_of(m_places, [](auto const& p) { return p->work.has_value(); });
}

void client::flow::try_again(place& p) {
    auto const asked = asked_pause(p.way.answer().header("Retry-After"), std::time(nullptr));
    double const part = std::uniform_real_distribution<>{0.0, 1.0}(m_random);
    p.not_before = clock::now() + pause_before_next(m_options.limits, p.attempts, part, asked);
}

void client::flow::ended(place& p, std::optional<transfer::failed> const& failed) {
    detach(p);
    bool const passing = failed ? is_passing(failed->what) : is_passing(p.way.answer().status);
    if (passing && p.attempts < m_options.limits.attempts)
        return try_again(p);
    if (failed) {
        auto const times = p.attempts == 1 ? std::string{} : " (" + std::to_string(p.attempts) + " attempts)";
        throw transport_error{failed->what, failed->text + times};
    }
    auto const done = std::move(*p.work);
    p.work.reset();
    if (done.answered)
        done.answered(std::move(p.way.answer()));
}

void client::flow::take_finished() {
    int left = 0;
    while (auto* const message = curl_multi_info_read(m_multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        auto const result = message->data.result; // `message` is void once the handle is detached
        auto* const handle = message->easy_handle;
        auto const p = std::ranges::find_if(m_places, [&](auto const& x) { return x->way.handle() == handle; });
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        (*p)->way.answer().status = static_cast<int>(status);
        ended(**p, (*p)->way.outcome(result));
    }
}

void client::flow::look_for_slow() {
    auto const now = clock::now();
    for (auto& p : m_places)
        if (p->running && p->way.is_stuck(now))
            ended(*p, p->way.no_progress());
}

std::chrono::milliseconds client::flow::time_to_wait() const {
    constexpr std::chrono::milliseconds look_again{500};
    auto wait = look_again;
    auto const now = clock::now();
    for (auto const& p : m_places)
        if (p->work && !p->running && p->not_before > now)
            wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(p->not_before - now));
    return wait;
}

void client::flow::run(std::function<offer()> const& next, std::stop_token const& stop) {
    end_all const at_the_end{*this};
    std::stop_callback const wake{stop, [this] { curl_multi_wakeup(m_multi.get()); }};
    bool more = true;
    while (more || busy()) {
        if (stop.stop_requested())
            throw cancelled{"stopped"};
        more = more && fill(next);
        begin_due();
        int running = 0;
        require(curl_multi_perform(m_multi.get(), &running));
        take_finished();
        look_for_slow();
        bool const free_place = more && std::ranges::any_of(m_places, [](auto const& p) { return !p->work; });
        if (busy() && !free_place)
            require(curl_multi_poll(m_multi.get(), nullptr, 0, static_cast<int>(time_to_wait().count()), nullptr));
    }
}

client::client(client_options options) : m_flow{std::make_unique<flow>(std::move(options))} {}
client::~client() = default;
client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;

void client::run(std::function<offer()> const& next, std::stop_token const& stop) {
    m_flow->run(next, stop);
}

response client::send(request const& ask, std::stop_token const& stop) {
    response answer;
    bool given = false;
    run(
        [&]() -> offer {
            if (std::exchange(given, true))
                return {std::nullopt, true};
            return {exchange{ask, [&answer](response&& r) { answer = std::move(r); }}, false};
        },
        stop);
    return answer;
}

} // namespace notes_export::http
