// Result<T>: a value, or the reason why there is none. For what a user can get wrong; broken
// invariants abort instead (core/check.h).
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <variant>

#include "core/check.h"

namespace steelyard {

// What went wrong, as one sentence without a final full stop: "got -3, expected at least 1".
struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that `return value;` and `return Error{…};` both read naturally.
  template <class U>
  requires std::convertible_to<U, T> Result(U&& value)
      : state_(std::in_place_type<T>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() {
    STEELYARD_CHECK(ok(), "the value of a failed result was taken");
    return std::get<T>(state_);
  }
  const T& value() const {
    STEELYARD_CHECK(ok(), "the value of a failed result was taken");
    return std::get<T>(state_);
  }
  // REQUIRES: !ok().
  const std::string& error() const { return std::get<Error>(state_).message; }

 private:
  std::variant<T, Error> state_;
};

}  // namespace steelyard
