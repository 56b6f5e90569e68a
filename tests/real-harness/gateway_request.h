// Requests and answers for the gateway's tests, as they would come over a connection.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "real-harness/http/http1.h"

namespace steelyard::live::gateway::test {

// A parsed head together with the bytes that it points into.
template <class Head>
struct Message {
  std::unique_ptr<const std::string> bytes;
  Head head;
};

// "\n" in `text` stands for CRLF; the empty line is added.
inline std::string on_the_wire(std::string_view text) {
  std::string bytes;
  for (const char c : text) bytes += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return bytes + "\r\n\r\n";
}

inline Message<http::RequestHead> request(std::string_view text) {
  Message<http::RequestHead> message{std::make_unique<std::string>(on_the_wire(text)), {}};
  http::HeadScanner scanner;
  const http::Parsed parsed = http::parse_request(*message.bytes, message.head, scanner);
  EXPECT_EQ(parsed.state, http::Parsed::State::done) << parsed.why << " in " << text;
  return message;
}

inline Message<http::ResponseHead> response(std::string_view text, bool to_head = false) {
  Message<http::ResponseHead> message{std::make_unique<std::string>(on_the_wire(text)), {}};
  http::HeadScanner scanner;
  const http::Parsed parsed = http::parse_response(*message.bytes, to_head, message.head, scanner);
  EXPECT_EQ(parsed.state, http::Parsed::State::done) << parsed.why << " in " << text;
  return message;
}

inline Message<http::RequestHead> get(std::string_view path, std::string_view host = "a.example") {
  return request("GET " + std::string(path) + " HTTP/1.1\nHost: " + std::string(host));
}

}  // namespace steelyard::live::gateway::test
