#include "real-harness/os/stream.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace steelyard::live {
namespace {

constexpr std::size_t kInputMin = 4096;

// Answers are written whole; waiting for more to send with them only delays.
void send_at_once(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Stream::Stream(Reactor& reactor, Descriptor socket, Owner& owner, bool connected)
    : reactor_(reactor), socket_(std::move(socket)), owner_(&owner), connected_(connected) {
  send_at_once(socket_.get());
  reactor_.watch(socket_.get(), *this);
}

Stream::Stream(Reactor& reactor, Descriptor socket, Owner& owner)
    : Stream(reactor, std::move(socket), owner, true) {}

std::unique_ptr<Stream> Stream::connect(Reactor& reactor, const Address& address, Owner& owner) {
  Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // What goes wrong here shows as an event on the socket; without a socket there is none.
  if (!socket) return nullptr;
  const bool refused =
      ::connect(socket.get(), address.raw(), address.length) != 0 && errno != EINPROGRESS;
  const int error = refused ? errno : 0;
  std::unique_ptr<Stream> stream(new Stream(reactor, std::move(socket), owner, false));
  stream->connect_error_ = error;
  return stream;
}

Stream::~Stream() {
  for (Watch* watch = watches_; watch != nullptr; watch = watch->outer) watch->stream = nullptr;
  reactor_.unwatch(socket_.get(), *this);
}

void Stream::on_ready(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) closing_seen_ = true;
  Watch watch(*this);
  if (!connected_) {
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0) return;
    finish_connecting();
    if (!watch.alive() || !connected_) return;
  }
  if ((events & EPOLLOUT) != 0 && unsent() > 0) {
    flush();
    if (unsent() == 0) owner_->on_drained();
    if (!watch.alive()) return;
  }
  // A handshake may have waited to send.
  if (tls_ == nullptr && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  if (ended_ && (events & (EPOLLHUP | EPOLLERR)) != 0) {
    owner_->on_failed(ECONNRESET);
    return;
  }
  readable_ = true;
  read_all();
}

void Stream::finish_connecting() {
  int error = connect_error_;
  socklen_t length = sizeof error;
  if (error == 0) getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    owner_->on_failed(error);
    return;
  }
  connected_ = true;
  Watch watch(*this);
  const bool had_to_wait = unsent() > 0;
  flush();
  owner_->on_connected();
  if (watch.alive() && had_to_wait && unsent() == 0) owner_->on_drained();
}

// Reads and tells, as long as there is room and the kernel has something.
void Stream::read_all() {
  Watch watch(*this);
  while (readable_ && !ended_ && end_ - begin_ < input_max_) {
    make_room();
    const std::size_t room = std::min(capacity_ - end_, input_max_ - (end_ - begin_));
    const ssize_t got = receive(buffer_.get() + end_, room);
    if (got < 0) {
      if (errno == EINTR) continue;
      readable_ = false;
      if (errno != EAGAIN) owner_->on_failed(errno);
      return;
    }
    if (got == 0) {
      ended_ = true;
    } else {
      end_ += static_cast<std::size_t>(got);
      // A short read has emptied the socket; but the end of the stream has no edge of its own when
      // it came together with the data.
      // TLS hands out a record at a time.
      if (static_cast<std::size_t>(got) < room && !closing_seen_ && tls_ == nullptr)
        readable_ = false;
    }
    owner_->on_input();
    if (!watch.alive()) return;
  }
}

void Stream::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (capacity_ - end_ >= kInputMin / 4 && capacity_ > 0) return;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (capacity_ - end_ >= kInputMin / 4) return;
  }
  const std::size_t larger = std::max(kInputMin, capacity_ * 2);
  // NOLINTNEXTLINE(modernize-avoid-c-arrays): bytes that need no initial value
  std::unique_ptr<char[]> buffer(new char[larger]);
  if (end_ > 0) std::memcpy(buffer.get(), buffer_.get(), end_);
  buffer_ = std::move(buffer);
  capacity_ = larger;
}

void Stream::consume(std::size_t bytes) { begin_ += bytes; }

void Stream::resume() {
  if (connected_) read_all();
}

void Stream::look() {
  readable_ = true;
  resume();
}

void Stream::write(std::string_view bytes) {
  bool takes_more = connected_ && unsent() == 0;
  while (takes_more && !bytes.empty()) {
    const ssize_t sent = send(bytes.data(), bytes.size());
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return;  // the event that says so is on its way
    }
    // What is left of a short write waits for an event, which comes only if the kernel is full:
    // TLS takes a record at a time.
    takes_more = tls_ != nullptr && sent > 0;
  }
  if (!bytes.empty()) unsent_.append(bytes);
}

ssize_t Stream::receive(char* out, std::size_t bytes) {
  return tls_ != nullptr ? tls_->read(out, bytes) : ::recv(socket_.get(), out, bytes, 0);
}

ssize_t Stream::send(const char* data, std::size_t bytes) {
  if (tls_ == nullptr) return ::send(socket_.get(), data, bytes, MSG_NOSIGNAL);
  const ssize_t sent = tls_->write(data, bytes);
  // What TLS finds wrong has no event of its own.
  if (sent < 0 && errno != EAGAIN) ::shutdown(socket_.get(), SHUT_RDWR);
  return sent;
}

void Stream::say_end() {
  if (tls_ != nullptr) tls_->end_sending();
  ::shutdown(socket_.get(), SHUT_WR);
}

void Stream::flush() {
  while (unsent() > 0) {
    const ssize_t sent = send(unsent_.data() + unsent_begin_, unsent());
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) unsent_begin_ = unsent_.size();  // nobody will take it any more
      break;
    }
    unsent_begin_ += static_cast<std::size_t>(sent);
  }
  if (unsent() == 0) {
    unsent_.clear();
    unsent_begin_ = 0;
    if (ending_) say_end();
  }
}

void Stream::end_sending() {
  ending_ = true;
  if (unsent() == 0) say_end();
}

void Stream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace steelyard::live
