// What a gateway sends on: heads of requests to services, heads of answers to callers.
//
// Never passed on: hop-by-hop headers and those that Connection names, Expect (the gateway answers
// it), names with '_' (to a CGI or WSGI server X_Consumer and X-Consumer are one name; nginx drops
// them too), and what a service may take for the gateway's word: X-Consumer, X-Forwarded-Proto,
// X-Forwarded-Host, X-Real-Ip, Forwarded. X-Forwarded-For and Via are continued; only their last
// element is the gateway's. X-Consumer says who is authenticated, percent-encoded as far as it is
// not visible ASCII.
// Framing is written anew from what was understood. [RFC 9110, 7.6; RFC 9112, 6]
//
// Pure; appends to a buffer that the caller reuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "real-harness/gateway/identity.h"
#include "real-harness/http/http1.h"

namespace steelyard::live::gateway {

struct RequestToService {
  std::string_view target;          // path and query, ready to be sent
  std::string_view host;            // Host; that of the caller
  std::string_view client_address;  // numeric, of the connection
  bool tls = false;                 // the caller came by HTTPS
  std::string_view consumer;        // who is authenticated; empty: nobody
  std::string_view hidden_header;   // the credential that the service does not get; empty: none
  const Identity* identity = nullptr;
  // A part of an aggregate: asked with GET, without body, conditions, ranges and encodings, as its
  // body is to be read here.
  bool is_part = false;
};
// Appends request line and headers, the empty line included.
void append_request_head(std::string& out, const http::RequestHead& head,
                         const RequestToService& request);

// How the caller gets the body of an answer.
struct AnswerToCaller {
  bool to_head = false;            // the request was HEAD
  std::uint8_t minor_version = 1;  // of the request
  bool keep_alive = true;          // may the connection carry another request?
  std::string_view request_id;
  std::string_view date;  // of answers of the gateway's own; log.h writes it
};
// What becomes of the body: passed on as it comes (`none`, `length`, `until_close`), or in chunks.
struct AnswerHead {
  http::Framing framing = http::Framing::none;
  bool keep_alive = true;  // false where the end of the body is the end of the connection
};
// Appends status line and headers, the empty line included. Answers of HTTP/1.0 callers are never
// chunked: where the length is unknown, the connection's end tells.
AnswerHead append_response_head(std::string& out, const http::ResponseHead& head,
                                const AnswerToCaller& answer);

// An answer of the gateway's own, complete: status line, headers, JSON body {"error": …}.
struct OwnAnswer {
  int status = 500;
  std::string_view why;                  // for people; a few words
  std::string_view challenge;            // WWW-Authenticate
  std::string_view allow;                // Allow
  std::int64_t retry_after_seconds = 0;  // Retry-After; 0: none
  std::string_view outcome;              // X-Steelyard-Outcome, for callers that keep accounts
};
void append_own_answer(std::string& out, const OwnAnswer& own, const AnswerToCaller& answer);
// The same around a body that is there already.
void append_json_answer(std::string& out, int status, std::string_view body,
                        const AnswerToCaller& answer);

}  // namespace steelyard::live::gateway
