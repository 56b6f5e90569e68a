#include "real-harness/gateway/log.h"

#include <array>
#include <charconv>
#include <chrono>

#include "real-harness/gateway/text.h"

namespace steelyard::live::gateway {
namespace {

constexpr std::size_t kTextBytesMax = 2048;

struct Moment {
  std::chrono::year_month_day date;
  std::chrono::weekday weekday;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> time;
};

// The calendar's arithmetic alone; no clock is asked.
Moment moment_of(Duration unix_time) {
  const std::chrono::sys_time<std::chrono::milliseconds> instant(
      std::chrono::floor<std::chrono::milliseconds>(unix_time));
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  return {std::chrono::year_month_day(day), std::chrono::weekday(day),
          std::chrono::hh_mm_ss(instant - day)};
}

// With leading zeros.
void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

void append_key(std::string& out, std::string_view key) {
  out += ",\"";
  out += key;
  out += "\":";
}
void append_field(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  append_key(out, key);
  append_json_string(out, text.substr(0, kTextBytesMax));
}
void append_field(std::string& out, std::string_view key, std::uint64_t number) {
  append_key(out, key);
  append_padded(out, static_cast<std::int64_t>(number), 1);
}

}  // namespace

void append_time(std::string& out, Duration unix_time) {
  const Moment moment = moment_of(unix_time);
  append_padded(out, static_cast<int>(moment.date.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(moment.date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(moment.date.day()), 2);
  out += 'T';
  append_padded(out, moment.time.hours().count(), 2);
  out += ':';
  append_padded(out, moment.time.minutes().count(), 2);
  out += ':';
  append_padded(out, moment.time.seconds().count(), 2);
  out += '.';
  append_padded(out, moment.time.subseconds().count(), 3);
  out += 'Z';
}

void append_http_date(std::string& out, Duration unix_time) {
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Moment moment = moment_of(unix_time);
  out += kDays[moment.weekday.c_encoding()];
  out += ", ";
  append_padded(out, static_cast<unsigned>(moment.date.day()), 2);
  out += ' ';
  out += kMonths[static_cast<unsigned>(moment.date.month()) - 1];
  out += ' ';
  append_padded(out, static_cast<int>(moment.date.year()), 4);
  out += ' ';
  append_padded(out, moment.time.hours().count(), 2);
  out += ':';
  append_padded(out, moment.time.minutes().count(), 2);
  out += ':';
  append_padded(out, moment.time.seconds().count(), 2);
  out += " GMT";
}

void append_access_line(std::string& out, const AccessRecord& record) {
  out += "{\"time\":\"";
  append_time(out, record.unix_time);
  out += '"';
  append_field(out, "client", record.client);
  append_field(out, "method", record.method);
  append_field(out, "host", record.host);
  append_field(out, "path", record.path);
  append_field(out, "protocol", record.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
  append_field(out, "route", record.route);
  append_field(out, "status", static_cast<std::uint64_t>(record.status == 0 ? 499 : record.status));
  append_field(out, "bytes_in", record.bytes_in);
  append_field(out, "bytes_out", record.bytes_out);
  append_key(out, "duration_ms");
  const std::int64_t microseconds = record.duration.count() / 1000;
  append_padded(out, microseconds / 1000, 1);
  out += '.';
  append_padded(out, microseconds % 1000, 3);
  append_field(out, "upstream", record.upstream);
  append_field(out, "attempts", std::uint64_t{record.attempts});
  append_field(out, "outcome", record.outcome);
  append_field(out, "request_id", record.request_id);
  append_field(out, "trace_id", record.trace_id);
  append_field(out, "consumer", record.consumer);
  out += "}\n";
}

}  // namespace steelyard::live::gateway
