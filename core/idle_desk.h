// To whom a server says that it is idle: of all who asked, to one each time, drawn at random. Who
// was told has to ask again to hear of the next time. The rule is the same in every world; what an
// asker is (a channel, a connection) is the world's own.
// [Lu, Xie, Kliot, Geller, Larus, Greenberg: Join-Idle-Queue, Performance 2011, the random choice]
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/random.h"

namespace steelyard {

template <class Asker>
class IdleDesk {
 public:
  explicit IdleDesk(RandomStream random) : random_(random) {}

  void ask(Asker asker) { askers_.push_back(std::move(asker)); }
  template <class Which>
  void forget(Which which) {
    std::erase_if(askers_, which);
  }
  std::vector<Asker> forget_all() { return std::exchange(askers_, {}); }

  // A request is here, so that the next idleness is another one.
  void request_came() { told_ = false; }
  // Whom to tell, if somebody asked and nobody was told since the last request. REQUIRES: the
  // server is idle.
  std::optional<Asker> tell() {
    if (told_ || askers_.empty()) return std::nullopt;
    told_ = true;
    std::swap(askers_[random_.below(askers_.size())], askers_.back());
    std::optional<Asker> asker(std::move(askers_.back()));
    askers_.pop_back();
    return asker;
  }

 private:
  std::vector<Asker> askers_;
  RandomStream random_;
  bool told_ = false;
};

}  // namespace steelyard
