// Replays a channel log: the reading half of log.h.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "balancers/stack.h"
#include "real-harness/channels/balancer_text.h"
#include "real-harness/channels/log.h"
#include "real-harness/channels/words.h"

namespace steelyard::live {
namespace {

using channel_log::ChannelWords;
using channel_log::clock;
using channel_log::Context;
using channel_log::Cursor;
using channel_log::Input;
using channel_log::Record;

struct Draws {
  std::uint64_t picks = 0;
  std::uint64_t backoffs = 0;
  bool operator==(const Draws&) const = default;
};

// What an input caused.
struct Effects {
  Actions actions;
  Draws draws;
};

// One channel as it lives again.
struct Revived {
  Revived(const ChannelOptions& options, std::unique_ptr<Balancer> made, std::string name)
      : balancer(std::move(name)),
        channel(options, std::move(made)),
        picks(channel.pick_random()),
        backoffs(channel.backoff_random()) {}

  // Numbers drawn since this was asked last.
  Draws draws() {
    const Draws drawn{channel.pick_random().draws_since(picks),
                      channel.backoff_random().draws_since(backoffs)};
    picks = channel.pick_random();
    backoffs = channel.backoff_random();
    return drawn;
  }

  std::string balancer;
  Channel channel;
  RandomStream picks;
  RandomStream backoffs;
  std::uint64_t slots = 0;        // requests that were under way at once: ids name one of so many
  std::uint64_t probe_slots = 0;  // the same of probes
  EndpointSet endpoints;
  ChannelWords words;
};

std::string words_of(const Draws& draws) {
  return fmt::format("{} numbers drawn for picks, {} for back-offs", draws.picks, draws.backoffs);
}

std::string differing_fields(const Action& a, const Action& b) {
  std::string fields;
  const auto note = [&](bool differ, const char* name) {
    if (differ) fields += (fields.empty() ? "" : ", ") + std::string(name);
  };
  note(a.kind != b.kind, "kind");
  note(a.outcome != b.outcome, "outcome");
  note(a.attempts != b.attempts, "attempts");
  note(a.has_key != b.has_key || a.key_hash != b.key_hash, "key");
  note(a.endpoint != b.endpoint, "endpoint");
  note(a.channel != b.channel, "channel");
  note(a.id != b.id, "id");
  note(a.token != b.token, "token");
  note(a.at != b.at, "time");
  return fields;
}

bool same(const Action& a, const Action& b) { return differing_fields(a, b).empty(); }

// In three lines.
std::string words_of_difference(const Effects& recorded, const Effects& replayed,
                                const ChannelWords& words) {
  const auto [a, b] = std::mismatch(recorded.actions.begin(), recorded.actions.end(),
                                    replayed.actions.begin(), replayed.actions.end(), same);
  const bool ends = a == recorded.actions.end();
  const bool other_ends = b == replayed.actions.end();
  if (ends && other_ends)
    return fmt::format("\n  recorded: {}\n  replayed: {}\n  the actions are the same",
                       words_of(recorded.draws), words_of(replayed.draws));
  const std::string rest = a == recorded.actions.begin() ? "nothing" : "nothing more";
  return fmt::format("\n  recorded: {}\n  replayed: {}\n  they differ in {}",
                     ends ? rest : words.of(*a), other_ends ? rest : words.of(*b),
                     ends || other_ends ? "number" : differing_fields(*a, *b));
}

class Replayer {
 public:
  Replayer(std::string_view log, const std::function<void(const std::string&)>& line)
      : log_(log), line_(line), cursor_(log, channel_log::kOpenLine.size()) {}

  Result<Replay> run() {
    const bool closed = log_.starts_with(channel_log::kClosedLine);
    if (!closed && !log_.starts_with(channel_log::kOpenLine))
      return Error{
          fmt::format("byte 0: got {}, expected '{}': this is no channel log, or one of "
                      "another version",
                      log_.empty() ? "nothing" : "something else",
                      channel_log::kClosedLine.substr(0, channel_log::kClosedLine.size() - 1))};
    std::size_t start = cursor_.at();
    for (; !ended_ && cursor_.ok() && replay_.difference.empty(); step()) start = cursor_.at();
    // A record that seems to go on for more than a block was not cut off, but damaged.
    replay_.breaks_off =
        !closed && cursor_.breaks_off() && log_.size() - start < channel_log::kBlock;
    if (!cursor_.ok() && !replay_.breaks_off)
      return Error{fmt::format("byte {}: {}; the {} inputs before are identical",
                               cursor_.failed_at(), cursor_.why(), replay_.inputs)};
    if (closed && !replay_.difference.empty() && !intact())
      replay_.difference += "\n  the file was altered after it was written: its checksum is wrong";
    return replay_;
  }

