// Balancers to instantiate a suite of tests with, and what each is called there.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard {

// What GoogleTest prints in a failure; it looks in the type's own namespace.
inline void PrintTo(const Named& named, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << to_text(named, Catalogue::find(Balancer::kKind, named.name)->parameters);
}

namespace test {

inline const StrategyInfo& info_of(const Named& named) {
  return *Catalogue::find(Balancer::kKind, named.name);
}

// `base`, and it with each flag turned and each choice taken in turn.
inline std::vector<Named> with_each_choice(const Named& base, const StrategyInfo& info) {
  std::vector<Named> variants{base};
  for (const Parameter& parameter : info.parameters) {
    std::vector<Value> values;
    if (parameter.type == Type::boolean) values = {{true}, {false}};
    for (const std::string& choice : parameter.choices) values.push_back({choice});
    for (const Value& value : values) {
      if (value == parameter.fallback) continue;
      variants.push_back(base);
      variants.back().settings.set(parameter.name, value);
    }
  }
  return variants;
}

// Every balancer with its defaults, and all choices.
inline std::vector<Named> all_variants() {
  std::vector<Named> variants;
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind))
    for (Named& variant : with_each_choice(defaults(Balancer::kKind, info->name), *info))
      variants.push_back(std::move(variant));
  return variants;
}

inline std::vector<Named> default_variants() {
  std::vector<Named> variants;
  for (const StrategyInfo* info : Catalogue::of_kind(Balancer::kKind))
    variants.push_back(defaults(Balancer::kKind, info->name));
  return variants;
}

inline std::string test_name(const testing::TestParamInfo<Named>& param) {
  std::string name = to_text(param.param, info_of(param.param).parameters);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

}  // namespace test
}  // namespace steelyard
