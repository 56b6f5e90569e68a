// What is under way in one direction of a relayed connection: bytes and what ends them, in the
// order in which they were sent, none before its time. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace steelyard::live {

class RelayLine {
 public:
  enum class Kind : std::uint8_t { data, end, reset };
  struct Piece {
    Instant due;
    std::size_t bytes = 0;
    Kind kind = Kind::data;
  };

  bool empty() const { return begin_ == pieces_.size(); }
  std::size_t bytes() const { return text_.size() - text_begin_; }

  // Adds what is to arrive at `due`, or when the one before it does, if that is later.
  void push(std::string_view bytes, Instant due);
  void push(Kind end_or_reset, Instant due);

  // REQUIRES of these: !empty().
  const Piece& front() const { return pieces_[begin_]; }
  std::string_view front_bytes() const {
    return std::string_view(text_).substr(text_begin_, front().bytes);
  }
  void pop();

  void clear();

 private:
  void add(Piece piece);

  std::vector<Piece> pieces_;  // from begin_ on
  std::size_t begin_ = 0;
  std::string text_;  // from text_begin_ on
  std::size_t text_begin_ = 0;
};

}  // namespace steelyard::live
