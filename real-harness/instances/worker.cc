#include "real-harness/instances/worker.h"

#include <algorithm>
#include <vector>

#include "models/distribution.h"

namespace steelyard::live {
namespace {

class TimerWorker final : public Worker, Reactor::TimerHandler {
 public:
  TimerWorker(Reactor& reactor, Done done) : reactor_(reactor), done_(std::move(done)) {}
  ~TimerWorker() override {
    for (const Work& work : under_way_) reactor_.cancel(work.timer);
  }

  void start(std::uint32_t job, double seconds, Instant ready) override {
    if (of_job_.size() <= job) of_job_.resize(job + 1);
    of_job_[job] = static_cast<std::uint32_t>(under_way_.size());
    under_way_.push_back({.job = job,
                          .left_seconds = seconds,
                          .since = freed_ == kNever ? reactor_.now() : std::max(ready, freed_)});
    schedule(under_way_.back());
  }

  void set_speed(double speed) override {
    for (Work& work : under_way_) {
      work.left_seconds -= to_seconds(reactor_.now() - work.since) * speed_;
      work.left_seconds = std::max(0.0, work.left_seconds);
      work.since = reactor_.now();
      reactor_.cancel(work.timer);
    }
    speed_ = speed;
    for (Work& work : under_way_) schedule(work);
  }

 private:
  struct Work {
    std::uint32_t job = 0;
    double left_seconds = 0;  // at speed 1, at `since`
    Instant since;
    Reactor::TimerId timer = 0;
  };

  Instant due(const Work& work) const { return work.since + to_delay(work.left_seconds / speed_); }

  void schedule(Work& work) {
    work.timer = speed_ == 0 ? 0 : reactor_.at(due(work), *this, work.job);
  }

  void on_timer(std::uint64_t job) override {
    const std::uint32_t place = of_job_[job];
    freed_ = due(under_way_[place]);
    under_way_[place] = under_way_.back();
    of_job_[under_way_[place].job] = place;
    under_way_.pop_back();
    done_(static_cast<std::uint32_t>(job));
    freed_ = kNever;
  }

  Reactor& reactor_;
  Done done_;
  double speed_ = 1;
  Instant freed_ = kNever;  // while done_ is told of a job's end: when that was due
  std::vector<Work> under_way_;
  std::vector<std::uint32_t> of_job_;  // where in under_way_
};

// All jobs get on at the same rate, so they finish in the order of (work done for everybody when
// they came) + (their own work).
class SharedWorker final : public Worker, Reactor::TimerHandler {
 public:
  SharedWorker(Reactor& reactor, std::uint32_t processors, Done done)
      : reactor_(reactor), processors_(processors), done_(std::move(done)) {}
  ~SharedWorker() override { reactor_.cancel(timer_); }

  void start(std::uint32_t job, double seconds, Instant) override {
    advance();
    heap_.push_back({done_for_each_ + seconds, order_++, job});
    std::push_heap(heap_.begin(), heap_.end(), later);
    schedule();
  }

  void set_speed(double speed) override {
    advance();
    speed_ = speed;
    schedule();
  }

 private:
  struct Entry {
    double done_at = 0;  // of done_for_each_
    std::uint64_t order = 0;
    std::uint32_t job = 0;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.done_at != b.done_at ? a.done_at > b.done_at : a.order > b.order;
  }

  double rate() const {
    const auto present = static_cast<double>(heap_.size());
    return speed_ * (present <= processors_ ? 1.0 : processors_ / present);
  }

  void advance() {
    if (heap_.empty())
      done_for_each_ = 0;
    else
      done_for_each_ += to_seconds(reactor_.now() - updated_) * rate();
    updated_ = reactor_.now();
  }

  void schedule() {
    reactor_.cancel(timer_);
    timer_ = 0;
    if (heap_.empty() || speed_ == 0) return;
    const double left = std::max(0.0, heap_.front().done_at - done_for_each_);
    timer_ = reactor_.at(reactor_.now() + to_delay(left / rate()), *this, 0);
  }

  void on_timer(std::uint64_t) override {
    timer_ = 0;
    advance();
    const std::uint32_t job = heap_.front().job;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
    schedule();
    done_(job);
  }

  Reactor& reactor_;
  double processors_;
  Done done_;
  double speed_ = 1;
  double done_for_each_ = 0;  // seconds of work done for a job that has been there all the time
  Instant updated_;
  std::uint64_t order_ = 0;
  std::vector<Entry> heap_;
  Reactor::TimerId timer_ = 0;
};

}  // namespace

std::unique_ptr<Worker> make_timer_worker(Reactor& reactor, Worker::Done done) {
  return std::make_unique<TimerWorker>(reactor, std::move(done));
}

std::unique_ptr<Worker> make_shared_worker(Reactor& reactor, std::uint32_t processors,
                                           Worker::Done done) {
  return std::make_unique<SharedWorker>(reactor, processors, std::move(done));
}

}  // namespace steelyard::live
