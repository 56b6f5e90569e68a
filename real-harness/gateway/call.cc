#include "real-harness/gateway/call.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "real-harness/channels/http_attempts.h"
#include "real-harness/gateway/headers.h"
#include "real-harness/gateway/log.h"
#include "real-harness/instances/modelled_instance.h"

namespace steelyard::live::gateway {
namespace {

// A number in a header of Steelyard's own; `otherwise` if there is none.
std::uint64_t number_in(const http::RequestHead& head, std::string_view name, int base,
                        std::uint64_t otherwise) {
  const std::string_view text = head.find(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool is_number = !text.empty() && error == std::errc{} && end == text.data() + text.size();
  return is_number ? value : otherwise;
}

// Safe to send twice. [RFC 9110, 9.2.2]
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

std::uint32_t ipv4_of(const Address& address) {
  if (address.storage.ss_family != AF_INET) return 0;
  return ntohl(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_addr.s_addr);
}

std::string_view reason_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::deadline_exceeded:
      return "the service did not answer in time";
    case Outcome::no_endpoint:
      return "the service has no instance";
    case Outcome::connection_refused:
      return "the service cannot be reached";
    case Outcome::connection_reset:
      return "the service closed the connection";
    default:
      return "the service gave no valid answer";
  }
}

}  // namespace

// ---- The request -------------------------------------------------------------------------------

void Call::begin(Exchange& client, Generation& generation) {
  const http::RequestHead& head = client.request();
  client_ = &client;
  generation_ = &generation;
  ++generation.calls;
  began_ = moved_ = shop_.reactor.now();
  deadline_ = kNever;
  route_ = nullptr;
  route_index_ = shop_.counters.routes.size() - 1;
  minor_version_ = head.minor_version;
  status_ = 0;
  bytes_in_ = bytes_out_ = 0;
  started_ = false;
  parts_used_ = parts_left_ = 0;
  forward_.attempts = 0;
  identify(head, shop_.random, identity_);
  if (shop_.log != nullptr) remember(head);
  const Rules::Verdict verdict = generation.rules->judge(
      head, client.client_name(), path_, began_, began_.time_since_epoch() + shop_.unix_offset);
  if (verdict.has_route) {
    route_ = &generation.rules->route(verdict.route);
    route_index_ = verdict.route;
  }
  if (shop_.log != nullptr) consumer_ = verdict.consumer;
  if (verdict.status != 0) return refuse(verdict);
  if (route_->timeout) deadline_ = began_ + *route_->timeout;
  const std::uint64_t left_ns = number_in(head, kTimeoutHeader, 10, 0);
  if (left_ns > 0 && left_ns < static_cast<std::uint64_t>(kDelayMax.count()))
    deadline_ = std::min(deadline_, began_ + Duration(static_cast<std::int64_t>(left_ns)));
  has_key_ = head.find(kKeyHeader).data() != nullptr;
  key_hash_ = has_key_ ? number_in(head, kKeyHeader, 16, 0) : 0;
  source_ipv4_ = ipv4_of(client.client());
  if (head.expects_continue) client.continue_request();
  if (route_->parts.empty())
    compose(head, verdict);
  else
    compose_parts(head, verdict);
}

void Call::remember(const http::RequestHead& head) {
  method_ = head.method;
  host_ = head.host;
  logged_path_ = head.path;
}

void Call::compose(const http::RequestHead& head, const Rules::Verdict& verdict) {
  forward_.sink = this;
  forward_.bytes.clear();
  forward_.complete = false;
  forward_.idempotent = is_idempotent(head.method);
  forward_.to_head = client_->to_head();
  body_chunked_ = head.framing == http::Framing::chunked;
  std::string& target = shop_.scratch;
  target.clear();
  append_target(target, route_->to, verdict.found, path_, head.query);
  append_request_head(forward_.bytes, head,
                      {.target = target,
                       .host = host_for(head, route_->to),
                       .client_address = client_->client_name(),
                       .tls = shop_.tls,
                       .consumer = verdict.consumer,
                       .hidden_header = verdict.hidden_header,
                       .identity = &identity_});
}

void Call::compose_parts(const http::RequestHead& head, const Rules::Verdict& verdict) {
  for (const PartSpec& spec : route_->parts) {
    if (parts_used_ == parts_.size()) parts_.push_back(std::make_unique<Part>());
    Part& part = *parts_[parts_used_++];
    part.spec = &spec;
    part.failure = PartAnswer::Failure::none;
    part.status = 0;
    part.done = false;
    part.content_type.clear();
    part.body.clear();
    part.forward.sink = this;
    part.forward.bytes.clear();
    part.forward.complete = part.forward.idempotent = true;
    part.forward.to_head = false;
    std::string& target = shop_.scratch;
    target.clear();
    append_target(target, spec.to, verdict.found, path_, head.query);
    renew_parent(identity_.trace, shop_.random);
    append_request_head(part.forward.bytes, head,
                        {.target = target,
                         .host = host_for(head, spec.to),
                         .client_address = client_->client_name(),
                         .tls = shop_.tls,
                         .consumer = verdict.consumer,
                         .hidden_header = verdict.hidden_header,
                         .identity = &identity_,
                         .is_part = true});
  }
}

