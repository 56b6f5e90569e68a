#include "reports/page.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

constexpr const char* kTemplate =
    "<title><!--STEELYARD:TITLE--></title><body><!--STEELYARD:RESULTS--></body>";
constexpr const char* kOpening = "<script type=\"application/json\" id=\"results\">";

Json results(const std::string& name, const std::string& question) {
  return {{"scenario", {{"name", name}, {"question", question}}}};
}

TEST(RenderHtml, PutsTitleAndResultsIntoTheTemplate) {
  EXPECT_EQ(render_html(kTemplate, results("quickstart", "Which?")),
            "<title>quickstart: Which?</title><body>" + std::string(kOpening) +
                "{\"scenario\":{\"name\":\"quickstart\",\"question\":\"Which?\"}}</script></body>");
}

TEST(RenderHtml, WithoutAQuestionHasTheNameAsTitle) {
  EXPECT_NE(render_html(kTemplate, results("quickstart", "")).find("<title>quickstart</title>"),
            std::string::npos);
}

// A scenario is somebody's file; its text must not become markup.
TEST(RenderHtml, LetsNothingBreakOut) {
  const std::string evil = "</script><script>alert('1')</script>&\"<!--STEELYARD:RESULTS-->";
  const Json json = results(evil, "");
  const std::string page = render_html(kTemplate, json);
  const std::string title = page.substr(7, page.find("</title>") - 7);
  EXPECT_EQ(title.find_first_of("<>\"'"), std::string::npos) << title;
  const std::size_t begin = page.find(kOpening) + std::string(kOpening).size();
  const std::string embedded = page.substr(begin, page.find("</script></body>") - begin);
  EXPECT_EQ(embedded.find('<'), std::string::npos) << embedded;
  EXPECT_EQ(Json::parse(embedded), json);  // and yet it says the same
}

TEST(RenderHtml, EscapesLineSeparators) {
  const Json json = results("a\u2028b\u2029c", "");
  const std::string page = render_html("<!--STEELYARD:RESULTS-->", json);
  EXPECT_EQ(page.find("\u2028"), std::string::npos);
  EXPECT_NE(page.find("a\\u2028b\\u2029c"), std::string::npos) << page;
}

TEST(RenderHtml, LeavesATemplateWithoutMarksAlone) {
  EXPECT_EQ(render_html("<p>", results("x", "")), "<p>");
}

}  // namespace
}  // namespace steelyard
