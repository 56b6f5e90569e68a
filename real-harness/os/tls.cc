#include "real-harness/os/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <string_view>

namespace steelyard::live {
namespace {

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio bio_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

bool use_certificates(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  X509* const own = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (own == nullptr) return false;
  const bool used = SSL_CTX_use_certificate(context, own) == 1;
  X509_free(own);
  if (!used) return false;
  while (X509* const issuer = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
      X509_free(issuer);
      return false;
    }
  ERR_clear_error();  // that there are no more
  return true;
}

// A key with a password is refused, rather than asked for on a terminal.
int no_password(char*, int, int, void*) { return -1; }

bool use_key(SSL_CTX* context, const std::string& pem) {
  const Bio bio = bio_of(pem);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  if (key == nullptr) return false;
  const bool used = SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  return used;
}

// Of what a client offers, HTTP/1.1. [RFC 7301]
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, kHttp11.data(), kHttp11.size(), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const std::string& certificate_pem,
                                                           const std::string& key_pem) {
  // OpenSSL writes as write() does: to a client that has gone, with a signal that would end us.
  signal(SIGPIPE, SIG_IGN);
  ERR_clear_error();
  SSL_CTX* const raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) return Error{"TLS: " + last_error()};
  auto context = std::make_shared<const TlsContext>(raw);
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // Partial writes from buffers that move: what was not taken is kept by the stream.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(
      raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  static constexpr std::string_view kName = "steelyard";
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(kName.data()),
                                 kName.size());
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  if (!use_certificates(raw, certificate_pem))
    return Error{"tls.certificate is no certificate in PEM: " + last_error()};
  if (!use_key(raw, key_pem))
    return Error{
        "tls.key is no private key in PEM without a password, or not that of the "
        "certificate: " +
        last_error()};
  if (SSL_CTX_check_private_key(raw) != 1)
    return Error{"tls.key is not the key of tls.certificate: " + last_error()};
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<TlsSession> TlsContext::accept(int fd) const {
  SSL* const session = SSL_new(context_);
  if (session == nullptr) return nullptr;
  SSL_set_fd(session, fd);
  SSL_set_accept_state(session);
  return std::make_unique<TlsSession>(session);
}

TlsSession::~TlsSession() { SSL_free(session_); }

ssize_t TlsSession::outcome(int result) {
  const int error = SSL_get_error(session_, result);
  switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    default:
      break;
  }
  broken_ = true;
  // A client that closes without a word has ended, too: HTTP tells itself whether a message is
  // whole, and where only the end would tell, clients do not send.
  const bool is_end = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
                      (error == SSL_ERROR_SYSCALL && errno == 0);
  ERR_clear_error();
  if (is_end) return 0;
  errno = EPROTO;
  return -1;
}

ssize_t TlsSession::read(char* out, std::size_t bytes) {
  if (broken_) {
    errno = EPROTO;
    return -1;
  }
  ERR_clear_error();
  errno = 0;
  const int got =
      SSL_read(session_, out,
               static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max())));
  return got > 0 ? got : outcome(got);
}

ssize_t TlsSession::write(const char* data, std::size_t bytes) {
  if (broken_ || bytes == 0) {
    errno = EPIPE;
    return bytes == 0 ? 0 : -1;
  }
  ERR_clear_error();
  errno = 0;
  const int sent =
      SSL_write(session_, data,
                static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max())));
  if (sent > 0) return sent;
  const ssize_t result = outcome(sent);
  if (result == 0) {
    errno = EPIPE;
    return -1;
  }
  return result;
}

void TlsSession::end_sending() {
  if (broken_ || SSL_is_init_finished(session_) == 0) return;
  ERR_clear_error();
  SSL_shutdown(session_);
  ERR_clear_error();
}

}  // namespace steelyard::live
