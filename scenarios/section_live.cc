// What only the live world looks at: `targets:`, `live:`, `via:`, and a client's `request:`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/sections.h"
#include "scenarios/target_url.h"

namespace steelyard::sections {
namespace {

constexpr const char* kTokenPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
// Whoever sends the requests sets these itself: they say where a message ends, and who is spoken
// to.
constexpr std::array<std::string_view, 9> kOwnHeaders{
    "host", "content-length", "transfer-encoding", "connection", "keep-alive",
    "te",   "trailer",        "upgrade",           "expect"};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Codec<std::string> method() {
  return {[](const Node& node, Reader& reader, std::string& value) {
            if (!is_scalar(node) || !is_http_token(node.scalar))
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a method of HTTP such as GET or POST");
            if (node.scalar == "CONNECT")
              return reader.complain(node, "got 'CONNECT', expected a method that asks for a path");
            value = node.scalar;
            return true;
          },
          Json{{"type", "string"}, {"pattern", kTokenPattern}, {"default", "GET"}}};
}

constexpr std::string_view kKey = "{key}";

// `{key}` may stand in it anywhere, any number of times.
Codec<std::string> path() {
  return {[](const Node& node, Reader& reader, std::string& value) {
            std::string rest = is_scalar(node) ? node.scalar : "";
            for (std::size_t at = rest.find(kKey); at != rest.npos; at = rest.find(kKey))
              rest.replace(at, kKey.size(), "0");
            if (!is_request_path(rest) || rest.find_first_of("{}") != rest.npos)
              return reader.complain(node, "got " + describe(node) +
                                               ", expected a path such as /users/{key}: it begins "
                                               "with '/', and writes spaces and other odd "
                                               "characters as %20");
            value = node.scalar;
            return true;
          },
          Json{{"type", "string"}, {"pattern", R"(^/[!"$-~]*$)"}, {"default", "/"}}};
}

bool is_header_value(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (!text.empty() && (is_space(text.front()) || is_space(text.back()))) return false;
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

using Headers = std::vector<std::pair<std::string, std::string>>;

bool read_header(const Node::Entry& entry, Reader& reader, Headers& headers) {
  const Reader::Step step(reader, entry.key, *entry.value);
  const Spot name{entry.place, reader.path()};
  if (!is_http_token(entry.key))
    return reader.complain(name, "got the name " + in_quotes(entry.key) +
                                     ", expected that of a header, such as accept");
  const std::string key = lower(entry.key);
  if (std::find(kOwnHeaders.begin(), kOwnHeaders.end(), key) != kOwnHeaders.end())
    return reader.complain(name, fmt::format("got {}, expected none of {}: the sender sets these",
                                             in_quotes(entry.key), fmt::join(kOwnHeaders, ", ")));
  if (std::any_of(headers.begin(), headers.end(),
                  [&](const auto& header) { return lower(header.first) == key; }))
    return reader.complain(name, "got " + in_quotes(entry.key) + " twice, expected each once");
  if (!is_scalar(*entry.value) || !is_header_value(entry.value->scalar))
    return reader.complain(*entry.value,
                           "got " + describe(*entry.value) +
                               ", expected a text in one line, without spaces at its ends");
  headers.emplace_back(entry.key, entry.value->scalar);
  return true;
}

Codec<Headers> headers() {
  return {
      [](const Node& node, Reader& reader, Headers& value) {
        if (!is_map(node))
          return reader.complain(
              node, "got " + describe(node) + ", expected headers such as {accept: text/plain}");
        bool good = true;
        for (const Node::Entry& entry : node.entries) good &= read_header(entry, reader, value);
        return good;
      },
      Json{{"type", "object"},
           {"patternProperties", {{kTokenPattern, {{"type", {"string", "number", "boolean"}}}}}},
           {"additionalProperties", false}}};
}

// Any text, lines and all.
Codec<std::string> body() {
  return {[](const Node& node, Reader& reader, std::string& value) {
            if (!is_scalar(node))
              return reader.complain(node, "got " + describe(node) + ", expected a text");
            value = node.scalar;
            return true;
          },
          Json{{"type", {"string", "number", "boolean"}}}};
}

Codec<TargetSpec> target() {
  return {[](const Node& node, Reader& reader, TargetSpec& value) {
            if (!is_scalar(node))
              return reader.complain(
                  node, "got " + describe(node) + ", expected a URL such as http://127.0.0.1:8080");
            Result<TargetSpec> parsed = parse_target_url(node.scalar);
            if (!parsed.ok()) return reader.complain(node, parsed.error());
            value = std::move(parsed.value());
            return true;
          },
          Json{{"type", "string"}, {"pattern", R"(^http://[^/?#\s@]+(/[^?#\s]*)?$)"}}};
}

}  // namespace

Codec<HttpRequestSpec> request() {
  return Object<HttpRequestSpec>("A request as HTTP has it.")
      .optional("method", &HttpRequestSpec::method, method(), "Its method.")
      .optional("path", &HttpRequestSpec::path, path(),
                "Its path, and query; `{key}` stands for the request's key, from 0.")
      .optional("headers", &HttpRequestSpec::headers, headers(), "Headers by name. Default: none.")
      .optional("body", &HttpRequestSpec::body, body(), "What is sent. Default: nothing.")
      .codec();
}

// Maps the service's name to its URLs.
Codec<TargetsDraft> targets() {
  return as<TargetsDraft>(
      codec::list_of(target(), "URLs such as http://127.0.0.1:8080"),
      [](std::vector<TargetSpec> urls, TargetsDraft& value) { value.urls = std::move(urls); });
}

Codec<LiveDraft> live() {
  return Object<LiveDraft>("How the live world plays the instances that it models.")
      .optional("work", &LiveDraft::work,
                as<Work>(codec::choice({"timer", "processor"}, "timer"),
                         [](const std::string& text, Work& value) {
                           value = text == "timer" ? Work::timer : Work::processor;
                         }),
                "Whether a request waits for its service time, or burns it as processor time.")
      .codec();
}

Codec<Via> via() {
  return as<Via>(codec::choice({kViaNames.begin(), kViaNames.end()}, "channel"),
                 [](const std::string& text, Via& value) {
                   const auto* const found = std::find(kViaNames.begin(), kViaNames.end(), text);
                   value = static_cast<Via>(found - kViaNames.begin());
                 });
}

}  // namespace steelyard::sections
