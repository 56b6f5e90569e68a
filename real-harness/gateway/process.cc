#include "real-harness/gateway/process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include "real-harness/gateway/gateway.h"

namespace steelyard::live {
namespace {

using gateway::Gateway;
using gateway::LogFile;
using gateway::Rules;

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Error{fmt::format("cannot read {}", path)};
  return text;
}

std::string in_folder(const std::string& folder, const std::string& name) {
  return name.starts_with('/') || folder.empty() ? name : folder + "/" + name;
}

gateway::ReadSecret secrets_in(const std::string& folder) {
  return [folder](const SecretSpec& secret) -> Result<std::string> {
    if (secret.source == SecretSpec::Source::environment) {
      const char* const value = std::getenv(secret.value.c_str());
      if (value == nullptr)
        return Error{fmt::format("the environment has no variable {}", secret.value)};
      return std::string(value);
    }
    Result<std::string> text = read_text(in_folder(folder, secret.value));
    if (!text.ok()) return text;
    std::string value = std::move(text.value());
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
    return value;
  };
}

Result<std::shared_ptr<const TlsContext>> tls_of(const GatewaySpec& spec,
                                                 const std::string& folder) {
  if (!spec.tls) return std::shared_ptr<const TlsContext>();
  Result<std::string> certificate = read_text(in_folder(folder, spec.tls->certificate));
  if (!certificate.ok()) return Error{certificate.error()};
  Result<std::string> key = read_text(in_folder(folder, spec.tls->key));
  if (!key.ok()) return Error{key.error()};
  return TlsContext::make(certificate.value(), key.value());
}

// Health and figures, for operators, at an address of their own.
class Admin final : HttpServer::Handler {
 public:
  Admin(Reactor& reactor, Descriptor listener, const Gateway& gateway)
      : gateway_(gateway), server_(reactor, std::move(listener), *this) {}
  void drain() { draining_ = true; }

 private:
  void on_request(Exchange& exchange) override {
    const std::string_view path = exchange.request().path;
    if (path == "/.steelyard/health") {
      // Who spreads requests among gateways should leave this one out when it ends.
      exchange.answer(draining_ ? 503 : 200, "Content-Type: text/plain\r\n",
                      draining_ ? "draining\n" : "ok\n");
    } else if (path == "/.steelyard/metrics") {
      exchange.answer(200, "Content-Type: text/plain; version=0.0.4\r\n", gateway_.metrics());
    } else {
      exchange.answer(404, "Content-Type: text/plain\r\n",
                      "/.steelyard/health, /.steelyard/metrics\n");
    }
  }
  void on_body(Exchange&, std::string_view, bool) override {}
  void on_abandoned(Exchange&) override {}

  const Gateway& gateway_;
  bool draining_ = false;
  HttpServer server_;
};

class Process final : Reactor::Watcher, Reactor::TimerHandler {
 public:
  explicit Process(GatewayProcess process) : process_(std::move(process)) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &signals_before_);
    signal(SIGPIPE, SIG_IGN);
    signals_ = Descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr); }

  std::string run() {
    if (std::string error = start(); !error.empty()) return error;
    reactor_.watch(signals_.get(), *this);
    tick();
    process_.say(fmt::format("listening at {}{}",
                             gateway_->rules().spec().tls ? "https://" : "http://",
                             to_text(gateway_->address())));
    reactor_.run();
    reactor_.unwatch(signals_.get(), *this);
    return error_;
  }

 private:
  struct Loaded {
    std::unique_ptr<Rules> rules;
    std::shared_ptr<const TlsContext> tls;
    std::string folder;
  };
  Result<Loaded> load(const Rules* before) {
    Result<GatewayProcess::Setup> setup = process_.load();
    if (!setup.ok()) return Error{setup.error()};
    GatewayProcess::Setup& value = setup.value();
    auto tls = tls_of(*value.scenario.gateway, value.folder);
    if (!tls.ok()) return Error{tls.error()};
    auto rules = Rules::make(std::move(value.scenario), std::move(value.addresses),
                             secrets_in(value.folder), before);
    if (!rules.ok()) return Error{rules.error()};
    return Loaded{std::move(rules.value()), std::move(tls.value()), value.folder};
  }

  std::string start() {
    Result<Loaded> loaded = load(nullptr);
    if (!loaded.ok()) return loaded.error();
    Loaded& value = loaded.value();
    const GatewaySpec& spec = value.rules->spec();
    if (!spec.access_log.empty()) {
      auto log = LogFile::open(
          reactor_, spec.access_log == "-" ? "-" : in_folder(value.folder, spec.access_log));
      if (!log.ok()) return log.error();
      log_ = std::move(log.value());
    }
    is_tls_ = value.tls != nullptr;
    gateway_.emplace(reactor_, std::move(value.rules), std::move(process_.listener),
                     Gateway::Options{.log = log_.get(), .tls = std::move(value.tls)});
    if (process_.admin_listener)
      admin_.emplace(reactor_, std::move(process_.admin_listener), *gateway_);
    return "";
  }

  void on_ready(std::uint32_t) override {
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof info) == sizeof info) {
      const auto signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGHUP) reload();
      if (signal == SIGHUP || signal == SIGUSR1) reopen_log();
      if (signal == SIGTERM || signal == SIGINT) end();
    }
  }

  void reload() {
    Result<Loaded> loaded = load(&gateway_->rules());
    if (loaded.ok() && (loaded.value().tls != nullptr) != is_tls_)
      loaded = Error{"tls: cannot be switched on or off without a restart"};
    if (!loaded.ok())
      return process_.say("reload failed, the configuration stays as it was: " + loaded.error());
    gateway_->replace(std::move(loaded.value().rules));
    gateway_->set_tls(std::move(loaded.value().tls));
    process_.say("reloaded");
  }

  void reopen_log() {
    if (log_ == nullptr) return;
    if (const std::string error = log_->reopen(); !error.empty()) process_.say(error);
  }

  void end() {
    if (draining_) return reactor_.stop();
    draining_ = true;
    drained_by_ = reactor_.now() + process_.drain_timeout;
    process_.say("draining");
    if (admin_) admin_->drain();
    gateway_->drain();
    tick();
  }

  void tick() {
    reactor_.cancel(timer_);
    timer_ = reactor_.at(reactor_.now() + (draining_ ? Duration(10ms) : Duration(250ms)), *this, 0);
  }

  void on_timer(std::uint64_t) override {
    timer_ = 0;
    if (draining_ && (gateway_->is_drained() || reactor_.now() >= drained_by_)) {
      if (!gateway_->is_drained()) process_.say("requests are cut off: the time to drain is over");
      return reactor_.stop();
    }
    if (process_.trouble) error_ = process_.trouble();
    if (!error_.empty()) return reactor_.stop();
    tick();
  }

  GatewayProcess process_;
  sigset_t signals_before_{};
  Reactor reactor_;
  Descriptor signals_;
  std::unique_ptr<LogFile> log_;
  std::optional<Gateway> gateway_;
  std::optional<Admin> admin_;
  bool is_tls_ = false;
  bool draining_ = false;
  Instant drained_by_;
  Reactor::TimerId timer_ = 0;
  std::string error_;
};

}  // namespace

std::string run_gateway(GatewayProcess process) { return Process(std::move(process)).run(); }

Result<Address> listen_address(const GatewaySpec& spec) { return resolve(spec.host, spec.port); }

}  // namespace steelyard::live