// HTTP/1.0 has no Host header, the services' HTTP/1.1 must have one.
std::string_view Call::host_for(const http::RequestHead& head, const ForwardSpec& to) const {
  return head.host.empty() ? std::string_view(generation_->upstreams.name_of(to.service, 0))
                           : head.host;
}

Upstreams::To Call::where_to(const ForwardSpec& to) const {
  return {.service = to.service,
          .deadline = deadline_,
          .key_hash = key_hash_,
          .source_ipv4 = source_ipv4_,
          .has_key = has_key_};
}

// The request goes out with the first piece of its body, so that both travel together.
void Call::take_body(std::string_view data, bool last) {
  moved_ = shop_.reactor.now();
  bytes_in_ += data.size();
  if (parts_used_ > 0) {
    if (last) start_parts();
    return;
  }
  if (!started_) {
    started_ = true;
    if (body_chunked_) {
      http::append_chunk(forward_.bytes, data);
      if (last) forward_.bytes += http::kLastChunk;
    } else {
      forward_.bytes += data;
    }
    forward_.complete = last;
    generation_->upstreams.start(forward_, where_to(route_->to));
  } else if (body_chunked_) {
    std::string& chunk = shop_.scratch;
    chunk.clear();
    http::append_chunk(chunk, data);
    if (last) chunk += http::kLastChunk;
    generation_->upstreams.write(forward_, chunk, last);
  } else {
    generation_->upstreams.write(forward_, data, last);
  }
  if (client_ != nullptr && !last && forward_.unsent() > kUnsentMax) client_->pause_body();
}

void Call::on_request_drained(Forward& forward) {
  moved_ = shop_.reactor.now();
  if (client_ != nullptr && !forward.complete) client_->resume_body();
}

// ---- The answer --------------------------------------------------------------------------------

AnswerToCaller Call::terms() const {
  return {.to_head = client_->to_head(),
          .minor_version = minor_version_,
          .keep_alive = client_->keep_alive(),
          .request_id = identity_.request_id};
}

void Call::on_answer(Forward& forward, const http::ResponseHead& head) {
  moved_ = shop_.reactor.now();
  if (parts_used_ > 0) {
    Part& part = part_of(forward);
    part.status = head.status;
    part.content_type = head.find("content-type");
    return;
  }
  status_ = head.status;
  const AnswerHead answer = append_response_head(client_->begin_head(), head, terms());
  answer_framing_ = answer.framing;
  client_->end_head(answer.framing == http::Framing::chunked, answer.keep_alive);
}

void Call::on_answer_body(Forward& forward, std::string_view data, bool last) {
  moved_ = shop_.reactor.now();
  if (parts_used_ > 0) return take_part_body(part_of(forward), data, last);
  bytes_out_ += data.size();
  client_->answer_body(data);
  if (!last) {
    if (client_->unsent() > kUnsentMax) Upstreams::pause_answer(forward);
    return;
  }
  Exchange& client = *client_;
  end(to_text(forward.outcome));
  client.end_answer();
}

void Call::on_answer_pause(Forward&) {
  if (parts_used_ == 0) client_->flush();
}

void Call::client_writable() {
  moved_ = shop_.reactor.now();
  if (parts_used_ == 0) Upstreams::resume_answer(forward_);
}

void Call::on_failed(Forward& forward, Outcome outcome) {
  if (parts_used_ > 0)
    return part_done(part_of(forward), outcome == Outcome::deadline_exceeded
                                           ? PartAnswer::Failure::timeout
                                           : PartAnswer::Failure::unavailable);
  if (client_->answer_begun())
    break_off(to_text(outcome));
  else
    answer_failure(outcome);
}

void Call::answer_failure(Outcome outcome) {
  answer_oneself(
      {.status = status_of(outcome), .why = reason_of(outcome), .outcome = to_text(outcome)},
      to_text(outcome));
}

void Call::refuse(const Rules::Verdict& verdict) {
  answer_oneself({.status = verdict.status,
                  .why = verdict.why,
                  .challenge = verdict.challenge,
                  .allow = verdict.allow,
                  .retry_after_seconds = verdict.retry_after_seconds},
                 verdict.why);
}

void Call::answer_oneself(const OwnAnswer& own, std::string_view outcome) {
  Exchange& client = *client_;
  status_ = own.status;
  AnswerToCaller to_caller = terms();
  to_caller.date = client.date();
  append_own_answer(client.begin_head(), own, to_caller);
  client.end_head(false, to_caller.keep_alive);
  end(outcome);
  client.end_answer();
}

// The caller must not take what it has for a whole answer. Where the end of the connection would
// say so, only a reset does not.
void Call::break_off(std::string_view outcome) {
  Exchange& client = *client_;
  ++shop_.counters.broken_off;
  end(outcome);
  client.flush();
  if (answer_framing_ == http::Framing::until_close)
    client.reset();
  else
    client.break_off();
}

// ---- Aggregates --------------------------------------------------------------------------------

