#include "real-harness/channels/log_format.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/hash.h"

namespace steelyard::live::channel_log {
namespace {

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}

std::uint64_t unzigzag(std::uint64_t value) { return value >> 1 ^ (0 - (value & 1)); }

std::uint64_t bits(Instant instant) {
  return static_cast<std::uint64_t>(instant.time_since_epoch().count());
}

Instant instant_of(std::uint64_t bits) {
  return Instant(Duration(static_cast<std::int64_t>(bits)));
}

// Modulo 2^64, so that every difference has a number and comes back.
char* put_change(char* out, std::uint64_t from, std::uint64_t to) {
  return put(out, zigzag(static_cast<std::int64_t>(to - from)));
}

char* put_change(char* out, Instant from, Instant to) {
  return put_change(out, bits(from), bits(to));
}

// Ids are three parts that change apart: slot (24 bits), attempt (8), generation (32).
constexpr std::uint64_t kSlots = 0xffffff;
std::uint64_t slot(std::uint64_t id) { return id & kSlots; }
std::uint64_t attempt(std::uint64_t id) { return id >> 24 & 0xff; }
std::uint64_t generation(std::uint64_t id) { return id >> 32; }

char* put_id(char* out, std::uint64_t from, std::uint64_t to) {
  out = put_change(out, slot(from), slot(to));
  out = put(out, attempt(to));
  return put_change(out, generation(from), generation(to));
}

// Which fields of a request follow.
enum RequestField : unsigned {
  kToken = 1,
  kPlanned = 2,
  kDeadline = 4,
  kKeyHash = 8,
  kSource = 16,
  kHasKey = 32,  // is what it says; nothing follows
};
// Which fields of an action follow.
enum ActionField : unsigned {
  kOutcome = 1,
  kAttempts = 2,
  kEndpoint = 4,
  kChannel = 8,
  kId = 16,
  kActionToken = 32,
  kAt = 64,
  kActionKeyHash = 128,
};
constexpr unsigned kActionHasKey = 8;  // beside the kind

// Others have no token.
bool is_about_request(Action::Kind kind) {
  return kind == Action::Kind::send || kind == Action::Kind::cancel || kind == Action::Kind::finish;
}

// What an action most likely says after what came before.
Action expected(Action::Kind kind, const Context& context) {
  Action action{.kind = kind, .channel = context.channel};
  const bool ends = kind == Action::Kind::finish;
  if (kind == Action::Kind::send || ends) action.attempts = 1;
  action.id = context.id;
  if (is_about_request(kind)) action.token = context.token;
  if (kind == Action::Kind::send || kind == Action::Kind::wake) action.at = context.deadline;
  if (ends) action.at = context.planned;
  if (kind == Action::Kind::send) action.key_hash = context.key_hash;
  return action;
}

void remember(const Action& action, Context& context) {
  context.id = action.id;
  if (is_about_request(action.kind)) context.token = action.token;
  if (action.kind == Action::Kind::finish) context.planned = action.at;
  if (action.kind == Action::Kind::send || action.kind == Action::Kind::wake)
    context.deadline = action.at;
}

void remember(const Request& request, Context& context) {
  context.token = context.request_token = request.token;
  context.planned = request.planned;
  context.key_hash = request.key_hash;
  context.source_ipv4 = request.source_ipv4;
}

// REQUIRES: room for 70 bytes.
char* put_report(char* out, const LoadReport& report) {
  out = put(out, report.in_flight);
  out = put(out, report.queued);
  for (const double value : {report.utilisation, report.cpu_utilisation, report.requests_per_second,
                             report.errors_per_second})
    out = put(out, std::bit_cast<std::uint64_t>(value));
  out = put(out, static_cast<std::uint64_t>(report.latency.count()));
  return put(out, static_cast<std::uint64_t>(report.service_time.count()));
}

char* put_request(char* out, const Request& request, Instant now, Context& context) {
  char* const fields = out++;
  unsigned follow = request.has_key ? kHasKey : 0U;
  if (const std::uint64_t next = context.request_token + 1; request.token != next) {
    follow |= kToken;
    out = put_change(out, next, request.token);
  }
  if (request.planned != now) {
    follow |= kPlanned;
    out = put_change(out, now, request.planned);
  }
  if (request.deadline != kNever) {
    follow |= kDeadline;
    out = put_change(out, request.planned, request.deadline);
  }
  if (request.key_hash != context.key_hash) {
    follow |= kKeyHash;
    out = put_change(out, context.key_hash, request.key_hash);
  }
  if (request.source_ipv4 != context.source_ipv4) {
    follow |= kSource;
    out = put_change(out, context.source_ipv4, request.source_ipv4);
  }
  *fields = static_cast<char>(follow);
  remember(request, context);
  return out;
}

}  // namespace

