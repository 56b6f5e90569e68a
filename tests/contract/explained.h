// What every registered strategy says of itself, for `list` and `explain`.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "core/registry.h"

namespace steelyard::test {

inline void expect_explained(const StrategyInfo& info) {
  EXPECT_FALSE(info.summary.empty());
  EXPECT_LE(info.summary.size(), 90) << "the summary is one line of a list";
  EXPECT_EQ(info.summary.back(), '.');
  std::size_t sentences = 0;
  for (std::size_t i = 0; i < info.doc.size(); ++i)
    if (info.doc[i] == '.' && (i + 1 == info.doc.size() || info.doc[i + 1] == ' ')) ++sentences;
  EXPECT_GE(sentences, 3) << "what it does, when to use it, when not: " << info.doc;
  EXPECT_FALSE(info.formula.empty());
  EXPECT_EQ(info.cost.substr(0, 2), "O(");
  EXPECT_FALSE(info.source.empty());
  for (const Parameter& parameter : info.parameters) {
    EXPECT_FALSE(parameter.doc.empty()) << parameter.name;
    EXPECT_FALSE(parameter.source.empty()) << "who else has this default: " << parameter.name;
    EXPECT_TRUE(parameter.fallback.given()) << parameter.name;
  }
}

}  // namespace steelyard::test
