// label_subset: the endpoints with the labels that are asked for.
#include <algorithm>

#include "balancers/grouped.h"

namespace steelyard {
namespace {

using Labels = std::vector<std::string>;  // "key=value", sorted

Labels labels_of(const Value::List& list) {
  Labels labels;
  for (const Value& value : list) labels.push_back(std::get<std::string>(value.held));
  std::sort(labels.begin(), labels.end());
  return labels;
}

class LabelSubset final : public Grouped {
 public:
  LabelSubset(const Settings& settings, BalancerMaker inner)
      : Grouped(std::move(inner)),
        wanted_(labels_of(settings.list("labels"))),
        fallback_(settings.text("fallback")),
        default_(labels_of(settings.list("default_labels"))) {}

  bool wants_unhealthy() const override { return true; }
  bool keeps_connections() const override { return false; }

 private:
  // Whether there is an endpoint with the labels does not depend on its health, as in Envoy: a
  // subset that is sick as a whole is no reason to leave it.
  std::vector<Group> arrange(std::span<const Endpoint> endpoints, Instant, RandomStream&) override {
    Labels wanted = wanted_;
    wanted.insert(wanted.end(), caller().labels.begin(), caller().labels.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    Group group = with(wanted, endpoints);
    if (group.members.empty() && fallback_ == "any_endpoint") group = all_of(endpoints);
    if (group.members.empty() && fallback_ == "default_subset") group = with(default_, endpoints);
    return {std::move(group)};
  }

  static Group with(const Labels& labels, std::span<const Endpoint> endpoints) {
    Group group;
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      if (std::includes(endpoints[i].labels.begin(), endpoints[i].labels.end(), labels.begin(),
                        labels.end()))
        group.members.push_back({i, endpoints[i].weight});
    return group;
  }

  Labels wanted_;
  std::string fallback_;
  Labels default_;
};

Parameter label_list(const char* name, const char* doc, const char* source) {
  return {.name = name,
          .type = Type::text,
          .doc = doc,
          .fallback = {Value::List{}},
          .list = true,
          .source = source};
}

const Registration<Layer> kRegistration{{
    .name = "label_subset",
    .summary = "Only endpoints with the labels asked for; what if there are none is a choice.",
    .doc =
        "Lets through the endpoints that have all the labels which this layer or the caller asks "
        "for: version=v2, stage=canary. Instances and clients get theirs in the scenario, as "
        "`labels: {version: v2}`. Use it for canaries, versions that must not be mixed, tenants "
        "with machines of their own. When no endpoint has them, `no_fallback` fails the request, "
        "`any_endpoint` uses all, `default_subset` uses those with `default_labels`. Do not use it "
        "to spread load; small subsets are balanced within themselves only, and a popular one is "
        "overloaded beside idle machines. Labels are per caller here; Envoy matches them per "
        "request, by route, and Istio calls the same thing subsets of a destination rule.",
    .formula = "{i: labels(i) contains what is asked}",
    .cost = "O(1); O(n labels) when the set changes",
    .source = "Envoy, load balancer subsets",
    .also_known_as = {{"lb_subset_config", "Envoy's name for it"},
                      {"subset", "Istio's name for it"}},
    .parameters = {label_list("labels", "What is asked of every endpoint: [version=v2].",
                              "Envoy's come with the route"),
                   parameter::choice("fallback", "no_fallback",
                                     {"no_fallback", "any_endpoint", "default_subset"},
                                     "Who is used when no endpoint has the labels.", "Envoy"),
                   label_list("default_labels", "Of the default subset.",
                              "Envoy, default_subset: none")},
    .traits = {"subset"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Layer>> {
      for (const char* name : {"labels", "default_labels"})
        for (const std::string& label : labels_of(settings.list(name)))
          if (const std::size_t equals = label.find('=');
              equals == 0 || equals == std::string::npos)
            return Error{"got '" + label + "' in " + name + ", expected labels such as version=v2"};
      return layer_of<LabelSubset>(settings);
    },
}};

}  // namespace
}  // namespace steelyard