char* put(char* out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

char* put_input(char* out, const Input& input, Context& context) {
  out = put(out, std::uint64_t{input.channel} << 3 | static_cast<unsigned>(input.record));
  out = put(out, bits(input.now) - bits(context.now));
  context.now = input.now;
  context.channel = input.channel;
  if (input.record == Record::endpoints) return out;
  if (input.record == Record::request) return put_request(out, input.request, input.now, context);
  out = put_id(out, context.id, input.id);
  context.id = input.id;
  if (input.record == Record::timer) return out;
  out = put(out, static_cast<std::uint64_t>(input.outcome) << 1 | (input.report ? 1 : 0));
  return input.report ? put_report(out, *input.report) : out;
}

char* put_action(char* out, const Action& action, Context& context) {
  const Action likely = expected(action.kind, context);
  *out++ =
      static_cast<char>(static_cast<unsigned>(action.kind) | (action.has_key ? kActionHasKey : 0));
  char* const fields = out++;
  unsigned follow = 0;
  const auto change = [&](auto from, auto to, ActionField field) {
    if (from == to) return;
    follow |= field;
    out = put_change(out, from, to);
  };
  change(static_cast<std::uint64_t>(likely.outcome), static_cast<std::uint64_t>(action.outcome),
         kOutcome);
  change(std::uint64_t{likely.attempts}, std::uint64_t{action.attempts}, kAttempts);
  change(std::uint64_t{likely.endpoint}, std::uint64_t{action.endpoint}, kEndpoint);
  change(std::uint64_t{likely.channel}, std::uint64_t{action.channel}, kChannel);
  if (likely.id != action.id) {
    follow |= kId;
    out = put_id(out, likely.id, action.id);
  }
  change(likely.token, action.token, kActionToken);
  change(likely.at, action.at, kAt);
  change(likely.key_hash, action.key_hash, kActionKeyHash);
  *fields = static_cast<char>(follow);
  remember(action, context);
  return out;
}

void Cursor::fail(std::size_t where, std::string why) {
  if (!ok()) return;
  failed_at_ = where;
  why_ = std::move(why);
}

void Cursor::break_off(std::size_t where, const std::string& more) {
  if (!ok()) return;
  breaks_off_ = true;
  fail(where, "the log breaks off" + more);
}

std::uint64_t Cursor::number() {
  if (!ok()) return 0;
  const std::size_t start = at_;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at_ == bytes_.size()) break;
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    const std::uint64_t part = byte & 0x7f;
    if (shift == 63 && byte > 1) break;
    value |= part << shift;
    if (byte >= 0x80) continue;
    if (byte == 0 && shift > 0) break;  // a shorter way to write it exists
    return value;
  }
  if (at_ == bytes_.size())
    break_off(start);
  else
    fail(start, "got bytes that no number is written as");
  return 0;
}

std::uint64_t Cursor::change() { return unzigzag(number()); }

std::uint64_t Cursor::number_up_to(std::uint64_t max, const char* what) {
  const std::size_t start = at_;
  const std::uint64_t value = number();
  if (value <= max) return value;
  fail(start, "got " + std::to_string(value) + " as " + what + ", expected at most " +
                  std::to_string(max));
  return 0;
}

std::size_t Cursor::count(std::size_t least) {
  const std::size_t start = at_;
  const std::uint64_t many = number();
  if (many <= left() / least) return many;
  break_off(start, ": " + std::to_string(many) + " are to follow");
  return 0;
}

std::string_view Cursor::text() {
  const std::string_view text = bytes_.substr(at_, count(1));
  at_ += text.size();
  return text;
}

std::uint64_t Cursor::fixed() {
  if (left() < 8) break_off(at_);
  std::uint64_t value = 0;
  for (unsigned i = 0; ok() && i < 8; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_++])} << 8 * i;
  return value;
}

Record Cursor::record(std::uint32_t& channel) {
  const std::size_t start = at_;
  const std::uint64_t head = number_up_to((std::uint64_t{0xffffffff} << 3) | 7, "a record");
  if ((head & 7) >= kRecords) fail(start, "got a record of no known kind");
  channel = static_cast<std::uint32_t>(head >> 3);
  return ok() ? static_cast<Record>(head & 7) : Record::end;
}

Instant Cursor::instant(Instant from, std::uint64_t by, std::int64_t max) {
  const std::size_t start = at_;
  const auto to = static_cast<std::int64_t>(bits(from) + by);
  if (-max <= to && to <= max) return Instant(Duration(to));
  fail(start, "got a time more than a lifetime before or after");
  return kStart;
}

std::uint64_t Cursor::id(std::uint64_t from) {
  const std::size_t start = at_;
  const std::uint64_t to_slot = slot(from) + change();
  const std::uint64_t to_attempt = number();
  const std::uint64_t to_generation = generation(from) + change();
  if (to_slot > kSlots || to_attempt > 0xff || to_generation > 0xffffffff) {
    fail(start, "got an id that no channel gives");
    return 0;
  }
  return to_generation << 32 | to_attempt << 24 | to_slot;
}

