// Text with variables, "${name}", compiled once and filled in for each request.
// Threading: immutable once made; any thread may fill it in.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace souk::loadtest {

class TextTemplate {
 public:
  TextTemplate() = default;
  // `names` are the known variables; fill() refers to them by index. Errors: a sentence, for an
  // unknown variable or one that is not closed.
  static std::expected<TextTemplate, std::string> parse(std::string_view text,
                                                        std::span<const std::string> names);

  bool empty() const { return pieces_.empty(); }
  bool uses(std::size_t variable) const;
  TextTemplate& append(std::string_view literal);
  TextTemplate& append(const TextTemplate& other);

  // Appends to `out`; `value(out, variable)` appends a variable's value.
  template <class Value>
  void fill(std::string& out, Value&& value) const {
    for (const auto& piece : pieces_) {
      out += piece.literal;
      if (piece.variable != kNone) value(out, piece.variable);
    }
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Piece {
    std::string literal;
    std::size_t variable = kNone;  // after the literal
  };
  std::vector<Piece> pieces_;
};

}  // namespace souk::loadtest
