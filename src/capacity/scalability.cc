#include "capacity/scalability.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

namespace souk::capacity {
namespace {

using Matrix = std::vector<std::vector<double>>;

// Of the standard error. REQUIRES: degrees > 0.
double quantile(double degrees, double confidence) {
  return boost::math::quantile(boost::math::students_t(degrees), 0.5 + confidence / 2);
}

// Gauss and Jordan's elimination with pivots. Nothing for a singular matrix.
std::optional<Matrix> inverse(Matrix matrix) {
  const std::size_t n = matrix.size();
  Matrix result(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) result[i][i] = 1;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < n; ++row) {
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column])) pivot = row;
    }
    if (matrix[pivot][column] == 0) return std::nullopt;
    std::swap(matrix[pivot], matrix[column]);
    std::swap(result[pivot], result[column]);
    const double by = matrix[column][column];
    for (std::size_t i = 0; i < n; ++i) {
      matrix[column][i] /= by;
      result[column][i] /= by;
    }
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const double times = matrix[row][column];
      for (std::size_t i = 0; i < n; ++i) {
        matrix[row][i] -= times * matrix[column][i];
        result[row][i] -= times * result[column][i];
      }
    }
  }
  return result;
}

struct Fit {
  std::vector<double> coefficients;
  Matrix covariance;
  double variance = 0;  // of an observation with weight one
  double degrees = 0;
};

// Weighted linear least squares by the normal equations. REQUIRES: more rows than columns.
std::optional<Fit> least_squares(const Matrix& rows, std::span<const double> y,
                                 std::span<const double> weights) {
  const std::size_t k = rows.front().size();
  Matrix normal(k, std::vector<double>(k, 0));
  std::vector<double> right(k, 0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t i = 0; i < k; ++i) {
      right[i] += weights[r] * rows[r][i] * y[r];
      for (std::size_t j = 0; j < k; ++j) normal[i][j] += weights[r] * rows[r][i] * rows[r][j];
    }
  }
  auto inverted = inverse(std::move(normal));
  if (!inverted) return std::nullopt;
  Fit fit{.coefficients = std::vector<double>(k, 0), .covariance = *std::move(inverted)};
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < k; ++j) fit.coefficients[i] += fit.covariance[i][j] * right[j];
  }
  double squares = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    double residual = y[r];
    for (std::size_t i = 0; i < k; ++i) residual -= fit.coefficients[i] * rows[r][i];
    squares += weights[r] * residual * residual;
  }
  fit.degrees = static_cast<double>(rows.size() - k);
  fit.variance = squares / fit.degrees;
  for (auto& row : fit.covariance) {
    for (auto& value : row) value *= fit.variance;
  }
  return fit;
}

Estimate around(double value, double error) { return {value, value - error, value + error}; }

// Coefficient i divided by the first, by the delta method.
Estimate ratio(const Fit& fit, std::size_t i, double t) {
  const double a = fit.coefficients[0];
  const double value = fit.coefficients[i] / a;
  const auto& c = fit.covariance;
  const double variance = (c[i][i] - 2 * value * c[0][i] + value * value * c[0][0]) / (a * a);
  return around(value, t * std::sqrt(std::max(variance, 0.0)));
}

}  // namespace

double Scalability::at(double n) const {
  return lambda.value * n / (1 + sigma.value * (n - 1) + kappa.value * n * (n - 1));
}

std::optional<Estimate> Scalability::peak_concurrency() const {
  if (kappa.low <= 0 || sigma.value >= 1) return std::nullopt;
  const auto peak = [this](double cost) { return std::sqrt((1 - sigma.value) / cost); };
  return Estimate{peak(kappa.value), peak(kappa.high), peak(kappa.low)};
}

double Scalability::error_of_mean(std::size_t repeats, double confidence) const {
  return quantile(degrees, confidence) * noise / std::sqrt(static_cast<double>(repeats));
}

Result<Scalability> fit_scalability(std::span<const Throughput> measured, double confidence) {
  constexpr std::size_t kParameters = 3;
  std::set<double> concurrencies;
  Matrix rows;
  std::vector<double> y;
  std::vector<double> weights;
  for (const auto& [n, x] : measured) {
    if (x <= 0) return fail(ErrorCode::kPreconditionFailed, "a throughput of zero has no law");
    concurrencies.insert(n);
    rows.push_back({1, n - 1, n * (n - 1)});
    y.push_back(n / x);
    weights.push_back(x / n * (x / n));
  }
  if (concurrencies.size() < kParameters || rows.size() <= kParameters) {
    return fail(ErrorCode::kPreconditionFailed,
                "the law has three parameters: it needs three concurrencies and four measurements");
  }
  const auto fit = least_squares(rows, y, weights);
  if (!fit || fit->coefficients[0] <= 0) {
    return fail(ErrorCode::kPreconditionFailed, "the measurements do not follow the law");
  }
  const double t = quantile(fit->degrees, confidence);
  const double a = fit->coefficients[0];
  // 1 / a by the delta method, too.
  return Scalability{.lambda = around(1 / a, t * std::sqrt(fit->covariance[0][0]) / (a * a)),
                     .sigma = ratio(*fit, 1, t),
                     .kappa = ratio(*fit, 2, t),
                     .noise = std::sqrt(fit->variance),
                     .degrees = fit->degrees};
}

Result<Line> fit_line(std::span<const Sample> samples, double confidence) {
  Matrix rows;
  std::vector<double> y;
  for (const auto& sample : samples) {
    rows.push_back({1, sample.x});
    y.push_back(sample.y);
  }
  const std::vector<double> weights(y.size(), 1);
  const auto fit = y.size() > 2 ? least_squares(rows, y, weights) : std::nullopt;
  if (!fit) return fail(ErrorCode::kPreconditionFailed, "a line needs three points");
  const double t = quantile(fit->degrees, confidence);
  return Line{around(fit->coefficients[0], t * std::sqrt(fit->covariance[0][0])),
              around(fit->coefficients[1], t * std::sqrt(fit->covariance[1][1]))};
}

}  // namespace souk::capacity
