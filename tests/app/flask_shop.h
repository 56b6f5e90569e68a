// The shop of tests/app/flask/shop.py, running: real services that know nothing of Steelyard.
#pragma once

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

extern char** environ;

namespace steelyard::test {

// The first Python that has Flask, Debian's before others; empty if there is none.
inline std::string python_with_flask() {
  for (const char* python : {"/usr/bin/python3", "python3"})
    if (std::system((std::string(python) + " -c 'import flask' 2>/dev/null").c_str()) == 0)
      return python;
  return "";
}

// One service. Ends with the object: its standard input is closed, and it is waited for.
class FlaskService {
 public:
  FlaskService(const std::string& python, std::vector<std::string> arguments) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return;
    arguments.insert(arguments.begin(), {python, STEELYARD_SOURCE_DIR "/tests/app/flask/shop.py"});
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    if (posix_spawnp(&process_, raw[0], &files, nullptr, raw.data(), environ) != 0) process_ = -1;
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    port_ = read_line(out[0]);
    close(out[0]);
  }
  FlaskService(const FlaskService&) = delete;
  FlaskService& operator=(const FlaskService&) = delete;
  ~FlaskService() {
    if (input_ >= 0) close(input_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
  }

  bool started() const { return !port_.empty(); }
  std::string url() const { return "http://127.0.0.1:" + port_; }

 private:
  // The first line, for at most 30 seconds: a busy machine takes its time to start Python.
  static std::string read_line(int from) {
    std::string line;
    char byte = 0;
    pollfd wait{.fd = from, .events = POLLIN, .revents = 0};
    while (poll(&wait, 1, 30'000) > 0 && read(from, &byte, 1) == 1 && byte != '\n') line += byte;
    return line;
  }

  pid_t process_ = -1;
  int input_ = -1;
  std::string port_;
};

// Two instances of each service; every orders instance asks the users instance of its number.
struct FlaskShop {
  explicit FlaskShop(const std::string& python) {
    for (int i = 0; i < 2; ++i) {
      users.push_back(std::make_unique<FlaskService>(python, std::vector<std::string>{"users"}));
      add.push_back(std::make_unique<FlaskService>(python, std::vector<std::string>{"add"}));
      subtract.push_back(
          std::make_unique<FlaskService>(python, std::vector<std::string>{"subtract"}));
      orders.push_back(std::make_unique<FlaskService>(
          python, std::vector<std::string>{"orders", "--users", users.back()->url()}));
    }
  }
  using Instances = std::vector<std::unique_ptr<FlaskService>>;
  Instances users;
  Instances orders;
  Instances add;
  Instances subtract;

  // "[http://127.0.0.1:5001, http://127.0.0.1:5002]"
  static std::string urls(const Instances& instances) {
    std::string text;
    for (const auto& instance : instances) text += (text.empty() ? "[" : ", ") + instance->url();
    return text + "]";
  }
  bool started() const {
    for (const Instances* instances : {&users, &orders, &add, &subtract})
      for (const auto& instance : *instances)
        if (!instance->started()) return false;
    return true;
  }
};

}  // namespace steelyard::test
