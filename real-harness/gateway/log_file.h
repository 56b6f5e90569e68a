// Where the lines of the access log go: a file, or standard output, written some 32 KiB or a
// fraction of a second at a time. Not thread-safe: belongs to its reactor's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "real-harness/os/descriptor.h"
#include "real-harness/os/reactor.h"

namespace steelyard::live::gateway {

class LogFile final : Reactor::TimerHandler {
 public:
  // `path`: "-" is standard output.
  static Result<std::unique_ptr<LogFile>> open(Reactor& reactor, const std::string& path);
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  const std::string& path() const { return path_; }
  // Append whole lines to this, then call written().
  std::string& buffer() { return buffer_; }
  void written();
  void flush();
  // After the file was renamed: goes on in a new one of the old name. Empty, or why it could not;
  // then it goes on in the old one.
  std::string reopen();
  // Bytes that could not be written, as the disk is full or the reader gone.
  std::uint64_t lost_bytes() const { return lost_bytes_; }

 private:
  LogFile(Reactor& reactor, std::string path, Descriptor file)
      : reactor_(reactor), path_(std::move(path)), file_(std::move(file)) {}
  void on_timer(std::uint64_t data) override;

  Reactor& reactor_;
  std::string path_;
  Descriptor file_;
  std::string buffer_;
  Reactor::TimerId timer_ = 0;
  std::uint64_t lost_bytes_ = 0;
};

}  // namespace steelyard::live::gateway
