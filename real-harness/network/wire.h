// What lies between two parties, as a relay asks it for each message: how long it is under way, and
// whether it gets there.
//
// A message is what one party sends until the other one answers, or until it has been silent for a
// while; the end of a connection and its reset travel as messages do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/time.h"

namespace steelyard::live {

class Wire {
 public:
  enum class Fate : std::uint8_t {
    arrives,
    lost,     // it never gets there, and so nothing after it on this connection
    reset,    // it makes the connection be reset, at both ends
    refused,  // nobody listens there, though somebody may
  };
  struct Passage {
    Fate fate = Fate::arrives;
    Duration travel{};  // besides the wait for links
  };

  // A message begins. `key`: its name; the same message meets the same luck in every run.
  virtual Passage begin_message(std::uint64_t key, bool to_caller) = 0;
  // So many bytes of a message enter their links now: how long until they have passed them.
  virtual Duration wait_for_links(bool to_caller, std::size_t bytes, Instant now) = 0;
  // Nothing that is sent now arrives, not even the wish to connect.
  virtual bool silent() const = 0;
  // How much later than the rest of the message of that name the news arrives that its sender has
  // closed its side.
  virtual Duration close_delay([[maybe_unused]] std::uint64_t key) const { return {}; }

 protected:
  ~Wire() = default;
};

// A link that messages pass one after the other, each at `bytes_per_second`.
struct SharedLink {
  double bytes_per_second = 0;  // 0: unlimited, nobody waits
  Instant free_at = kStart;

  // When bytes that are there at `at` have passed.
  Instant pass(std::size_t bytes, Instant at);
};

}  // namespace steelyard::live
