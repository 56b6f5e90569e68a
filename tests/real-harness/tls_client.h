// A caller that speaks TLS, and what a server says to be who it is; by OpenSSL.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "real-harness/os/address.h"
#include "real-harness/os/descriptor.h"
#include "real-harness/os/tls.h"

namespace steelyard::live::gateway::test {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

template <class Write>
std::string pem(const Write& write) {
  const std::unique_ptr<BIO, Freed<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(write(bio.get()), 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

// A certificate that signs itself, and its key, as PEM.
struct Identity {
  explicit Identity(const std::string& name) {
    const Key made(EVP_EC_gen("P-256"));
    const Certificate own(X509_new());
    X509_set_version(own.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(own.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(own.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(own.get()), 3600);
    X509_set_pubkey(own.get(), made.get());
    X509_NAME* const subject = X509_get_subject_name(own.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(own.get(), subject);
    EXPECT_GT(X509_sign(own.get(), made.get(), EVP_sha256()), 0);
    certificate = pem([&](BIO* bio) { return PEM_write_bio_X509(bio, own.get()); });
    key = pem([&](BIO* bio) {
      return PEM_write_bio_PrivateKey(bio, made.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  std::string certificate;
  std::string key;
};

inline std::shared_ptr<const TlsContext> context_of(const Identity& identity) {
  auto context = TlsContext::make(identity.certificate, identity.key);
  EXPECT_TRUE(context.ok()) << context.error();
  return context.value();
}

// A caller that speaks TLS; blocks.
class TlsClient {
 public:
  explicit TlsClient(const Address& address, int version_max = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())),
        socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    EXPECT_EQ(::connect(socket_.get(), address.raw(), address.length), 0);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), socket_.get());
    connected_ = SSL_connect(session_.get()) == 1;
  }
  bool connected() const { return connected_; }
  SSL* session() { return session_.get(); }
  int fd() const { return socket_.get(); }
  std::string version() const { return SSL_get_version(session_.get()); }
  std::string peer() const {
    const Certificate certificate(SSL_get1_peer_certificate(session_.get()));
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                              name.size());
    return name.data();
  }
  void say(const std::string& bytes) {
    EXPECT_EQ(SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  // Whether the server closes the connection, whatever it may say before.
  bool is_gone() const {
    std::array<char, 4096> bytes;
    ssize_t got = 1;
    while (got > 0) got = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return got == 0 || errno == ECONNRESET;
  }
  std::string hear_all() {
    std::string heard;
    std::array<char, 16384> bytes;
    for (;;) {
      const int got = SSL_read(session_.get(), bytes.data(), bytes.size());
      if (got <= 0)
        return heard +
               (SSL_get_error(session_.get(), got) == SSL_ERROR_ZERO_RETURN ? " END" : " BROKEN");
      heard.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context_;
  Descriptor socket_;
  std::unique_ptr<SSL, Freed<SSL_free>> session_;
  bool connected_ = false;
};

}  // namespace steelyard::live::gateway::test