 private:
  void step() {
    const std::size_t start = cursor_.at();
    std::uint32_t number = 0;
    const Record record = cursor_.record(number);
    if (!cursor_.ok()) return;
    if (record == Record::end) return end(start, number);
    if (record == Record::channel) return add_channel(start, number);
    if (number >= channels_.size())
      return cursor_.fail(start,
                          fmt::format("got an input of channel {}, which was never added", number));
    const Input input = cursor_.input(record, number, context_);
    Revived& revived = channels_[number];
    if (record == Record::endpoints) read_endpoints(revived);
    if (!cursor_.ok()) return;
    effects_.actions.clear();
    feed(revived, input, start);
    if (!cursor_.ok()) return;
    for (const Action& action : effects_.actions)
      if (action.kind == Action::Kind::probe_load || action.kind == Action::Kind::probe_idle)
        revived.probe_slots =
            std::max<std::uint64_t>(revived.probe_slots, Channel::slot_of_probe(action.id) + 1);
    effects_.draws = revived.draws();
    compare(revived, input);
  }

  void add_channel(std::size_t start, std::uint32_t number) {
    ChannelOptions options{.id = number};
    constexpr auto kMax = static_cast<std::uint64_t>(channel_log::kDurationMax);
    const auto duration = [&](const char* what) {
      return Duration(static_cast<std::int64_t>(cursor_.number_up_to(kMax, what)));
    };
    options.policy.timeout = duration("a timeout");
    RetryPolicy& retry = options.policy.retry;
    retry.attempts_max = static_cast<std::int64_t>(cursor_.number_up_to(200, "attempts"));
    retry.backoff_base = duration("a back-off");
    retry.backoff_max = duration("a back-off");
    const std::uint64_t parts = cursor_.number_up_to(channel_log::kChannelParts, "parts");
    if ((parts & channel_log::kReconnects) != 0) {
      ReconnectPolicy& reconnect = options.policy.reconnect.emplace();
      reconnect.backoff_base = duration("a back-off");
      reconnect.backoff_max = duration("a back-off");
      reconnect.multiplier = std::bit_cast<double>(cursor_.number());
      reconnect.jitter = std::bit_cast<double>(cursor_.number());
      if (!(reconnect.multiplier >= 1 && reconnect.multiplier <= 1000 && reconnect.jitter >= 0 &&
            reconnect.jitter <= 1))
        cursor_.fail(start, "got a channel that cannot be");
    }
    if ((parts & channel_log::kTimesAttemptsOut) != 0) {
      retry.attempt_timeout = duration("a timeout");
      if (retry.attempt_timeout == 0s) cursor_.fail(start, "got a channel that cannot be");
    }
    if ((parts & channel_log::kHasBudget) != 0) retry.budget = read_budget(start);
    options.requests_max =
        static_cast<std::uint32_t>(cursor_.number_up_to(0xffffff, "requests under way"));
    options.random = RandomStream::from_state(cursor_.number());
    options.caller = read_caller();
    const std::string_view text = cursor_.text();
    if (number != channels_.size() || retry.attempts_max == 0)
      cursor_.fail(start, "got a channel that cannot be");
    if (!cursor_.ok()) return;
    auto made = make_balancer(text);
    if (!made) return cursor_.fail(start, "got a balancer that cannot be: " + made.error());
    channels_.emplace_back(options, std::move(made.value()), std::string(text));
    ++replay_.channels;
    if (line_)
      line_(fmt::format("channel {}: {}, timeout {}, at most {} attempts", number, text,
                        options.policy.timeout > 0s ? to_text(options.policy.timeout) : "none",
                        retry.attempts_max));
  }

