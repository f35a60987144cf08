#include "app/commands/json_table.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace souk::app {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kNothing = "-";
constexpr std::string_view kBetweenColumns = "  ";

struct Cell {
  std::string text;
  bool is_number = false;
};

Cell cell_of(element value) {
  if (value.is_null()) return {std::string(kNothing)};
  if (value.is_string()) return {one_line(value.get_string().value())};
  return {one_line(simdjson::minify(value)), value.is_number()};
}

struct Column {
  std::string name;
  std::vector<Cell> cells = {};

  std::size_t width() const {
    std::size_t width = utf8_length(name);
    for (const auto& cell : cells) width = std::max(width, utf8_length(cell.text));
    return width;
  }
};

void append_padded(std::string& line, const Cell& cell, std::size_t width) {
  const std::string padding(width - utf8_length(cell.text), ' ');
  line += cell.is_number ? padding + cell.text : cell.text + padding;
}

std::string rows_of(const std::vector<Column>& columns, std::size_t rows) {
  std::string text;
  const auto add_line = [&](auto cell_in) {
    std::string line;
    for (const auto& column : columns) {
      if (!line.empty()) line += kBetweenColumns;
      append_padded(line, cell_in(column), column.width());
    }
    text.append(line, 0, line.find_last_not_of(' ') + 1).append("\n");
  };
  add_line([](const Column& column) {
    return Cell{column.name, !column.cells.empty() && column.cells.front().is_number};
  });
  for (std::size_t row = 0; row < rows; ++row) {
    add_line([row](const Column& column) { return column.cells[row]; });
  }
  return text;
}

std::string list(simdjson::dom::array items) {
  std::vector<Column> columns;
  std::size_t rows = 0;
  for (const auto item : items) {
    object members;
    if (item.get(members) != simdjson::SUCCESS) continue;
    for (const auto& [name, value] : members) {
      auto column = std::ranges::find(columns, name, &Column::name);
      if (column == columns.end()) column = columns.insert(columns.end(), {std::string(name)});
      column->cells.resize(rows, {std::string(kNothing)});
      column->cells.push_back(cell_of(value));
    }
    ++rows;
    for (auto& column : columns) column.cells.resize(rows, {std::string(kNothing)});
  }
  return rows == 0 ? "none\n" : rows_of(columns, rows);
}

// The members of objects within are named "outer.inner".
void append_members(object members, const std::string& prefix, std::string& text) {
  for (const auto& [name, value] : members) {
    const auto full = fmt::format("{}{}", prefix, name);
    object inner;
    if (value.get(inner) == simdjson::SUCCESS) {
      append_members(inner, full + ".", text);
    } else {
      text += fmt::format("{}: {}\n", full, cell_of(value).text);
    }
  }
}

}  // namespace

std::string table_of(std::string_view json) {
  if (json.empty()) return {};
  simdjson::dom::parser parser;
  element document;
  object members;
  if (parser.parse(simdjson::padded_string(json)).get(document) != simdjson::SUCCESS ||
      document.get(members) != simdjson::SUCCESS) {
    return std::string(json);
  }
  simdjson::dom::array items;
  if (members["items"].get(items) == simdjson::SUCCESS) return list(items);
  std::string text;
  append_members(members, "", text);
  return text;
}

}  // namespace souk::app
