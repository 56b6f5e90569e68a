#include "real-harness/fit/probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "real-harness/os/precedence.h"

namespace steelyard::live {
namespace {

constexpr std::uint64_t kEnd = ~std::uint64_t{0};
constexpr std::uint64_t kLook = kEnd - 1;
constexpr Duration kLookEvery = 100ms;
// Timer data: the user, and whether it has rested or its patience is over.
constexpr std::uint64_t kRested = std::uint64_t{1} << 62;
constexpr std::uint64_t kImpatient = std::uint64_t{1} << 61;
// Without it, users of a server that fails at once would hammer it.
constexpr Duration kRest = 20ms;

// The error of connecting there, or 0.
int connect_once(const Address& address, Duration patience, double* seconds) {
  const Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  const std::int64_t before = monotonic_ns();
  if (::connect(socket.get(), address.raw(), address.length) != 0) {
    if (errno != EINPROGRESS) return errno;
    pollfd wait{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    const int ready = poll(&wait, 1, static_cast<int>(to_ms(patience)));
    if (ready == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (ready < 0 || getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      return errno;
    if (error != 0) return error;
  }
  *seconds = static_cast<double>(monotonic_ns() - before) * 1e-9;
  return 0;
}

}  // namespace

Result<std::vector<double>> connect_times(const Address& address, int count, Duration patience) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    double seconds = 0;
    const int error = connect_once(address, patience, &seconds);
    if (error == 0)
      times.push_back(seconds);
    else if (times.empty())
      return Error{std::strerror(error)};
    else
      break;
  }
  return times;
}

void with_precedence(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread thread([&] {
    ask_for_precedence();
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  thread.join();
  if (failure) std::rethrow_exception(failure);
}

Probe::Probe(const Address& address, std::string request, bool to_head,
             std::function<bool()> wanted)
    : client_(reactor_, address),
      request_(std::move(request)),
      to_head_(to_head),
      wanted_(std::move(wanted)) {}

Probe::~Probe() {
  for (User& user : users_)
    if (user.exchange != nullptr) user.exchange->abandon();
}

ProbeResult Probe::run(const ProbeStep& step) {
  step_ = step;
  result_ = {};
  const std::uint64_t connections_before = client_.connections_made();
  client_.close_idle();  // servers close what was idle for long, just when it is used again
  users_.assign(static_cast<std::size_t>(step.users), {});
  answers_.clear();
  ended_ = false;
  const Instant begin = reactor_.refresh();
  ends_ = begin + step.length;
  counts_from_ = begin + step.length / 10;
  const Reactor::TimerId end = reactor_.at(ends_, *this, kEnd);
  look_ = reactor_.at(begin + kLookEvery, *this, kLook);
  for (std::size_t user = 0; user < users_.size(); ++user) ask(user);
  while (under_way_ + waiting_ > 0) reactor_.run();
  reactor_.cancel(end);
  reactor_.cancel(look_);
  const Instant counted_until = std::min(ends_, reactor_.refresh());
  result_.throughput = throughput_until(counted_until);
  result_.connections = client_.connections_made() - connections_before;
  return std::move(result_);
}

// The median of stretches of equal length, if each has some answers: a moment in which the machine
// did something else spoils one of them.
double Probe::throughput_until(Instant end) const {
  constexpr std::size_t kStretches = 9;
  const double seconds = to_seconds(end - counts_from_);
  if (seconds <= 0) return 0;
  std::array<double, kStretches> counts{};
  double all = 0;
  for (const Instant answer : answers_) {
    if (answer < counts_from_ || answer >= end) continue;
    const double share = to_seconds(answer - counts_from_) / seconds;
    ++counts[std::min(kStretches - 1, static_cast<std::size_t>(share * kStretches))];
    ++all;
  }
  if (all < 20 * kStretches) return all / seconds;
  std::sort(counts.begin(), counts.end());
  return counts[kStretches / 2] * kStretches / seconds;
}

bool Probe::may_ask() { return !ended_ && result_.asked < step_.requests_max; }

void Probe::ask(std::size_t index) {
  if (!may_ask()) return;
  User& user = users_[index];
  ClientExchange* const exchange = client_.start(*this, to_head_);
  ++result_.asked;
  ++under_way_;
  user.status = 0;
  user.exchange = exchange;
  user.asked = reactor_.refresh();
  // Fast servers come to the last request long before the end of the time.
  if (result_.asked > step_.requests_max / 10) counts_from_ = std::min(counts_from_, user.asked);
  if (result_.asked == step_.requests_max) ends_ = std::min(ends_, user.asked);
  if (exchange == nullptr) return answered(index, Outcome::connection_refused);
  exchange->token = index;
  user.patience = reactor_.at(user.asked + step_.patience, *this, kImpatient | index);
  exchange->write(request_);
  exchange->end_request();
}

void Probe::on_response(ClientExchange& exchange, const http::ResponseHead& head) {
  users_[exchange.token].status = head.status;
}

void Probe::on_response_body(ClientExchange& exchange, std::string_view, bool last) {
  if (!last) return;
  const int status = users_[exchange.token].status;
  if (status >= 400) ++result_.statuses[status];
  answered(exchange.token, status < 400 ? Outcome::ok : Outcome::error_status);
}

void Probe::on_request_failed(ClientExchange& exchange, Outcome outcome) {
  answered(exchange.token, outcome);
}

void Probe::answered(std::size_t index, Outcome outcome) {
  User& user = users_[index];
  user.exchange = nullptr;
  reactor_.cancel(user.patience);
  --under_way_;
  ++result_.finished[static_cast<std::size_t>(outcome)];
  if (outcome == Outcome::ok) {
    const Instant now = reactor_.now();
    answers_.push_back(now);
    const bool connected_before = std::exchange(user.connected, true);
    if (user.asked >= counts_from_ && connected_before)
      result_.latencies.push_back(to_seconds(now - user.asked));
    ask(index);
  } else if (may_ask()) {
    ++waiting_;
    reactor_.at(reactor_.now() + kRest, *this, kRested | index);
  }
  if (under_way_ + waiting_ == 0) reactor_.stop();
}

void Probe::on_timer(std::uint64_t data) {
  if (data == kEnd) {
    ended_ = true;
    return;
  }
  if (data == kLook) {
    if (!wanted_()) give_up();
    look_ = reactor_.at(reactor_.now() + kLookEvery, *this, kLook);
    return;
  }
  const auto index = static_cast<std::size_t>(data & (kImpatient - 1));
  if ((data & kRested) != 0) {
    --waiting_;
    ask(index);
    if (under_way_ + waiting_ == 0) reactor_.stop();
    return;
  }
  users_[index].exchange->abandon();
  answered(index, Outcome::deadline_exceeded);
}

// Nobody wants the answers any more.
void Probe::give_up() {
  ended_ = result_.stopped = true;
  for (std::size_t index = 0; index < users_.size(); ++index) {
    if (users_[index].exchange == nullptr) continue;
    users_[index].exchange->abandon();
    answered(index, Outcome::deadline_exceeded);
  }
}

}  // namespace steelyard::live
