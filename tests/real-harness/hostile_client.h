// Carries out hostile attempts over many connections at once, and judges what comes back.
//
// Answers are read here by rules of their own: each has a status line, plain header lines, and a
// body of the length it says; nothing stands between or behind them.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "real-harness/os/address.h"
#include "real-harness/os/reactor.h"
#include "tests/real-harness/hostile_requests.h"

namespace steelyard::live::hostile {

struct Answer {
  int status = 0;
  std::string body;
};

struct Heard {
  std::vector<Answer> answers;  // final ones
  std::string rest;             // what is no whole answer (yet)
};

// As many answers as `heard` has.
inline Heard read_answers(std::string_view heard) {
  Heard result;
  for (;;) {
    result.rest = heard;
    const std::size_t head_end = heard.find("\r\n\r\n");
    if (head_end == std::string_view::npos || !heard.starts_with("HTTP/1.1 ")) return result;
    const std::string_view head = heard.substr(0, head_end + 2);
    Answer answer;
    for (const char digit : head.substr(9, 3)) {
      if (digit < '0' || digit > '9') return result;
      answer.status = answer.status * 10 + (digit - '0');
    }
    if (answer.status < 100 || head[12] != ' ') return result;
    std::optional<std::size_t> length;
    for (std::size_t at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
      const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos || line.find_first_of("\r\n") != std::string_view::npos)
        return result;
      if (line.substr(0, colon) != "Content-Length") continue;
      if (length) return result;
      length = std::stoull(std::string(line.substr(colon + 2)));
    }
    heard.remove_prefix(head_end + 4);
    if (answer.status == 100) continue;
    if (!length || heard.size() < *length) return result;
    answer.body = heard.substr(0, *length);
    heard.remove_prefix(*length);
    result.answers.push_back(std::move(answer));
  }
}

struct Tally {
  std::map<std::string, std::map<std::string, int>> by_kind;  // kind, then statuses: "200 400"
  std::vector<std::string> wrong;                             // what should not have been
  std::vector<std::string> wanted;                            // targets to come exactly once
  std::uint64_t welcomed = 0;                                 // answers of 200
  std::uint64_t unheard = 0;  // requests at most that may have been served without an answer
};

class HostileClient {
 public:
  static constexpr std::size_t kAtOnce = 48;
  static constexpr Duration kQuiet = 30ms;    // then an open attempt stops sending
  static constexpr Duration kPatience = 30s;  // then the server has forgotten the connection

  HostileClient(const Address& server, Attempts attempts, std::uint64_t count)
      : server_(server), attempts_(attempts), left_(count) {}

  Tally run() {
    while (left_ > 0 || !talks_.empty()) {
      while (left_ > 0 && talks_.size() < kAtOnce) begin();
      std::vector<pollfd> waits;
      for (const Talk& talk : talks_)
        waits.push_back({.fd = talk.socket.get(),
                         .events = static_cast<short>(POLLIN | (wants_to_send(talk) ? POLLOUT : 0)),
                         .revents = 0});
      poll(waits.data(), waits.size(), 1);
      now_ = Instant(Duration(monotonic_ns()));
      for (std::size_t t = talks_.size(); t-- > 0;)
        if (!go_on(talks_[t], waits[t].revents)) {
          judge(talks_[t]);
          std::swap(talks_[t], talks_.back());
          talks_.pop_back();
        }
    }
    return std::move(tally_);
  }

 private:
  struct Talk {
    Descriptor socket;
    Attempt attempt;
    std::size_t sent = 0;
    std::string heard;
    Instant moved;  // a byte passed, either way
    bool stopped_sending = false;
    bool ended = false;
    bool reset = false;
    bool forgotten = false;
  };

  void begin() {
    --left_;
    Talk talk{.socket = Descriptor(socket(server_.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)),
              .attempt = attempts_.next()};
    if (connect(talk.socket.get(), server_.raw(), server_.length) != 0) {
      tally_.wrong.push_back("no connection is accepted");
      return;
    }
    talk.moved = Instant(Duration(monotonic_ns()));
    const std::string prefix = "/wanted/" + std::to_string(talk.attempt.id) + "/";
    for (int k = 0; talk.attempt.bytes.find(prefix + std::to_string(k)) != std::string::npos; ++k)
      tally_.wanted.push_back(prefix + std::to_string(k));
    ids_.insert(std::to_string(talk.attempt.id));
    talks_.push_back(std::move(talk));
  }

