// The developer's script: what it answers without building anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace steelyard {
namespace {

using testing::HasSubstr;

struct Answer {
  std::string text;  // stdout and stderr
  int status = 0;
};

Answer answer_to(const std::string& command) {
  Answer answer;
  FILE* pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) answer.text += buffer.data();
  answer.status = WEXITSTATUS(pclose(pipe));
  return answer;
}

// Runs ./dev from another directory than its own.
Answer dev(const std::string& arguments) {
  return answer_to("cd / && '" STEELYARD_SOURCE_DIR "/dev' " + arguments);
}

TEST(Dev, HelpNamesEveryCommand) {
  const Answer answer = dev("help");
  EXPECT_EQ(answer.status, 0);
  for (const char* command : {"run", "test", "setup", "build", "bench", "format", "check", "help"})
    EXPECT_THAT(answer.text, HasSubstr(std::string("\n  ") + command + " "));
}

TEST(Dev, RefusesAnUnknownCommandWithTheUsage) {
  const Answer answer = dev("rnu");
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.text, HasSubstr("unknown command 'rnu'"));
  EXPECT_THAT(answer.text, HasSubstr("Usage: ./dev COMMAND"));
}

TEST(Dev, RefusesAnUnknownPartOfTheCheckBeforeDoingAnything) {
  const Answer answer = dev("check lnit");
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.text, HasSubstr("there are format, lint, sanitize, same, fuzz"));
}

// Another build is a lock on this file. Not inherited (--close): what waits for it would keep it.
TEST(Dev, WaitsForAnotherBuildInTheSameFolder) {
  const Answer answer = answer_to(R"(cd ')" STEELYARD_SOURCE_DIR R"(' && mkdir -p build &&
      flock --close build/.lock sh -c '
        log=$(mktemp)
        ./dev build >"$log" 2>&1 & dev=$!
        for i in $(seq 600); do grep -q "^==>" "$log" && break; sleep 0.1; done
        kill $dev
        cat "$log"
        rm "$log"')");
  EXPECT_EQ(answer.text, "==> Another build is running here; waiting for it to end\n");
}

}  // namespace
}  // namespace steelyard
