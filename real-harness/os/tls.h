// TLS towards clients, by OpenSSL: versions 1.2 and 1.3, HTTP/1.1 only.
//
// A context may be shared by connections of one thread; those that it made outlive its owner.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace steelyard::live {

// The server's side of one connection, over a socket that does not block.
class TlsSession {
 public:
  explicit TlsSession(ssl_st* session) : session_(session) {}
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  // As recv() and send(): bytes, 0 at the end, or -1 with errno; EAGAIN: call again when the socket
  // is readable or writable, whichever it is. The handshake is done on the way.
  ssize_t read(char* out, std::size_t bytes);
  ssize_t write(const char* data, std::size_t bytes);
  // Says that nothing more will be sent, as far as that can be said without waiting.
  void end_sending();

 private:
  ssize_t outcome(int result);

  ssl_st* session_;
  bool broken_ = false;
};

class TlsContext {
 public:
  // Of PEM texts: the chain with the server's own certificate first, and its key.
  static Result<std::shared_ptr<const TlsContext>> make(const std::string& certificate_pem,
                                                        const std::string& key_pem);
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // nullptr if there is no memory for it.
  std::unique_ptr<TlsSession> accept(int fd) const;

 private:
  ssl_ctx_st* context_;
};

}  // namespace steelyard::live
