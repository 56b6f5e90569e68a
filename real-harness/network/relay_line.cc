#include "real-harness/network/relay_line.h"

#include <algorithm>

namespace steelyard::live {

void RelayLine::add(Piece piece) {
  if (!empty()) piece.due = std::max(piece.due, pieces_.back().due);
  pieces_.push_back(piece);
}

void RelayLine::push(std::string_view bytes, Instant due) {
  add({.due = due, .bytes = bytes.size()});
  text_.append(bytes);
}

void RelayLine::push(Kind end_or_reset, Instant due) { add({.due = due, .kind = end_or_reset}); }

void RelayLine::pop() {
  text_begin_ += front().bytes;
  ++begin_;
  if (empty()) return clear();
  // What was taken out goes when it is most of what is there, so that each byte moves once or
  // twice.
  if (begin_ >= 64 && 2 * begin_ >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  if (text_begin_ >= 65'536 && 2 * text_begin_ >= text_.size()) {
    text_.erase(0, text_begin_);
    text_begin_ = 0;
  }
}

void RelayLine::clear() {
  pieces_.clear();
  text_.clear();
  begin_ = text_begin_ = 0;
}

}  // namespace steelyard::live
