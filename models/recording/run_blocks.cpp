#include "models/recording/run_blocks.h"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>

#include "models/base/contract.h"
#include "models/recording/bytes.h"

namespace orrery::recording {
namespace {

constexpr std::string_view kBlockMagic = "ORB1";
constexpr std::string_view kFootMagic = "ORRYEND1";
constexpr std::size_t kChecksumAt = 32;
constexpr int kLevel = 1;

/// Of everything but the checksum itself.
std::uint64_t checksum(std::string_view head, std::string_view contents) {
  const std::uint64_t of_head = XXH64(head.data(), kChecksumAt, 0);
  return XXH64(contents.data(), contents.size(), of_head);
}

bool is_known(std::uint8_t kind) {
  return std::string_view{"HNERSKTOI"}.find(static_cast<char>(kind)) != std::string_view::npos;
}

std::string with_head(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                      std::int64_t last_us, std::size_t raw_size, std::string_view contents,
                      bool compressed) {
  expects(raw_size <= kBlockMax, "a block's contents are within their bound");
  ByteWriter head;
  head.bytes().reserve(kBlockHeadSize + contents.size());
  head.bytes().append(kBlockMagic);
  head.byte(static_cast<std::uint8_t>(kind));
  head.byte(compressed ? 1 : 0);
  head.fixed(level, 2);
  head.fixed(contents.size(), 4);
  head.fixed(raw_size, 4);
  head.fixed(static_cast<std::uint64_t>(first_us), 8);
  head.fixed(static_cast<std::uint64_t>(last_us), 8);
  head.fixed(checksum(head.bytes(), contents), 8);
  head.bytes().append(contents);
  return std::move(head.bytes());
}

}  // namespace

std::string make_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                       std::int64_t last_us, std::string_view raw) {
  return with_head(kind, level, first_us, last_us, raw.size(), raw, false);
}

BlockPacker::BlockPacker() : context_{ZSTD_createCCtx()} {
  expects(context_ != nullptr, "there is memory for compressing");
}

void BlockPacker::Release::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

std::string BlockPacker::make_block(BlockKind kind, std::uint16_t level, std::int64_t first_us,
                                    std::int64_t last_us, std::string_view raw) {
  packed_.resize(std::max(packed_.size(), ZSTD_compressBound(raw.size())));
  const std::size_t size = ZSTD_compressCCtx(context_.get(), packed_.data(), packed_.size(),
                                             raw.data(), raw.size(), kLevel);
  expects(ZSTD_isError(size) == 0, "what fits the bound can be compressed");
  return with_head(kind, level, first_us, last_us, raw.size(), {packed_.data(), size}, true);
}

std::optional<BlockHead> read_block_head(std::string_view bytes) {
  if (bytes.size() < kBlockHeadSize || !bytes.starts_with(kBlockMagic)) return std::nullopt;
  ByteReader in{bytes.substr(kBlockMagic.size())};
  const std::uint8_t kind = in.byte();
  const std::uint8_t codec = in.byte();
  BlockHead head;
  head.kind = static_cast<BlockKind>(kind);
  head.compressed = codec == 1;
  head.level = static_cast<std::uint16_t>(in.fixed(2));
  head.stored = static_cast<std::uint32_t>(in.fixed(4));
  head.raw = static_cast<std::uint32_t>(in.fixed(4));
  head.first_us = static_cast<std::int64_t>(in.fixed(8));
  head.last_us = static_cast<std::int64_t>(in.fixed(8));
  const std::size_t most = head.compressed ? ZSTD_compressBound(kBlockMax) : kBlockMax;
  if (!is_known(kind) || codec > 1 || head.raw > kBlockMax || head.stored > most) {
    return std::nullopt;
  }
  if (!head.compressed && head.stored != head.raw) return std::nullopt;
  return head;
}

std::optional<std::string> read_block(std::string_view block) {
  const auto head = read_block_head(block);
  if (!head || block.size() != kBlockHeadSize + head->stored) return std::nullopt;
  const std::string_view contents = block.substr(kBlockHeadSize);
  ByteReader kept{block.substr(kChecksumAt, 8)};
  if (kept.fixed(8) != checksum(block, contents)) return std::nullopt;
  if (!head->compressed) return std::string{contents};
  std::string raw(head->raw, '\0');
  const std::size_t size =
      ZSTD_decompress(raw.data(), raw.size(), contents.data(), contents.size());
  if (ZSTD_isError(size) != 0 || size != raw.size()) return std::nullopt;
  return raw;
}

std::string make_foot(std::uint64_t index_offset) {
  ByteWriter out;
  out.fixed(index_offset, 8);
  out.fixed(XXH64(out.bytes().data(), 8, 0), 8);
  out.bytes().append(kFootMagic);
  return std::move(out.bytes());
}

std::optional<std::uint64_t> read_foot(std::string_view bytes) {
  if (bytes.size() != kFootSize || !bytes.ends_with(kFootMagic)) return std::nullopt;
  ByteReader in{bytes};
  const std::uint64_t offset = in.fixed(8);
  if (in.fixed(8) != XXH64(bytes.data(), 8, 0)) return std::nullopt;
  return offset;
}

}  // namespace orrery::recording
