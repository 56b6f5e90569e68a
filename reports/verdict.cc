#include "reports/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "reports/format.h"

namespace steelyard {
namespace {

const MetricInfo& kPrimaryInfo = kMetrics[metric::kPrimary];
const MetricInfo& kErrorInfo = kMetrics[metric::kErrorRatio];

// The primary ranking, sorted into what can be said about each variant.
class Story {
 public:
  Story(std::span<const Contender> contenders, std::span<const Ranking> rankings)
      : contenders_(contenders), rankings_(rankings), disqualified_(disqualify(contenders)) {
    for (const RankedRow& row : rankings[metric::kPrimary].rows) {
      if (&row == &rankings[metric::kPrimary].rows.front()) {
        best_ = row.variant;
      } else if (!row.note.empty()) {
        out_.push_back(row.variant);
      } else if (row.tied_with_best) {
        tied_.push_back(row.variant);
      } else if (!row.tested()) {
        untested_.push_back(row.variant);
      } else {
        worse_.push_back(row.variant);
      }
    }
  }

  std::size_t best() const { return best_; }
  std::string headline() const;
  std::vector<std::string> sentences() const;

 private:
  // In a sentence, a name of several words needs to be told from the words around it.
  std::string label(std::size_t i) const {
    const std::string& label = contenders_[i].label;
    return label.find(' ') == std::string::npos ? label : '"' + label + '"';
  }
  double primary(std::size_t i) const { return contenders_[i].metrics[metric::kPrimary].value; }
  double errors(std::size_t i) const { return contenders_[i].metrics[metric::kErrorRatio].value; }
  std::size_t replications() const {
    return contenders_[best_].metrics[metric::kPrimary].samples.size();
  }
  std::string text(std::size_t m, std::size_t i, bool with_interval = true) const {
    const Metric& metric = contenders_[i].metrics[m];
    return quantity(kMetrics[m], metric.value, with_interval ? metric.half_width() : kNoValue);
  }
  std::vector<std::string> labels(const std::vector<std::size_t>& variants) const {
    std::vector<std::string> names;
    for (const std::size_t i : variants) names.push_back(label(i));
    return names;
  }

  std::string alone() const;
  std::string who_fails() const;
  std::string too_many() const;
  std::string out_of_the_race() const;
  std::string before_the_rest() const;
  std::string winner() const;
  std::string winner_by_value(const std::string& name) const;
  std::string no_difference() const;
  std::string worst() const;
  std::string other_winner(std::size_t m) const;
  std::string keeping_up() const;
  std::string failures() const;
  std::string too_few_replications() const;

