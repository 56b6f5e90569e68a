// Carries out a channel's probes over HTTP: GET requests to an endpoint's own page about its load
// (load_header.h). One that asks to hear of idleness stays open until the endpoint answers.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "channel/channel.h"
#include "real-harness/channels/driver.h"
#include "real-harness/http/client.h"

namespace steelyard::live {

class HttpProbes final : ClientExchange::Handler {
 public:
  explicit HttpProbes(ChannelDriver& driver) : driver_(driver) {}
  HttpProbes(const HttpProbes&) = delete;
  HttpProbes& operator=(const HttpProbes&) = delete;
  // Closes what is under way, without a word to the driver.
  ~HttpProbes();

  // driver.probe_reply() follows. A probe of the kind idle takes the place of the one before to the
  // same endpoint. `client` outlives this.
  void ask(const Action& action, HttpClient& client, std::string_view host);

 private:
  struct Question {
    ClientExchange* exchange = nullptr;  // null: free
    const HttpClient* client = nullptr;
    ProbeId id = 0;
    std::uint32_t channel = 0;
    bool idle = false;
    bool answered = false;
    LoadReport report;
  };
  void on_response(ClientExchange& exchange, const http::ResponseHead& head) override;
  void on_response_body(ClientExchange& exchange, std::string_view data, bool last) override;
  void on_request_failed(ClientExchange& exchange, Outcome outcome) override;
  void end(std::size_t index);

  ChannelDriver& driver_;
  std::deque<Question> questions_;
  std::vector<std::size_t> free_;
  std::string bytes_;
};

}  // namespace steelyard::live
