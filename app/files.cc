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
  std::error_code code;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), code);
  if (code) return fmt::format("{}: {}", target.parent_path().string(), code.message());
  const std::string neighbour = fmt::format("{}.{}.tmp", path, getpid());
  {
    std::ofstream file(neighbour, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.flush();
    if (!file) {
      const std::string why = std::strerror(errno);
      fs::remove(neighbour, code);
      return fmt::format("{}: {}", path, why);
    }
  }
  fs::rename(neighbour, target, code);
  if (!code) return {};
  const std::string why = code.message();
  fs::remove(neighbour, code);
  return fmt::format("{}: {}", path, why);
}

}  // namespace steelyard::app
