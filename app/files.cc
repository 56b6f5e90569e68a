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

Result<std::string> read_file(const std::string& path) {
  if (path == "-")
    return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) return Error{"no such file"};
  if (fs::is_directory(status)) return Error{"this is a folder, expected a file"};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{std::strerror(errno)};
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return Error{"reading failed"};
  return text;
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
  if (code) return fmt::format("{}: {}", path, code.message());
  return {};
}

}  // namespace steelyard::app