  std::shared_ptr<const Named> read_budget(std::size_t start) {
    const std::string_view text = cursor_.text();
    if (!cursor_.ok()) return nullptr;
    Result<Named> budget = budget_of(text);
    if (!budget) {
      cursor_.fail(start, "got a retry budget that cannot be: " + budget.error());
      return nullptr;
    }
    return std::make_shared<const Named>(std::move(budget.value()));
  }

  Caller read_caller() {
    Caller caller;
    caller.index = static_cast<std::uint32_t>(cursor_.number_up_to(0xffffffff, "a caller"));
    caller.count = static_cast<std::uint32_t>(cursor_.number_up_to(0xffffffff, "callers"));
    caller.zone = static_cast<std::uint16_t>(cursor_.number_up_to(0xffff, "a zone"));
    caller.count_by_zone.resize(cursor_.count(1));
    for (std::uint32_t& count : caller.count_by_zone)
      count = static_cast<std::uint32_t>(cursor_.number_up_to(0xffffffff, "callers"));
    caller.labels = read_texts();
    return caller;
  }

  std::vector<std::string> read_texts() {
    std::vector<std::string> values(cursor_.count(1));
    for (std::string& value : values) value = cursor_.text();
    return values;
  }

  static Result<std::unique_ptr<Balancer>> make_balancer(std::string_view text) {
    const Result<Stack> stack = stack_of(text);
    if (!stack) return Error{stack.error()};
    return steelyard::make_balancer(stack.value());
  }

  void read_endpoints(Revived& revived) {
    constexpr std::size_t kLeast = 6;  // bytes of one
    std::vector<Endpoint> endpoints(cursor_.count(kLeast));
    for (Endpoint& endpoint : endpoints) {
      endpoint.name = cursor_.text();
      endpoint.id = static_cast<std::uint32_t>(cursor_.number_up_to(0xffffffff, "an id"));
      endpoint.weight = static_cast<std::uint32_t>(cursor_.number_up_to(0xffffffff, "a weight"));
      endpoint.zone = static_cast<std::uint16_t>(cursor_.number_up_to(0xffff, "a zone"));
      const std::uint64_t state = cursor_.number_up_to(0x1ff, "a priority");
      endpoint.priority = static_cast<std::uint8_t>(state >> 1);
      endpoint.healthy = (state & 1) != 0;
      endpoint.labels = read_texts();
      if (!cursor_.ok()) return;
    }
    revived.endpoints = std::make_shared<const std::vector<Endpoint>>(std::move(endpoints));
  }

  void feed(Revived& revived, const Input& input, std::size_t start) {
    Channel& channel = revived.channel;
    if (input.record == Record::endpoints) {
      channel.on_endpoints(revived.endpoints, input.now, effects_.actions);
      revived.words.know(revived.endpoints);
      return;
    }
    if (input.record == Record::request) {
      revived.slots = std::max(revived.slots, channel.in_progress() + 1);
      try {
        channel.on_request(input.request, input.now, effects_.actions);
      } catch (const std::length_error&) {
        cursor_.fail(start, "got a request more than the channel has room for");
      }
      return;
    }
    // The channel trusts its world not to make up ids.
    const bool is_timer = input.record == Record::timer;
    const bool of_probe =
        is_timer ? Channel::is_about_probe(input.id) : input.record == Record::probe;
    const bool of_request =
        is_timer ? Channel::is_about_request(input.id) : input.record == Record::reply;
    if ((of_request && Channel::slot_of(input.id) >= revived.slots) ||
        (of_probe && Channel::slot_of_probe(input.id) >= revived.probe_slots))
      return cursor_.fail(start, "got the id of something that never was");
    const LoadReport* const report = input.report ? &*input.report : nullptr;
    if (is_timer)
      channel.on_timer(input.id, input.now, effects_.actions);
    else if (of_probe)
      channel.on_probe_reply(input.id, report, input.now, effects_.actions);
    else
      channel.on_reply(input.id, input.outcome, input.now, effects_.actions, report);
  }

