#include "app/main.h"

#include "tests/balancers/count_allocations.h"

int main(int argc, char** argv) {
  return steelyard::app::main(argc, argv, [] {
    return steelyard::bench::HeapUse{steelyard::test::allocations(), steelyard::test::heap_bytes()};
  });
}
