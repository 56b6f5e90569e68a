#include "real-harness/channels/channels.h"

#include <algorithm>
#include <utility>

#include "balancers/stack.h"
#include "scenarios/draws.h"

namespace steelyard::live {

bool reads_load(const ServiceSpec& service) {
  const auto balancer =
      make_balancer_checked({service.strategies.balancer, service.strategies.layers});
  return balancer->wants_reports() || balancer->asks();
}

ChannelOptions channel_options(const ServiceSpec& service, const RandomStream& root,
                               const std::string& view, const Caller& caller) {
  return {.policy = service.strategies.resilience,
          .random = channel_stream(root, view, service.name),
          .caller = caller};
}

Views::~Views() {
  for (const View& view : views_) reactor_.cancel(view.timer);
}

std::uint32_t Views::add(std::size_t index, const RandomStream& root, const std::string& process,
                         const Caller& caller) {
  const ServiceSpec& service = scenario_.services[index];
  const EndpointSet endpoints = endpoints_of(service);
  const auto first = static_cast<std::uint32_t>(driver_.size());
  for (std::size_t worker = 0; worker < workers(index); ++worker) {
    const std::string name = view_name(process, worker, service.strategies.view.workers);
    const ChannelOptions options = channel_options(service, root, name, caller);
    const std::uint32_t channel =
        driver_.add(options, {service.strategies.balancer, service.strategies.layers});
    views_.push_back(
        {.channel = channel,
         .memberships = memberships_of(scenario_, index, endpoints, view_stream(options.random))});
  }
  return first;
}

void Views::start() {
  for (std::size_t i = 0; i < views_.size(); ++i)
    if (views_[i].next == 0) learn(i);
}

void Views::on_timer(std::uint64_t index) {
  views_[index].timer = 0;
  learn(index);
}

void Views::learn(std::size_t index) {
  View& view = views_[index];
  const EndpointSet endpoints = view.memberships[view.next++].endpoints;
  if (view.next < view.memberships.size())
    view.timer = reactor_.at(view.memberships[view.next].at, *this, index);
  driver_.set_endpoints(view.channel, endpoints);
}

}  // namespace steelyard::live
