#include "catalog/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/iso4217.h"
#include "base/text.h"
#include "base/utf8.h"
#include "catalog/error_codes.h"
#include "catalog/slug.h"

namespace souk::catalog::rules {
namespace {

using Fields = std::vector<FieldError>;

bool is_text(const std::string& text) {
  return is_utf8(text) && text.find('\0') == std::string::npos;
}

void check_name(const std::string& name, Fields& errors) {
  if (auto problem = line_problem(name, 1, kMaxNameLength)) {
    errors.push_back({"/name", *std::move(problem)});
  }
}

void check_sku(const std::string& sku, Fields& errors) {
  if (auto problem = sku_problem(sku)) errors.push_back({"/sku", *std::move(problem)});
}

void check_description(const std::string& description, Fields& errors) {
  if (!is_text(description) || utf8_length(description) > kMaxDescriptionLength) {
    errors.push_back(
        {"/description", fmt::format("must be at most {} characters", kMaxDescriptionLength)});
  }
}

void check_price(const Money& price, Fields& errors) {
  if (price.amount < 0 || price.amount > kMaxPrice) {
    errors.push_back({"/price/amount", fmt::format("must be 0 to {} in minor units", kMaxPrice)});
  }
  if (!iso4217_digits(price.currency.text())) {
    errors.push_back({"/price/currency", "must be the code of a currency in use (ISO 4217)"});
  }
}

void check_category_name(const std::string& name, Fields& errors) {
  if (auto problem = line_problem(name, 1, kMaxCategoryNameLength)) {
    errors.push_back({"/name", *std::move(problem)});
  }
}

void check_slug(const std::optional<std::string>& slug, Fields& errors) {
  if (!slug || is_slug(*slug)) return;
  errors.push_back({"/slug", fmt::format("must be at most {} small letters and digits in words "
                                         "joined by hyphens, and not a UUID",
                                         kMaxSlugLength)});
}

void check_position(const std::optional<std::int32_t>& position, Fields& errors) {
  if (!position || (*position >= 0 && *position <= kMaxPosition)) return;
  errors.push_back({"/position", fmt::format("must be 0 to {}", kMaxPosition)});
}

Result<> conclude(Fields errors, std::string_view what) {
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, fmt::format("{} is not valid", what),
              std::move(errors));
}

}  // namespace

std::optional<std::string> sku_problem(std::string_view sku) {
  if (auto problem = line_problem(sku, 1, kMaxSkuLength)) return problem;
  if (!is_nfc(sku)) return "must be in Unicode's normal form C";
  if (sku.starts_with(' ') || sku.ends_with(' ')) return "must not begin or end with a space";
  return std::nullopt;
}

Result<> check(const ProductDraft& draft) {
  Fields errors;
  if (draft.sku) check_sku(*draft.sku, errors);
  check_name(draft.name, errors);
  check_description(draft.description, errors);
  check_price(draft.price, errors);
  return conclude(std::move(errors), "the product");
}

Result<> check(const ProductPatch& patch) {
  Fields errors;
  if (patch.sku && *patch.sku) check_sku(**patch.sku, errors);
  if (patch.name) check_name(*patch.name, errors);
  if (patch.description) check_description(*patch.description, errors);
  if (patch.price) check_price(*patch.price, errors);
  return conclude(std::move(errors), "the change");
}

Result<> check(const CategoryDraft& draft) {
  Fields errors;
  check_category_name(draft.name, errors);
  check_slug(draft.slug, errors);
  check_position(draft.position, errors);
  return conclude(std::move(errors), "the category");
}

Result<> check(const CategoryPatch& patch) {
  Fields errors;
  if (patch.name) check_category_name(*patch.name, errors);
  check_slug(patch.slug, errors);
  check_position(patch.position, errors);
  return conclude(std::move(errors), "the change");
}

Result<> check(const ProductQuery& query) {
  Fields errors;
  if (query.limit < 1 || query.limit > kMaxPageSize) {
    errors.push_back({"limit", fmt::format("must be 1 to {}", kMaxPageSize)});
  }
  if (query.search.size() > kMaxSearchLength || !is_text(query.search)) {
    errors.push_back({"q", fmt::format("must be at most {} bytes of text", kMaxSearchLength)});
  }
  if (query.sort == ProductSort::kRelevance && query.search.empty()) {
    errors.push_back({"sort", "relevance needs words to search for in q"});
  }
  if (query.sku) {
    if (auto problem = sku_problem(*query.sku)) errors.push_back({"sku", *std::move(problem)});
    if (query.category || !query.search.empty() || query.currency || !query.ids.empty() ||
        query.in_stock || compares_prices(query)) {
      errors.push_back({"sku", "names one product: it stands alone"});
    }
  }
  if (query.ids.size() > kMaxListedIds) {
    errors.push_back({"ids", fmt::format("must be at most {}", kMaxListedIds)});
  }
  if (query.min_price && *query.min_price < 0)
    errors.push_back({"minPrice", "must not be negative"});
  if (query.max_price && *query.max_price < query.min_price.value_or(0)) {
    errors.push_back({"maxPrice", "must not be below minPrice or zero"});
  }
  if (query.after && query.after->sort != query.sort) {
    errors.push_back({"cursor", "belongs to another order of the list"});
  }
  return conclude(std::move(errors), "the query");
}

Result<const SaleItem*> for_sale(std::span<const SaleItem> items, ProductId id) {
  const auto item = std::ranges::lower_bound(items, id, {}, &SaleItem::id);
  if (item == items.end() || item->id != id || !item->is_active) {
    return fail(errors::kUnknownProduct,
                fmt::format("product {} does not exist or is not for sale", id.value.to_string()));
  }
  return &*item;
}

}  // namespace souk::catalog::rules
