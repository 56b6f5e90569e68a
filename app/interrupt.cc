#include "app/interrupt.h"

namespace steelyard::app {
namespace {

std::atomic<bool> was_interrupted{false};
std::atomic<bool> writing{false};

extern "C" void on_interrupt(int signal) {
  if (was_interrupted.exchange(true) && !writing) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

const std::atomic<bool>& interrupted() { return was_interrupted; }

void listen_for_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

WritingResults::WritingResults() { writing = true; }
WritingResults::~WritingResults() { writing = false; }

}  // namespace steelyard::app
