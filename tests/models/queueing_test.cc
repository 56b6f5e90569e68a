// Published values, to their printed digits, and relations between the formulas.
#include "models/queueing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>

namespace steelyard::queueing {
namespace {

double integral(const std::function<double(double)>& f, double from, double to, int steps) {
  const double h = (to - from) / steps;  // Simpson
  double sum = f(from) + f(to);
  for (int i = 1; i < steps; ++i) sum += f(from + i * h) * (i % 2 == 1 ? 4 : 2);
  return sum * h / 3;
}

// The recursion by hand: B(1, a) = a/(1 + a) = 1/2; B(2, 1) = .5/(2 + .5) = 1/5; C(2, 1) =
// .2/(1 - .5 * .8) = 1/3. B(10, 5) is in every Erlang table as .0184.
TEST(Erlang, AgreesWithHandAndTable) {
  EXPECT_DOUBLE_EQ(erlang_b(1, 1), 0.5);
  EXPECT_DOUBLE_EQ(erlang_b(2, 1), 0.2);
  EXPECT_DOUBLE_EQ(erlang_c(2, 1), 1.0 / 3);
  EXPECT_NEAR(erlang_b(10, 5), 0.0184, 5e-5);
  EXPECT_DOUBLE_EQ(erlang_c(1, 0.7), 0.7);
}

TEST(Erlang, KnowsItsLimits) {
  EXPECT_EQ(erlang_b(0, 5), 1);
  EXPECT_EQ(erlang_b(5, 0), 0);
  EXPECT_EQ(erlang_c(5, 0), 0);
  EXPECT_EQ(erlang_c(5, 5), 1);
  EXPECT_EQ(erlang_c(5, 50), 1);
}

// With so many servers n! overflows long before; the recursion does not.
TEST(Erlang, HandlesManyServers) {
  const double waits = erlang_c(100'000, 99'000);
  EXPECT_GT(waits, 0);
  EXPECT_LT(waits, 0.01);
}

struct MmnRow {
  std::int64_t servers;
  double load;
  double response;
  double waits;
};
void PrintTo(const MmnRow& row, std::ostream* out) { *out << row.servers << " at " << row.load; }
class MmnTable : public testing::TestWithParam<MmnRow> {};

TEST_P(MmnTable, IsReproduced) {
  const auto [servers, load, response, waits] = GetParam();
  const MMc queue{
      .arrival_rate = load * static_cast<double>(servers), .mean_service = 1, .servers = servers};
  EXPECT_NEAR(queue.mean_response(), response, 5e-6);
  EXPECT_NEAR(queue.wait_probability(), waits, 5e-6);
}

INSTANTIATE_TEST_SUITE_P(ErlangC, MmnTable,
                         testing::Values(MmnRow{10, 0.9, 1.66873, 0.66873},
                                         MmnRow{100, 0.9, 1.02169, 0.21694},
                                         MmnRow{100, 0.99, 1.88277, 0.88277}));

// M/M/1: T = S/(1 - rho), and exponential.
TEST(MMc, WithOneServerIsExponential) {
  const MMc queue{.arrival_rate = 160, .mean_service = 5e-3, .servers = 1};
  EXPECT_DOUBLE_EQ(queue.utilisation(), 0.8);
  EXPECT_NEAR(queue.mean_response(), 25e-3, 1e-15);
  for (const double t : {0.0, 5e-3, 25e-3, 0.1, 0.5})
    EXPECT_NEAR(queue.response_tail(t), std::exp(-t / 25e-3), 1e-14);
  for (const double q : {0.0, 0.5, 0.99, 0.999}) {
    EXPECT_NEAR(queue.response_quantile(q), -25e-3 * std::log1p(-q), 1e-12);
    EXPECT_NEAR(mm1_response_quantile(160, 5e-3, q), -25e-3 * std::log1p(-q), 1e-12);
  }
}

// A mean is the integral of its tail. The loads lie on both sides of c - a = 1, where the formula
// has its removable singularity, and on it (2 servers, offered 1).
TEST(MMc, HasTailsThatIntegrateToTheirMeans) {
  for (const double offered : {0.2, 0.999999, 1.0, 1.000001, 1.9}) {
    const MMc queue{.arrival_rate = offered, .mean_service = 1, .servers = 2};
    EXPECT_NEAR(integral([&](double t) { return queue.response_tail(t); }, 0, 400, 40'000),
                queue.mean_response(), 1e-6)
        << offered;
    EXPECT_NEAR(integral([&](double t) { return queue.wait_tail(t); }, 0, 400, 40'000),
                queue.mean_wait(), 1e-6)
        << offered;
    EXPECT_NEAR(queue.response_tail(0), 1, 1e-15);
    EXPECT_NEAR(queue.wait_tail(0), queue.wait_probability(), 1e-15);
  }
}

TEST(MMc, HasQuantilesThatInvertItsTails) {
  const MMc queue{.arrival_rate = 900, .mean_service = 10e-3, .servers = 10};
  for (const double q : {0.01, 0.5, 0.9, 0.999, 0.99999}) {
    EXPECT_NEAR(queue.response_tail(queue.response_quantile(q)), 1 - q, 1e-12 * (1 - q) + 1e-15);
    if (q > 1 - queue.wait_probability()) {
      EXPECT_NEAR(queue.wait_tail(queue.wait_quantile(q)), 1 - q, 1e-12 * (1 - q));
    }
  }
  EXPECT_EQ(queue.wait_quantile(0.3), 0);  // a third does not wait at all
}

TEST(MMc, HasNoSteadyStateAtFullLoad) {
  const MMc queue{.arrival_rate = 10, .mean_service = 1, .servers = 10};
  EXPECT_TRUE(std::isinf(queue.mean_response()));
  EXPECT_TRUE(std::isinf(queue.response_quantile(0.5)));
  EXPECT_EQ(queue.response_tail(1e9), 1);
}

// One server and room for K: P(block) = (1 - r) r^K/(1 - r^(K+1)); at r = 1 it is 1/(K + 1).
TEST(MMcK, AgreesWithTheClosedFormOfOneServer) {
  const double r = 0.8;
  const MMcK queue = mmck(0.8, 1, 1, 5);
  EXPECT_NEAR(queue.block_probability, (1 - r) * std::pow(r, 5) / (1 - std::pow(r, 6)), 1e-15);
  const MMcK full = mmck(1, 1, 1, 4);
  EXPECT_NEAR(full.block_probability, 0.2, 1e-15);
  EXPECT_NEAR(full.mean_in_system, 2, 1e-14);  // 0..4, equally likely
  EXPECT_NEAR(full.mean_response, 2 / 0.8, 1e-14);
}

TEST(MMcK, WithoutWaitingRoomIsErlangsLossSystem) {
  const MMcK queue = mmck(5, 1, 10, 10);
  EXPECT_NEAR(queue.block_probability, erlang_b(10, 5), 1e-15);
  EXPECT_NEAR(queue.mean_wait, 0, 1e-14);
}

TEST(MMcK, WithEndlessRoomIsMMc) {
  const MMcK queue = mmck(9, 1, 10, 2000);
  const MMc endless{.arrival_rate = 9, .mean_service = 1, .servers = 10};
  EXPECT_NEAR(queue.mean_response, endless.mean_response(), 1e-10);
  EXPECT_NEAR(queue.block_probability, 0, 1e-15);
}

// Ten times overloaded: the servers are never idle, the queue is full but for a moment in ten.
TEST(MMcK, SurvivesOverload) {
  const MMcK queue = mmck(1000, 1, 100, 1000);
  EXPECT_NEAR(queue.throughput, 100, 1e-9);
  EXPECT_NEAR(queue.block_probability, 0.9, 1e-12);
  EXPECT_NEAR(queue.mean_in_system, 1000 - 1.0 / 9, 1e-9);  // geometric below the brim
}

// Exponential service makes it M/M/1; constant service halves the wait; scv 4 makes it 2.5 times.
// One user finds every place free; as many users as places never wait; without delay all places
// are taken.
TEST(ClosedLoop, IsExactAtItsEnds) {
  EXPECT_DOUBLE_EQ(closed_throughput(1, 3, 1, 1), 1.0 / 4);
  EXPECT_DOUBLE_EQ(closed_throughput(4, 3, 1, 4), 4.0 / 4);
  EXPECT_DOUBLE_EQ(closed_throughput(3, 0, 0.5, 2), 2 / 0.5);
  EXPECT_DOUBLE_EQ(closed_throughput(1, 0, 0.5, 2), 1 / 0.5);
}

// One machine and repairman: N users who think for Z at one place of service S complete
// (1 - p0)/S, p0 = 1/sum_k N!/(N-k)! (S/Z)^k. For N = 3, Z = 2, S = 1: 1/(1 + 3/2 + 6/4 + 6/8).
TEST(ClosedLoop, AgreesWithTheMachineRepairModel) {
  EXPECT_DOUBLE_EQ(closed_throughput(3, 2, 1, 1), 1 - 1 / 4.75);
}

TEST(ClosedLoop, StaysWithinTheAsymptoticBoundsAndReachesThem) {
  double before = 0;
  for (std::int64_t users = 1; users <= 2000; users += users < 40 ? 1 : 490) {
    const double throughput = closed_throughput(users, 20e-3, 5e-3, 4);
    EXPECT_GE(throughput, before) << users;
    EXPECT_LE(throughput, std::min(static_cast<double>(users) / 25e-3, 4 / 5e-3) * (1 + 1e-12));
    before = throughput;
  }
  EXPECT_NEAR(before, 800, 1e-6);
}

TEST(MG1, FollowsPollaczekAndKhinchine) {
  EXPECT_NEAR(mg1_mean_response(0.9, 1, 1), 10, 1e-13);
  EXPECT_NEAR(mg1_mean_wait(0.9, 1, 0), 4.5, 1e-13);
  EXPECT_NEAR(mg1_mean_wait(0.9, 1, 4), 22.5, 1e-13);
  EXPECT_TRUE(std::isinf(mg1_mean_wait(1, 1, 1)));
  EXPECT_TRUE(std::isinf(mg1_mean_wait(0.5, 1, INFINITY)));
}

// Lee and Longton's approximation is Pollaczek-Khinchine for one server, and M/M/c for scv = 1.
// M/D/10 at .9 waits about half of .66873.
TEST(MGc, IsExactAtItsEnds) {
  EXPECT_NEAR(mgc_mean_wait(0.8, 1, 2.5, 1), mg1_mean_wait(0.8, 1, 2.5), 1e-14);
  EXPECT_NEAR(mgc_mean_wait(9, 1, 1, 10), 0.66873, 5e-6);
  EXPECT_NEAR(mgc_mean_wait(9, 1, 0, 10), 0.66873 / 2, 5e-6);
  EXPECT_TRUE(std::isinf(mgc_mean_wait(10, 1, 0, 10)));
}

TEST(MG1, UnderProcessorSharingIsInsensitive) {
  EXPECT_NEAR(mg1_ps_mean_response(0.9, 1), 10, 1e-13);
  EXPECT_NEAR(mg1_ps_mean_response(160, 5e-3), 25e-3, 1e-15);
  EXPECT_TRUE(std::isinf(mg1_ps_mean_response(1, 1)));
}

}  // namespace
}  // namespace steelyard::queueing
