// pick_first: all requests to one endpoint, until a connection to it fails.
#include <algorithm>
#include <numeric>
#include <vector>

#include "balancers/balancer.h"

namespace steelyard {
namespace {

class PickFirst final : public Balancer {
 public:
  explicit PickFirst(bool shuffles) : shuffles_(shuffles) {}

  // A connection outlives the list that it came from, as long as its endpoint is in the new one.
  void on_endpoints(std::span<const Endpoint> endpoints, Instant, RandomStream& random) override {
    list_.resize(endpoints.size());
    std::iota(list_.begin(), list_.end(), std::size_t{0});
    if (shuffles_) shuffle(std::span(list_), random);
    const auto kept = std::find_if(list_.begin(), list_.end(), [&](std::size_t position) {
      return connected_ && endpoints[position].id == id_;
    });
    connected_ = kept != list_.end();
    place_ = connected_ ? static_cast<std::size_t>(kept - list_.begin()) : 0;
  }

  std::size_t pick(const Choice& choice) override {
    connected_ = true;
    id_ = choice.endpoints[list_[place_]].id;
    return list_[place_];
  }

  bool wants_feedback() const override { return true; }

  // Whoever refuses leaves it to the next. A connection that was there and broke is sought anew
  // from the beginning of the list.
  void on_feedback(const Feedback& feedback) override {
    if (feedback.position != list_[place_]) return;
    if (feedback.outcome == Outcome::connection_refused)
      place_ = (place_ + 1) % list_.size();
    else if (feedback.outcome == Outcome::connection_reset)
      place_ = 0;
    else
      return;
    connected_ = false;
  }

  Insight insight(const Choice&) const override {
    std::vector<double> refusals(list_.size());
    for (std::size_t i = 0; i < list_.size(); ++i)
      refusals[list_[(place_ + i) % list_.size()]] = static_cast<double>(i);
    Insight insight;
    insight.add_each("refusals_before", std::move(refusals));
    return insight;
  }

 private:
  bool shuffles_;
  std::vector<std::size_t> list_;  // positions, in the order in which they are tried
  std::size_t place_ = 0;          // in the list
  bool connected_ = false;         // with `id_`, which stands at `place_`
  std::uint32_t id_ = 0;
};

const Registration<Balancer> kRegistration{{
    .name = "pick_first",
    .summary = "All requests to the first of the list, until a connection to it fails.",
    .doc =
        "Connects to the first endpoint of the list and stays there, whatever comes after it, "
        "until that one leaves, refuses a connection or breaks it: then it tries the list from the "
        "beginning, one after the other, and stays with the first that does not refuse. gRPC does "
        "so unless told otherwise, which is why a service behind one name gets all of a client's "
        "requests on one instance. Use it in front of something that balances itself, for a leader "
        "with standbys, or with `shuffle_address_list` where clients outnumber servers by far and "
        "connections are dear. It balances nothing: with as many clients as servers a third of the "
        "servers get nobody, and after a roll-out everybody sits where it was fled to, with the "
        "servers that restarted last idle. `first` fills up endpoints in order, too, but goes by "
        "load and comes back; round_robin behind `random_subset` spreads over a few. Connections "
        "cost no time here, so gRPC's racing of connections that take more than 250 ms (happy "
        "eyeballs) has nothing to do, and its back-off, 1 s times 1.6 up to 120 s, is "
        "`resilience: {reconnect: {}}`; without that, or when all refuse, requests go round the "
        "list and fail one after the other. Weights play no part; gRPC's A113 would shuffle by "
        "them.",
    .formula = "the i at which it is; refused: i + 1; reset: 0; a new list: the same one, else 0",
    .cost = "O(1); O(n) when the set changes",
    .source = "gRPC, pick_first (A61, A62)",
    .also_known_as = {{"pick_first_leaf", "grpc-go's name for it"}},
    .parameters = {parameter::boolean(
        "shuffle_address_list", false,
        "Each new list is brought into a random order, so that clients spread.",
        "gRPC A62: off, name servers are expected to do it")},
    .traits = {"ordered"},
    .make = [](const Settings& settings) -> Result<std::unique_ptr<Balancer>> {
      return std::make_unique<PickFirst>(settings.flag("shuffle_address_list"));
    },
}};

}  // namespace
}  // namespace steelyard
