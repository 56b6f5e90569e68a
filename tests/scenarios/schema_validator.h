// A validator for the keywords of JSON Schema (draft-07) that scenario_schema() uses, and YAML seen
// as JSON, as an editor's language server sees it. An unknown keyword fails the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "scenarios/codec.h"
#include "scenarios/quantities.h"
#include "scenarios/yaml_tree.h"

namespace steelyard {

// The value of a plain scalar in YAML's core schema. [YAML 1.2, section 10.3]
inline Json json_of_scalar(const Node& node) {
  const std::string& text = node.scalar;
  if (node.quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  if (const auto integer = parse_integer(text); integer.ok()) return integer.value();
  if (const auto number = parse_number(text); number.ok()) return number.value();
  return text;
}

inline Json json_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::scalar:
      return json_of_scalar(node);
    case Node::Kind::list: {
      Json list = Json::array();
      for (const NodePtr& item : node.items) list.push_back(json_of(*item));
      return list;
    }
    case Node::Kind::map:
      break;
  }
  Json map = Json::object();
  for (const Node::Entry& entry : node.entries) map[entry.key] = json_of(*entry.value);
  return map;
}

class SchemaValidator {
 public:
  explicit SchemaValidator(const Json& schema) : root_(schema) {}

  bool accepts(const Json& value) { return accepts(root_, value); }

 private:
  bool accepts(const Json& schema, const Json& value) {
    for (const auto& [keyword, argument] : schema.items())
      if (!keyword_holds(schema, keyword, argument, value)) return false;
    return true;
  }

  bool keyword_holds(const Json& schema, const std::string& keyword, const Json& argument,
                     const Json& value) {
    static const std::set<std::string> kNotes{"$schema", "title",       "description",
                                              "default", "definitions", "$comment"};
    if (kNotes.contains(keyword)) return true;
    if (keyword == "$ref")
      return accepts(root_.at(Json::json_pointer(argument.get<std::string>().substr(1))), value);
    if (keyword == "anyOf")
      return std::any_of(argument.begin(), argument.end(),
                         [&](const Json& way) { return accepts(way, value); });
    if (keyword == "allOf")
      return std::all_of(argument.begin(), argument.end(),
                         [&](const Json& way) { return accepts(way, value); });
    if (keyword == "const") return value == argument;
    if (keyword == "enum")
      return std::find(argument.begin(), argument.end(), value) != argument.end();
    if (keyword == "type") return type_holds(argument, value);
    if (keyword == "pattern") return !value.is_string() || matches(argument, value);
    if (value.is_number() && number_keyword(keyword)) return number_holds(keyword, argument, value);
    if (number_keyword(keyword)) return true;
    return container_keyword_holds(schema, keyword, argument, value);
  }

  static bool number_keyword(const std::string& keyword) {
    return keyword == "minimum" || keyword == "maximum" || keyword == "exclusiveMinimum";
  }
  static bool number_holds(const std::string& keyword, const Json& bound, const Json& value) {
    const double number = value.get<double>();
    const double limit = bound.get<double>();
    return keyword == "minimum"   ? number >= limit
           : keyword == "maximum" ? number <= limit
                                  : number > limit;
  }

  static bool type_holds(const Json& types, const Json& value) {
    if (types.is_array())
      return std::any_of(types.begin(), types.end(),
                         [&](const Json& type) { return type_holds(type, value); });
    const auto type = types.get<std::string>();
    return type == "object"    ? value.is_object()
           : type == "array"   ? value.is_array()
           : type == "string"  ? value.is_string()
           : type == "boolean" ? value.is_boolean()
           : type == "null"    ? value.is_null()
           : type == "number"  ? value.is_number()
                               : value.is_number_integer();
  }

  bool container_keyword_holds(const Json& schema, const std::string& keyword, const Json& argument,
                               const Json& value) {
    const auto count = [&] { return argument.get<std::size_t>(); };
    if (keyword == "minLength") return !value.is_string() || !value.get<std::string>().empty();
    if (keyword == "items")
      return !value.is_array() || std::all_of(value.begin(), value.end(), [&](const Json& item) {
        return accepts(argument, item);
      });
    if (keyword == "minItems") return !value.is_array() || value.size() >= count();
    if (keyword == "minProperties") return !value.is_object() || value.size() >= count();
    if (keyword == "maxProperties") return !value.is_object() || value.size() <= count();
    if (keyword == "required")
      return !value.is_object() ||
             std::all_of(argument.begin(), argument.end(),
                         [&](const Json& key) { return value.contains(key.get<std::string>()); });
    if (keyword == "properties" || keyword == "patternProperties") return true;  // see below
    if (keyword == "additionalProperties") return !value.is_object() || keys_hold(schema, value);
    ADD_FAILURE() << "the schema uses a keyword that this validator does not know: " << keyword;
    return false;
  }

  // REQUIRES: the schema says what holds of additional properties, as ours always do.
  bool keys_hold(const Json& schema, const Json& value) {
    for (const auto& [key, inner] : value.items()) {
      bool known = false;
      if (schema.contains("properties") && schema["properties"].contains(key)) {
        known = true;
        if (!accepts(schema["properties"][key], inner)) return false;
      }
      if (schema.contains("patternProperties"))
        for (const auto& [pattern, rule] : schema["patternProperties"].items())
          if (matches(pattern, key)) {
            known = true;
            if (!accepts(rule, inner)) return false;
          }
      const Json& others = schema["additionalProperties"];
      if (!known && (others.is_boolean() ? !others.get<bool>() : !accepts(others, inner)))
        return false;
    }
    return true;
  }

  bool matches(const std::string& pattern, const std::string& text) {
    auto known = patterns_.find(pattern);
    if (known == patterns_.end()) known = patterns_.emplace(pattern, std::regex(pattern)).first;
    return std::regex_search(text, known->second);
  }

  const Json& root_;
  std::map<std::string, std::regex> patterns_;
};

}  // namespace steelyard
