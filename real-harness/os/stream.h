// A TCP connection without blocking: what has come in, what waits to go out.
//
// Bytes are read into a buffer of its own when the kernel has some, up to a limit: an owner that
// leaves them there stops the reading, and so, in the end, the sender. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "real-harness/os/address.h"
#include "real-harness/os/descriptor.h"
#include "real-harness/os/reactor.h"
#include "real-harness/os/tls.h"

namespace steelyard::live {

class Stream final : Reactor::Watcher {
 public:
  // Is told what happens; may destroy the stream in any of these.
  class Owner {
   public:
    virtual void on_connected() {}  // of a stream that was made by connect()
    // There is more in input(), or the other side has ended its sending (ended()). Take what can be
    // used with consume().
    virtual void on_input() = 0;
    // All that was written has gone to the kernel, after some had to wait.
    virtual void on_drained() {}
    // The connection failed or was reset. Nothing more comes. `error`: an errno.
    virtual void on_failed(int error) = 0;

   protected:
    ~Owner() = default;
  };

  // Takes over a connected socket.
  Stream(Reactor& reactor, Descriptor socket, Owner& owner);
  // Starts to connect; on_connected() or on_failed() follow, never from within.
  static std::unique_ptr<Stream> connect(Reactor& reactor, const Address& address, Owner& owner);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // From now on everything goes through TLS. Call before anything was read or written.
  void secure(std::unique_ptr<TlsSession> tls) { tls_ = std::move(tls); }

  std::string_view input() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  bool ended() const { return ended_; }

  // Sends, or keeps what the kernel does not take; nothing is sent while connecting.
  void write(std::string_view bytes);
  std::size_t unsent() const { return unsent_.size() - unsent_begin_; }
  bool connected() const { return connected_; }

  // Stops reading at this many bytes of input; at least one more byte than is in there means more
  // may come. Default 64 KiB.
  void set_input_max(std::size_t bytes) { input_max_ = bytes; }
  // Looks for input again, after consume() made room or the owner has changed; on_input() may be
  // called from within.
  void resume();
  // The same even if the kernel had nothing when it was asked last.
  void look();

  void end_sending();  // half-close, once everything has gone out
  void reset();        // the other side sees a reset; call nothing but the destructor afterwards

  int fd() const { return socket_.get(); }
  void set_owner(Owner& owner) { owner_ = &owner; }

 private:
  // Notices when the stream is destroyed by the owner who is just being told something.
  struct Watch {
    explicit Watch(Stream& watched) : stream(&watched), outer(watched.watches_) {
      watched.watches_ = this;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
      if (stream != nullptr) stream->watches_ = outer;
    }
    bool alive() const { return stream != nullptr; }
    Stream* stream;
    Watch* outer;
  };

  Stream(Reactor& reactor, Descriptor socket, Owner& owner, bool connected);
  void on_ready(std::uint32_t events) override;
  void finish_connecting();
  ssize_t receive(char* out, std::size_t bytes);
  ssize_t send(const char* data, std::size_t bytes);
  void say_end();
  void read_all();
  void flush();
  void make_room();

  Reactor& reactor_;
  Descriptor socket_;
  Owner* owner_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t input_max_ = 64 * 1024;
  std::string unsent_;
  std::size_t unsent_begin_ = 0;
  int connect_error_ = 0;  // told by connect() itself
  bool connected_ = true;
  bool readable_ = false;  // the kernel may have more
  bool ended_ = false;
  bool ending_ = false;
  bool closing_seen_ = false;  // the other side ends its sending, after what is still to be read
  Watch* watches_ = nullptr;
  std::unique_ptr<TlsSession> tls_;  // null: in the clear
};

}  // namespace steelyard::live
