// A channel as a transcript: every line is something that happens, and what the channel does about
// it. The interpreter runs what stands left of "->" and writes the line anew, so a test compares
// two texts.
//
//   > 0ms endpoints a b           -> nothing
//   > 0ms request 1               -> wake t1 at 50ms, send #1 to a
//   > 20ms reply #1 ok            -> feedback a 20ms ok, finish 1 ok
//
// Inputs: endpoints NAME... (NAME! is not healthy), request TOKEN [deadline TIME] [due TIME], reply
// #ATTEMPT OUTCOME [IN_FLIGHT], timer tNUMBER, restart, load, connections, wants tNUMBER, answer
// pNUMBER IN_FLIGHT, refuse pNUMBER. Attempts, timers and probes are numbered as they appear. What
// the balancer is about to do:
//
//   > 0ms next ask load a         its next call asks that; or: ask idle a, wake at 5ms
//   > 0ms next wait until 5ms     its picks tell requests to wait, until then
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "channel/channel.h"

namespace steelyard::test {

// The least loaded endpoint, the first of several; writes down what it is told, and asks what the
// script says.
class Notebook final : public Balancer {
 public:
  explicit Notebook(std::vector<std::string>& notes) : notes_(notes) {}

  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    names_.clear();
    for (const Endpoint& endpoint : endpoints) names_.push_back(endpoint.name);
    ask();
  }
  std::size_t pick(const Choice& choice) override {
    ask();
    if (choice.now < wait_until_) return kWait;
    std::size_t best = 0;
    for (std::size_t i = 1; i < choice.in_flight.size(); ++i)
      if (choice.in_flight[i] < choice.in_flight[best]) best = i;
    return best;
  }
  void on_feedback(const Feedback& feedback) override {
    notes_.push_back("feedback " + names_[feedback.position] + " " + to_text(feedback.latency) +
                     (feedback.outcome == Outcome::ok          ? " ok"
                      : feedback.outcome == Outcome::cancelled ? " cancelled"
                                                               : " failed"));
    if (feedback.report != nullptr)
      notes_.back() += " with " + std::to_string(feedback.report->in_flight) + " in flight";
    ask();
  }
  bool wants_feedback() const override { return true; }
  bool wants_reports() const override { return true; }
  bool asks() const override { return true; }
  Instant wait_until() const override { return wait_until_; }
  void on_probe(const ProbeReply& reply) override {
    notes_.push_back(
        "told of " + names_[reply.position] + " " +
        (reply.report == nullptr ? "nothing" : std::to_string(reply.report->in_flight)));
    ask();
  }
  void on_wake(Instant) override {
    notes_.push_back("woken");
    ask();
  }

  // What it does next.
  std::vector<std::pair<Probe::Kind, std::string>> questions;
  Instant wake = kNever;
  void wait_until(Instant at) { wait_until_ = at; }

 private:
  void ask() {
    for (const auto& [kind, name] : questions)
      for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i] == name) ask_probe({.position = i, .kind = kind});
    questions.clear();
    if (wake != kNever) ask_wake(std::exchange(wake, kNever));
  }

  Instant wait_until_ = kStart;
  std::vector<std::string>& notes_;
  std::vector<std::string> names_;
};

class Interpreter {
 public:
  explicit Interpreter(const ResiliencePolicy& policy)
      : channel_({.id = 0, .policy = policy, .random = RandomStream(1)}, notebook()) {}

  std::string run(const std::string& script) {
    std::istringstream in(script);
    std::string written;
    for (std::string line; std::getline(in, line);) {
      if (!line.starts_with(">")) {
        written += line + "\n";
        continue;
      }
      const std::size_t arrow = line.find("->");
      did_.clear();
      input(line.substr(1, arrow - 1));
      std::string out;
      for (const std::string& action : did_) out += (out.empty() ? "" : ", ") + action;
      written += line.substr(0, arrow) + "-> " + (out.empty() ? "nothing" : out) + "\n";
    }
    return written;
  }

 private:
  static Instant time(const std::string& text) {
    EXPECT_TRUE(text.ends_with("ms")) << text;
    return kStart + 1ms * std::stoll(text);
  }
  static Outcome outcome(const std::string& text) {
    for (std::size_t i = 0; i < kOutcomes; ++i)
      if (kOutcomeNames[i] == text) return static_cast<Outcome>(i);
    ADD_FAILURE() << "no outcome is named " << text;
    return Outcome::ok;
  }

