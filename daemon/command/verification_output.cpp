#include "command/verification_output.hpp"

#include "command/json_list.hpp"
#include "command/report_json.hpp"
#include "command/status_text.hpp"
#include "log/safe_text.hpp"

#include <iostream>
#include <optional>

namespace exportd {

bool mended_all(notes_export::cycle_report const& r) {
    bool all = r.quarantined.empty() && r.refused_indexes.empty() && r.mark_conflicts() == 0;
    for (auto const& d : r.datasets)
        all = all && d.shrink_refused == 0 && !d.index_refused;
    return all;
}

namespace {

using logging::printable; // names and file contents of others are among what is shown

void put_result(json_writer& w, notes_export::verify_report const& report) {
    put_flag(w, "verified", true);
    put_flag(w, "clean", report.clean());
    put(w, "files_checked", report.files_checked);
    put(w, "difference_count", report.differences);
    put(w, "pending", report.pending);
    put_array(w, "warnings", report.warnings, [&](auto const& text) { put(w, "text", text); });
}

struct as_text : verification_output {
    using verification_output::verification_output;

    void ended(notes_export::verify_report const& report) override {
        bar->on_stdout([&] { print(report); });
    }
    void repaired(notes_export::cycle_report const& r) override {
        bar->on_stdout([&] { print(r); });
    }

private:
    static void print(notes_export::verify_report const& report) {
        for (auto const& d : report.drifts)
            std::cout << to_string(d.what) << ' ' << printable(d.path)
                      << (d.pending ? " (pending: the next cycle mends it)" : "") << '\n';
        if (report.differences > report.drifts.size())
            std::cout << "... and " << report.differences - report.drifts.size() << " more (verify --json lists all)\n";
        for (auto const& text : report.warnings)
            std::cout << "warning: " << printable(text) << '\n';
        std::cout << (report.clean() ? "clean: " : "drift: ") << report.files_checked << " files checked, "
                  << report.differences << " differences";
        if (report.pending > 0)
            std::cout << ", " << report.pending << " of them pending";
        std::cout << '\n' << std::flush;
    }
    static void print(notes_export::cycle_report const& r) {
        print_remarks(r);
        std::cout << (mended_all(r) ? "repaired: " : "not everything could be repaired: ") << r.files_written
                  << " files written, " << r.files_removed << " removed (" << to_string(r.mode) << ": " << r.reason
                  << ")\n"
                  << std::flush;
    }
};

struct as_json : verification_output {
    using verification_output::verification_output;

    void found(notes_export::drift const& d) override {
        bar->on_stdout([&] {
            m_list.add([&](json_writer& w) {
                put(w, "what", std::string{to_string(d.what)});
                put(w, "path", d.path);
                put_flag(w, "pending", d.pending);
                put(w, "dataset", d.dataset);
                put(w, "id", d.id);
            });
        });
    }
    void ended(notes_export::verify_report const& report) override { m_report = report; }
    void repaired(notes_export::cycle_report const& r) override { m_repaired = r; }
    void failed(std::string const& error) override { m_error = error; }
    void close() override {
        bar->on_stdout([&] { m_list.end([&](json_writer& w) { put_end(w); }); });
    }

private:
    void put_end(json_writer& w) const {
        if (m_report)
            put_result(w, *m_report);
        else
            put_flag(w, "verified", false);
        put(w, "error", m_error);
        if (!m_repaired)
            return;
        w.Key("repair");
        w.StartObject();
        put_flag(w, "complete", mended_all(*m_repaired));
        put_report(w, *m_repaired);
        w.EndObject();
    }

    json_list m_list{std::cout, "differences"};
    std::optional<notes_export::verify_report> m_report;
    std::optional<notes_export::cycle_report> m_repaired;
    std::string m_error;
};

} // namespace

std::unique_ptr<verification_output> verification_as_text(progress_bar& bar) {
    return std::make_unique<as_text>(bar);
}

std::unique_ptr<verification_output> verification_as_json(progress_bar& bar) {
    return std::make_unique<as_json>(bar);
}

} // namespace exportd