  bool wants_to_send(const Talk& talk) const {
    return talk.sent < talk.attempt.bytes.size() && !talk.reset &&
           now_ >= talk.moved + talk.attempt.pause;
  }

  // False if the conversation is over.
  bool go_on(Talk& talk, short events) {
    const Attempt& attempt = talk.attempt;
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !hear(talk)) return false;
    if ((events & POLLOUT) != 0 && wants_to_send(talk)) send_piece(talk);
    const bool all_sent = talk.sent == attempt.bytes.size();
    if (all_sent && attempt.resets) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      setsockopt(talk.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      return false;
    }
    const bool stops = attempt.stops_sending || (attempt.open && now_ >= talk.moved + kQuiet);
    if (all_sent && stops && !talk.stopped_sending) {
      shutdown(talk.socket.get(), SHUT_WR);
      talk.stopped_sending = true;
    }
    // What was asked for has come, and the connection may stay: it is the client who goes.
    if (all_sent && attempt.leaves_open() &&
        read_answers(talk.heard).answers.size() >= attempt.statuses.size())
      return false;
    talk.forgotten = now_ >= talk.moved + kPatience;
    return !talk.forgotten;
  }

  bool hear(Talk& talk) {
    char bytes[16384];  // NOLINT(modernize-avoid-c-arrays): for recv
    const ssize_t got = recv(talk.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return true;
    talk.reset = got < 0;
    talk.ended = got == 0;
    if (got <= 0) return false;
    talk.heard.append(bytes, static_cast<std::size_t>(got));
    talk.moved = now_;
    return true;
  }

  void send_piece(Talk& talk) {
    std::string_view bytes = std::string_view(talk.attempt.bytes).substr(talk.sent);
    if (talk.attempt.piece_bytes > 0) bytes = bytes.substr(0, talk.attempt.piece_bytes);
    const ssize_t sent =
        send(talk.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) talk.sent = talk.attempt.bytes.size();  // nobody listens
    if (sent <= 0) return;
    talk.sent += static_cast<std::size_t>(sent);
    talk.moved = now_;
  }

  void judge(const Talk& talk) {
    const Attempt& attempt = talk.attempt;
    const Heard heard = read_answers(talk.heard);
    std::vector<int> statuses;
    std::string text;
    for (const Answer& answer : heard.answers) {
      statuses.push_back(answer.status);
      text += (text.empty() ? "" : " ") + std::to_string(answer.status);
      if (answer.status == 200) ++tally_.welcomed;
    }
    if (text.empty()) text = attempt.resets ? "reset by the client" : "closed";
    ++tally_.by_kind[attempt.kind][text];
    const auto wrong = [&](const std::string& why) {
      tally_.wrong.push_back(why + "\n  kind: " + attempt.kind + "\n  said: " +
                             attempt.bytes.substr(0, 1500) + "\n  heard: " + talk.heard);
    };
    if (talk.forgotten) return wrong("neither answered nor closed");
    if (attempt.resets || talk.stopped_sending) ++tally_.unheard;
    if (attempt.resets) return;
    if (talk.reset && !attempt.open) return wrong("reset by the server");
    if (!heard.rest.empty() && !talk.reset) return wrong("part of an answer");
    if (!attempt.open && statuses != attempt.statuses)
      return wrong("not the answers it should get");
    static const std::set<int> kAllowed{200, 400, 404, 405, 408, 413, 414, 417, 431, 501, 505};
    for (const int status : statuses)
      if (!kAllowed.contains(status)) return wrong("not a status for this");
    for (const Answer& answer : heard.answers)
      if (answer.status == 200 && answer.body != std::to_string(attempt.id) &&
          ids_.contains(answer.body))
        return wrong("the answer to somebody else");
  }

  Address server_;
  Attempts attempts_;
  std::uint64_t left_;
  Instant now_;
  std::vector<Talk> talks_;
  std::set<std::string> ids_;
  Tally tally_;
};

}  // namespace steelyard::live::hostile