  void input(const std::string& text) {
    std::istringstream in(text);
    std::string at;
    std::string verb;
    in >> at >> verb;
    const Instant now = time(at);
    std::string word;
    Actions actions;
    if (verb == "endpoints") {
      std::vector<Endpoint> endpoints;
      while (in >> word)
        endpoints.push_back({.name = word.substr(0, 1),
                             .id = static_cast<std::uint32_t>(word[0] - 'a'),
                             .healthy = !word.ends_with('!')});
      channel_.on_endpoints(std::make_shared<const std::vector<Endpoint>>(std::move(endpoints)),
                            now, actions);
    } else if (verb == "request") {
      Request request{.planned = now};
      in >> request.token;
      for (std::string value; in >> word >> value;)
        (word == "due" ? request.planned : request.deadline) = time(value);
      channel_.on_request(request, now, actions);
    } else if (verb == "reply") {
      std::string result;
      in >> word >> result;
      LoadReport report;
      const bool reports = static_cast<bool>(in >> report.in_flight);
      channel_.on_reply(attempts_.at(word), outcome(result), now, actions,
                        reports ? &report : nullptr);
    } else if (verb == "timer") {
      in >> word;
      channel_.on_timer(timers_.at(word), now, actions);
    } else if (verb == "wants") {
      in >> word;
      did_.push_back(channel_.wants(timers_.at(word)) ? "yes" : "no");
    } else if (verb == "restart") {
      channel_.on_restart(notebook(), {}, now, actions);
    } else if (verb == "answer" || verb == "refuse") {
      LoadReport report;
      in >> word >> report.in_flight;
      channel_.on_probe_reply(probes_.at(word), verb == "answer" ? &report : nullptr, now, actions);
    } else if (verb == "next") {
      plan(in);
    } else if (verb == "load") {
      for (const std::uint32_t load : channel_.in_flight()) did_.push_back(std::to_string(load));
      did_.push_back(std::to_string(channel_.in_progress()) + " in progress");
    } else if (verb == "connections") {
      did_.push_back(std::to_string(channel_.connections()) + " opened");
    } else {
      ADD_FAILURE() << "no input is named " << verb;
    }
    for (const Action& action : actions) note(action);
  }

  std::unique_ptr<Notebook> notebook() {
    auto made = std::make_unique<Notebook>(did_);
    notebook_ = made.get();
    return made;
  }
  void plan(std::istringstream& in) {
    std::string verb;
    std::string what;
    std::string which;
    in >> verb >> what >> which;
    if (verb == "ask")
      notebook_->questions.emplace_back(what == "idle" ? Probe::Kind::idle : Probe::Kind::load,
                                        which);
    else if (verb == "wake")
      notebook_->wake = time(which);
    else
      notebook_->wait_until(time(which));
  }

  void note(const Action& action) {
    const std::string endpoint(1, static_cast<char>('a' + action.endpoint));
    switch (action.kind) {
      case Action::Kind::send: {
        const std::string name = "#" + std::to_string(attempts_.size() + 1);
        attempts_[name] = action.id;
        names_[action.id] = name;
        did_.push_back("send " + name + " to " + endpoint);
        return;
      }
      case Action::Kind::wake: {
        const std::string name = "t" + std::to_string(timers_.size() + 1);
        timers_[name] = action.id;
        did_.push_back("wake " + name + " at " +
                       std::to_string((action.at - kStart) / Duration(1ms)) + "ms");
        return;
      }
      case Action::Kind::probe_load:
      case Action::Kind::probe_idle: {
        const std::string name = "p" + std::to_string(probes_.size() + 1);
        probes_[name] = action.id;
        did_.push_back("ask " + name + " of " + endpoint +
                       (action.kind == Action::Kind::probe_idle ? " when idle" : ""));
        return;
      }
      case Action::Kind::cancel:
        did_.push_back("cancel " + names_[action.id] + " at " + endpoint);
        return;
      case Action::Kind::finish:
        did_.push_back("finish " + std::to_string(action.token) + " " +
                       std::string(to_text(action.outcome)));
        return;
    }
  }

  std::vector<std::string> did_;
  Notebook* notebook_ = nullptr;
  Channel channel_;
  std::map<std::string, AttemptId> attempts_;
  std::map<std::string, TimerId> timers_;
  std::map<std::string, ProbeId> probes_;
  std::map<std::uint64_t, std::string> names_;
};

inline void expect_transcript(const ResiliencePolicy& policy, const std::string& script) {
  EXPECT_EQ(Interpreter(policy).run(script), script);
}

}  // namespace steelyard::test