void Cursor::request_fields(Request& request, Context& context, Instant now) {
  const std::size_t start = at_;
  const std::uint64_t follow = number_up_to(63, "the fields of a request");
  // A field that follows and yet is as expected would be a second way to write it.
  const auto field_from = [&](std::uint64_t from, unsigned field) {
    if ((follow & field) == 0) return from;
    const std::uint64_t by = change();
    if (by == 0) fail(start, "got a field that is as expected, and yet there");
    return from + by;
  };
  request.token = field_from(context.request_token + 1, kToken);
  request.planned = now;
  if (follow & kPlanned) request.planned = instant(now, change(), kInstantMax);
  if (follow & kDeadline) request.deadline = instant(request.planned, change(), kDurationMax);
  if ((follow & kPlanned) && request.planned == now)
    fail(start, "got a field that is as expected, and yet there");
  request.key_hash = field_from(context.key_hash, kKeyHash);
  const std::uint64_t source = field_from(context.source_ipv4, kSource);
  if (source > 0xffffffff) fail(start, "got an address of more than four bytes");
  request.source_ipv4 = static_cast<std::uint32_t>(source);
  request.has_key = (follow & kHasKey) != 0;
  remember(request, context);
}

Input Cursor::input(Record record, std::uint32_t channel, Context& context) {
  Input input{.record = record, .channel = channel};
  const std::size_t start = at_;
  input.now = instant(context.now, number(), kInstantMax);
  if (input.now < context.now) fail(start, "got a time before the last");
  context.now = input.now;
  context.channel = channel;
  if (record == Record::request) request_fields(input.request, context, input.now);
  if (record == Record::reply || record == Record::timer || record == Record::probe)
    context.id = input.id = id(context.id);
  if (record == Record::reply || record == Record::probe) {
    const std::uint64_t most = record == Record::reply ? kOutcomes - 1 : 0;
    const std::uint64_t ended = number_up_to(most << 1 | 1, "an outcome");
    input.outcome = static_cast<Outcome>(ended >> 1);
    if ((ended & 1) != 0) input.report = report();
  }
  return input;
}

std::optional<LoadReport> Cursor::report() {
  LoadReport report;
  report.in_flight = static_cast<std::uint32_t>(number_up_to(0xffffffff, "requests"));
  report.queued = static_cast<std::uint32_t>(number_up_to(0xffffffff, "requests"));
  for (double* const value : {&report.utilisation, &report.cpu_utilisation,
                              &report.requests_per_second, &report.errors_per_second}) {
    const std::size_t start = at_;
    *value = std::bit_cast<double>(number());
    if (!(*value >= 0 && *value < 1e300)) fail(start, "got a load that cannot be");
  }
  for (Duration* const value : {&report.latency, &report.service_time})
    *value = Duration(static_cast<std::int64_t>(
        number_up_to(static_cast<std::uint64_t>(kDurationMax), "a duration")));
  return report;
}

Action Cursor::action(Context& context) {
  const std::size_t start = at_;
  const std::uint64_t head = number_up_to(15, "an action");
  const auto kind = static_cast<Action::Kind>(head & 7);
  if (kind > Action::Kind::probe_idle) fail(start, "got an action of no known kind");
  if (left() == 0) break_off(start);
  if (!ok()) return {};
  const auto follow = static_cast<unsigned char>(bytes_[at_++]);
  Action action = expected(kind, context);
  action.has_key = (head & kActionHasKey) != 0;
  const auto field_from = [&](std::uint64_t from, ActionField field, std::uint64_t max) {
    if ((follow & field) == 0) return from;
    const std::uint64_t by = change();
    if (by == 0 || from + by > max) fail(start, "got an action that no channel asks for");
    return ok() ? from + by : from;
  };
  constexpr std::uint64_t kAny = ~std::uint64_t{0};
  action.outcome = static_cast<Outcome>(field_from(0, kOutcome, kOutcomes - 1));
  action.attempts = static_cast<std::uint8_t>(field_from(action.attempts, kAttempts, 0xff));
  action.endpoint = static_cast<std::uint32_t>(field_from(0, kEndpoint, 0xffffffff));
  action.channel = static_cast<std::uint32_t>(field_from(action.channel, kChannel, 0xffffffff));
  if (follow & kId) {
    const std::uint64_t likely = action.id;
    action.id = id(likely);
    if (action.id == likely) fail(start, "got an action that no channel asks for");
  }
  action.token = field_from(action.token, kActionToken, kAny);
  action.at = instant_of(field_from(bits(action.at), kAt, kAny));
  action.key_hash = field_from(action.key_hash, kActionKeyHash, kAny);
  remember(action, context);
  return action;
}

std::uint64_t checksum(std::string_view block, std::uint64_t before) {
  return xxh64(block, before);
}

}  // namespace steelyard::live::channel_log
