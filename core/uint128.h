// 128-bit integers, for exact products and sums of 64-bit ones. GCC and Clang both have
// them, but ISO C++ does not, and -Wpedantic says so unless told that it is known.
#pragma once

namespace steelyard {

__extension__ using Uint128 = unsigned __int128;
__extension__ using Int128 = __int128;

}  // namespace steelyard
