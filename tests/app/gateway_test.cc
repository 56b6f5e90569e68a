// `steelyard gateway` and `steelyard serve` as operators meet them: signals, reloads, addresses.
#include <gmock/gmock.h>

#include <thread>

#include "tests/app/command.h"
#include "tests/real-harness/loopback.h"

namespace steelyard::test {
namespace {

using live::RawClient;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kShop = R"(name: shop
run: {duration: 1s}
services:
  users: {instances: 2, concurrency: 16, service_time: 1ms}
clients:
  shoppers: {calls: users, arrivals: {poisson: {rate: 100/s}}}
strategies: {balancer: round_robin, resilience: {timeout: 30s}}
gateway:
  routes:
    - {match: {prefix: /user}, to: users, rewrite: /}
)";

// Waits until the command has said `text` so many times.
void wait_for(const Command& command, const std::string& text, int times = 1) {
  for (int patience = 0; patience < 1000; ++patience) {
    const std::string out = command.out();
    int found = 0;
    for (std::size_t at = out.find(text); at != std::string::npos; at = out.find(text, at + 1))
      ++found;
    if (found >= times) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "it never said '" << text << "' but: " << command.out();
}

// What follows `text` on its line, as an address.
live::Address address_after(const std::string& out, const std::string& text) {
  const std::size_t begin = out.find(text) + text.size();
  const std::string address = out.substr(begin, out.find_first_of(" \n", begin) - begin);
  const std::size_t colon = address.rfind(':');
  return live::resolve(address.substr(0, colon),
                       static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))))
      .value();
}

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

TEST(GatewayCommand, LosesNoRequestAcrossReloadsAndEndsInOrder) {
  const Folder folder;
  const std::string shop = folder.write("shop.yaml", kShop);
  Command gateway({"gateway", shop, "--serve", "--listen", "127.0.0.1:0"});
  wait_for(gateway, "listening at http://");
  const live::Address address = address_after(gateway.out(), "http://");
  RawClient caller(address);
  for (int reload = 1; reload <= 5; ++reload) {
    for (int i = 0; i < 20; ++i) {
      caller.say(get("/user/7"));
      if (i == 10) gateway.signal(SIGHUP);
      // The answer's whole body: its last 'y' is the 864th. (1 KiB less what a head takes.)
      ASSERT_THAT(caller.hear_until("y", 864), StartsWith("HTTP/1.1 200 OK\r\n"))
          << "reload " << reload << ", request " << i;
    }
    wait_for(gateway, "reloaded", reload);
  }
  folder.write("shop.yaml", std::string(kShop) + "    - {match: {prefix: /orders}, to: nobody}\n");
  gateway.signal(SIGHUP);
  wait_for(gateway, "the configuration stays as it was");
  EXPECT_THAT(gateway.out(), HasSubstr("unknown service 'nobody'"));
  caller.say(get("/user/7", "Connection: close\r\n"));
  EXPECT_THAT(caller.hear_all(), StartsWith("HTTP/1.1 200 OK\r\n"));
  gateway.interrupt();
  EXPECT_EQ(gateway.wait().code, 0);
  EXPECT_FALSE(RawClient(address).connected()) << "nothing is left listening";
}

TEST(GatewayCommand, TellsOperatorsAtAnAddressOfTheirOwn) {
  const Folder folder;
  Command gateway({"gateway", folder.write("shop.yaml", kShop), "--serve", "--listen",
                   "127.0.0.1:0", "--admin", "127.0.0.1:0"});
  wait_for(gateway, "listening at http://");
  const live::Address address = address_after(gateway.out(), "http://");
  RawClient caller(address);
  caller.say(get("/user", "Connection: close\r\n"));
  EXPECT_THAT(caller.hear_all(), StartsWith("HTTP/1.1 200 OK\r\n"));
  RawClient stranger(address);
  stranger.say(get("/.steelyard/metrics", "Connection: close\r\n"));
  EXPECT_THAT(stranger.hear_all(), StartsWith("HTTP/1.1 404 "));
  gateway.signal(SIGTERM);
  const Finished finished = gateway.wait();
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.err, HasSubstr("admin at http://127.0.0.1:"));
}

TEST(GatewayCommand, SaysWhatIsMissing) {
  const Folder folder;
  const std::string text = kShop;
  const Finished no_section =
      steelyard({"gateway", folder.write("none.yaml", text.substr(0, text.find("gateway:")))});
  EXPECT_EQ(no_section.code, 3);
  EXPECT_THAT(no_section.err, HasSubstr("there is no `gateway:` in it"));
  const Finished no_instances =
      steelyard({"gateway", folder.write("shop.yaml", text), "--listen", "127.0.0.1:0"});
  EXPECT_EQ(no_instances.code, 1);
  EXPECT_THAT(no_instances.err, HasSubstr("with --serve the gateway does"));
  EXPECT_EQ(steelyard({"gateway", folder / "absent.yaml"}).code, 3);
}

TEST(ServeCommand, StartsTheInstancesAndStopsThem) {
  const Folder folder;
  Command serve({"serve", folder.write("shop.yaml", kShop)});
  wait_for(serve, "users/1");
  const std::string line = "users/0                 ";
  const live::Address address = address_after(serve.out(), line);
  RawClient caller(address);
  caller.say(get("/health", "Connection: close\r\n"));
  EXPECT_THAT(caller.hear_all(), EndsWith("\r\n\r\nok\n END"));
  serve.interrupt();
  EXPECT_EQ(serve.wait().code, 0);
  EXPECT_FALSE(RawClient(address).connected());
}

}  // namespace
}  // namespace steelyard::test
