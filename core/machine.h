// One node of a protocol: a registry, a gossip member, a Raft replica, a transaction coordinator.
//
// Like every strategy a machine does no I/O. The world gives it inputs and carries out the effects
// that it appends to a buffer. A crash destroys the object; a restart makes a new one and starts it
// with what had become durable, and nothing else. Single-threaded.
//
// The world's promises: inputs come one at a time, in the order of time; a message may be late,
// lost, or come twice, unless the scenario's network says otherwise; `persisted` comes once for
// every persist that became durable, in order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/time.h"

namespace steelyard {

using NodeId = std::uint32_t;
using RecordId = std::uint64_t;     // of a durable record; grows by 1, starting at 1
using OperationId = std::uint64_t;  // of a client request or a resource operation
using MachineTimer = std::uint64_t;
using Bytes = std::string;

inline constexpr RecordId kNoRecord = 0;

// What a machine wants done. Effects are carried out in the order in which they were appended.
struct Effect {
  enum class Kind : std::uint8_t {
    send,          // `payload` to `to`; not before record `after` is durable
    persist,       // `payload` as record `id`
    set_timer,     // on_timer(id) at `at`; replaces an earlier timer of that id
    cancel_timer,  // `id`
    operate,       // `payload` on the node's resource; on_operated(id) when done
    reply,         // to client request `id` with `status` and `payload`
    probe,         // `value` of the metric named `payload`
  };
  // Of a reply. `unknown`: it may or may not have happened, as after a time-out.
  enum class Status : std::uint8_t { ok, fail, unknown };

  Kind kind = Kind::send;
  Status status = Status::ok;
  NodeId to = 0;
  std::uint64_t id = 0;
  RecordId after = kNoRecord;
  Instant at;
  double value = 0;
  Bytes payload;
};
using Effects = std::vector<Effect>;

class Machine {
 public:
  static constexpr const char* kKind = "machine";

  // What every input comes with.
  struct Context {
    Instant now;
    RandomStream& random;
    Effects& effects;
  };

  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  // First input of every life. `durable`: the records that were synced in earlier lives, in order.
  virtual void on_start(std::span<const Bytes> durable, Context context) = 0;
  virtual void on_message(NodeId from, const Bytes& payload, Context context) = 0;
  virtual void on_timer(MachineTimer timer, Context context) = 0;
  virtual void on_persisted(RecordId record, Context context) = 0;
  virtual void on_operated(OperationId operation, const Bytes& result, Context context) = 0;
  virtual void on_client_request(OperationId request, const Bytes& payload, Context context) = 0;
};

}  // namespace steelyard
