// Carries out a channel's attempts over HTTP: one request each, whose answer's status decides how
// the attempt ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "channel/channel.h"
#include "real-harness/channels/driver.h"
#include "real-harness/http/client.h"

namespace steelyard::live {

// Says which outcome an answer stands for, where the status alone does not: "queue_full".
inline constexpr std::string_view kOutcomeHeader = "x-steelyard-outcome";

// How an attempt ended that was answered with this head: below 400 it is ok; else what the header
// kOutcomeHeader says, or error_status.
Outcome outcome_of(const http::ResponseHead& head);
// The status and the header, ready to be sent, of an outcome other than ok.
int status_of(Outcome outcome);

class HttpAttempts final : ClientExchange::Handler {
 public:
  explicit HttpAttempts(ChannelDriver& driver) : driver_(driver) {}
  HttpAttempts(const HttpAttempts&) = delete;
  HttpAttempts& operator=(const HttpAttempts&) = delete;
  // Closes what is under way, without a word to the driver.
  ~HttpAttempts();

  // Sends the whole request `bytes`; driver.reply() follows. `to_head`: its method is HEAD.
  void send(const Action& action, HttpClient& client, std::string_view bytes, bool to_head = false);
  // Gives the attempt up by closing its connection: HTTP/1.1 has no other way.
  void cancel(const Action& action);
  std::uint64_t under_way() const { return under_way_; }

 private:
  void on_response(ClientExchange& exchange, const http::ResponseHead& head) override;
  void on_response_body(ClientExchange& exchange, std::string_view data, bool last) override;
  void on_request_failed(ClientExchange& exchange, Outcome outcome) override;

  struct Attempt {
    ClientExchange* exchange = nullptr;
    std::uint64_t id = 0;
    std::uint32_t channel = 0;
    std::uint32_t next_free = 0;
    Outcome outcome = Outcome::ok;
    std::optional<LoadReport> report;
  };
  void end(std::uint32_t index, Outcome outcome);
  std::uint32_t& index_of(std::uint32_t channel, AttemptId id);

  ChannelDriver& driver_;
  std::vector<Attempt> attempts_;
  std::uint32_t first_free_ = ~std::uint32_t{0};
  std::uint64_t under_way_ = 0;
  // By channel, and then by the request's slot in it: which of attempts_ it has.
  std::vector<std::vector<std::uint32_t>> of_request_;
};

}  // namespace steelyard::live
