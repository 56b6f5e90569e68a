#include "balancers/grouped.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/check.h"

namespace steelyard {

Grouped::Grouped(BalancerMaker inner) : maker_(std::move(inner)), spare_(maker_.make()) {
  inner_wants_feedback_ = spare_->wants_feedback();
  inner_wants_unhealthy_ = spare_->wants_unhealthy();
  wants_reports_ = spare_->wants_reports();
  inner_asks_ = spare_->asks();
}

void Grouped::on_caller(const Caller& caller) {
  caller_ = caller;
  spare_->on_caller(caller);
}

std::unique_ptr<Balancer> Grouped::new_inner() {
  if (spare_ != nullptr) return std::move(spare_);
  std::unique_ptr<Balancer> inner = maker_.make();
  inner->on_caller(caller_);
  return inner;
}

// ---- Arranging ----------------------------------------------------------------------------------

Grouped::Group Grouped::all_of(std::span<const Endpoint> endpoints) {
  Group all;
  all.members.reserve(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    all.members.push_back({i, endpoints[i].weight});
  return all;
}

void Grouped::on_endpoints(std::span<const Endpoint> endpoints, Instant now, RandomStream& random) {
  if (wakes_itself()) {
    endpoints_.assign(endpoints.begin(), endpoints.end());
    random_ = random.stream("rearranged");
  }
  set_rooms(endpoints, now, random);
}

void Grouped::rearrange(Instant now) { set_rooms(endpoints_, now, random_); }

void Grouped::set_rooms(std::span<const Endpoint> endpoints, Instant now, RandomStream& random) {
  const std::vector<Group> groups = arrange(endpoints, now, random);
  place_of_.assign(endpoints.size(), {});
  std::vector<Room> rooms;
  rooms.reserve(groups.size());
  for (const Group& group : groups)
    rooms.push_back(room_of(group, endpoints, static_cast<std::uint32_t>(rooms.size())));
  rooms_ = std::move(rooms);
  last_chosen_ = 0;
  all_stale_ = true;
  stale_.clear();
  stale_.reserve(endpoints.size());
  is_stale_.assign(endpoints.size(), 0);
  if (inner_asks_) move_questions(endpoints);
  for (Room& room : rooms_) {
    room.inner->on_endpoints(room.endpoints, now, random);
    do_what_was_asked(room);
  }
  if (asks()) ask_for_next_wake();
  tell_reach_changed();
}

Grouped::Room Grouped::room_of(const Group& group, std::span<const Endpoint> endpoints,
                               std::uint32_t index) {
  Room room{.identity = group.identity, .inner = nullptr};
  const auto kept = std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& old) {
    return old.identity == group.identity && old.inner != nullptr;
  });
  if (kept != rooms_.end()) {
    room.inner = std::move(kept->inner);
    room.wake = kept->wake;
  } else {
    room.inner = new_inner();
  }
  for (const Member& member : group.members) {
    const Endpoint& endpoint = endpoints[member.position];
    const bool healthy = group.whatever_health || (endpoint.healthy && !member.ejected);
    if (!healthy && !inner_wants_unhealthy_) continue;
    Place& place = place_of_[member.position];
    STEELYARD_CHECK(place.room == kOut, "an endpoint is in two groups");
    place = {index, static_cast<std::uint32_t>(room.endpoints.size())};
    room.endpoints.push_back(endpoint);
    room.endpoints.back().weight = member.weight;
    room.endpoints.back().healthy = healthy;
    room.positions.push_back(static_cast<std::uint32_t>(member.position));
  }
  room.in_flight.assign(room.endpoints.size(), 0);
  return room;
}

bool Grouped::uses(std::size_t position) const {
  const Place place = place_of_[position];
  return place.room == kOut ? keeps_connections() : rooms_[place.room].inner->uses(place.inside);
}

bool Grouped::may_pick(std::size_t position) const {
  const Place place = place_of_[position];
  return place.room != kOut && may_choose(place.room) &&
         rooms_[place.room].inner->may_pick(place.inside);
}

