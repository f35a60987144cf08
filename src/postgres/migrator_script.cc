#include "postgres/migrator_script.h"

#include <algorithm>
#include <cctype>

namespace souk::postgres {
namespace {

constexpr auto kEnd = std::string_view::npos;

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

// Every skip_ function takes the position of the opening and returns the one after the closing, or
// the end of the text if it is not closed.
std::size_t after(std::string_view sql, std::size_t found, std::size_t length) {
  return found == kEnd ? sql.size() : found + length;
}

std::size_t skip_quoted(std::string_view sql, std::size_t at) {
  const char quote = sql[at];
  const bool prefixed = quote == '\'' && at > 0 && (sql[at - 1] == 'e' || sql[at - 1] == 'E');
  const bool escapes = prefixed && (at < 2 || !is_word(sql[at - 2]));
  for (++at; at < sql.size(); ++at) {
    if (escapes && sql[at] == '\\') {
      ++at;
    } else if (sql[at] == quote) {
      return at + 1;  // a doubled quote opens the next piece of the same literal
    }
  }
  return sql.size();
}

std::size_t skip_block_comment(std::string_view sql, std::size_t at) {
  int depth = 0;
  while (at < sql.size()) {
    const auto two = sql.substr(at, 2);
    if (two == "/*") {
      ++depth;
      at += 2;
    } else if (two == "*/") {
      at += 2;
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return sql.size();
}

// A dollar that does not open a dollar quote ($1, a$b) is skipped alone.
std::size_t skip_dollar_quoted(std::string_view sql, std::size_t at) {
  if (at > 0 && is_word(sql[at - 1])) return at + 1;
  std::size_t tag_end = at + 1;
  while (tag_end < sql.size() && is_word(sql[tag_end])) ++tag_end;
  const bool parameter = tag_end > at + 1 && sql[at + 1] >= '0' && sql[at + 1] <= '9';
  if (tag_end == sql.size() || sql[tag_end] != '$' || parameter) return at + 1;
  const auto tag = sql.substr(at, tag_end + 1 - at);
  return after(sql, sql.find(tag, tag_end + 1), tag.size());
}

// The position after one comment or white space; `at` if there is neither.
std::size_t skip_blank(std::string_view sql, std::size_t at) {
  if (is_space(sql[at])) return at + 1;
  if (sql.substr(at, 2) == "--") return after(sql, sql.find('\n', at), 1);
  if (sql.substr(at, 2) == "/*") return skip_block_comment(sql, at);
  return at;
}

std::size_t skip_token(std::string_view sql, std::size_t at) {
  switch (sql[at]) {
    case '\'':
    case '"':
      return skip_quoted(sql, at);
    case '$':
      return skip_dollar_quoted(sql, at);
    default:
      return at + 1;
  }
}

// Removes and returns the next word; words end at white space or a bracket.
std::string_view take_word(std::string_view& text) {
  while (!text.empty()) {
    const auto blank = skip_blank(text, 0);
    if (blank == 0) break;
    text.remove_prefix(blank);
  }
  const auto word = text.substr(0, text.find_first_of(" \t\r\n(;"));
  text.remove_prefix(word.size());
  return word;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

}  // namespace

std::vector<ScriptStatement> split_statements(std::string_view sql) {
  std::vector<ScriptStatement> statements;
  std::size_t begin = kEnd;  // of the statement being read; none yet
  std::size_t end = 0;       // after its last token
  const auto finish = [&] {
    if (begin == kEnd) return;
    const auto line = std::ranges::count(sql.substr(0, begin), '\n');
    statements.push_back({sql.substr(begin, end - begin), static_cast<std::size_t>(line)});
    begin = kEnd;
  };
  for (std::size_t at = 0; at < sql.size();) {
    if (const auto next = skip_blank(sql, at); next > at) {
      at = next;
    } else if (sql[at] == ';') {
      finish();
      ++at;
    } else {
      if (begin == kEnd) begin = at;
      at = end = skip_token(sql, at);
    }
  }
  finish();
  return statements;
}

bool runs_outside_transaction(std::string_view sql) {
  auto first = sql.substr(0, sql.find('\n'));
  while (!first.empty() && is_space(first.back())) first.remove_suffix(1);
  return first == "-- souk: no-transaction";
}

ConcurrentIndex concurrent_index(std::string_view statement) {
  if (!same_word(take_word(statement), "CREATE")) return {};
  auto word = take_word(statement);
  if (same_word(word, "UNIQUE")) word = take_word(statement);
  if (!same_word(word, "INDEX") || !same_word(take_word(statement), "CONCURRENTLY")) return {};
  word = take_word(statement);
  const bool if_not_exists = same_word(word, "IF");
  if (if_not_exists) {
    take_word(statement);  // NOT
    take_word(statement);  // EXISTS
    word = take_word(statement);
  }
  return {word, if_not_exists};
}

}  // namespace souk::postgres
