// The rules of docs/ARCHITECTURE.md that a compiler does not enforce, as functions of source text:
// who may include whom, what strategy code must not touch, and how files look.
//
// A rule reports each breach with its line, its name and why it exists. Text in, breaches out: no
// file is read here, so that the tests can feed bad samples.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::style {

// A source file: its path from the root of the tree ("core/time.h") and its text.
struct SourceFile {
  std::string path;
  std::string text;
};

struct Breach {
  std::string path;
  std::size_t line = 0;  // from 1
  std::string rule;
  std::string why;
};

// Prints as `core/time.h:12: include: core may not include sim`.
inline std::string to_text(const Breach& breach) {
  return breach.path + ":" + std::to_string(breach.line) + ": " + breach.rule + ": " + breach.why;
}

// ---- Reading source text ------------------------------------------------------------------------

inline std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.find('/')));
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Where a literal or comment that starts at `begin` ends (one past its last character); `begin`
// itself if none starts there.
inline std::size_t end_of_prose(std::string_view text, std::size_t begin) {
  const std::string_view rest = text.substr(begin);
  const auto after = [&](std::string_view closing, std::size_t from) {
    const std::size_t found = text.find(closing, begin + from);
    return found == std::string_view::npos ? text.size() : found + closing.size();
  };
  if (rest.starts_with("//")) return std::min(text.find('\n', begin), text.size());
  if (rest.starts_with("/*")) return after("*/", 2);
  if (rest.starts_with("R\"")) {
    const std::string delimiter(rest.substr(2, rest.find('(') - 2));
    return after(")" + delimiter + "\"", 2);
  }
  // A quote after a digit or letter separates digits: 1'000'000.
  const bool separator = begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1]));
  if (rest[0] != '"' && (rest[0] != '\'' || separator)) return begin;
  std::size_t end = begin + 1;
  while (end < text.size() && text[end] != rest[0] && text[end] != '\n')
    end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

// The text with comments and literals blanked out, its lines where they were.
inline std::string code_of(std::string_view text) {
  std::string code(text);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = end_of_prose(text, i);
    for (std::size_t k = i; k < end; ++k)
      if (code[k] != '\n') code[k] = ' ';
    i = std::max(end, i + 1);
  }
  return code;
}

inline bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether `token` stands in `line` by itself. A token that ends in `*` is the beginning of a word.
inline bool mentions(std::string_view line, std::string_view token) {
  const bool is_prefix = token.ends_with('*');
  if (is_prefix) token.remove_suffix(1);
  for (std::size_t at = line.find(token); at != line.npos; at = line.find(token, at + 1)) {
    const std::size_t end = at + token.size();
    const bool begins = !is_word(token.front()) || at == 0 || !is_word(line[at - 1]);
    const bool ends =
        is_prefix || !is_word(token.back()) || end == line.size() || !is_word(line[end]);
    if (begins && ends) return true;
  }
  return false;
}

struct Include {
  std::size_t line = 0;
  bool quoted = false;  // "…" rather than <…>
  std::string target;
};

inline std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> includes;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("#include ")) continue;
    const std::size_t open = lines[i].find_first_of("\"<");
    if (open == std::string::npos) continue;
    const bool quoted = lines[i][open] == '"';
    const std::size_t close = lines[i].find(quoted ? '"' : '>', open + 1);
    includes.push_back({i + 1, quoted, lines[i].substr(open + 1, close - open - 1)});
  }
  return includes;
}

// ---- Who may include whom -----------------------------------------------------------------------

struct Folder {
  std::vector<std::string> folders;    // besides itself
  std::vector<std::string> libraries;  // what their headers begin with, besides the standard's
};

// The layers, bottom up. `app` and `tests` include everything.
inline const std::map<std::string, Folder>& layers() {
  static const std::map<std::string, Folder> all{
      {"core", {{}, {"fmt/", "xxhash.h"}}},
      {"models", {{"core"}, {"fmt/", "boost/", "Eigen/"}}},
      {"balancers", {{"core", "models"}, {"fmt/"}}},
      {"discovery", {{"core", "models"}, {"fmt/"}}},
      {"resilience", {{"core", "models"}, {"fmt/"}}},
      {"consistency", {{"core", "models"}, {"fmt/"}}},
      {"channel", {{"core", "balancers", "discovery", "resilience", "consistency"}, {"fmt/"}}},
      {"scenarios",
       {{"core", "models", "balancers", "discovery", "resilience", "consistency"},
        {"fmt/", "yaml-cpp/", "nlohmann/", "boost/"}}},
      {"sim",
       {{"core", "models", "balancers", "discovery", "resilience", "consistency", "channel",
         "scenarios"},
        {"fmt/"}}},
      {"real-harness",
       {{"core", "models", "balancers", "discovery", "resilience", "consistency", "channel",
         "scenarios"},
        {"fmt/", "boost/", "openssl/", "jwt.h", "nghttp2/", "ares", "zookeeper/", "nlohmann/",
         "sys/", "netinet/", "arpa/", "unistd.h", "fcntl.h", "netdb.h", "signal.h", "pthread.h",
         "poll.h", "time.h"}}},
      {"reports", {{"core", "models"}, {"fmt/", "boost/", "nlohmann/"}}},
  };
  return all;
}

