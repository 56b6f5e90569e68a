#include "scenarios/gateway_values.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

#include "scenarios/sections.h"

namespace steelyard::sections {
namespace {

// [RFC 9110, 5.6.2]
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_visible(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F;
  });
}

// A text that `accept` takes (and may change); `expected` says what it should be.
Codec<std::string> checked(std::function<bool(std::string&)> accept, std::string expected,
                           const char* pattern) {
  return {[accept = std::move(accept), expected = std::move(expected)](
              const Node& node, Reader& reader, std::string& value) {
            std::string text = node.scalar;
            if (!is_scalar(node) || !accept(text))
              return reader.complain(node, "got " + describe(node) + ", expected " + expected);
            value = std::move(text);
            return true;
          },
          Json{{"type", "string"}, {"pattern", pattern}}};
}

template <class Number>
bool parse_below(std::string_view text, Number limit, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value <= limit;
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos || dot == 0 || dot > 3) return false;
    int value = 0;
    if (!parse_below(text.substr(0, dot), 255, value) || value < 0) return false;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return text.empty();
}

// One label, or several with dots between them.
bool is_host(std::string_view text) {
  bool at_edge = true;  // of a label
  for (const char c : text) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '_';
    if (!word && c != '-' && c != '.') return false;
    if (!word && at_edge) return false;
    at_edge = c == '.';
  }
  return !text.empty() && !at_edge && text.size() <= 253;
}

// Written as requests are compared: decoded, and with nothing left to normalise.
bool is_normal_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > 2048) return false;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (segment == "." || segment == ".." || (segment.empty() && end != path.size())) return false;
    at = end;
  }
  return std::all_of(path.begin(), path.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7F && c != '%' && c != '?' && c != '#' && c != '\\' && c != ';';
  });
}

// A scalar or a list of scalars.
template <class T>
Codec<std::vector<T>> one_or_more(Codec<T> codec, std::string what) {
  const auto one = as<std::vector<T>>(
      codec, [](T item, std::vector<T>& items) { items.assign(1, std::move(item)); });
  return either<std::vector<T>>([](const Node& node) { return node.kind != Node::Kind::list; }, one,
                                codec::list_of(codec, std::move(what)));
}

}  // namespace