void Grouped::tell_reach_changed() {
  on_reach_changed();
  asked().reach_changed = true;
}

// ---- Counts in flight ---------------------------------------------------------------------------

void Grouped::mark_stale(std::size_t position) {
  if (is_stale_[position] != 0) return;
  is_stale_[position] = 1;
  stale_.push_back(static_cast<std::uint32_t>(position));
}

void Grouped::count(std::size_t position, std::uint32_t in_flight) {
  const Place place = place_of_[position];
  if (place.room == kOut) return;
  Room& room = rooms_[place.room];
  std::uint32_t& counted = room.in_flight[place.inside];
  room.total_in_flight += std::uint64_t{in_flight} - counted;  // wraps, and wraps back
  counted = in_flight;
}

void Grouped::refresh(std::span<const std::uint32_t> in_flight) {
  if (all_stale_) {
    for (std::size_t i = 0; i < in_flight.size(); ++i) count(i, in_flight[i]);
    all_stale_ = false;
  }
  for (const std::uint32_t position : stale_) {
    is_stale_[position] = 0;
    count(position, in_flight[position]);
  }
  stale_.clear();
}

std::uint64_t Grouped::in_flight_in(std::size_t group, const Choice& choice) {
  refresh(choice.in_flight);
  return rooms_[group].total_in_flight;
}

void Grouped::on_in_flight(std::size_t position) {
  mark_stale(position);
  const Place place = place_of_[position];
  if (place.room != kOut) rooms_[place.room].inner->on_in_flight(place.inside);
}

// ---- Picking ------------------------------------------------------------------------------------

std::size_t Grouped::pick_from(std::size_t group, const Choice& choice) {
  if (group >= kNobody) return group;
  refresh(choice.in_flight);
  last_chosen_ = group;
  Room& room = rooms_[group];
  if (room.endpoints.empty()) return kNobody;
  const std::size_t inside = room.inner->pick({.now = choice.now,
                                               .endpoints = room.endpoints,
                                               .in_flight = room.in_flight,
                                               .key_hash = choice.key_hash,
                                               .has_key = choice.has_key,
                                               .source_ipv4 = choice.source_ipv4,
                                               .random = choice.random});
  if (inner_asks_) {
    do_what_was_asked(room);
    ask_for_next_wake();
  }
  if (inside >= kNobody) return inside;
  STEELYARD_CHECK(inside < room.positions.size(), "a balancer picked outside its group");
  const std::size_t position = room.positions[inside];
  mark_stale(position);
  return position;
}

std::size_t Grouped::take(std::size_t position) {
  on_in_flight(position);
  return position;
}

Instant Grouped::wait_until() const { return rooms_[last_chosen_].inner->wait_until(); }

void Grouped::on_feedback(const Feedback& feedback) {
  learn(feedback);
  mark_stale(feedback.position);
  const Place place = place_of_[feedback.position];
  if (place.room == kOut) return;
  Room& room = rooms_[place.room];
  if (!inner_wants_feedback_) return;
  Feedback inside = feedback;
  inside.position = place.inside;
  room.inner->on_feedback(inside);
  if (inner_asks_) {
    do_what_was_asked(room);
    ask_for_next_wake();
  }
}

// ---- Why ----------------------------------------------------------------------------------------

// Columns of the same name, of several groups, become one; a figure of one of several groups is
// named after it.
Insight Grouped::insight(const Choice& choice) const {
  Insight insight;
  explain(choice, insight);
  std::vector<Insight::Column> columns;
  for (const Room& room : rooms_) {
    if (room.endpoints.empty()) continue;
    std::vector<std::uint32_t> in_flight;
    for (const std::uint32_t position : room.positions)
      in_flight.push_back(choice.in_flight[position]);
    Choice inside = choice;
    inside.endpoints = room.endpoints;
    inside.in_flight = in_flight;
    Insight inner = room.inner->insight(inside);
    const std::string suffix =
        rooms_.size() == 1 ? "" : " of group " + std::to_string(room.identity);
    for (Insight::Figure& figure : inner.figures) insight.add(figure.name + suffix, figure.value);
    for (const Insight::Column& column : inner.columns) {
      auto same = std::find_if(columns.begin(), columns.end(),
                               [&](const auto& other) { return other.name == column.name; });
      if (same == columns.end()) {
        columns.push_back({column.name, {}});
        same = columns.end() - 1;
        same->values.assign(choice.endpoints.size(), Insight::kUnknown);
      }
      for (std::size_t i = 0; i < room.positions.size(); ++i)
        same->values[room.positions[i]] = column.values[i];
    }
  }
  for (Insight::Column& column : columns) insight.columns.push_back(std::move(column));
  return insight;
}

