// Bodies: BodyReader and the chunk encoder. [RFC 9112 6, 7]
#include <algorithm>
#include <charconv>
#include <limits>

#include "real-harness/http/http1.h"
#include "real-harness/http/http1_characters.h"

namespace steelyard::live::http {
namespace {

constexpr std::uint32_t kOverheadMax = 16 * 1024;
constexpr std::uint64_t kLengthMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint8_t kDigitsMax = 16;  // leading zeros cannot go on for ever either

}  // namespace

BodyReader::BodyReader(const Head& head) : framing_(head.framing) {
  left_ = framing_ == Framing::length ? head.content_length : 0;
  done_ = framing_ == Framing::none || (framing_ == Framing::length && left_ == 0);
}

bool BodyReader::done() const { return done_; }

BodyReader::Piece BodyReader::next(std::string_view input) {
  Piece piece;
  if (done_) {
    piece.done = true;
    return piece;
  }
  if (framing_ == Framing::chunked) return next_chunked(input);
  piece.data = input;
  if (framing_ == Framing::length) {
    piece.data =
        input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
    left_ -= piece.data.size();
    done_ = left_ == 0;
  }
  piece.consumed = piece.data.size();
  piece.done = done_;
  return piece;
}

// Data of one chunk at most, with the framing on both sides of it.
BodyReader::Piece BodyReader::next_chunked(std::string_view input) {
  Piece piece;
  std::size_t& at = piece.consumed;
  while (at < input.size() && !done_) {
    if (place_ == Place::data) {
      if (!piece.data.empty()) break;
      piece.data = input.substr(
          at, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at)));
      at += piece.data.size();
      left_ -= piece.data.size();
      if (left_ == 0) place_ = Place::data_cr;
    } else if (take(input[at])) {
      ++at;
    } else {
      // Data that came before the break is handed out first; the next call meets the break again.
      piece.bad = piece.data.empty();
      return piece;
    }
  }
  piece.done = done_;
  return piece;
}

// One byte of framing. False, and nothing changed, if it is wrong there.
bool BodyReader::take(char c) {
  switch (place_) {
    case Place::data_cr:
      return expect(c, '\r', Place::data_lf);
    case Place::data_lf:
      return expect(c, '\n', Place::size);
    case Place::size:
    case Place::space:
    case Place::extension:
    case Place::size_lf:
      return take_of_size(c);
    default:
      return take_of_trailer(c);
  }
}

bool BodyReader::expect(char c, char wanted, Place next) {
  if (c != wanted) return false;
  place_ = next;
  return true;
}

bool BodyReader::take_of_size(char c) {
  switch (place_) {
    case Place::size:
      if (is(c, kHex)) {
        if (digits_ == kDigitsMax || left_ > kLengthMax >> 4) return false;
        left_ = left_ << 4 | hex_value(c);
        ++digits_;
        return true;
      }
      if (digits_ == 0) return false;
      [[fallthrough]];
    case Place::space:
      if (is_blank(c)) return count_overhead(Place::space);
      if (c == ';') return count_overhead(Place::extension);
      return expect(c, '\r', Place::size_lf);
    case Place::extension:
      if (is(c, kText)) return count_overhead(Place::extension);
      return expect(c, '\r', Place::size_lf);
    default:  // size_lf
      if (c != '\n') return false;
      digits_ = 0;
      overhead_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(overhead_, left_));
      place_ = left_ == 0 ? Place::trailer : Place::data;
      return true;
  }
}

bool BodyReader::take_of_trailer(char c) {
  switch (place_) {
    case Place::trailer:
      // No blank: a folded line.
      if (is(c, kToken)) return count_overhead(Place::trailer_name);
      return expect(c, '\r', Place::end_lf);
    case Place::trailer_name:
      if (is(c, kToken)) return count_overhead(Place::trailer_name);
      return expect(c, ':', Place::trailer_value);
    case Place::trailer_value:
      if (is(c, kText)) return count_overhead(Place::trailer_value);
      return expect(c, '\r', Place::trailer_lf);
    case Place::trailer_lf:
      return expect(c, '\n', Place::trailer);
    default:  // end_lf
      done_ = c == '\n';
      return done_;
  }
}

bool BodyReader::count_overhead(Place next) {
  if (overhead_ == kOverheadMax) return false;
  ++overhead_;
  place_ = next;
  return true;
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  char line[18];
  char* end = std::to_chars(line, line + 16, data.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line, end);
  out.append(data);
  out.append("\r\n", 2);
}

}  // namespace steelyard::live::http
