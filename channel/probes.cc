// What a channel does for balancers that ask: probes, and being woken.
#include <algorithm>
#include <utility>

#include "channel/channel.h"
#include "core/check.h"

namespace steelyard {

void Channel::carry_out_asked(Instant now, Actions& actions) {
  Balancer::Asked& asked = balancer_->asked();
  for (const Probe& probe : asked.probes) ask(probe, now, actions);
  asked.probes.clear();
  const Instant wake = std::exchange(asked.wake, kNever);
  if (wake == kNever) return;
  asked_->wake_pending = true;
  actions.push_back({.kind = Action::Kind::wake,
                     .channel = id_,
                     .id = std::uint64_t{++asked_->wakes} << 32 | std::uint64_t{kWake} << 24,
                     .at = std::max(wake, now + 1ns)});
}

void Channel::ask(const Probe& probe, Instant now, Actions& actions) {
  STEELYARD_CHECK(probe.position < endpoints_->size(), "a balancer asked outside the endpoint set");
  const bool idle = probe.kind == Probe::Kind::idle;
  if (idle && asked_->idle[probe.position] != kGone) free_question(asked_->idle[probe.position]);
  std::uint32_t slot = asked_->first_free;
  if (slot == kGone) {
    slot = static_cast<std::uint32_t>(asked_->questions.size());
    STEELYARD_CHECK(slot <= 0xffffff, "ids of probes have 24 bits");
    asked_->questions.emplace_back();
  } else {
    asked_->first_free = asked_->questions[slot].endpoint;
  }
  ++asked_->open;
  Question& question = asked_->questions[slot];
  question.endpoint = (*endpoints_)[probe.position].id;
  question.position = static_cast<std::uint32_t>(probe.position);
  question.tag = probe.tag;
  question.kind = probe.kind;
  question.live = true;
  if (idle) asked_->idle[probe.position] = slot;
  const std::uint64_t id = std::uint64_t{question.generation} << 32 | slot;
  // Becoming idle may take for ever; load is told at once, or the message was lost.
  if (!idle)
    actions.push_back({.kind = Action::Kind::wake,
                       .channel = id_,
                       .id = id | std::uint64_t{kProbeTimer} << 24,
                       .at = now + kProbeTimeout});
  actions.push_back({.kind = idle ? Action::Kind::probe_idle : Action::Kind::probe_load,
                     .endpoint = question.endpoint,
                     .channel = id_,
                     .id = id});
}

void Channel::free_question(std::uint32_t slot) {
  Question& question = asked_->questions[slot];
  ++question.generation;
  question.live = false;
  if (question.kind == Probe::Kind::idle && question.position < asked_->idle.size() &&
      asked_->idle[question.position] == slot)
    asked_->idle[question.position] = kGone;
  question.endpoint = std::exchange(asked_->first_free, slot);
  --asked_->open;
}

bool Channel::wants_probe(ProbeId id) const {
  if (asked_ == nullptr) return false;
  const Question& question = asked_->questions[slot_of_probe(id)];
  return question.live && question.generation == generation_of(id);
}

void Channel::on_probe_reply(ProbeId id, const LoadReport* report, Instant now, Actions& actions) {
  if (wants_probe(id)) answer(slot_of_probe(id), report, now, actions);
}

void Channel::answer(std::uint32_t slot, const LoadReport* report, Instant now, Actions& actions) {
  const Question question = asked_->questions[slot];
  free_question(slot);
  balancer_->on_probe({.position = question.position,
                       .kind = question.kind,
                       .tag = question.tag,
                       .now = now,
                       .report = report});
  do_what_was_asked(now, actions);
}

}  // namespace steelyard
