// What is wrong with a scenario, and where.
#pragma once

#include <compare>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings.h"

namespace steelyard {

// One thing a user can fix: place, cause and choices.
struct Problem {
  std::string file;  // or the override: "--set run.duration=10x"
  int line = 1;      // both from 1; the column counts bytes. 0: of the file as a whole
  int column = 1;
  std::string path;         // "compare.balancer"; empty for what concerns the whole file
  std::string message;      // "unknown balancer 'p2x'; did you mean 'p2c'?"
  std::string source_line;  // printable; long lines are cut to the part around the column
  int caret = 0;            // characters of source_line before the one the column names
};

//   shop.yaml:14:14: compare.balancer: unknown balancer 'p2x'; did you mean 'p2c'?
//      14 |   balancer: [p2x, round_robin]
//                        ^
std::string to_text(const Problem& problem);

// `text` for use inside a message: one line, printable, in quotes, not endless.
std::string in_quotes(std::string_view text);

// "; did you mean 'p2c'?" for the nearest of the choices, else ", expected one of …" and the first
// of them.
std::string suggestion(std::string_view misspelt, const std::vector<std::string>& choices);

// A name that may stand somewhere, and what others call the thing.
struct KnownName {
  std::string name;
  std::vector<ForeignName> also_known_as;
};

// What is meant by a name that is none of those.
struct Guess {
  std::string name;  // the one that is meant; empty: nobody knows
  std::string hint;  // "; did you mean 'least_request'? ('least_conn': nginx's name for it)", or
                     // what `suggestion` says
};
Guess guess(std::string_view written, const std::vector<KnownName>& names);

// A place in one of the texts a scenario is made of: the file, and each override.
struct Place {
  int source = 0;  // as Problems::add_source returned it
  int line = 1;
  int column = 1;
  auto operator<=>(const Place&) const = default;
};

// A place and the path of the keys that led there: what it takes to complain about it later.
struct Spot {
  Place place;
  std::string path;
};

// Collects problems, each one once, until there are enough. Not thread-safe.
class Problems {
 public:
  static constexpr std::size_t kEnough = 50;

  // `text` must outlive this object.
  int add_source(std::string name, std::string_view text);
  void add(const Spot& spot, std::string message);

  bool empty() const { return found_.empty(); }
  std::size_t count() const { return found_.size(); }
  // Nothing more is recorded: whoever is still looking may stop.
  bool full() const { return found_.size() >= kEnough; }
  // In the order of the texts, then of the places in them; the last one says so if there were more.
  std::vector<Problem> sorted() const;

 private:
  struct Source {
    std::string name;
    std::string_view text;
  };
  struct Found {
    Spot spot;
    std::string message;
  };
  Problem located(const Found& found) const;

  std::vector<Source> sources_;
  std::vector<Found> found_;
  std::set<std::pair<Place, std::string>> seen_;  // variants share most of a file, and its mistakes
  bool more_ = false;
};

}  // namespace steelyard