// ---- Probes and wakes ---------------------------------------------------------------------------

void Grouped::do_what_was_asked(Room& room) {
  Asked& asked = room.inner->asked();
  for (const Probe& probe : asked.probes) {
    const std::uint32_t position = room.positions[probe.position];
    ask_probe(
        {.position = position,
         .kind = probe.kind,
         .tag = remember(
             {.live = true, .position = position, .tag = probe.tag, .identity = room.identity})});
  }
  asked.probes.clear();
  if (asked.wake != kNever) room.wake = std::exchange(asked.wake, kNever);
  asked.reach_changed = false;
}

std::uint32_t Grouped::remember(const Question& question) {
  std::uint32_t slot = first_free_question_;
  if (slot == kOut) {
    slot = static_cast<std::uint32_t>(questions_.size());
    questions_.emplace_back();
  } else {
    first_free_question_ = questions_[slot].tag;
  }
  questions_[slot] = question;
  return slot;
}

void Grouped::on_probe(const ProbeReply& reply) {
  if (reply.tag >= questions_.size()) return;
  const Question question = questions_[reply.tag];
  if (!question.live || question.position != reply.position) return;
  questions_[reply.tag] = {.tag = first_free_question_};
  first_free_question_ = reply.tag;
  const Place place = place_of_[reply.position];
  if (question.forgotten || place.room == kOut) return;
  Room& room = rooms_[place.room];
  ProbeReply inside = reply;
  inside.position = place.inside;
  inside.tag = question.tag;
  room.inner->on_probe(inside);
  do_what_was_asked(room);
  ask_for_next_wake();
}

// What was asked of an endpoint that left is forgotten; if it only left its group, an answer will
// still come, and is nobody's.
void Grouped::move_questions(std::span<const Endpoint> endpoints) {
  const std::size_t count_before = known_.size();
  const auto now_at = KnownEndpoints::now_at(known_.update(endpoints), count_before);
  for (std::uint32_t slot = 0; slot < questions_.size(); ++slot) {
    Question& question = questions_[slot];
    if (!question.live) continue;
    const std::size_t position = now_at[question.position];
    if (position == KnownEndpoints::kGone) {
      question = {.tag = first_free_question_};
      first_free_question_ = slot;
      continue;
    }
    question.position = static_cast<std::uint32_t>(position);
    const Place place = place_of_[position];
    if (place.room == kOut || rooms_[place.room].identity != question.identity)
      question.forgotten = true;
  }
}

void Grouped::wake_me(Instant at) {
  own_wake_ = at;
  ask_for_next_wake();
}

void Grouped::ask_for_next_wake() {
  Instant next = own_wake_;
  for (const Room& room : rooms_) next = std::min(next, room.wake);
  if (next == next_wake_) return;
  next_wake_ = next;
  if (next != kNever) ask_wake(next);
}

void Grouped::on_wake(Instant now) {
  next_wake_ = kNever;
  bool reach_changed = false;
  for (Room& room : rooms_) {
    if (room.wake > now) continue;
    room.wake = kNever;
    room.inner->on_wake(now);
    reach_changed |= room.inner->asked().reach_changed;
    do_what_was_asked(room);
  }
  if (reach_changed) tell_reach_changed();
  if (own_wake_ <= now) {
    own_wake_ = kNever;
    on_own_wake(now);
  }
  ask_for_next_wake();
}

}  // namespace steelyard
