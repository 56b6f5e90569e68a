#include "real-harness/gateway/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace steelyard::live::gateway {
namespace {

constexpr std::size_t kBufferBytes = 32 * 1024;
constexpr Duration kPatience = 200ms;

Result<Descriptor> open_log(const std::string& path) {
  Descriptor file(path == "-"
                      ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                      : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file) return Error{fmt::format("cannot open the log {}: {}", path, std::strerror(errno))};
  return file;
}

}  // namespace

Result<std::unique_ptr<LogFile>> LogFile::open(Reactor& reactor, const std::string& path) {
  Result<Descriptor> file = open_log(path);
  if (!file.ok()) return Error{file.error()};
  return std::unique_ptr<LogFile>(new LogFile(reactor, path, std::move(file.value())));
}

LogFile::~LogFile() {
  reactor_.cancel(timer_);
  flush();
}

void LogFile::written() {
  if (buffer_.size() >= kBufferBytes)
    flush();
  else if (timer_ == 0)
    timer_ = reactor_.at(reactor_.now() + kPatience, *this, 0);
}

void LogFile::on_timer(std::uint64_t) {
  timer_ = 0;
  flush();
}

void LogFile::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t written = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  lost_bytes_ += buffer_.size() - done;
  buffer_.clear();
}

std::string LogFile::reopen() {
  flush();
  Result<Descriptor> file = open_log(path_);
  if (!file.ok()) return file.error();
  file_ = std::move(file.value());
  return "";
}

}  // namespace steelyard::live::gateway
