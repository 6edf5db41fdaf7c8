#pragma once

#include <functional>
#include <string>

namespace exportd {

/// One thing that setup does. Doing it again when it is done already does nothing.
struct step {
    struct outcome {
        bool changed = false;
        std::string text; ///< what was done or found, one line or more
    };

    std::string title; ///< "make the directory"
    std::string plan;  ///< what it would do, one line: a command where it is one
    std::string undo;  ///< what reverses it, as an operator would type it; "" when nothing has to be reversed
    std::function<outcome()> run; ///< Throws std::exception, whose text says why it cannot be done.
};

} // namespace exportd