// Inside the live world, from the bottom up: a folder may use those before it.
inline const std::vector<std::string>& live_layers() {
  static const std::vector<std::string> all{
      "os", "http", "channels", "instances", "network", "gateway", "proxies", "run", "fit"};
  return all;
}

inline bool contains(std::span<const std::string> list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Headers of the standard library have no folder and no extension; <cstdint>, <vector>.
inline bool is_standard(std::string_view header) {
  return header.find_first_of("/.") == std::string_view::npos;
}

inline std::vector<Breach> include_breaches(const SourceFile& file) {
  const std::string own = folder_of(file.path);
  const auto layer = layers().find(own);
  if (layer == layers().end()) return {};
  std::vector<Breach> breaches;
  for (const Include& include : includes_of(file.text)) {
    const std::string other = folder_of(include.target);
    if (include.quoted) {
      if (other != own && !contains(layer->second.folders, other))
        breaches.push_back({file.path, include.line, "include",
                            own + " may not include " + include.target +
                                ": it stands outside the layers below " + own});
    } else if (!is_standard(include.target)) {
      const bool allowed = std::any_of(
          layer->second.libraries.begin(), layer->second.libraries.end(),
          [&](const std::string& prefix) { return include.target.starts_with(prefix); });
      if (!allowed)
        breaches.push_back({file.path, include.line, "library",
                            own + " may not use <" + include.target +
                                ">: each folder has its few libraries, so that it can be built and "
                                "read without the others'"});
    }
  }
  return breaches;
}

// Where a file of real-harness/ stands in `live_layers`; their number, if nowhere.
inline std::size_t layer_height(std::string_view path) {
  path.remove_prefix(path.find('/') + 1);
  const std::vector<std::string>& all = live_layers();
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), folder_of(path)) - all.begin());
}

// The same inside real-harness/, whose folders are layers too.
inline std::vector<Breach> live_layer_breaches(const SourceFile& file) {
  static constexpr std::string_view live = "real-harness/";
  if (!file.path.starts_with(live)) return {};
  std::vector<Breach> breaches;
  for (const Include& include : includes_of(file.text))
    if (include.target.starts_with(live) && layer_height(include.target) > layer_height(file.path))
      breaches.push_back({file.path, include.line, "live layer",
                          include.target + " stands above this file in real-harness/README.md"});
  return breaches;
}

// Quoted includes name files of the tree from its root, and no chain of them closes on itself.
inline std::vector<Breach> graph_breaches(std::span<const SourceFile> files) {
  std::map<std::string, const SourceFile*> by_path;
  for (const SourceFile& file : files) by_path[file.path] = &file;
  std::vector<Breach> breaches;
  std::set<std::string> done;
  std::vector<std::string> chain;
  const auto visit = [&](const auto& self, const SourceFile& file) -> void {
    if (!done.insert(file.path).second) return;
    chain.push_back(file.path);
    for (const Include& include : includes_of(file.text)) {
      if (!include.quoted) continue;
      const auto target = by_path.find(include.target);
      if (target == by_path.end()) {
        breaches.push_back({file.path, include.line, "path",
                            "no file " + include.target +
                                "; includes in quotes name files from the root of the tree"});
      } else if (contains(chain, include.target)) {
        breaches.push_back({file.path, include.line, "cycle",
                            "includes " + include.target +
                                ", which leads back here: neither "
                                "could be read or tested without the other"});
      } else {
        self(self, *target->second);
      }
    }
    chain.pop_back();
  };
  for (const SourceFile& file : files) visit(visit, file);
  return breaches;
}

// ---- What code must not touch -------------------------------------------------------------------

struct Ban {
  std::string rule;
  std::string why;
  std::vector<std::string> folders;
  std::vector<std::string> tokens;
};

