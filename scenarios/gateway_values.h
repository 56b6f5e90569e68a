// How the values of `gateway:` are written: addresses, hosts, paths, headers, secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/gateway_draft.h"

namespace steelyard::sections {

Codec<ListenDraft> listen_address();         // 127.0.0.1:8080, [::1]:8080
Codec<std::string> host_pattern();           // shop.example, *.shop.example; lower case after
Codec<std::string> url_path();               // /api/add: decoded, normal
Codec<std::string> rewrite_path();           // the same, may end with '/'
Codec<std::string> header_name();            // lower case after
Codec<std::string> http_method();            // GET
Codec<std::string> file_name(bool or_dash);  // not empty; "-" only if allowed
Codec<SecretSpec> secret(bool may_be_hash, std::string what);
Codec<std::vector<ApiKeySpec>> api_keys();  // consumer: secret, or a list of secrets
Codec<std::vector<RouteMatch::Header>> header_values();
Codec<std::vector<AllowSpec::Claim>> claims();  // claim: value, or a list of values

// Whether `text` is a numeric IPv4 address ("127.0.0.1"), or looks like an IPv6 one.
bool is_address(std::string_view text);

}  // namespace steelyard::sections
