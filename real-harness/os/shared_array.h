// An array in memory that this process and those it forks afterwards all see.
//
// Elements are made once, by the process that makes the array; use atomics. Throws std::bad_alloc
// if there is no memory.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>

namespace steelyard::live {

template <class T>
class SharedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit SharedArray(std::size_t count)
      : bytes_(std::max<std::size_t>(1, count) * sizeof(T)),
        elements_(static_cast<T*>(
            mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (elements_ == MAP_FAILED) throw std::bad_alloc();
    for (std::size_t i = 0; i < count; ++i) new (elements_ + i) T();
  }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;
  ~SharedArray() { munmap(elements_, bytes_); }

  T& operator[](std::size_t i) { return elements_[i]; }
  const T& operator[](std::size_t i) const { return elements_[i]; }

 private:
  std::size_t bytes_;
  T* elements_;
};

}  // namespace steelyard::live