inline const std::vector<Ban>& bans() {
  static const std::vector<std::string> pure{"core",       "models",      "balancers", "discovery",
                                             "resilience", "consistency", "channel"};
  static const std::vector<std::string> simulated{
      "core", "models", "balancers", "discovery", "resilience", "consistency", "channel", "sim"};
  static const std::vector<std::string> single{
      "core",        "models",  "balancers", "discovery", "resilience",
      "consistency", "channel", "sim",       "scenarios", "reports"};
  static const std::vector<Ban> all{
      {"thread",
       "runs on one thread and never waits; parallel replications are the command's affair",
       single,
       {"<thread>", "<mutex>", "<shared_mutex>", "<condition_variable>", "<future>", "<atomic>",
        "<semaphore>", "<latch>", "<barrier>", "<stop_token>", "std::thread", "std::jthread",
        "std::mutex", "std::atomic*", "std::async", "pthread_*", "thread_local"}},
      {"clock",
       "time is given, never asked",
       single,
       {"steady_clock", "system_clock", "high_resolution_clock", "clock_gettime", "gettimeofday",
        "std::time", "sleep_for", "sleep_until", "usleep", "nanosleep"}},
      {"socket",
       "does no input or output: a world does it on its behalf",
       single,
       {"<sys/*", "<netinet/*", "<arpa/*", "<unistd.h>", "<boost/asio*", "<poll.h>"}},
      {"file",
       "does no input or output, and asks nothing of the machine it runs on",
       simulated,
       {"<fstream>", "<filesystem>", "std::ifstream", "std::ofstream", "std::fstream", "fopen",
        "std::filesystem*", "getenv", "std::cin", "std::cout"}},
      {"chance",
       "the standard library's random numbers differ between implementations; use core/random.h",
       single,
       {"<random>", "std::mt19937*", "std::random_device", "std::default_random_engine",
        "std::uniform_int_distribution", "std::uniform_real_distribution",
        "std::exponential_distribution", "std::normal_distribution", "std::shuffle", "std::sample",
        "std::rand", "rand", "srand", "drand48"}},
      {"order",
       "the order of unordered containers differs between implementations",
       single,
       {"std::unordered_*", "<unordered_map>", "<unordered_set>"}},
      {"world",
       "code must not ask which world it is in",
       pure,
       {"simulated", "is_simulated", "is_simulation", "in_simulation", "is_live"}},
      {"libm",
       "the C library's mathematics differs between machines; use core/math.h",
       simulated,
       {"std::log", "std::log2", "std::log10", "std::log1p", "std::exp", "std::exp2", "std::expm1",
        "std::pow", "std::cbrt", "std::sin", "std::cos", "std::tan", "std::atan", "std::atan2",
        "std::tgamma", "std::lgamma", "std::erf", "std::erfc", "std::hypot"}},
  };
  return all;
}

inline std::vector<Breach> ban_breaches(const SourceFile& file) {
  std::vector<Breach> breaches;
  const std::string folder = folder_of(file.path);
  const std::vector<std::string> lines = lines_of(code_of(file.text));
  for (const Ban& ban : bans()) {
    if (!contains(ban.folders, folder)) continue;
    for (std::size_t i = 0; i < lines.size(); ++i)
      for (const std::string& token : ban.tokens)
        if (mentions(lines[i], token))
          breaches.push_back({file.path, i + 1, ban.rule, "'" + token + "': " + ban.why});
  }
  return breaches;
}

// ---- How files look -----------------------------------------------------------------------------

inline constexpr std::size_t kLinesMax = 500;

inline std::vector<Breach> shape_breaches(const SourceFile& file) {
  std::vector<Breach> breaches;
  const std::vector<std::string> lines = lines_of(file.text);
  if (lines.size() > kLinesMax)
    breaches.push_back({file.path, kLinesMax + 1, "length",
                        std::to_string(lines.size()) + " lines; past about " +
                            std::to_string(kLinesMax) + " a second idea has moved in"});
  if (!file.path.ends_with(".h")) return breaches;
  if (lines.empty() || !(lines[0].starts_with("//") || lines[0].starts_with("/*")))
    breaches.push_back({file.path, 1, "contract",
                        "a header begins with a comment that says what "
                        "it offers"});
  if (!contains(lines, "#pragma once"))
    breaches.push_back({file.path, 1, "once", "a header without #pragma once"});
  return breaches;
}

}  // namespace steelyard::style
