// One request at a gateway, from its head to the end of its answer. Used by gateway.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "real-harness/gateway/aggregate.h"
#include "real-harness/gateway/counters.h"
#include "real-harness/gateway/headers.h"
#include "real-harness/gateway/identity.h"
#include "real-harness/gateway/log_file.h"
#include "real-harness/gateway/rules.h"
#include "real-harness/gateway/upstreams.h"
#include "real-harness/http/server.h"

namespace steelyard::live::gateway {

// A configuration with what serves it. Requests end with the one they began with.
struct Generation {
  Generation(Reactor& reactor, std::unique_ptr<Rules> made, const RandomStream& random,
             Upstreams::Counts& counts)
      : rules(std::move(made)),
        upstreams(reactor, rules->scenario(), rules->addresses(), random, counts) {}
  std::unique_ptr<Rules> rules;
  Upstreams upstreams;
  std::uint64_t calls = 0;  // that hold it
};

// What all requests share.
struct Workshop {
  Reactor& reactor;
  RandomStream random;  // names of requests and traces
  bool tls = false;
  LogFile* log = nullptr;
  Counters counters;
  Upstreams::Counts upstream_counts;
  Duration unix_offset{};  // unix time minus the reactor's
  std::string scratch;
  // Calls whose caller has been served.
  std::vector<class Call*> ended;
};

class Call final : Forward::Sink {
 public:
  explicit Call(Workshop& shop) : shop_(shop) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // What a server's handler is told. `generation` lives until release().
  void begin(Exchange& client, Generation& generation);
  void take_body(std::string_view data, bool last);
  void client_gone(int refusal);
  void client_writable();

  bool serving() const { return client_ != nullptr; }
  // Its caller has been served, and no channel holds it: it may be used again.
  bool is_free() const;
  // Lets the generation go. REQUIRES: is_free().
  void release();
  // The routes are other ones from now on: it counts for the one of the same name.
  void renumber(const std::vector<Counters::Route>& routes);
  // Ends it if nothing has moved since then.
  void end_if_idle_since(Instant instant);

 private:
  // One part of an aggregate.
  struct Part {
    Forward forward;
    const PartSpec* spec = nullptr;
    PartAnswer::Failure failure = PartAnswer::Failure::none;
    int status = 0;
    bool done = false;
    std::string content_type;
    std::string body;
  };

  // Forward::Sink
  void on_answer(Forward& forward, const http::ResponseHead& head) override;
  void on_answer_body(Forward& forward, std::string_view data, bool last) override;
  void on_answer_pause(Forward& forward) override;
  void on_failed(Forward& forward, Outcome outcome) override;
  void on_request_drained(Forward& forward) override;

  void remember(const http::RequestHead& head);
  void compose(const http::RequestHead& head, const Rules::Verdict& verdict);
  void compose_parts(const http::RequestHead& head, const Rules::Verdict& verdict);
  void start_parts();
  std::string_view host_for(const http::RequestHead& head, const ForwardSpec& to) const;
  Upstreams::To where_to(const ForwardSpec& to) const;
  AnswerToCaller terms() const;
  void refuse(const Rules::Verdict& verdict);
  void answer_failure(Outcome outcome);
  void answer_oneself(const OwnAnswer& own, std::string_view outcome);
  void break_off(std::string_view outcome);
  // The caller has its answer, or is gone.
  void end(std::string_view outcome);
  void log(std::string_view outcome, Duration took);

  void take_part_body(Part& part, std::string_view data, bool last);
  void part_done(Part& part, PartAnswer::Failure failure);
  void join_parts();
  Part& part_of(Forward& forward);

  Workshop& shop_;
  Generation* generation_ = nullptr;
  Exchange* client_ = nullptr;
  const RouteSpec* route_ = nullptr;
  std::size_t route_index_ = 0;
  Forward forward_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::size_t parts_used_ = 0;
  std::size_t parts_left_ = 0;
  Identity identity_;
  NormalPath path_;
  Instant began_;
  Instant moved_;
  Instant deadline_ = kNever;
  std::uint64_t key_hash_ = 0;
  std::uint32_t source_ipv4_ = 0;
  bool has_key_ = false;
  bool body_chunked_ = false;
  bool started_ = false;
  http::Framing answer_framing_ = http::Framing::none;
  std::uint8_t minor_version_ = 1;
  int status_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  // For the log, and empty without one.
  std::string method_;
  std::string host_;
  std::string logged_path_;
  std::string consumer_;
};

}  // namespace steelyard::live::gateway
