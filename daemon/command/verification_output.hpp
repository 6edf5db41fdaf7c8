#pragma once

#include "command/progress_bar.hpp"

#include <notes_export/report.hpp>
#include <notes_export/verify.hpp>

#include <memory>
#include <string>

namespace exportd {

/// How a verification is told, on stdout: in this order, but for what does not happen.
struct verification_output {
    /// The bar outlives it.
    explicit verification_output(progress_bar& b) : bar{&b} {}
    verification_output(verification_output const&) = delete;
    verification_output& operator=(verification_output const&) = delete;
    virtual ~verification_output() = default;

    virtual void found(notes_export::drift const&) {}
    virtual void ended(notes_export::verify_report const&) {}
    virtual void repaired(notes_export::cycle_report const&) {}
    virtual void failed(std::string const& /*error*/) {}
    virtual void close() {}

protected:
    progress_bar* bar;
};

std::unique_ptr<verification_output> verification_as_text(progress_bar& bar);
/// One object, its differences printed as they are found.
std::unique_ptr<verification_output> verification_as_json(progress_bar& bar);

/// Was nothing held back, and has nothing changed meanwhile?
bool mended_all(notes_export::cycle_report const& r);

} // namespace exportd
