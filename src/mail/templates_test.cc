#include "mail/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace souk::mail {
namespace {

using testing::HasSubstr;
using Value = std::pair<std::string_view, std::string_view>;

class TemplatesTest : public testing::Test {
 protected:
  TemplatesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "souk-texts-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~TemplatesTest() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view name, std::string_view text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string refusal() const { return Templates::load(folder_).error().detail; }
  static Templates::Text filled(const Templates& templates, std::string_view name) {
    const std::array<Value, 3> values = {{{"name", name}, {"link", "L"}, {"minutes", "60"}}};
    return templates.fill("password_reset", values);
  }

  std::filesystem::path folder_;
};

TEST_F(TemplatesTest, AllBuiltInOnesHaveATextWithASubjectAndTheSameInHtml) {
  const auto templates = Templates::load("").value();
  EXPECT_EQ(builtin_templates().size() % 2, 0u);
  const std::array<Value, 3> values = {{{"name", "Ada"}, {"link", "L"}, {"minutes", "60"}}};
  for (const auto& [file, text] : builtin_templates()) {
    const auto filled = templates.fill(file.substr(0, file.find('.')), values);
    EXPECT_NE(filled.subject, "") << file;
    EXPECT_THAT(filled.text, HasSubstr("Hello Ada,\n")) << file;
    EXPECT_THAT(filled.html, HasSubstr("<p>Hello Ada,</p>\n")) << file;
  }
}

TEST_F(TemplatesTest, ValuesAreOneLineAndNoMarkup) {
  const auto text = filled(Templates::load("").value(), "A\r\n<a href='x'>&\"{{link}}");
  EXPECT_THAT(text.text, HasSubstr("Hello A  <a href='x'>&\"{{link}},\n"));
  EXPECT_THAT(text.html,
              HasSubstr("<p>Hello A  &lt;a href=&#39;x&#39;&gt;&amp;&quot;{{link}},</p>\n"));
}

TEST_F(TemplatesTest, FilesOfTheFolderReplaceThoseBuiltIn) {
  write("password_reset.txt", "Subject: For {{name}}\n\n{{link}}{{link}} {{");
  const auto text = filled(Templates::load(folder_).value(), "Ada");
  EXPECT_EQ(text.subject, "For Ada");
  EXPECT_EQ(text.text, "LL {{");
  EXPECT_THAT(text.html, HasSubstr("<p>Hello Ada,</p>"));
}

TEST_F(TemplatesTest, AFileThatCannotBeFilledIsRefused) {
  write("password_reset.html", "{{password}}");
  EXPECT_THAT(refusal(), HasSubstr("password_reset.html: may have only the places {{link}}"));
  write("password_reset.html", "");
  write("password_reset.txt", "Hello");
  EXPECT_THAT(refusal(), HasSubstr("password_reset.txt: must begin with a line \"Subject: ...\""));
  std::filesystem::remove(folder_ / "password_reset.txt");
  std::filesystem::create_directory(folder_ / "password_reset.txt");
  EXPECT_THAT(refusal(), HasSubstr("password_reset.txt: cannot be read"));
}

TEST(HarmlessName, IsNoLinkAndNoAddress) {
  for (const auto* name : {"Ada", "J. R. Smith", "Dr.", "O'Neill-Müller", "名前"}) {
    EXPECT_EQ(harmless_name(name, "x"), name);
  }
  for (const auto* name :
       {"https://evil", "evil.example", "a@b", "www.evil", "evil.example.", "a/b"}) {
    EXPECT_EQ(harmless_name(name, "x"), "x") << name;
  }
}

}  // namespace
}  // namespace souk::mail
