#include "core/machine.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

// Counts client requests durably: answers only once the new count is on disk.
class DurableCounter final : public Machine {
 public:
  void on_start(std::span<const Bytes> durable, Context) override {
    count_ = durable.empty() ? 0 : std::stoi(durable.back());
    next_record_ = durable.size() + 1;
  }
  void on_message(NodeId, const Bytes&, Context) override {}
  void on_timer(MachineTimer, Context) override {}
  void on_operated(OperationId, const Bytes&, Context) override {}
  void on_client_request(OperationId request, const Bytes&, Context context) override {
    waiting_ = request;
    context.effects.push_back(
        {.kind = Effect::Kind::persist, .id = next_record_++, .payload = std::to_string(++count_)});
  }
  void on_persisted(RecordId, Context context) override {
    context.effects.push_back(
        {.kind = Effect::Kind::reply, .id = waiting_, .payload = std::to_string(count_)});
  }

 private:
  int count_ = 0;
  RecordId next_record_ = 1;
  OperationId waiting_ = 0;
};

// A crash between the request and the disk loses the increment, but never one that was answered.
TEST(Machine, ANewLifeKnowsOnlyWhatBecameDurable) {
  RandomStream random(1);
  Effects effects;
  const Machine::Context context{kStart, random, effects};
  std::vector<Bytes> disk;

  DurableCounter first;
  first.on_start(disk, context);
  first.on_client_request(10, "", context);
  disk.push_back(effects.at(0).payload);  // synced
  first.on_persisted(1, context);
  ASSERT_EQ(effects.size(), 2U);
  EXPECT_EQ(effects[1].kind, Effect::Kind::reply);
  EXPECT_EQ(effects[1].payload, "1");
  first.on_client_request(11, "", context);  // appended, not synced: the crash comes first

  effects.clear();
  DurableCounter second;
  second.on_start(disk, context);
  second.on_client_request(12, "", context);
  EXPECT_EQ(effects.at(0).payload, "2");
  EXPECT_EQ(effects.at(0).id, 2U);
}

}  // namespace
}  // namespace steelyard
