// The part of JSON Schema (draft 7) that results.schema.json uses, checked: enough to hold what is
// written against what is published.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reports/json_text.h"

namespace steelyard::testing {

class SchemaChecker {
 public:
  explicit SchemaChecker(Json schema) : schema_(std::move(schema)) {}

  // Every way in which the document is not as the schema says; empty if it is valid.
  std::vector<std::string> problems(const Json& document) const {
    std::vector<std::string> all;
    check(schema_, document, "$", all);
    return all;
  }

 private:
  using Problems = std::vector<std::string>;

  static bool is(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return false;  // an unknown type is a mistake in the schema and must show
  }

  void check(const Json& schema, const Json& value, const std::string& at, Problems& all) const {
    static const std::vector<std::string> kKnown{"$schema",
                                                 "title",
                                                 "description",
                                                 "definitions",
                                                 "$ref",
                                                 "type",
                                                 "enum",
                                                 "anyOf",
                                                 "required",
                                                 "properties",
                                                 "additionalProperties",
                                                 "items",
                                                 "minItems",
                                                 "maxItems",
                                                 "minimum",
                                                 "maximum"};
    for (const auto& [key, unused] : schema.items())
      if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
        all.push_back("the checker does not know " + key);
    if (schema.contains("$ref")) {
      const std::string name = schema.at("$ref").get<std::string>().substr(14);  // #/definitions/
      check(schema_.at("definitions").at(name), value, at, all);
      return;
    }
    check_kind(schema, value, at, all);
    if (value.is_object()) check_object(schema, value, at, all);
    if (value.is_array()) check_array(schema, value, at, all);
  }

  void check_kind(const Json& schema, const Json& value, const std::string& at,
                  Problems& all) const {
    if (schema.contains("type")) {
      const Json& type = schema.at("type");
      const bool fits = type.is_array()
                            ? std::any_of(type.begin(), type.end(),
                                          [&](const Json& each) { return is(value, each); })
                            : is(value, type);
      if (!fits) all.push_back(at + ": is not a " + compact(type));
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      all.push_back(at + ": is none of " + compact(schema["enum"]));
    if (schema.contains("anyOf")) {
      const bool fits =
          std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(), [&](const Json& each) {
            Problems inner;
            check(each, value, at, inner);
            return inner.empty();
          });
      if (!fits) all.push_back(at + ": fits none of the alternatives");
    }
    if (value.is_number()) {
      if (schema.contains("minimum") && value < schema["minimum"])
        all.push_back(at + ": too small");
      if (schema.contains("maximum") && value > schema["maximum"])
        all.push_back(at + ": too large");
    }
  }

  void check_object(const Json& schema, const Json& value, const std::string& at,
                    Problems& all) const {
    const Json properties = schema.value("properties", Json::object());
    for (const Json& key : schema.value("required", Json::array()))
      if (!value.contains(key.get<std::string>())) all.push_back(at + ": lacks " + compact(key));
    for (const auto& [key, element] : value.items()) {
      const std::string place = at + "." + key;
      if (properties.contains(key)) {
        check(properties.at(key), element, place, all);
      } else if (schema.contains("additionalProperties")) {
        const Json& others = schema.at("additionalProperties");
        if (others.is_object()) check(others, element, place, all);
        if (others == false) all.push_back(place + ": is not in the schema");
      }
    }
  }

  void check_array(const Json& schema, const Json& value, const std::string& at,
                   Problems& all) const {
    if (schema.contains("minItems") && value.size() < schema["minItems"].get<std::size_t>())
      all.push_back(at + ": too short");
    if (schema.contains("maxItems") && value.size() > schema["maxItems"].get<std::size_t>())
      all.push_back(at + ": too long");
    if (schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        check(schema["items"], value[i], fmt::format("{}[{}]", at, i), all);
  }

  Json schema_;
};

}  // namespace steelyard::testing
