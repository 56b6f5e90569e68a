// The access log: one line of JSON for each request, whatever it contained. Pure; appends to a
// buffer that the caller reuses.
//
//   {"time":"2024-02-29T12:00:00.250Z","client":"127.0.0.1","method":"GET","host":"shop.example",
//    "path":"/user/7","protocol":"HTTP/1.1","route":"route 1","status":200,"bytes_in":0,
//    "bytes_out":64,"duration_ms":1.204,"upstream":"127.0.0.1:5001","attempts":1,"outcome":"ok",
//    "request_id":"…","trace_id":"…"}
//
// on one line. Of what is unknown (no route, nobody authenticated) the key is left out. Queries are
// not logged: they carry secrets more often than not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time.h"

namespace steelyard::live::gateway {

struct AccessRecord {
  Duration unix_time{};  // at which the request came, since 1970-01-01 UTC
  std::string_view client;
  std::string_view method;
  std::string_view host;
  std::string_view path;  // without the query
  std::uint8_t minor_version = 1;
  std::string_view route;
  int status = 0;  // 0: the caller went away before it had one; logged as 499, as nginx does
  std::uint64_t bytes_in = 0;  // of the bodies
  std::uint64_t bytes_out = 0;
  Duration duration{};
  std::string_view upstream;   // the instance whose answer was sent on; of an aggregate empty
  std::uint32_t attempts = 0;  // at instances
  std::string_view outcome;    // core/outcome.h, or why the gateway refused
  std::string_view request_id;
  std::string_view trace_id;
  std::string_view consumer;
};
// Appends one line with its end. Texts are cut at 2048 bytes.
void append_access_line(std::string& out, const AccessRecord& record);

// "2024-02-29T12:00:00.250Z": UTC, to the millisecond (rounded down). [RFC 3339]
// REQUIRES: 0 <= unix_time, which a Duration holds up to the year 2262.
void append_time(std::string& out, Duration unix_time);
// "Thu, 29 Feb 2024 12:00:00 GMT", for Date headers. [RFC 9110, 5.6.7]
void append_http_date(std::string& out, Duration unix_time);

}  // namespace steelyard::live::gateway
