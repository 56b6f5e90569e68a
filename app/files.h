// Files at the edge of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace steelyard::app {

// The whole file; "-" is standard input. Error: why it could not be read.
Result<std::string> read_file(const std::string& path);

// Writes the file so that a reader sees the old content or the new one, never half of it: into a
// neighbour first, then renamed. Creates missing folders. The error is empty on success.
std::string write_file(const std::string& path, std::string_view content);

struct NamedContent {
  std::string name;
  std::string content;
};

// The same for files that belong together: all are written before the first is renamed, in this
// order, so that a full disk leaves the old set whole.
std::string write_files(const std::string& folder, const std::vector<NamedContent>& files);

}  // namespace steelyard::app
