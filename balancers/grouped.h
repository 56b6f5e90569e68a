// The mechanics that most layers share: endpoints are arranged into groups, each group has a
// balancer of its own, and every attempt goes to one group. A filter is an arrangement of one
// group.
//
// A layer says how to arrange() and whom to choose(); everything else is done here. Positions are
// mapped both ways; counts in flight reach each inner balancer under the contract of
// Choice::in_flight; feedback, reports, probes, wakes and waits are passed through; and a group
// that stays keeps its balancer with what it has learnt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "balancers/known_endpoints.h"
#include "balancers/layer.h"

namespace steelyard {

class Grouped : public Balancer {
 public:
  explicit Grouped(BalancerMaker inner);

  // As Layer has it (layer.h); hidden by those that do nothing in front of some numbers of
  // endpoints.
  static std::string idle_with(const Settings&, std::size_t) { return {}; }

  void on_caller(const Caller& caller) final;
  void on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream& random) final;
  std::size_t pick(const Choice& choice) override { return pick_from(choose(choice), choice); }
  void on_feedback(const Feedback& feedback) final;
  bool wants_feedback() const final { return true; }
  bool wants_reports() const final { return wants_reports_; }
  bool wants_unhealthy() const override { return inner_wants_unhealthy_; }
  bool uses(std::size_t position) const final;
  bool may_pick(std::size_t position) const final;
  void on_in_flight(std::size_t position) final;
  Instant wait_until() const override;
  bool asks() const final { return inner_asks_ || wakes_itself(); }
  void on_probe(const ProbeReply& reply) final;
  void on_wake(Instant now) final;
  Insight insight(const Choice& choice) const final;

 protected:
  struct Member {
    std::size_t position = 0;
    std::uint32_t weight = 1;  // what the inner balancer is told
    bool ejected = false;      // counts as not healthy, whatever the endpoint itself says
  };
  // Members that are not healthy are left out, unless the inner balancer wants to decide that.
  struct Group {
    std::uint64_t identity = 0;  // the same across arrangements: a zone's number, a priority
    std::vector<Member> members{};
    bool whatever_health = false;  // all are passed on, as if they were healthy
  };

  // The groups from now on. REQUIRES: no position is in two of them, no identity twice.
  virtual std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant now,
                                     RandomStream& random) = 0;
  // Which of the arranged groups gets the attempt; or kNobody, or kWait. Must not allocate.
  virtual std::size_t choose(const Choice& choice) {
    (void)choice;
    return 0;
  }
  // Whether choose() might choose the group, as long as nothing changes.
  virtual bool may_choose(std::size_t group) const {
    (void)group;
    return true;
  }
  // may_pick() has changed, here or behind. May allocate.
  virtual void on_reach_changed() {}
  // What became of an attempt, in a group or not. Must not allocate.
  virtual void learn(const Feedback& feedback) { (void)feedback; }
  // Whether callers stay connected to endpoints that it left out of all groups.
  virtual bool keeps_connections() const { return true; }
  // What the layer itself goes by; what stands behind it is added. REQUIRES: as Balancer::insight.
  virtual void explain(const Choice& choice, Insight& insight) const {
    (void)choice;
    (void)insight;
  }
  // For layers that ask with wake_me() to be called themselves.
  virtual bool wakes_itself() const { return false; }
  virtual void on_own_wake(Instant now) { (void)now; }

  // The group that a position is in; kNobody: it is in none, or was left out.
  std::size_t group_of(std::size_t position) const {
    return is_member(position) ? place_of_[position].room : kNobody;
  }

  // One group of all endpoints, with their weights.
  static Group all_of(std::span<const Endpoint> endpoints);

  // What the group's balancer picks, in positions of `choice`; a group without endpoints answers
  // kNobody. Answers of choose() that are no group come back as they are.
  std::size_t pick_from(std::size_t group, const Choice& choice);
  // Takes `position` without asking the group's balancer. REQUIRES: may_pick(position).
  std::size_t take(std::size_t position);
  // Whether it is in a group, and was not left out of it.
  bool is_member(std::size_t position) const { return place_of_[position].room != kOut; }
  // Attempts in flight at all endpoints of a group, as `choice` has them.
  std::uint64_t in_flight_in(std::size_t group, const Choice& choice);

  // The layer's own wake; replaces the one before. REQUIRES: wakes_itself().
  void wake_me(Instant at);
  // Arranges the endpoints of the last on_endpoints() anew. REQUIRES: wakes_itself(); not called
  // from arrange(), choose() or pick(), as it allocates.
  void rearrange(Instant now);

  const Caller& caller() const { return caller_; }
  bool by_key() const { return maker_.by_key; }

 private:
  // A group as its balancer sees it.
  struct Room {
    std::uint64_t identity = 0;
    std::unique_ptr<Balancer> inner;
    std::vector<Endpoint> endpoints{};
    std::vector<std::uint32_t> in_flight{};
    std::vector<std::uint32_t> positions{};  // outside, by position inside
    std::uint64_t total_in_flight = 0;
    Instant wake = kNever;
  };
  static constexpr std::uint32_t kOut = ~std::uint32_t{0};
  struct Place {
    std::uint32_t room = kOut;
    std::uint32_t inside = 0;
  };
  // A probe under way. Its slot is the tag that the outside knows.
  struct Question {
    bool live = false;
    bool forgotten = false;  // the endpoint has left the group that asked
    std::uint32_t position = 0;
    std::uint32_t tag = 0;       // the inner balancer's own; the next free slot when not live
    std::uint64_t identity = 0;  // of the group
  };

  void set_rooms(std::span<const Endpoint> endpoints, Instant now, RandomStream& random);
  Room room_of(const Group& group, std::span<const Endpoint> endpoints, std::uint32_t index);
  std::unique_ptr<Balancer> new_inner();
  void refresh(std::span<const std::uint32_t> in_flight);
  void count(std::size_t position, std::uint32_t in_flight);
  void mark_stale(std::size_t position);
  void do_what_was_asked(Room& room);
  void tell_reach_changed();
  void ask_for_next_wake();
  std::uint32_t remember(const Question& question);
  void move_questions(std::span<const Endpoint> endpoints);

  BalancerMaker maker_;
  std::unique_ptr<Balancer> spare_;  // made to learn what the inner ones want; the first group's
  bool inner_wants_feedback_;
  bool inner_wants_unhealthy_;
  bool wants_reports_;
  bool inner_asks_;
  Caller caller_;
  std::vector<Room> rooms_;  // in the order of the groups
  std::vector<Place> place_of_;
  std::size_t last_chosen_ = 0;

  // What the counts of the last pick no longer tell.
  bool all_stale_ = true;
  std::vector<std::uint32_t> stale_;
  std::vector<std::uint8_t> is_stale_;

  KnownEndpoints known_;
  std::vector<Question> questions_;
  std::uint32_t first_free_question_ = kOut;
  Instant own_wake_ = kNever;
  Instant next_wake_ = kNever;  // what the outside was asked for

  // For rearrange() alone.
  std::vector<Endpoint> endpoints_;
  RandomStream random_{0};
};

}  // namespace steelyard
