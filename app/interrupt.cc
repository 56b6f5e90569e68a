#include "app/interrupt.h"

#include <csignal>

namespace steelyard::app {
namespace {

std::atomic<bool> was_interrupted{false};
std::atomic<bool> writing{false};
volatile std::sig_atomic_t first_signal = SIGINT;

extern "C" void on_interrupt(int signal) {
  if (!was_interrupted.exchange(true)) {
    first_signal = signal;
  } else if (!writing) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

const std::atomic<bool>& interrupted() { return was_interrupted; }

int interrupted_code() { return 128 + first_signal; }

void listen_for_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

WritingResults::WritingResults() { writing = true; }
WritingResults::~WritingResults() { writing = false; }

}  // namespace steelyard::app
