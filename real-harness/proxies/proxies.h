// The proxies of one live run: one process in front of each service that clients call, for
// scenarios with `via:` other than channel.
//
// They are children of the run's supervisor. Everything they write lies in a temporary folder that
// goes with this object, or with the supervisor if it is the one to clear up. Not thread-safe, but
// processor_seconds() may be called from any one thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/records.h"
#include "core/result.h"
#include "real-harness/instances/supervisor.h"
#include "real-harness/os/shared_array.h"
#include "real-harness/proxies/reference.h"
#include "scenarios/scenario.h"

namespace steelyard::live {

// Why this scenario's `via` cannot run here: "nginx is not installed (Debian package nginx)",
// "nginx has no equivalent of peak_ewma: …". nullopt: it can.
std::optional<std::string> why_no_proxy(const Scenario& scenario);

// A proxy that is ready to be started.
struct Proxy {
  // Runs in a process of its own, until SIGTERM. Another program closes the listener and takes its
  // place; Steelyard's gateway serves there.
  std::function<void(Descriptor listener)> run;
  std::string config_name;  // to keep with the results: "nginx.conf"; empty: nothing to keep
  std::string config;
};

// In front of the scenario's service number `index`, by the scenario's `via`. `folder` exists and
// is the proxy's own. The one place that knows how each `via` is run. REQUIRES: via is not channel,
// why_no_proxy() had nothing to say, and the scenario outlives it.
Result<Proxy> make_proxy(const Scenario& scenario, std::size_t index, const ProxiedService& service,
                         const std::string& folder);

class Proxies {
 public:
  // None for Via::channel.
  explicit Proxies(const Scenario& scenario);
  Proxies(const Proxies&) = delete;
  Proxies& operator=(const Proxies&) = delete;
  // Clears up. The supervisor has stopped them before.
  ~Proxies() { clear_up(); }

  bool none() const { return services_.empty(); }
  // One a proxy; they refer to this object.
  std::vector<ChildTask> tasks();
  // Before the tasks start: they will listen at `own`, and find the services' instances at
  // instances[service][instance]. Empty, or what went wrong.
  std::string prepare(std::span<const Address> own,
                      const std::vector<std::vector<Address>>& instances);
  // Returns when every proxy answers; empty, or what went wrong. No instance hears of it.
  std::string wait_until_ready(Supervisor& supervisor);
  // Removes their folder, if it is there. For the supervisor's end, too: whoever made this object
  // may have been killed.
  void clear_up() const;
  // What a proxy that has ended said last, to add to an error.
  std::string last_words() const;

  // By service: its proxy, or nothing.
  const std::vector<std::vector<Address>>& addresses() const { return addresses_; }
  // Used by all of them so far.
  double processor_seconds() const;
  const std::vector<VariantRecord::Attachment>& attachments() const { return attachments_; }

 private:
  std::string folder_of(std::size_t proxy) const;

  const Scenario& scenario_;
  std::vector<std::size_t> services_;  // by proxy
  std::string folder_;
  std::vector<Proxy> proxies_;
  SharedArray<std::atomic<pid_t>> pids_;  // by proxy, told by itself
  std::vector<std::vector<Address>> addresses_;
  std::vector<VariantRecord::Attachment> attachments_;
};

}  // namespace steelyard::live
