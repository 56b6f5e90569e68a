#include "real-harness/channels/log.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace steelyard::live {
namespace {

// Of inputs' time: how long one may wait before it goes to the file.
constexpr Duration kWrittenEvery = 1s;

}  // namespace

using channel_log::Input;
using channel_log::kBlock;
using channel_log::Record;

ChannelLog::ChannelLog(const std::string& file) : file_(file), buffer_(kBlock + kRoom) {
  std::error_code ignored;  // opening says what is wrong
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ignored);
  out_ = std::fopen(file.c_str(), "wbe");
  if (out_ == nullptr) throw std::runtime_error(file + ": " + std::strerror(errno));
  std::setvbuf(out_, nullptr, _IONBF, 0);  // the blocks are buffer enough
  write(channel_log::kOpenLine);
}

ChannelLog::~ChannelLog() { close(); }

void ChannelLog::channel_added(const ChannelOptions& options, const Stack& balancer,
                               const Channel& channel) {
  STEELYARD_CHECK(options.id == draws_.size(), "the channels of a log count from 0");
  draws_.push_back({channel.pick_random(), channel.backoff_random()});
  const Result<std::string> written = stack_text(balancer);
  if (!written) fail(written.error());
  number(std::uint64_t{options.id} << 3 | static_cast<unsigned>(Record::channel));
  number(static_cast<std::uint64_t>(options.policy.timeout.count()));
  number(static_cast<std::uint64_t>(options.policy.retry.attempts_max));
  number(static_cast<std::uint64_t>(options.policy.retry.backoff_base.count()));
  number(static_cast<std::uint64_t>(options.policy.retry.backoff_max.count()));
  const std::optional<ReconnectPolicy>& reconnect = options.policy.reconnect;
  const RetryPolicy& retry = options.policy.retry;
  using channel_log::ChannelPart;
  number((reconnect ? ChannelPart::kReconnects : 0U) |
         (retry.attempt_timeout > 0s ? ChannelPart::kTimesAttemptsOut : 0U) |
         (retry.budget != nullptr ? ChannelPart::kHasBudget : 0U));
  if (reconnect) {
    number(static_cast<std::uint64_t>(reconnect->backoff_base.count()));
    number(static_cast<std::uint64_t>(reconnect->backoff_max.count()));
    number(std::bit_cast<std::uint64_t>(reconnect->multiplier));
    number(std::bit_cast<std::uint64_t>(reconnect->jitter));
  }
  if (retry.attempt_timeout > 0s) number(static_cast<std::uint64_t>(retry.attempt_timeout.count()));
  if (retry.budget != nullptr) {
    const Result<std::string> budget = budget_text(*retry.budget);
    if (!budget) fail(budget.error());
    text(budget ? budget.value() : "");
  }
  number(options.requests_max);
  number(options.random.state());
  number(options.caller.index);
  number(options.caller.count);
  number(options.caller.zone);
  number(options.caller.count_by_zone.size());
  for (const std::uint32_t count : options.caller.count_by_zone) number(count);
  texts(options.caller.labels);
  text(written ? written.value() : "");
}

void ChannelLog::endpoints(std::uint32_t channel, std::span<const Endpoint> endpoints,
                           Instant now) {
  input({.record = Record::endpoints, .channel = channel, .now = now});
  number(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    text(endpoint.name);
    number(endpoint.id);
    number(endpoint.weight);
    number(endpoint.zone);
    number(std::uint64_t{endpoint.priority} << 1 | (endpoint.healthy ? 1 : 0));
    texts(endpoint.labels);
  }
}

void ChannelLog::request(std::uint32_t channel, const Request& request, Instant now) {
  input({.record = Record::request, .channel = channel, .now = now, .request = request});
}

void ChannelLog::reply(std::uint32_t channel, AttemptId attempt, Outcome outcome,
                       const LoadReport* report, Instant now) {
  Input reply{
      .record = Record::reply, .channel = channel, .now = now, .id = attempt, .outcome = outcome};
  if (report != nullptr) reply.report = *report;
  input(reply);
}