  void compare(Revived& revived, const Input& input) {
    const Context before = context_;
    const std::string_view replayed = serialised();
    const bool identical = log_.substr(cursor_.at(), replayed.size()) == replayed;
    Effects recorded;
    if (!identical) {
      recorded = read_effects(before);
      if (!cursor_.ok()) return;
    }
    ++replay_.inputs;
    const std::string words = !identical || line_ ? revived.words.of(input) : "";
    revived.words.know(input, effects_.actions);
    if (line_) line_(line_of(revived, input, words));
    if (identical) {
      cursor_.skip(replayed.size());
      replay_.bytes += replayed.size();
      replay_.actions += effects_.actions.size();
      return;
    }
    replay_.difference = fmt::format("input {} at {}, channel {} ({}): {}{}", replay_.inputs,
                                     clock(input.now), input.channel, revived.balancer, words,
                                     words_of_difference(recorded, effects_, revived.words));
  }

  // The effects as the live run would have logged them.
  std::string_view serialised() {
    bytes_.resize(std::max(bytes_.size(), 3 * channel_log::kNumberMax +
                                              effects_.actions.size() * channel_log::kActionMax));
    char* end = channel_log::put(bytes_.data(), effects_.actions.size());
    end = channel_log::put(end, effects_.draws.picks);
    end = channel_log::put(end, effects_.draws.backoffs);
    for (const Action& action : effects_.actions)
      end = channel_log::put_action(end, action, context_);
    return {bytes_.data(), static_cast<std::size_t>(end - bytes_.data())};
  }

  Effects read_effects(Context context) {
    Effects effects;
    constexpr std::size_t kLeast = 2;  // bytes of an action
    const std::size_t count = cursor_.count(kLeast);
    effects.draws.picks = cursor_.number();
    effects.draws.backoffs = cursor_.number();
    for (std::size_t i = 0; i < count && cursor_.ok(); ++i)
      effects.actions.push_back(cursor_.action(context));
    return effects;
  }

  std::string line_of(const Revived& revived, const Input& input, const std::string& words) const {
    std::string did;
    for (const Action& action : effects_.actions) {
      did += (did.empty() ? "" : ", ") + revived.words.of(action);
      if (action.kind == Action::Kind::send) did += load_of(revived, action.endpoint);
    }
    return fmt::format("{} channel {} > {} -> {}", clock(input.now), input.channel, words,
                       did.empty() ? "nothing" : did);
  }

  // What the balancer had to go by, with this attempt.
  static std::string load_of(const Revived& revived, std::uint32_t endpoint) {
    std::uint64_t all = 0;
    std::uint64_t here = 0;
    const auto in_flight = revived.channel.in_flight();
    for (std::size_t i = 0; i < in_flight.size(); ++i) {
      all += in_flight[i];
      if ((*revived.endpoints)[i].id == endpoint) here += in_flight[i];
    }
    return fmt::format(" ({} of {} in flight)", here, all);
  }

  void end(std::size_t start, std::uint32_t number) {
    const std::uint64_t inputs = cursor_.number();
    const std::size_t sum_at = cursor_.at();
    cursor_.fixed();
    if (number != 0 || inputs != replay_.inputs)
      cursor_.fail(start, "got an end that does not fit what came before");
    if (cursor_.left() > 0) cursor_.fail(cursor_.at(), "got something after the end");
    if (cursor_.ok() && !intact())
      cursor_.fail(sum_at, "got a wrong checksum: the file was altered after it was written");
    ended_ = true;
  }

  bool intact() const {
    if (log_.size() < channel_log::kOpenLine.size() + 8) return false;
    std::string_view rest = log_.substr(channel_log::kOpenLine.size());
    rest.remove_suffix(8);
    std::uint64_t sum = 0;
    for (; rest.size() >= channel_log::kBlock; rest.remove_prefix(channel_log::kBlock))
      sum = channel_log::checksum(rest.substr(0, channel_log::kBlock), sum);
    return Cursor(log_, log_.size() - 8).fixed() == channel_log::checksum(rest, sum);
  }

  std::string_view log_;
  const std::function<void(const std::string&)>& line_;
  Cursor cursor_;
  Context context_;
  std::deque<Revived> channels_;
  Effects effects_;  // of the input at hand, on replay
  std::vector<char> bytes_;
  Replay replay_;
  bool ended_ = false;
};

}  // namespace

Result<Replay> replay(std::string_view log, const std::function<void(const std::string&)>& line) {
  return Replayer(log, line).run();
}

}  // namespace steelyard::live
