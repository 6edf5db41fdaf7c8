#pragma once

namespace exportd {

/// Lets all threads but the first allocate from one arena. With one for each thread, which is glibc's way, a process
/// keeps the most that each of its threads ever held; with a single one for all they wait for each other. To be called
/// before the first thread begins.
void use_few_arenas() noexcept;

} // namespace exportd