void ChannelLog::probe_reply(std::uint32_t channel, ProbeId probe, const LoadReport* report,
                             Instant now) {
  Input reply{.record = Record::probe, .channel = channel, .now = now, .id = probe};
  if (report != nullptr) reply.report = *report;
  input(reply);
}

void ChannelLog::timer(std::uint32_t channel, TimerId timer, Instant now) {
  input({.record = Record::timer, .channel = channel, .now = now, .id = timer});
}

void ChannelLog::input(const Input& input) {
  // Not an abort: an exception may have come between, and the log is to say so when it is closed.
  if (awaits_actions_) fail("an input came before the actions of the one before were logged");
  awaits_actions_ = true;
  channel_ = input.channel;
  ++inputs_;
  if (input.now - written_at_ >= kWrittenEvery) {
    write_out();
    written_at_ = input.now;
  }
  wrote_up_to(channel_log::put_input(buffer_.data() + used_, input, context_));
}

void ChannelLog::actions(std::span<const Action> actions, const Channel& channel) {
  awaits_actions_ = false;
  Draws& before = draws_[channel_];
  const Draws after{channel.pick_random(), channel.backoff_random()};
  char* out = channel_log::put(buffer_.data() + used_, actions.size());
  out = channel_log::put(out, after.picks.draws_since(before.picks));
  wrote_up_to(channel_log::put(out, after.backoffs.draws_since(before.backoffs)));
  before = after;
  for (const Action& action : actions)
    wrote_up_to(channel_log::put_action(buffer_.data() + used_, action, context_));
}

void ChannelLog::number(std::uint64_t value) {
  wrote_up_to(channel_log::put(buffer_.data() + used_, value));
}

void ChannelLog::texts(const std::vector<std::string>& values) {
  number(values.size());
  for (const std::string& value : values) text(value);
}

void ChannelLog::text(std::string_view value) {
  number(value.size());
  while (!value.empty()) {
    const std::size_t part = std::min(value.size(), kRoom);
    wrote_up_to(std::copy_n(value.data(), part, buffer_.data() + used_));
    value.remove_prefix(part);
  }
}

void ChannelLog::wrote_up_to(const char* end) {
  used_ = static_cast<std::size_t>(end - buffer_.data());
  if (used_ >= kBlock) [[unlikely]]
    complete_block();
}

// The block goes to the file, and what lies beyond it to the beginning.
void ChannelLog::complete_block() {
  const std::size_t beyond = used_ - kBlock;
  used_ = kBlock;
  write_out();
  checksum_ = channel_log::checksum({buffer_.data(), kBlock}, checksum_);
  std::copy_n(buffer_.data() + kBlock, beyond, buffer_.data());
  used_ = beyond;
  written_ = 0;
}

void ChannelLog::write_out() {
  write({buffer_.data() + written_, used_ - written_});
  written_ = used_;
}

void ChannelLog::write(std::string_view bytes) {
  if (out_ != nullptr && error_.empty() &&
      std::fwrite(bytes.data(), 1, bytes.size(), out_) != bytes.size())
    fail(std::strerror(errno));
}

void ChannelLog::fail(std::string why) {
  if (error_.empty()) error_ = file_ + ": " + std::move(why);
}

std::string ChannelLog::flush() {
  write_out();
  return error_;
}

std::string ChannelLog::close() {
  if (out_ == nullptr) return error_;
  if (!awaits_actions_) {
    number(static_cast<unsigned>(Record::end));
    number(inputs_);
    std::uint64_t sum = channel_log::checksum({buffer_.data(), used_}, checksum_);
    for (unsigned i = 0; i < 8; ++i, sum >>= 8) buffer_[used_++] = static_cast<char>(sum & 0xff);
  }
  write_out();
  if (!awaits_actions_ && error_.empty()) {
    if (std::fseek(out_, 0, SEEK_SET) != 0) fail(std::strerror(errno));
    write(channel_log::kClosedLine);
  }
  if (std::fclose(out_) != 0) fail(std::strerror(errno));
  out_ = nullptr;
  return error_;
}

}  // namespace steelyard::live
