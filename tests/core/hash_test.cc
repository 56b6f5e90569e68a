#include "core/hash.h"

#include <gtest/gtest.h>

namespace steelyard {
namespace {

// The check value of CRC-32/ISO-HDLC in every catalogue of CRCs.
TEST(Crc32, HasThePublishedCheckValue) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(crc32(""), 0u);
}

TEST(Crc32, GoesOnWhereItStopped) { EXPECT_EQ(crc32("56789", crc32("1234")), 0xcbf43926u); }

// xxHash's own vectors for XXH64: the empty text, and "abc", seed 0.
TEST(Xxh64, HasThePublishedValues) {
  EXPECT_EQ(xxh64(""), 0xef46db3751d8e999u);
  EXPECT_EQ(xxh64("abc"), 0x44bc2cf5ad770999u);
}

}  // namespace
}  // namespace steelyard
