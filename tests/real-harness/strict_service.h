// A service that accepts only what no two programs can read in two ways: the test's own reading of
// what a gateway forwards, without a line of the codec that the gateway has.
//
// CRLF ends lines, nothing else; one space in the request line's gaps; "name: value" of visible
// characters; one Host; either no length, one of digits, or exactly "chunked" with bare sizes.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "real-harness/os/address.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::live::hostile {

struct StrictRequest {
  std::string target;
  std::string id;  // of X-Case, "" without one
};

// The reading of one request, from the front of what has come.
class StrictReading {
 public:
  explicit StrictReading(std::string& input) : input_(input) {}

  // Takes the request off the input; nothing if it is not complete, or not plain: see breach().
  std::optional<StrictRequest> take() {
    const std::size_t head_end = input_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    if (!read_head(std::string_view(input_).substr(0, head_end + 2))) return std::nullopt;
    std::size_t at = head_end + 4;
    if (!(chunked_ ? pass_chunks(at) : pass_length(at))) return std::nullopt;
    input_.erase(0, at);
    return std::move(request_);
  }
  const std::string& breach() const { return breach_; }

 private:
  bool wrong(const char* why) {
    breach_ = std::string(why) + ": " + input_.substr(0, 2000);
    return false;
  }

  bool read_head(std::string_view head) {
    std::size_t begin = 0;
    for (bool first = true; begin < head.size(); first = false) {
      const std::size_t end = head.find("\r\n", begin);
      const std::string_view line = head.substr(begin, end - begin);
      begin = end + 2;
      for (const char c : line)
        if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f')
          return wrong("control character");
      if (!(first ? read_request_line(line) : read_header(line))) return false;
    }
    if (hosts_ != 1) return wrong("no Host");
    if (chunked_ && length_) return wrong("two lengths");
    return true;
  }

  bool read_request_line(std::string_view line) {
    const std::size_t one = line.find(' ');
    if (one == 0 || one == std::string_view::npos) return wrong("method");
    const std::size_t two = line.find(' ', one + 1);
    if (two == std::string_view::npos || line.substr(two) != " HTTP/1.1") return wrong("version");
    if (line[one + 1] != '/') return wrong("target");
    request_.target = line.substr(one + 1, two - one - 1);
    return true;
  }

  bool read_header(std::string_view line) {
    const std::size_t colon = line.find(": ");
    if (colon == 0 || colon == std::string_view::npos) return wrong("header line");
    std::string name;
    for (const char c : line.substr(0, colon)) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && (c < '0' || c > '9') &&
          std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos)
        return wrong("header name");
      name += letter ? static_cast<char>(c | ' ') : c;
    }
    const std::string_view value = line.substr(colon + 2);
    if (name == "host" && ++hosts_ > 1) return wrong("several Host");
    if (name == "x-case") request_.id = value;
    if (name == "transfer-encoding") {
      if (chunked_ || value != "chunked") return wrong("Transfer-Encoding");
      chunked_ = true;
    }
    if (name == "content-length") {
      if (length_ || value.empty() || value.size() > 18 ||
          value.find_first_not_of("0123456789") != std::string_view::npos)
        return wrong("Content-Length");
      length_ = std::stoull(std::string(value));
    }
    return true;
  }

  bool pass_length(std::size_t& at) const {
    if (input_.size() - at < length_.value_or(0)) return false;
    at += length_.value_or(0);
    return true;
  }

  bool pass_chunks(std::size_t& at) {
    for (;;) {
      const std::size_t end = input_.find("\r\n", at);
      if (end == std::string::npos) return false;
      const std::string digits = input_.substr(at, end - at);
      if (digits.empty() || digits.size() > 12 ||
          digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
        return wrong("chunk size");
      const std::size_t size = std::stoull(digits, nullptr, 16);
      if (input_.size() < end + 4 + size) return false;
      if (input_.compare(end + 2 + size, 2, "\r\n") != 0) return wrong("end of a chunk");
      at = end + 4 + size;
      if (size == 0) return true;
    }
  }

  std::string& input_;
  std::string breach_;
  StrictRequest request_;
  std::optional<std::size_t> length_;
  int hosts_ = 0;
  bool chunked_ = false;
};

// Serves until it goes out of scope; every answer's body is the request's X-Case.
class StrictService {
 public:
  StrictService() : listener_(listening_socket()), thread_([this] { run(); }) {}
  StrictService(const StrictService&) = delete;
  StrictService& operator=(const StrictService&) = delete;
  ~StrictService() {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  std::string url() const { return "http://" + to_text(address_of(listener_.get())); }
  // How often each target came, and what was not plain.
  std::map<std::string, int> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }
  std::vector<std::string> breaches() const {
    const std::lock_guard lock(mutex_);
    return breaches_;
  }

 private:
  struct Connection {
    Descriptor socket;
    std::string input;
  };

  void run() {
    std::vector<Connection> connections;
    for (;;) {
      std::vector<pollfd> waits{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                                {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
      for (const Connection& connection : connections)
        waits.push_back({.fd = connection.socket.get(), .events = POLLIN, .revents = 0});
      if (poll(waits.data(), waits.size(), -1) < 0) continue;
      if (waits[0].revents != 0) return;
      for (std::size_t c = connections.size(); c-- > 0;)
        if (waits[c + 2].revents != 0 && !serve(connections[c]))
          connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(c));
      if (waits[1].revents == 0) continue;
      Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket) connections.push_back({std::move(socket), ""});
    }
  }

  // False if the connection is at its end.
  bool serve(Connection& connection) {
    char bytes[16384];  // NOLINT(modernize-avoid-c-arrays): for recv
    const ssize_t got = ::recv(connection.socket.get(), bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    connection.input.append(bytes, static_cast<std::size_t>(got));
    for (;;) {
      StrictReading reading(connection.input);
      const std::optional<StrictRequest> request = reading.take();
      const std::lock_guard lock(mutex_);
      if (!reading.breach().empty()) {
        breaches_.push_back(reading.breach());
        return false;
      }
      if (!request) return true;
      ++targets_[request->target];
      const std::string answer =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request->id.size()) + "\r\n\r\n" +
          request->id;
      ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  Descriptor listener_;
  Descriptor stop_{eventfd(0, EFD_CLOEXEC)};
  mutable std::mutex mutex_;
  std::map<std::string, int> targets_;
  std::vector<std::string> breaches_;
  std::thread thread_;
};

}  // namespace steelyard::live::hostile
