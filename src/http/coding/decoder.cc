#include "http/coding/decoder.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>

#include "base/assert.h"

namespace souk::http {
namespace {

constexpr std::size_t kStepBytes = 16 * 1024;

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    constexpr int kGzipFormat = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + kGzipFormat) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { ::inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

 private:
  Status step(std::string_view& coded, char*& at, std::size_t& room) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    stream_.avail_in = static_cast<uInt>(coded.size());
    stream_.next_out = reinterpret_cast<Bytef*>(at);
    stream_.avail_out = static_cast<uInt>(room);
    const auto done = ::inflate(&stream_, Z_NO_FLUSH);
    coded.remove_prefix(coded.size() - stream_.avail_in);
    at += room - stream_.avail_out;
    room = stream_.avail_out;
    if (done == Z_STREAM_END) return Status::kEnded;
    if (done == Z_MEM_ERROR) throw std::bad_alloc();
    if (done != Z_OK && done != Z_BUF_ERROR) return Status::kInvalid;
    return room == 0 ? Status::kIsFull : Status::kNeedsMore;
  }

  z_stream stream_{};
};

class BrotliDecoder final : public Decoder {
 public:
  BrotliDecoder() {
    if (!state_) throw std::bad_alloc();
  }

 private:
  Status step(std::string_view& coded, char*& at, std::size_t& room) override {
    const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
    std::size_t in_left = coded.size();
    auto* out = reinterpret_cast<std::uint8_t*>(at);
    const auto done =
        ::BrotliDecoderDecompressStream(state_.get(), &in_left, &in, &room, &out, nullptr);
    coded.remove_prefix(coded.size() - in_left);
    at = reinterpret_cast<char*>(out);
    switch (done) {
      case BROTLI_DECODER_RESULT_SUCCESS:
        return Status::kEnded;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return room == 0 ? Status::kIsFull : Status::kNeedsMore;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return Status::kIsFull;
      case BROTLI_DECODER_RESULT_ERROR:
        break;
    }
    return Status::kInvalid;
  }

  struct Destroy {
    void operator()(BrotliDecoderState* state) const { ::BrotliDecoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliDecoderState, Destroy> state_{
      ::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)};
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() {
    constexpr int kMaxWindowBits = 23;
    if (!context_) throw std::bad_alloc();
    ::ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowBits);
  }

 private:
  Status step(std::string_view& coded, char*& at, std::size_t& room) override {
    ZSTD_inBuffer in{coded.data(), coded.size(), 0};
    ZSTD_outBuffer out{at, room, 0};
    const auto left = ::ZSTD_decompressStream(context_.get(), &out, &in);
    if (::ZSTD_isError(left) != 0) return Status::kInvalid;
    coded.remove_prefix(in.pos);
    at += out.pos;
    room -= out.pos;
    if (left == 0) return Status::kEnded;
    return room == 0 ? Status::kIsFull : Status::kNeedsMore;
  }

  struct Free {
    void operator()(ZSTD_DCtx* context) const { ::ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_{::ZSTD_createDCtx()};
};

}  // namespace

std::unique_ptr<Decoder> Decoder::make(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kGzip:
      return std::make_unique<GzipDecoder>();
    case ContentCoding::kBrotli:
      return std::make_unique<BrotliDecoder>();
    case ContentCoding::kZstd:
      return std::make_unique<ZstdDecoder>();
    case ContentCoding::kIdentity:
      break;
  }
  SOUK_ASSERT(!"a coding that compresses");
  return nullptr;
}

Decoder::Status Decoder::decode(std::string_view& coded, Buffer& out, std::size_t room) {
  while (!ended_) {
    if (room == 0) return Status::kIsFull;
    const auto step_bytes = std::min(room, kStepBytes);
    auto left = step_bytes;
    const auto before = coded.size();
    char* at = out.prepare(step_bytes);
    const auto status = step(coded, at, left);
    out.commit(step_bytes - left);
    room -= step_bytes - left;
    if (status == Status::kIsFull) continue;
    if (status != Status::kEnded) {
      if (status == Status::kInvalid || coded.empty()) return status;
      // A step may end before it has taken everything.
      if (left == step_bytes && coded.size() == before) return Status::kInvalid;
      continue;
    }
    ended_ = true;
  }
  return Status::kEnded;
}

}  // namespace souk::http
