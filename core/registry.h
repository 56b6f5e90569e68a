// The catalogue of strategies. A strategy's file ends with its registration:
//
//   const Registration<Balancer> kRegistration{{
//       .name = "p2c",
//       .summary = "Draws two endpoints and takes the less loaded.",
//       .doc = "…", .cost = "O(choices)", .source = "Mitzenmacher 2001",
//       .parameters = {parameter::integer("choices", 2, {2, 64}, "How many are drawn.")},
//       .make = [](const Settings& s) -> Result<std::unique_ptr<Balancer>> { … },
//   }};
//
// Registered means: parsed in scenarios, in the JSON Schema, listed, explained, contract-tested and
// benchmarked. Registrations run before main, on one thread; afterwards the catalogue is read-only
// and may be read from any thread.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/settings.h"

namespace steelyard {

// What is said about a strategy, whatever its kind.
struct StrategyInfo {
  std::string kind;     // "balancer", "distribution", …
  std::string name;     // snake_case
  std::string summary;  // one line for `list`
  std::string doc;      // a few sentences for `explain`: what it does, when to use it, when not
  std::string formula;  // may be empty
  std::string cost;     // of the decision, in O-notation
  std::string source;   // paper, RFC or system it follows
  std::vector<ForeignName> also_known_as;
  std::vector<Parameter> parameters;
  // What is true of it beyond its kind, one word each; the contract tests check what is claimed.
  // The words of a kind stand in its interface's header ("weighted": balancers/balancer.h).
  std::vector<std::string> traits;

  bool has_trait(std::string_view trait) const {
    return std::find(traits.begin(), traits.end(), trait) != traits.end();
  }
};

// Every strategy of every kind, sorted by (kind, name).
class Catalogue {
 public:
  static const std::vector<const StrategyInfo*>& all();
  static std::vector<const StrategyInfo*> of_kind(std::string_view kind);
  static std::vector<std::string> kinds();
  // nullptr if there is none.
  static const StrategyInfo* find(std::string_view kind, std::string_view name);

 private:
  template <class>
  friend class Registration;
  static void add(const StrategyInfo* info);
  static std::vector<const StrategyInfo*>& storage();
};

// Interface must have `static constexpr const char* kKind`.
template <class Interface>
class Registration {
 public:
  using Maker = std::function<Result<std::unique_ptr<Interface>>(const Settings&)>;
  struct Entry {
    std::string name;
    std::string summary;
    std::string doc{};
    std::string formula{};
    std::string cost{};
    std::string source{};
    std::vector<ForeignName> also_known_as{};
    std::vector<Parameter> parameters{};
    std::vector<std::string> traits{};
    // Errors are about combinations of settings; single values were checked before.
    Maker make;
  };

  explicit Registration(Entry entry)
      : info_{Interface::kKind,        std::move(entry.name),          std::move(entry.summary),
              std::move(entry.doc),    std::move(entry.formula),       std::move(entry.cost),
              std::move(entry.source), std::move(entry.also_known_as), std::move(entry.parameters),
              std::move(entry.traits)},
        make_(std::move(entry.make)) {
    Catalogue::add(&info_);
    registrations().push_back(this);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // REQUIRES: the name is registered and every declared parameter is set, as `defaults` and the
  // scenario loader do.
  static Result<std::unique_ptr<Interface>> make(const Named& named) {
    for (const Registration* registration : registrations())
      if (registration->info_.name == named.name) return registration->make_(named.settings);
    return Error{"unknown " + std::string(Interface::kKind) + " '" + named.name + "'"};
  }

 private:
  static std::vector<const Registration*>& registrations() {
    static std::vector<const Registration*> all;
    return all;
  }
  StrategyInfo info_;
  Maker make_;
};

// `name` with every parameter at its default. REQUIRES: it is registered.
Named defaults(std::string_view kind, std::string_view name);

// The declared names nearest to a misspelt one, best first, at most three; empty if none is near.
std::vector<std::string> nearest(std::string_view misspelt, const std::vector<std::string>& names);

}  // namespace steelyard
