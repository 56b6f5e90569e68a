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
  wake_pending_ = true;
  actions.push_back({.kind = Action::Kind::wake,
                     .channel = id_,
                     .id = std::uint64_t{++wakes_} << 32 | std::uint64_t{kWake} << 24,
                     .at = std::max(wake, now + 1ns)});
}

void Channel::ask(const Probe& probe, Instant now, Actions& actions) {
  STEELYARD_CHECK(probe.position < endpoints_->size(), "a balancer asked outside the endpoint set");
  const bool idle = probe.kind == Probe::Kind::idle;
  if (idle && idle_question_[probe.position] != kGone)
    free_question(idle_question_[probe.position]);
  std::uint32_t slot = first_free_question_;
  if (slot == kGone) {
    slot = static_cast<std::uint32_t>(questions_.size());
    STEELYARD_CHECK(slot <= 0xffffff, "ids of probes have 24 bits");
    questions_.emplace_back();
  } else {
    first_free_question_ = questions_[slot].endpoint;
  }
  ++questions_open_;
  Question& question = questions_[slot];
  question.endpoint = (*endpoints_)[probe.position].id;
  question.position = static_cast<std::uint32_t>(probe.position);
  question.tag = probe.tag;
  question.kind = probe.kind;
  question.live = true;
  if (idle) idle_question_[probe.position] = slot;
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
  Question& question = questions_[slot];
  ++question.generation;
  question.live = false;
  if (question.kind == Probe::Kind::idle && question.position < idle_question_.size() &&
      idle_question_[question.position] == slot)
    idle_question_[question.position] = kGone;
  question.endpoint = std::exchange(first_free_question_, slot);
  --questions_open_;
}

bool Channel::wants_probe(ProbeId id) const {
  const Question& question = questions_[slot_of_probe(id)];
  return question.live && question.generation == generation_of(id);
}

void Channel::on_probe_reply(ProbeId id, const LoadReport* report, Instant now, Actions& actions) {
  if (wants_probe(id)) answer(slot_of_probe(id), report, now, actions);
}

void Channel::answer(std::uint32_t slot, const LoadReport* report, Instant now, Actions& actions) {
  const Question question = questions_[slot];
  free_question(slot);
  balancer_->on_probe({.position = question.position,
                       .kind = question.kind,
                       .tag = question.tag,
                       .now = now,
                       .report = report});
  do_what_was_asked(now, actions);
}

}  // namespace steelyard
