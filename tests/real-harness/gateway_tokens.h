// Tokens for the tests of authentication, signed by OpenSSL itself: nothing here comes from the
// library that verifies them.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway::test {

inline std::string base64url(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text.substr(0, text.find('='));
}

inline std::string hs256(std::string_view header, std::string_view claims, std::string_view key) {
  const std::string text = base64url(header) + "." + base64url(claims);
  std::array<unsigned char, 32> mac;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), nullptr);
  return text + "." + base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}
inline std::string hs256(std::string_view claims, std::string_view key) {
  return hs256(R"({"alg":"HS256","typ":"JWT"})", claims, key);
}

// A key pair that exists for the length of the test program.
class RsaKey {
 public:
  explicit RsaKey(unsigned int bits = 2048) : key_(EVP_RSA_gen(bits)) {}
  ~RsaKey() { EVP_PKEY_free(key_); }
  RsaKey(const RsaKey&) = delete;
  RsaKey& operator=(const RsaKey&) = delete;

  std::string public_pem() const {
    BIO* memory = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(memory, key_);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(memory);
    return pem;
  }
  std::string sign(std::string_view header, std::string_view claims) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                   text.size());
    EVP_MD_CTX_free(context);
    return text + "." + base64url(signature);
  }
  std::string sign(std::string_view claims) const {
    return sign(R"({"alg":"RS256","typ":"JWT"})", claims);
  }

 private:
  EVP_PKEY* key_;
};

inline const RsaKey& rsa_key() {
  static const RsaKey key;
  return key;
}

}  // namespace steelyard::live::gateway::test