  std::span<const Contender> contenders_;
  std::span<const Ranking> rankings_;
  std::size_t best_ = 0;
  std::vector<std::size_t> tied_;
  std::vector<std::size_t> worse_;
  std::vector<std::size_t> untested_;  // one replication, or no value
  std::vector<std::size_t> out_;       // disqualified
  std::vector<Disqualification> disqualified_;
};

std::string Story::alone() const {
  if (!contenders_[best_].metrics[metric::kPrimary].known())
    return fmt::format("{} answered no request.", label(best_));
  const std::string failed = errors(best_) == 0
                                 ? "no request failed"
                                 : text(metric::kErrorRatio, best_, false) + " of requests failed";
  return fmt::format("{}: p99 latency {}, median {}, {} answered, {}.", label(best_),
                     text(metric::kP99, best_), text(metric::kP50, best_, false),
                     text(metric::kGoodput, best_, false), failed);
}

// "random fails 4.20% of its requests, against 0% for p2c"
std::string Story::who_fails() const {
  std::vector<std::string> names, shares;
  for (const std::size_t i : out_)
    if (disqualified_[i].reason == Disqualification::Reason::errors) {
      names.push_back(label(i));
      shares.push_back(text(metric::kErrorRatio, i, false));
    }
  if (names.empty()) return "";
  const bool same = std::all_of(shares.begin(), shares.end(),
                                [&](const std::string& share) { return share == shares.front(); });
  if (same) shares.resize(1);
  return fmt::format("{} {} {} of {} requests, against {} for {}", listing(names),
                     names.size() == 1 ? "fails" : "fail",
                     names.size() > 3 && !same ? too_many() : listing(shares),
                     names.size() == 1 ? "its" : "their", text(metric::kErrorRatio, best_, false),
                     label(best_));
}

// "between 3.1% and 13.8%"
std::string Story::too_many() const {
  double lowest = kNoValue, highest = kNoValue;
  for (const std::size_t i : out_)
    if (disqualified_[i].reason == Disqualification::Reason::errors) {
      lowest = std::fmin(lowest, errors(i));
      highest = std::fmax(highest, errors(i));
    }
  return fmt::format("between {} and {}", quantity(kErrorInfo, lowest, kNoValue),
                     quantity(kErrorInfo, highest, kNoValue));
}

std::string Story::out_of_the_race() const {
  std::vector<std::string> reasons;
  if (std::string failing = who_fails(); !failing.empty()) reasons.push_back(std::move(failing));
  std::vector<std::string> silent;
  for (const std::size_t i : out_) {
    if (disqualified_[i].reason == Disqualification::Reason::no_data) silent.push_back(label(i));
    if (disqualified_[i].reason == Disqualification::Reason::saturated)
      reasons.push_back(label(i) + " " + disqualified_[i].note);
  }
  if (!silent.empty()) reasons.push_back(listing(silent) + " answered no request");
  return listing(reasons, 3);
}

// The answer first, then who is out of the race.
std::string Story::before_the_rest() const {
  if (contenders_.size() - out_.size() > 1)
    return fmt::format("{} {}.", winner(), out_of_the_race());
  return fmt::format("Only {} carries the load, with a p99 latency of {}: {}.", label(best_),
                     text(metric::kP99, best_), out_of_the_race());
}

std::string Story::no_difference() const {
  const std::string lowest = text(metric::kPrimary, best_);
  const std::string highest = text(metric::kPrimary, tied_.back());
  const std::string all = tied_.size() == 1
                              ? fmt::format("{} and {}", label(best_), label(tied_.front()))
                              : fmt::format("any of the {} variants", tied_.size() + 1);
  return fmt::format("no difference in {} can be shown between {}: {}.", kPrimaryInfo.label, all,
                     lowest == highest ? lowest
                                       : fmt::format("{} with {}, {} with {}", lowest, label(best_),
                                                     highest, label(tied_.back())));
}

// Nothing was tested: values that read the same are called so, not ranked.
std::string Story::winner_by_value(const std::string& name) const {
  const std::string value = text(metric::kPrimary, best_);
  std::vector<std::string> leading{label(best_)};
  auto next = untested_.begin();
  for (; next != untested_.end() && text(metric::kPrimary, *next) == value; ++next)
    leading.push_back(label(*next));
  const bool all = next == untested_.end();
  return fmt::format(
      "{} {} the {} {}, {}{}; from one replication nothing can be said about chance.",
      listing(leading), leading.size() == 1 ? "has" : "have", all ? "same" : "lowest", name, value,
      all ? "" : fmt::format(", before {} with {}", label(*next), text(metric::kPrimary, *next)));
}

std::string Story::winner() const {
  std::string name(kPrimaryInfo.label);
  if (!out_.empty())
    name += fmt::format(" of the {} that carry the load", contenders_.size() - out_.size());
  const std::string value = text(metric::kPrimary, best_);
  if (worse_.empty() && tied_.empty()) return winner_by_value(name);
  if (worse_.empty()) return no_difference();
  const std::size_t next = worse_.front();
  std::string sentence = fmt::format("{} has the lowest {}, {}, {} {}", label(best_), name, value,
                                     gap(primary(best_), primary(next)), label(next));
  if (!tied_.empty())
    sentence += fmt::format("; {} cannot be told apart from it", listing(labels(tied_)));
  if (!untested_.empty())
    sentence += fmt::format("; with one replication, {} cannot be compared with it",
                            listing(labels(untested_)));
  return sentence + ".";
}

std::string Story::headline() const {
  if (contenders_.size() == 1) return alone();
  if (!contenders_[best_].metrics[metric::kPrimary].known())
    return "No variant answered a request.";
  std::string sentence = out_.empty() ? winner() : before_the_rest();
  // A variant's own name keeps its case.
  if (sentence.starts_with("no ")) sentence.front() = 'N';
  return sentence;
}

std::string Story::worst() const {
  if (worse_.size() < 2) return "";
  const std::size_t last = worse_.back();
  const double times = primary(last) / primary(best_);
  if (times < 1.5) return "";  // the headline's gap says as much
  return fmt::format("{} has the highest{}: {}, {} times as much.", label(last),
                     out_.empty() ? "" : " of those", text(metric::kPrimary, last),
                     grouped(times, times < 9.95 ? 1 : 0));
}

// Another metric has another winner, and that is not chance.
std::string Story::other_winner(std::size_t m) const {
  const Ranking& ranking = rankings_[m];
  const std::size_t other = ranking.rows.front().variant;
  for (const RankedRow& row : ranking.rows) {
    if (row.variant != best_ || other == best_) continue;
    if (row.tied_with_best || !row.tested() || !row.times_best || *row.times_best < 1.01) return "";
    return fmt::format("By {} the best is {} with {}; {} has {}.", kMetrics[m].label, label(other),
                       text(m, other), label(best_), text(m, best_));
  }
  return "";
}

std::string Story::keeping_up() const {
  std::vector<std::string> late;
  for (std::size_t i = 0; i < contenders_.size(); ++i)
    if (contenders_[i].saturated) late.push_back(label(i));
  if (late.empty()) return "";
  if (late.size() == contenders_.size()) {
    const std::string who = late.size() == 1 ? late.front() : "Every variant";
    return fmt::format(
        "{} fell behind the offered load ({} of the requests were unfinished at the end{}): the "
        "latencies grow with the length of the run.",
        who, quantity(kErrorInfo, contenders_[best_].unfinished_ratio, kNoValue),
        late.size() == 1 ? "" : " with " + label(best_));
  }
  return fmt::format(
      "{} fell behind the offered load: {} latencies grow with the length of the run.",
      listing(late), late.size() == 1 ? "its" : "their");
}

std::string Story::failures() const {
  std::optional<std::size_t> lowest, highest;
  for (const RankedRow& row : rankings_[metric::kPrimary].rows) {
    const std::size_t i = row.variant;
    if (!row.note.empty() || std::isnan(errors(i))) continue;
    if (!lowest || errors(i) < errors(*lowest)) lowest = i;
    if (!highest || errors(i) > errors(*highest)) highest = i;
  }
  if (!highest || contenders_.size() == 1) return "";
  if (errors(*highest) == 0) return out_.empty() ? "No request failed." : "";
  const std::string low = text(metric::kErrorRatio, *lowest, false);
  const std::string high = text(metric::kErrorRatio, *highest, false);
  const std::string share = low == high ? low
                                        : fmt::format("between {} ({}) and {} ({})", low,
                                                      label(*lowest), high, label(*highest));
  const std::size_t left = contenders_.size() - out_.size();
  if (left == 1) return "";  // the headline has said it
  return out_.empty() ? fmt::format("The variants fail {} of their requests.", share)
                      : fmt::format("The other {} fail {} of their requests.", left, share);
}

std::string Story::too_few_replications() const {
  if (replications() != 2) return "";
  return fmt::format(
      "Two replications are too few {}: with one degree of freedom a 95% interval spans 12.7 "
      "standard errors each way, with five replications 2.8.",
      contenders_.size() == 1 ? "for a narrow interval"
                              : "to tell variants apart that do not differ widely");
}

std::vector<std::string> Story::sentences() const {
  std::vector<std::string> all;
  const auto add = [&all](std::string sentence) {
    if (!sentence.empty()) all.push_back(std::move(sentence));
  };
  add(worst());
  if (replications() > 1 && contenders_.size() > 1) {
    add(other_winner(metric::kMean));
    if (out_.empty()) add(other_winner(metric::kErrorRatio));
  }
  add(keeping_up());
  add(failures());
  add(too_few_replications());
  return all;
}

}  // namespace

Verdict judge(std::span<const Contender> contenders, std::span<const Ranking> rankings) {
  STEELYARD_CHECK(!contenders.empty() && rankings.size() == kMetrics.size(),
                  "a verdict needs variants, ranked by every metric");
  const Story story(contenders, rankings);
  return {.headline = story.headline(),
          .sentences = story.sentences(),
          .metric = metric::kPrimary,
          .best = story.best()};
}

}  // namespace steelyard