Call::Part& Call::part_of(Forward& forward) {
  const auto found = std::find_if(parts_.begin(), parts_.end(),
                                  [&](const auto& part) { return &part->forward == &forward; });
  return **found;
}

void Call::start_parts() {
  parts_left_ = parts_used_ + 1;  // one more, so that none that fails at once is the last
  for (std::size_t p = 0; p < parts_used_; ++p)
    generation_->upstreams.start(parts_[p]->forward, where_to(parts_[p]->spec->to));
  if (--parts_left_ == 0) join_parts();
}

void Call::take_part_body(Part& part, std::string_view data, bool last) {
  const auto most = static_cast<std::size_t>(generation_->rules->spec().limits.part_bytes);
  if (part.body.size() + data.size() > most) {
    generation_->upstreams.give_up(part.forward, Outcome::cancelled);
    return part_done(part, PartAnswer::Failure::too_large);
  }
  part.body += data;
  if (last) part_done(part, PartAnswer::Failure::none);
}

void Call::part_done(Part& part, PartAnswer::Failure failure) {
  if (std::exchange(part.done, true)) return;
  part.failure = failure;
  if (--parts_left_ == 0) join_parts();
}

void Call::join_parts() {
  std::vector<PartAnswer> answers;
  for (std::size_t p = 0; p < parts_used_; ++p) {
    const Part& part = *parts_[p];
    answers.push_back({.name = part.spec->name,
                       .optional = part.spec->optional,
                       .failure = part.failure,
                       .status = part.status,
                       .content_type = part.content_type,
                       .body = part.body});
  }
  const Joined joined = join(answers);
  Exchange& client = *client_;
  status_ = joined.status;
  bytes_out_ += joined.body.size();
  AnswerToCaller to_caller = terms();
  to_caller.date = client.date();
  append_json_answer(client.begin_head(), joined.status, joined.body, to_caller);
  client.end_head(false, to_caller.keep_alive);
  end(joined.status == 200 ? "ok" : joined.status == 504 ? "deadline_exceeded" : "bad_response");
  client.end_answer();
}

// ---- Its end -----------------------------------------------------------------------------------

void Call::client_gone(int refusal) {
  status_ = refusal;
  Generation& generation = *generation_;
  end(refusal == 0 ? "the caller left" : "the body was refused");
  generation.upstreams.give_up(forward_, Outcome::cancelled);
  for (std::size_t p = 0; p < parts_used_; ++p)
    generation.upstreams.give_up(parts_[p]->forward, Outcome::cancelled);
}

void Call::end(std::string_view outcome) {
  const Duration took = shop_.reactor.now() - began_;
  shop_.counters.count(route_index_, status_, took);
  shop_.counters.bytes_in += bytes_in_;
  shop_.counters.bytes_out += bytes_out_;
  if (shop_.log != nullptr) log(outcome, took);
  client_->context = nullptr;
  client_ = nullptr;
  shop_.ended.push_back(this);
}

void Call::log(std::string_view outcome, Duration took) {
  const bool is_one = route_ != nullptr && parts_used_ == 0 && forward_.attempts > 0;
  std::uint32_t attempts = is_one ? forward_.attempts : 0;
  for (std::size_t p = 0; p < parts_used_; ++p) attempts += parts_[p]->forward.attempts;
  append_access_line(
      shop_.log->buffer(),
      {.unix_time = began_.time_since_epoch() + shop_.unix_offset,
       .client = client_->client_name(),
       .method = method_,
       .host = host_,
       .path = logged_path_,
       .minor_version = minor_version_,
       .route = route_ != nullptr ? std::string_view(route_->name) : std::string_view(),
       .status = status_,
       .bytes_in = bytes_in_,
       .bytes_out = bytes_out_,
       .duration = took,
       .upstream = is_one ? std::string_view(generation_->upstreams.name_of(route_->to.service,
                                                                            forward_.endpoint))
                          : std::string_view(),
       .attempts = attempts,
       .outcome = outcome,
       .request_id = identity_.request_id,
       .trace_id = {identity_.trace.trace_id.data(), identity_.trace.trace_id.size()},
       .consumer = consumer_});
  shop_.log->written();
}

void Call::renumber(const std::vector<Counters::Route>& routes) {
  route_index_ = 0;
  while (route_index_ + 1 < routes.size() &&
         (route_ == nullptr || routes[route_index_].name != route_->name))
    ++route_index_;
}

bool Call::is_free() const {
  return client_ == nullptr && forward_.free() &&
         std::all_of(parts_.begin(), parts_.end(),
                     [](const auto& part) { return part->forward.free(); });
}

void Call::release() {
  if (generation_ == nullptr) return;
  --generation_->calls;
  generation_ = nullptr;
}

void Call::end_if_idle_since(Instant instant) {
  if (client_ == nullptr || !started_ || moved_ > instant || parts_used_ > 0) return;
  generation_->upstreams.give_up(forward_, Outcome::deadline_exceeded);
  if (client_->answer_begun())
    break_off("idle");
  else
    answer_failure(Outcome::deadline_exceeded);
}

}  // namespace steelyard::live::gateway
