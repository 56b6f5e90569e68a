// Work that really burns processor time.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "real-harness/instances/worker.h"
#include "real-harness/os/precedence.h"

namespace steelyard::live {
namespace {

class BurningWorker final : public Worker {
 public:
  BurningWorker(Reactor& reactor, std::uint32_t threads_max, Done done)
      : reactor_(reactor), threads_max_(threads_max), done_(std::move(done)) {}

  ~BurningWorker() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void start(std::uint32_t job, double seconds, Instant) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back({job, seconds / speed_});
      if (idle_ < queue_.size() && threads_.size() < threads_max_)
        threads_.emplace_back([this] { burn_all(); });
    }
    work_.notify_one();
  }

  void set_speed(double speed) override {
    if (speed > 0) speed_ = speed;
  }

 private:
  struct Work {
    std::uint32_t job = 0;
    double seconds = 0;
  };

  void burn_all() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      --idle_;
      if (stopping_) return;
      const Work work = queue_.front();
      queue_.pop_front();
      lock.unlock();
      burn(work.seconds);
      reactor_.post([this, job = work.job] { done_(job); });
      lock.lock();
    }
  }

  void burn(double seconds) {
    const double end = thread_cpu_seconds() + seconds;
    // A clock read costs some hundred nanoseconds of processor time, which is work as good as any.
    while (thread_cpu_seconds() < end && !stopping_.load(std::memory_order_relaxed)) {
    }
  }

  Reactor& reactor_;
  std::size_t threads_max_;
  Done done_;
  double speed_ = 1;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Work> queue_;
  std::size_t idle_ = 0;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Worker> make_burning_worker(Reactor& reactor, std::uint32_t threads_max,
                                            Worker::Done done) {
  return std::make_unique<BurningWorker>(reactor, threads_max, std::move(done));
}

}  // namespace steelyard::live
