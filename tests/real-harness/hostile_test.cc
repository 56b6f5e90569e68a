// Malformed and hostile requests, thousands of them, against a modelled service and the gateway:
// each gets an answer that is its due or a closed connection, nothing smuggled is served, and
// nothing is left behind. The long run, with sanitizers, prints what came of each kind:
//
//   cmake --preset sanitize && cmake --build build/sanitize --target real_harness_tests
//   STEELYARD_HOSTILE_REQUESTS=100000 build/sanitize/tests/real_harness_tests
//       --gtest_filter='Hostile.*'                # that many for each test; one minute in all
//
// STEELYARD_HOSTILE_SEED chooses other requests.
#include <dirent.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include "real-harness/instances/modelled_instance.h"
#include "tests/real-harness/gateway_fixture.h"
#include "tests/real-harness/hostile_client.h"
#include "tests/real-harness/hostile_requests.h"
#include "tests/real-harness/strict_service.h"

namespace steelyard::live::hostile {
namespace {

using testing::StartsWith;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): at the start
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}
const std::uint64_t kCount = number_from("STEELYARD_HOSTILE_REQUESTS", 2000);
const std::uint64_t kSeed = number_from("STEELYARD_HOSTILE_SEED", 20240229);

std::size_t open_descriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  std::size_t count = 0;
  while (readdir(folder) != nullptr) ++count;  // NOLINT(concurrency-mt-unsafe): one reader
  closedir(folder);
  return count;
}

// Waits for what takes a moment, but not for ever.
template <class Condition>
bool comes_true(const Condition& condition) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

// Prints what came of each kind, if it is more than the daily dose; and what is wrong.
void report(const Tally& tally, std::uint64_t count) {
  for (std::size_t w = 0; w < tally.wrong.size() && w < 5; ++w)
    ADD_FAILURE() << "seed " << kSeed << ": " << tally.wrong[w];
  EXPECT_EQ(tally.wrong.size(), 0U) << "seed " << kSeed;
  if (count <= 2000) return;
  for (const auto& [kind, outcomes] : tally.by_kind)
    for (const auto& [statuses, times] : outcomes)
      std::printf("%-18s %-32s %7d\n", kind.c_str(), statuses.c_str(), times);
}

// A modelled service on a thread of its own.
class Modelled {
 public:
  Modelled()
      : loaded_(load_scenario_text(
            "name: service\nrun: {seed: 5}\nservices:\n  api: {instances: 1, service_time: 0s, "
            "concurrency: 1000}\nclients:\n  load: {calls: api, arrivals: {poisson: {rate: "
            "1/s}}}\n",
            "service.yaml", {})),
        listener_(listening_socket()),
        addresses_{{address_of(listener_.get())}},
        instance_(reactor_, {loaded_.comparison->base(), 0, 0, 0, addresses_, stats_},
                  std::move(listener_)),
        background_(reactor_) {}
  Address address() const { return addresses_[0][0]; }
  std::uint64_t served() const { return stats_.attempts; }
  std::uint32_t outstanding() const { return stats_.outstanding; }

 private:
  LoadResult loaded_;
  Descriptor listener_;
  std::vector<std::vector<Address>> addresses_;
  InstanceStats stats_;
  Reactor reactor_;
  ModelledInstance instance_;
  Background background_;
};

std::string ask(const Address& address) {
  RawClient client(address);
  client.say("GET /afterwards HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return client.hear_all();
}

constexpr const char* kGateway =
    "  limits: {header_timeout: 1s, idle_timeout: 20s}\n"
    "  routes:\n    - {match: {prefix: /}, to: a}\n";

std::unique_ptr<gateway::Rules> before(const std::string& url) {
  return gateway::test::rules_of(gateway::test::scenario_of("  a: [\"" + url + "\"]\n", kGateway));
}

bool is_drained(gateway::test::Running& running) {
  running.with_gateway([](gateway::Gateway& gateway) { gateway.drain(); });
  return comes_true([&] {
    bool drained = false;
    running.with_gateway([&](gateway::Gateway& gateway) { drained = gateway.is_drained(); });
    return drained;
  });
}

TEST(Hostile, RequestsToAModelledService) {
  const std::size_t descriptors = open_descriptors();
  {
    const Modelled service;
    const std::size_t at_rest = open_descriptors();
    const Tally tally =
        HostileClient(service.address(), Attempts(kSeed, Subject::service), kCount).run();
    report(tally, kCount);
    // Served is what was answered, and besides what nobody waited for.
    EXPECT_GE(service.served(), tally.welcomed);
    EXPECT_THAT(ask(service.address()), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(comes_true([&] { return service.outstanding() == 0; }));
    EXPECT_TRUE(comes_true([&] { return open_descriptors() == at_rest; })) << "a connection stays";
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

// [RFC 9110, 10.1.1] curl waits a second for it before each large body.
TEST(Hostile, AModelledServiceAsksForABodyThatItsClientHoldsBack) {
  const Modelled service;
  RawClient client(service.address());
  client.say("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("body");
  EXPECT_THAT(client.hear_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// The service behind is stricter than any: what it would find ambiguous must not get there.
TEST(Hostile, RequestsToTheGateway) {
  const std::size_t descriptors = open_descriptors();
  {
    const StrictService service;
    gateway::test::Running running(before(service.url()));
    const Tally tally =
        HostileClient(running.address(), Attempts(kSeed + 1, Subject::gateway), kCount).run();
    report(tally, kCount);
    EXPECT_THAT(ask(running.address()), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(is_drained(running)) << "a connection stays";
    EXPECT_THAT(service.breaches(), testing::IsEmpty()) << "seed " << kSeed;
    std::map<std::string, int> targets = service.targets();
    std::uint64_t served = 0;
    for (const auto& [target, times] : targets) {
      served += static_cast<std::uint64_t>(times);
      EXPECT_FALSE(target.find("/smuggled") != std::string::npos ||
                   target.find("/refused") != std::string::npos)
          << target << ", seed " << kSeed;
    }
    for (const std::string& target : tally.wanted)
      EXPECT_EQ(targets[target], 1) << target << ", seed " << kSeed;
    --served;  // the one afterwards
    EXPECT_GE(served, tally.welcomed);
    EXPECT_LE(served, tally.welcomed + 3 * tally.unheard);  // pipelined ones among them
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Hostile, RequestsToAModelledServiceThroughTheGateway) {
  const std::size_t descriptors = open_descriptors();
  {
    const Modelled service;
    gateway::test::Running running(before("http://" + to_text(service.address())));
    const Tally tally =
        HostileClient(running.address(), Attempts(kSeed + 2, Subject::gateway), kCount).run();
    report(tally, kCount);
    EXPECT_GE(service.served(), tally.welcomed);
    EXPECT_THAT(ask(running.address()), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(is_drained(running)) << "a connection stays";
    EXPECT_TRUE(comes_true([&] { return service.outstanding() == 0; }));
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

}  // namespace
}  // namespace steelyard::live::hostile
