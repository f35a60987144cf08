// The files of imports and exports, CSV and NDJSON: rows from bytes that arrive in pieces, and
// bytes from products.
//
// Threading: one thread. Ownership: owns what it holds of a row that is not complete.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/error.h"
#include "bulk/types.h"

namespace souk::api {

enum class FileFormat : std::uint8_t { kCsv, kNdjson };
inline constexpr std::array<std::string_view, 2> kFileFormatNames = {"csv", "ndjson"};
inline constexpr std::array<std::string_view, 2> kFileTypes = {"text/csv", "application/x-ndjson"};

class ProductReader {
 public:
  ProductReader() = default;
  ProductReader(const ProductReader&) = delete;
  ProductReader& operator=(const ProductReader&) = delete;
  virtual ~ProductReader() = default;

  // Appends the rows that are complete; one that cannot be read has its problem. Errors:
  // validation_failed for a file that cannot be read at all.
  virtual Result<> put(std::string_view bytes, std::vector<bulk::Row>& rows) = 0;
  virtual Result<> end(std::vector<bulk::Row>& rows) = 0;
};

std::unique_ptr<ProductReader> product_reader(FileFormat format);

// What product_reader() reads back to the same products.
void begin_file(FileFormat format, Buffer& out);
void write_row(FileFormat format, const bulk::Shown& shown, Buffer& out);

}  // namespace souk::api
