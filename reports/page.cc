#include "reports/page.h"

#include <utility>

namespace steelyard {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kTitleMark = "<!--STEELYARD:TITLE-->";
constexpr std::string_view kResultsMark = "<!--STEELYARD:RESULTS-->";

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

// '<' and the separators can only stand within strings of JSON, where an escape says the same.
std::string embeddable(const Json& results) {
  const std::string json = compact(results);
  std::string safe;
  safe.reserve(json.size() + json.size() / 64);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = std::string_view(json).substr(i, 3);
    if (json[i] == '<') {
      safe += "\\u003c";
    } else if (rest == "\xe2\x80\xa8"sv || rest == "\xe2\x80\xa9"sv) {
      safe += rest == "\xe2\x80\xa8"sv ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      safe += json[i];
    }
  }
  return safe;
}

std::string title_of(const Json& results) {
  const Json& scenario = results.at("scenario");
  const std::string name = scenario.value("name", "");
  const std::string question = scenario.value("question", "");
  return question.empty() ? name : name + ": " + question;
}

}  // namespace

std::string fill_page(std::string_view template_text, std::string_view title, const Json& results) {
  std::string page(template_text);
  // The title first: results may contain the text of a mark, a title once escaped cannot.
  replace_all(page, kTitleMark, escape_html(title));
  replace_all(
      page, kResultsMark,
      R"(<script type="application/json" id="results">)" + embeddable(results) + "</script>");
  return page;
}

std::string render_html(std::string_view template_text, const Json& results) {
  return fill_page(template_text, title_of(results), results);
}

}  // namespace steelyard
