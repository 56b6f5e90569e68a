// Leaves secrets out of what results keep of a scenario's text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/problem.h"

namespace steelyard {

// A secret that a scenario, or an override of it, writes out instead of saying where it is.
struct WrittenSecret {
  Place place;
  std::string value;
};

// `text`, which is that source (kNoSource: none), with "…" in place of every secret in it: where
// the YAML says it, however it is written there, and, if it is too long to be a coincidence,
// wherever else, such as in a comment.
inline constexpr int kNoSource = -1;
std::string redacted(std::string text, int source, const std::vector<WrittenSecret>& secrets);

}  // namespace steelyard
