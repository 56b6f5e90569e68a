#include "app/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace steelyard::app {
namespace fs = std::filesystem;

namespace {

// More than any scenario or trace; a pipe that never ends is noticed here.
constexpr std::size_t kLargestInput = std::size_t{256} << 20;

Result<std::string> read_all(std::istream& in) {
  std::string text;
  std::string block(std::size_t{1} << 16, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())), in.gcount() > 0) {
    text.append(block, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kLargestInput) return Error{"got more than 256 MiB, expected a file of less"};
  }
  if (in.bad()) return Error{"reading failed"};
  return text;
}

// Files to be renamed to what they stand beside; gone with the object if they were not.
class Neighbours {
 public:
  Neighbours(const std::string& folder, const std::vector<NamedContent>& files)
      : folder_(folder), files_(files) {}
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;
  ~Neighbours() {
    std::error_code ignored;
    for (const NamedContent& file : files_) fs::remove(of(file), ignored);
  }
  fs::path of(const NamedContent& file) const {
    return fs::path(folder_) / fmt::format("{}.{}.tmp", file.name, getpid());
  }

 private:
  const std::string& folder_;
  const std::vector<NamedContent>& files_;
};

// Why not, or empty. Closed before it is judged: some disks say only then that they are full.
std::string write_now(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  return file ? "" : std::strerror(errno);
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  if (path == "-") return read_all(std::cin);
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) return Error{"no such file"};
  if (fs::is_directory(status)) return Error{"this is a folder, expected a file"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{std::strerror(errno)};
  return read_all(file);
}

std::string write_file(const std::string& path, std::string_view content) {
  const fs::path target(path);
  return write_files(target.parent_path().string(),
                     {{target.filename().string(), std::string(content)}});
}

std::string write_files(const std::string& folder, const std::vector<NamedContent>& files) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) return fmt::format("{}: {}", folder, code.message());
  const Neighbours neighbours(folder, files);
  for (const NamedContent& file : files)
    if (const std::string why = write_now(neighbours.of(file), file.content); !why.empty())
      return fmt::format("{}: {}", (fs::path(folder) / file.name).string(), why);
  for (const NamedContent& file : files) {
    const fs::path target = fs::path(folder) / file.name;
    fs::rename(neighbours.of(file), target, code);
    if (code) return fmt::format("{}: {}", target.string(), code.message());
  }
  return {};
}

}  // namespace steelyard::app
