// The `steelyard` command as users meet it: a process with arguments, streams and an exit code.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

extern char** environ;

namespace steelyard::test {

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path << " cannot be read";
  return {std::istreambuf_iterator<char>(file), {}};
}

// A folder of its own, gone with the object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "steelyard_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }
  // Every file below, by its path from here.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_))
      if (entry.is_regular_file())
        all[std::filesystem::relative(entry.path(), path_).string()] = text_of(entry.path());
    return all;
  }

 private:
  std::filesystem::path path_;
};

struct Finished {
  int code = -1;  // 128 + n if signal n killed it, as shells say
  std::string out;
  std::string err;
};

// A command under way, in a folder of its own, with nothing on standard input unless given.
class Command {
 public:
  explicit Command(const std::vector<std::string>& arguments, const std::string& input = {}) {
    const std::string in = folder_.write("in", input);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
    constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, (folder_ / "out").c_str(), kNew, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, (folder_ / "err").c_str(), kNew, 0600);
    std::vector<std::string> words{STEELYARD_COMMAND};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const int error = posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    // Without a process there is nobody to signal: to kill(-1) would be to signal everybody.
    if (error != 0)
      throw std::runtime_error(std::string("cannot run " STEELYARD_COMMAND ": ") +
                               std::strerror(error));
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  void interrupt() const { signal(SIGINT); }
  void signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
  }
  // What it has said so far on standard output.
  std::string out() const { return text_of(folder_ / "out"); }

  Finished wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
            text_of(folder_ / "out"), text_of(folder_ / "err")};
  }

 private:
  Folder folder_;
  pid_t pid_ = -1;
};

inline Finished steelyard(const std::vector<std::string>& arguments,
                          const std::string& input = {}) {
  return Command(arguments, input).wait();
}

}  // namespace steelyard::test
