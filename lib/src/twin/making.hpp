#pragma once

#include "notes_export/config.hpp"
#include "publish/staging.hpp"

#include <stop_token>
#include <string>
#include <string_view>

namespace notes_export {

/// The bytes of the twin of a profile. Every file has its twins, however small it is: a server that has none beside a
/// file of ours then never has to guess why. Thread: any.
std::string twin_bytes(std::string_view bytes, compression how, twin_config const& config);

/// Larger files are compressed piece by piece.
constexpr std::size_t largest_whole_twin = 16U << 20;

/**
 * Stages the twin of a file that is in staging, or in the tree when it stays what it is: an index, a file of one row.
 * Brotli's quality is 9 at most: beyond that an index takes minutes. Memory: what largest_whole_twin says, some tens of
 * megabytes for what compresses.
 *
 * Throws  file_error, cancelled. Thread: any.
 */
staged_file stage_twin(staging& to, staged_file const& of, compression how, twin_config const& config,
                       std::stop_token const& stop);
staged_file stage_twin_of_published(staging& to, tree const& t, std::string const& path, compression how,
                                    twin_config const& config, std::stop_token const& stop);

} // namespace notes_export
