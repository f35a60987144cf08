#include "http/coding/encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>

#include "base/assert.h"

namespace souk::http {
namespace {

// A stream's window: 256 KiB. Larger ones need memory that the streams of many clients would hold.
constexpr int kWindowBits = 18;
constexpr std::size_t kStepBytes = 4 * 1024;

class GzipEncoder final : public Encoder {
 public:
  explicit GzipEncoder(int level) {
    constexpr int kGzipFormat = 16;
    constexpr int kMemoryLevel = 8;
    const auto made = ::deflateInit2(&stream_, std::min(level, Z_BEST_COMPRESSION), Z_DEFLATED,
                                     MAX_WBITS + kGzipFormat, kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (made != Z_OK) throw std::bad_alloc();
  }
  ~GzipEncoder() override { ::deflateEnd(&stream_); }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  void write(std::string_view piece, Buffer& out) override { run(piece, out, Z_SYNC_FLUSH); }
  void finish(Buffer& out) override { run({}, out, Z_FINISH); }

 private:
  // Room that is left over says that everything was written.
  void run(std::string_view piece, Buffer& out, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out.prepare(kStepBytes));
      stream_.avail_out = kStepBytes;
      const auto done = ::deflate(&stream_, flush);
      SOUK_ASSERT(done != Z_STREAM_ERROR);
      out.commit(kStepBytes - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class BrotliEncoder final : public Encoder {
 public:
  explicit BrotliEncoder(int quality) {
    if (!state_) throw std::bad_alloc();
    ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_QUALITY,
                                static_cast<std::uint32_t>(quality));
    ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_LGWIN, kWindowBits);
    ::BrotliEncoderSetParameter(state_.get(), BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
  }

  void write(std::string_view piece, Buffer& out) override {
    run(piece, out, BROTLI_OPERATION_FLUSH);
  }
  void finish(Buffer& out) override { run({}, out, BROTLI_OPERATION_FINISH); }

 private:
  void run(std::string_view piece, Buffer& out, BrotliEncoderOperation operation) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t in_left = piece.size();
    do {
      auto* at = reinterpret_cast<std::uint8_t*>(out.prepare(kStepBytes));
      std::size_t room = kStepBytes;
      const auto done = ::BrotliEncoderCompressStream(state_.get(), operation, &in_left, &in, &room,
                                                      &at, nullptr);
      // It fails only for want of memory.
      if (done != BROTLI_TRUE) throw std::bad_alloc();
      out.commit(kStepBytes - room);
    } while (in_left > 0 || ::BrotliEncoderHasMoreOutput(state_.get()) == BROTLI_TRUE);
  }

  struct Destroy {
    void operator()(BrotliEncoderState* state) const { ::BrotliEncoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliEncoderState, Destroy> state_{
      ::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)};
};

class ZstdEncoder final : public Encoder {
 public:
  explicit ZstdEncoder(int level) {
    if (!context_) throw std::bad_alloc();
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kWindowBits);
  }

  void write(std::string_view piece, Buffer& out) override { run(piece, out, ZSTD_e_flush); }
  void finish(Buffer& out) override { run({}, out, ZSTD_e_end); }

 private:
  void run(std::string_view piece, Buffer& out, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer room{out.prepare(kStepBytes), kStepBytes, 0};
      left = ::ZSTD_compressStream2(context_.get(), &room, &in, directive);
      // It fails only for want of memory.
      if (::ZSTD_isError(left) != 0) throw std::bad_alloc();
      out.commit(room.pos);
    } while (left > 0 || in.pos < in.size);
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_{::ZSTD_createCCtx()};
};

}  // namespace

std::unique_ptr<Encoder> Encoder::make(ContentCoding coding, const CodingLevels& levels) {
  switch (coding) {
    case ContentCoding::kGzip:
      return std::make_unique<GzipEncoder>(levels.gzip);
    case ContentCoding::kBrotli:
      return std::make_unique<BrotliEncoder>(levels.brotli);
    case ContentCoding::kZstd:
      return std::make_unique<ZstdEncoder>(levels.zstd);
    case ContentCoding::kIdentity:
      break;
  }
  SOUK_ASSERT(!"a coding that compresses");
  return nullptr;
}

}  // namespace souk::http
