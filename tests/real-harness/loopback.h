// A server and a raw client on one reactor, for tests that read like transcripts of a connection.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "real-harness/os/address.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live {

inline constexpr std::uint32_t kLoopback = 0x7f000001;

inline Descriptor listening_socket() {
  Result<Descriptor> listener = listen_at(ipv4(kLoopback, 0));
  EXPECT_TRUE(listener.ok());
  return std::move(listener.value());
}

// Runs a reactor on a thread of its own until it goes out of scope.
class Background {
 public:
  explicit Background(Reactor& reactor) : reactor_(reactor), thread_([&] { reactor_.run(); }) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() {
    reactor_.stop();
    thread_.join();
  }

 private:
  Reactor& reactor_;
  std::thread thread_;
};

// A client that says exactly the bytes it is given; or a server's side of a connection.
class RawClient {
 public:
  explicit RawClient(Descriptor connected) : socket_(std::move(connected)), connected_(true) {}
  explicit RawClient(const Address& address)
      : socket_(::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    connected_ = ::connect(socket_.get(), address.raw(), address.length) == 0;
  }
  bool connected() const { return connected_; }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void end_sending() { ::shutdown(socket_.get(), SHUT_WR); }
  int fd() const { return socket_.get(); }

  // What comes until `enough` holds, or the end ("… END"), or a reset ("… RESET"), or nothing for
  // five seconds ("… NOTHING MORE"). Dates are left out.
  std::string hear(const std::function<bool(const std::string&)>& enough) {
    std::string heard;
    while (!enough(heard)) {
      pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, 5000) <= 0) return without_dates(heard) + " NOTHING MORE";
      char bytes[4096];  // NOLINT(modernize-avoid-c-arrays): for recv
      const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
      if (got < 0) return without_dates(heard) + " RESET";
      if (got == 0) return without_dates(heard) + " END";
      heard.append(bytes, static_cast<std::size_t>(got));
    }
    return without_dates(heard);
  }
  std::string hear_all() {
    return hear([](const std::string&) { return false; });
  }
  // Until this many times this text has come.
  std::string hear_until(const std::string& text, int times = 1) {
    return hear([&](const std::string& heard) {
      int found = 0;
      for (std::size_t at = heard.find(text); at != std::string::npos;
           at = heard.find(text, at + 1))
        ++found;
      return found >= times;
    });
  }

 private:
  static std::string without_dates(std::string text) {
    for (std::size_t at = text.find("Date: "); at != std::string::npos; at = text.find("Date: "))
      text.erase(at, text.find("\r\n", at) + 2 - at);
    return text;
  }

  Descriptor socket_;
  bool connected_ = false;
};

}  // namespace steelyard::live
