// Joins the answers of several services as one JSON object.
//
//   {"user": {"id": 7}, "orders": {"error": {"status": 504, "reason": "timeout"}}}
//
// A JSON body stands there as it came, byte by byte, once it is known to be JSON; another text as a
// string, other bytes as {"base64": "…"}, an empty body as null. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace steelyard::live::gateway {

struct PartAnswer {
  std::string_view name;  // its key
  bool optional = false;  // the whole may succeed without it
  enum class Failure : std::uint8_t {
    none,         // there is an answer
    timeout,      // not in time
    unavailable,  // no connection, no instance, or it broke off
    too_large,    // its body is beyond limits.part_size
  } failure = Failure::none;
  int status = 200;               // of the answer
  std::string_view content_type;  // "application/json; charset=utf-8"
  std::string_view body;
};

struct Joined {
  // 200 if every part that is required succeeded (2xx); 504 if one of them was not in time; else
  // 502. An answer of 4xx or 5xx is a failure, and so is one that calls itself JSON and is not.
  int status = 200;
  std::string body;  // with a line end
};
// REQUIRES: each name once.
Joined join(std::span<const PartAnswer> parts);

}  // namespace steelyard::live::gateway
