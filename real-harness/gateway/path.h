// One reading of a request's path for everybody: what routes and authorization are decided on is
// what is sent on.
//
// A path is taken apart as nginx does (percent-decoding, "//" merged, "." and ".." resolved), and
// what is forwarded is written anew from the outcome, so that no escape can hide a segment from a
// rule here and show it to the service behind. What two programs may read in two ways is refused:
//
//   %00 and other control characters, decoded or not     '\' and %5C: a '/' to some
//   %2F: a '/' to some and a letter of a name to others  '#' and '%' without two digits
//   ".." above the root                                  "..;x": ".." to those who know parameters
//   what does not decode to UTF-8: overlong forms of '.' and '/'
//
// [RFC 3986, sections 2.3, 3.3, 6.2.2; nginx 1.22, ngx_http_parse_complex_uri]
//
// Pure; an object belongs to one thread and keeps its memory.
#pragma once

#include <string>
#include <string_view>

namespace steelyard::live::gateway {

class NormalPath {
 public:
  // False if the path (of a request target, without the query) must be refused with 400.
  bool assign(std::string_view path);

  // Both begin with '/', hold as many '/' as each other, and are valid until the next assign() or
  // the end of what was assigned.
  std::string_view decoded() const { return decoded_; }  // to compare: "/user/a b"
  std::string_view encoded() const { return encoded_; }  // to send: "/user/a%20b"
  const char* why() const { return why_; }               // it was refused: a few words for the log

 private:
  bool rewrite(std::string_view path);
  // Ends the segment that begins at these places; false above the root. `more`: a '/' follows.
  bool end_segment(std::size_t& decoded_begin, std::size_t& encoded_begin, bool more);
  bool refuse(const char* why);

  std::string_view decoded_;
  std::string_view encoded_;
  std::string decoded_text_;
  std::string encoded_text_;
  const char* why_ = "";
};

// Appends `path` (decoded, as in a scenario) with everything escaped that needs to be.
void append_encoded_path(std::string& out, std::string_view path);

}  // namespace steelyard::live::gateway
