#include "http/output.h"

#include <gtest/gtest.h>

namespace souk::http {
namespace {

std::string left_in(const Output& out) {
  Output::Pieces pieces;
  std::string text;
  for (const auto& [base, size] : out.pieces(pieces)) {
    text.append(static_cast<const char*>(base), size);
  }
  return text;
}

TEST(Output, KeepsTextAndLargeBodiesInOrderAndResumesAnywhere) {
  const std::string large(Output::kCopiedBodyBytes + 1, 'L');
  const std::string expected = "head1" + large + "head2small" + large + "tail";
  for (std::size_t step = 1; step < expected.size(); step += 997) {
    Output out;
    out.text().append("head1");
    out.append(Body(large));
    out.text().append("head2");
    out.append(Body(std::string("small")));
    out.append(Body(large));
    out.text().append("tail");
    for (std::size_t sent = 0; !out.empty();) {
      ASSERT_EQ(left_in(out), expected.substr(sent));
      const auto n = std::min(step, out.size());
      out.sent(n);
      sent += n;
    }
  }
}

TEST(Output, ALargeBodyIsNotCopied) {
  const auto body = std::make_shared<const std::string>(Output::kCopiedBodyBytes + 1, 'x');
  Output out;
  out.append(Body(body));
  Output::Pieces pieces;
  EXPECT_EQ(out.pieces(pieces)[0].iov_base, body->data());
}

TEST(Output, IsFullBeforeThereAreMorePiecesThanTheKernelTakes) {
  const auto body = std::make_shared<const std::string>(Output::kCopiedBodyBytes + 1, 'x');
  Output out;
  std::size_t bodies = 0;
  for (; !out.full(); ++bodies) {
    out.text().append("h");
    out.append(Body(body));
  }
  EXPECT_LE(bodies, Output::kMaxBodies);
  EXPECT_EQ(left_in(out).size(), bodies * (body->size() + 1));
}

}  // namespace
}  // namespace souk::http
