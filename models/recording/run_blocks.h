/// @file
/// Blocks: what a recording is made of, each compressed and with a checksum of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

struct ZSTD_CCtx_s;

namespace orrery::recording {

/// Of every recording, at its start; the version of the format stands behind it.
inline constexpr std::string_view kFileMagic{"\x89ORRERY\n", 8};
inline constexpr std::uint32_t kFormatVersion = 5;
/// The first version that can still be read.
inline constexpr std::uint32_t kOldestVersion = 4;
inline constexpr std::size_t kFileHeadSize = 16;

enum class BlockKind : std::uint8_t {
  Info = 'H',   ///< RunInfo; the first one.
  Texts = 'N',  ///< That the chunk is the first to use.
  Events = 'E',
  Traces = 'R',
  Samples = 'S',
  State = 'K',     ///< Scene, keyframe and changes; the last one of a chunk.
  Open = 'T',      ///< Samples of the chunk that is being written, with all that belongs to them.
  Overview = 'O',  ///< Rows of one level of the overview.
  Index = 'I',     ///< Where the others stand; the last one.
};

struct BlockHead {
  BlockKind kind = BlockKind::Info;
  bool compressed = false;
  std::uint16_t level = 0;    ///< Of an overview.
  std::uint32_t stored = 0;   ///< Bytes behind the head.
  std::uint32_t raw = 0;      ///< Bytes when decompressed.
  std::int64_t first_us = 0;  ///< Of its samples; overview: start of the first row.
  std::int64_t last_us = 0;   ///< Of its samples; overview: end of the last row.
};
inline constexpr std::size_t kBlockHeadSize = 40;
/// A block is no larger than this, so that no file makes a reader take much memory.
inline constexpr std::uint32_t kBlockMax = 32U << 20;

/// Head and contents, as they are. Requires: raw.size() <= kBlockMax.
[[nodiscard]] std::string make_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                                     std::int64_t last_us, std::string_view raw);

/// Makes blocks whose contents are compressed, in memory that it keeps.
class BlockPacker {
 public:
  BlockPacker();
  /// Requires: raw.size() <= kBlockMax.
  [[nodiscard]] std::string make_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                                       std::int64_t last_us, std::string_view raw);

 private:
  struct Release {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Release> context_;
  std::vector<char> packed_;
};

/// The head, if it is one; its checksum is checked with the contents.
[[nodiscard]] std::optional<BlockHead> read_block_head(std::string_view bytes);

/// The contents, decompressed, of a block whose bytes are all there; nothing if they are damaged.
[[nodiscard]] std::optional<std::string> read_block(std::string_view block);

/// Behind the index: where it stands.
inline constexpr std::size_t kFootSize = 24;
[[nodiscard]] std::string make_foot(std::uint64_t index_offset);
[[nodiscard]] std::optional<std::uint64_t> read_foot(std::string_view bytes);

}  // namespace orrery::recording
