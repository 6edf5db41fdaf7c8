#pragma once

namespace exportd {

/// Whether what is written to that descriptor is shown by a terminal that obeys control sequences: TERM is not "dumb".
bool obeys_control_sequences(int fd);
/// The same, and colours are wanted: NO_COLOR is not set (https://no-color.org).
bool shows_colours(int fd);

} // namespace exportd