bool is_address(std::string_view text) {
  if (is_ipv4(text)) return true;
  return text.size() <= 45 && text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

Codec<ListenDraft> listen_address() {
  return {[](const Node& node, Reader& reader, ListenDraft& value) {
            const std::string_view text = node.scalar;
            const std::size_t colon = text.rfind(':');
            if (is_scalar(node) && colon != std::string_view::npos && colon > 0) {
              std::string_view host = text.substr(0, colon);
              const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
              if (bracketed) host = host.substr(1, host.size() - 2);
              const bool v6 = host.find(':') != std::string_view::npos;
              if (v6 == bracketed && is_address(host) &&
                  parse_below<std::uint16_t>(text.substr(colon + 1), 65535, value.port)) {
                value.host = host;
                return true;
              }
            }
            return reader.complain(node, "got " + describe(node) +
                                             ", expected a numeric address and a port such as "
                                             "127.0.0.1:8080 or [::1]:8080");
          },
          Json{{"type", "string"}, {"pattern", R"(^([0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$)"}}};
}

Codec<std::string> host_pattern() {
  return checked(
      [](std::string& text) {
        text = lower(std::move(text));
        const std::string_view rest = text;
        return is_host(rest.starts_with("*.") ? rest.substr(2) : rest);
      },
      "a host name without port such as shop.example, or *.shop.example for every name below",
      R"(^(\*\.)?[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*$)");
}

Codec<std::string> url_path() {
  return checked(
      [](std::string& text) {
        return is_normal_path(text) && (text == "/" || !text.ends_with('/'));
      },
      "a decoded path such as /api/add, with neither '//', '/./', '/../' nor a '/' at its end",
      R"(^/([^/%?#\\;\s]+(/[^/%?#\\;\s]+)*)?$)");
}

Codec<std::string> rewrite_path() {
  return checked([](std::string& text) { return is_normal_path(text); },
                 "a decoded path such as /users, without '//', '/./' and '/../'",
                 R"(^/([^/%?#\\;\s]+/)*[^/%?#\\;\s]*$)");
}

Codec<std::string> header_name() {
  return checked(
      [](std::string& text) {
        text = lower(std::move(text));
        // Names with '_' never get in: see docs/GATEWAY.md.
        return is_token(text) && text.find('_') == std::string::npos;
      },
      "the name of a header such as x-api-key, without '_'", "^[!#$%&'*+.^`|~0-9A-Za-z-]+$");
}

Codec<std::string> http_method() {
  return checked(
      [](std::string& text) {
        return is_token(text) &&
               std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      },
      "a method in capitals such as GET", "^[!#$%&'*+.^_`|~0-9A-Z-]+$");
}

Codec<std::string> file_name(bool or_dash) {
  return checked(
      [or_dash](std::string& text) {
        return !text.empty() && text.size() <= 1000 && (or_dash || text != "-") &&
               std::none_of(text.begin(), text.end(), [](char c) {
                 return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
               });
      },
      or_dash ? "the name of a file, or \"-\" for standard output" : "the name of a file",
      or_dash ? "^.+$" : "^(.{2,}|[^-])$");
}

Codec<SecretSpec> secret(bool may_be_hash, std::string what) {
  struct Sources {
    std::optional<std::string> env;
    std::optional<std::string> file;
    std::optional<std::string> sha256;
  };
  Object<Sources> sources("Where " + what + " is to be had.");
  sources.optional("env", &Sources::env, codec::name(), "The environment variable that holds it.");
  sources.optional("file", &Sources::file, file_name(false), "The file that holds it.");
  if (may_be_hash)
    sources.optional("sha256", &Sources::sha256,
                     checked(
                         [](std::string& text) {
                           text = lower(std::move(text));
                           return text.size() == 64 &&
                                  text.find_first_not_of("0123456789abcdef") == std::string::npos;
                         },
                         "64 hexadecimal digits", "^[0-9A-Fa-f]{64}$"),
                     "Its SHA-256, so that the file does not tell it.");
  const std::string choices = may_be_hash ? "env, file or sha256" : "env or file";
  sources.rule([choices](const Node& node, Reader& reader, Sources& value) {
    return value.env.has_value() + value.file.has_value() + value.sha256.has_value() == 1 ||
           reader.complain(node, "got " + describe(node) + ", expected one of " + choices);
  });
  const auto full = as<SecretSpec>(sources.codec(), [](Sources read, SecretSpec& value) {
    if (read.env) value = {SecretSpec::Source::environment, *read.env};
    if (read.file) value = {SecretSpec::Source::file, *read.file};
    if (read.sha256) value = {SecretSpec::Source::sha256, *read.sha256};
  });
  // It does not appear in messages.
  const Codec<SecretSpec> text{
      [what, choices](const Node& node, Reader& reader, SecretSpec& value) {
        if (!is_scalar(node) || node.scalar.empty())
          return reader.complain(node, "got " + describe(node) + ", expected " + what +
                                           ", or where it is to be had: " + choices);
        value = {SecretSpec::Source::text, node.scalar};
        reader.note_secret(node);
        return true;
      },
      Json{{"type", {"string", "number"}}, {"minLength", 1}}};
  return either<SecretSpec>([](const Node& node) { return !is_map(node); }, text, full);
}

Codec<std::vector<ApiKeySpec>> api_keys() {
  struct Consumer {
    Located<std::string> name;
    std::vector<SecretSpec> keys;
  };
  const Codec<SecretSpec> visible = secret(true, "the key");
  const Codec<SecretSpec> key{
      [visible](const Node& node, Reader& reader, SecretSpec& value) {
        if (!visible.read(node, reader, value)) return false;
        if (value.source != SecretSpec::Source::text || is_visible(value.value)) return true;
        return reader.complain(node,
                               "got a key that no header can carry, expected visible ASCII "
                               "characters without spaces");
      },
      visible.schema};
  const auto keys = as<Consumer>(
      one_or_more(key, "keys"),
      [](std::vector<SecretSpec> all, Consumer& consumer) { consumer.keys = std::move(all); });
  return as<std::vector<ApiKeySpec>>(
      codec::map_of(keys, "consumer"),
      [](const std::vector<Consumer>& consumers, std::vector<ApiKeySpec>& all) {
        for (const Consumer& consumer : consumers)
          for (const SecretSpec& secret : consumer.keys)
            all.push_back({consumer.name.value, secret});
      });
}

namespace {

// A map from texts that `name` takes to values; each name once, however it is written.
template <class Item, class Value>
Codec<std::vector<Item>> map_from(Codec<std::string> name, Codec<Value> value, std::string what) {
  Json schema{{"type", "object"}};
  if (name.schema.contains("pattern")) {
    const std::string pattern = name.schema["pattern"].template get<std::string>();
    schema["patternProperties"] = Json{{pattern, value.schema}};
    schema["additionalProperties"] = false;
  } else {
    schema["additionalProperties"] = value.schema;
  }
  schema["minProperties"] = 1;
  return {[name, value, what](const Node& node, Reader& reader, std::vector<Item>& items) {
            if (!is_map(node) || node.entries.empty())
              return reader.complain(node, "got " + describe(node) + ", expected a map of " + what);
            items.clear();
            bool good = true;
            std::set<std::string> seen;
            for (const Node::Entry& entry : node.entries) {
              const Reader::Step step(reader, entry.key, *entry.value);
              Node key;
              key.kind = Node::Kind::scalar;
              key.place = entry.place;
              key.scalar = entry.key;
              Item item{};
              good &= name.read(key, reader, item.name);
              if (!item.name.empty() && !seen.insert(item.name).second)
                good = reader.complain(
                    key, "got " + in_quotes(item.name) + " twice, expected each once");
              Value read{};
              good &= value.read(*entry.value, reader, read);
              item.put(std::move(read));
              items.push_back(std::move(item));
            }
            return good;
          },
          std::move(schema)};
}

struct HeaderItem {
  std::string name;
  std::string value;
  void put(std::string text) { value = std::move(text); }
};
struct ClaimItem {
  std::string name;
  std::vector<std::string> values;
  void put(std::vector<std::string> texts) { values = std::move(texts); }
};

// Without white space around it, which no header keeps.
Codec<std::string> header_value() {
  Codec<std::string> codec = codec::text();
  codec.read = [](const Node& node, Reader& reader, std::string& value) {
    if (!codec::text().read(node, reader, value)) return false;
    const bool plain = value.find_first_of("\t\n") == std::string::npos;
    if (plain && !value.starts_with(' ') && !value.ends_with(' ') && !value.empty()) return true;
    return reader.complain(
        node, "got " + describe(node) + ", expected one line without white space around it");
  };
  return codec;
}

}  // namespace

Codec<std::vector<RouteMatch::Header>> header_values() {
  return as<std::vector<RouteMatch::Header>>(
      map_from<HeaderItem>(header_name(), header_value(), "headers and their values"),
      [](std::vector<HeaderItem> items, std::vector<RouteMatch::Header>& headers) {
        for (HeaderItem& item : items)
          headers.push_back({std::move(item.name), std::move(item.value)});
      });
}

Codec<std::vector<AllowSpec::Claim>> claims() {
  return as<std::vector<AllowSpec::Claim>>(
      map_from<ClaimItem>(codec::text(), one_or_more(codec::text(), "values"),
                          "claims and their values"),
      [](std::vector<ClaimItem> items, std::vector<AllowSpec::Claim>& all) {
        for (ClaimItem& item : items) all.push_back({std::move(item.name), std::move(item.values)});
      });
}

}  // namespace steelyard::sections
