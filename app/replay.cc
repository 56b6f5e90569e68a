// `steelyard replay`: proves that what channels did live is what they do offline.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "real-harness/channels/log.h"
#include "reports/format.h"

namespace steelyard::app {
namespace {

namespace fs = std::filesystem;

// A file's bytes without a copy: logs of long runs are larger than what one wants to read at once.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about {};
    if (file < 0 || fstat(file, &about) != 0) {
      error_ = std::strerror(errno);
    } else if (about.st_size > 0) {
      size_ = static_cast<std::size_t>(about.st_size);
      data_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      if (data_ == MAP_FAILED) error_ = std::strerror(errno);
    }
    if (file >= 0) close(file);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (size_ > 0 && data_ != MAP_FAILED) munmap(data_, size_);
  }

  const std::string& error() const { return error_; }  // empty: it could be read
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::string error_;
};

// The logs below a folder, in order of their names; a file is itself.
Result<std::vector<std::string>> logs_of(const std::string& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) return std::vector<std::string>{path};
  std::vector<std::string> logs;
  for (fs::recursive_directory_iterator at(path, code), end; !code && at != end; at.increment(code))
    if (at->is_regular_file(code) && at->path().extension() == live::kChannelLogExtension)
      logs.push_back(at->path().string());
  if (code) return Error{code.message()};
  if (logs.empty())
    return Error{fmt::format("no file *{} in this folder; `steelyard live --record` writes them",
                             live::kChannelLogExtension)};
  std::sort(logs.begin(), logs.end());
  return logs;
}

std::string figures(const live::Replay& replay) {
  return fmt::format("{}, {}, {}, {} of effects", counted(replay.channels, "channel"),
                     counted(replay.inputs, "input"), counted(replay.actions, "action"),
                     counted(replay.bytes, "byte"));
}

// Whether its effects are identical; what is wrong is said.
bool replay_file(const std::string& path, bool timeline, live::Replay& total) {
  const MappedFile file(path);
  if (!file.error().empty()) {
    fmt::print(stderr, "{}: {}\n", path, file.error());
    return false;
  }
  if (timeline) std::cout << path << ":\n";
  const auto line = [](const std::string& text) { std::cout << text << '\n'; };
  const auto replayed = timeline ? live::replay(file.bytes(), line) : live::replay(file.bytes());
  std::cout.flush();
  if (!replayed) {
    fmt::print(stderr, "{}: {}\n", path, replayed.error());
    return false;
  }
  const live::Replay& replay = replayed.value();
  total.channels += replay.channels;
  total.inputs += replay.inputs;
  total.actions += replay.actions;
  total.bytes += replay.bytes;
  std::string verdict = replay.difference.empty() ? "identical" : "different: " + replay.difference;
  if (replay.breaks_off)
    verdict += fmt::format("; breaks off after {}: its process was killed",
                           counted(replay.inputs, "input"));
  std::cout << fmt::format("{}: {}: {}\n", path, figures(replay), verdict);
  return replay.difference.empty();
}

}  // namespace

int replay(const ReplayArguments& arguments) {
  std::size_t files = 0;
  std::size_t failures = 0;
  live::Replay total;
  for (const std::string& path : arguments.logs) {
    const auto logs = logs_of(path);
    if (!logs) {
      fmt::print(stderr, "{}: {}\n", path, logs.error());
      ++failures;
      continue;
    }
    for (const std::string& log : logs.value()) {
      ++files;
      if (!replay_file(log, arguments.timeline, total)) ++failures;
    }
  }
  if (files > 1)
    std::cout << fmt::format("{} files: {}: {}\n", files, figures(total),
                             failures == 0 ? "identical" : fmt::format("{} failed", failures));
  std::cout.flush();
  return failures == 0 ? kOk : kFailed;
}

}  // namespace steelyard::app
