// A small declarative binder between YAML nodes and C++ values.
//
// A declaration names the keys of a section once; decoding, error messages with suggestions, and
// the JSON Schema all come from it:
//
//   Object<RunSpec>("How long and how often.")
//       .optional("seed", &RunSpec::seed, codec::whole({0, 1e9}), "Seed of all randomness.")
//       .codec()
//
// Codecs write over an existing value, so what a file leaves out keeps its default.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "core/result.h"
#include "core/settings.h"
#include "scenarios/problem.h"
#include "scenarios/redact.h"
#include "scenarios/yaml_tree.h"

namespace steelyard {

using Json = nlohmann::ordered_json;

// Walks a tree, knows the path of where it is, and takes complaints. Not thread-safe.
class Reader {
 public:
  using TableReader = std::function<Result<std::shared_ptr<const Table>>(const std::string& path)>;
  Reader(Problems& problems, TableReader read_table)
      : problems_(problems), read_table_(std::move(read_table)) {}

  // Always false, so that a codec can `return reader.complain(…)`.
  bool complain(const Node& node, std::string message);
  bool complain(const Spot& spot, std::string message);

  Spot spot(const Node& node) const { return {node.place, path_}; }
  const std::string& path() const { return path_; }
  Problems& problems() { return problems_; }
  Result<std::shared_ptr<const Table>> table(const std::string& path) { return read_table_(path); }
  // What `node` holds is to be left out of what is kept of the scenario.
  void note_secret(const Node& node) { secrets_.push_back({node.place, node.scalar}); }
  const std::vector<WrittenSecret>& secrets() const { return secrets_; }

  // Extends the path by a key while it lives.
  class Step {
   public:
    Step(Reader& reader, std::string_view key, const Node& child);
    ~Step() { reader_.path_ = std::move(before_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
    std::string before_;
  };

 private:
  Problems& problems_;
  TableReader read_table_;
  std::string path_;
  std::vector<WrittenSecret> secrets_;
};

// "a list", "nothing", "'5x'": the node as the "got …" of a message.
std::string describe(const Node& node);

template <class T>
struct Codec {
  // False, and a problem reported, if the node is not what it should be.
  std::function<bool(const Node&, Reader&, T& value)> read;
  Json schema;
  // The value as a file would write it, for the default in the schema; may be empty.
  std::function<Json(const T&)> show{};
};

// A value and where it was said; `given` is false if it was not.
template <class T>
struct Located {
  T value{};
  Spot spot{};
  bool given = false;
};

// A sentence of documentation as a part of another: "the services by name".
std::string in_passing(std::string doc);

// Adds a description to a schema. ($ref must stand alone in draft-07.)
Json described(Json schema, const std::string& doc);

template <class T>
class Object {
 public:
  explicit Object(std::string doc) : doc_(std::move(doc)) {}

  template <class M>
  Object& required(std::string name, M T::*member, Codec<M> codec, std::string doc) {
    return add(std::move(name), member, std::move(codec), std::move(doc), true);
  }
  template <class M>
  Object& optional(std::string name, M T::*member, Codec<M> codec, std::string doc) {
    return add(std::move(name), member, std::move(codec), std::move(doc), false);
  }
  template <class M>
  Object& optional(std::string name, std::optional<M> T::*member, Codec<M> codec, std::string doc) {
    Codec<std::optional<M>> wrapped{
        [read = std::move(codec.read)](const Node& node, Reader& reader, std::optional<M>& value) {
          // Kept even if a part of it is wrong: that it was given is true.
          M inner{};
          const bool good = read(node, reader, inner);
          value = std::move(inner);
          return good;
        },
        std::move(codec.schema)};
    return add(std::move(name), member, std::move(wrapped), std::move(doc), false);
  }
  // A key that another part of the program reads.
  Object& elsewhere(std::string name, Json schema, std::string doc) {
    fields_.push_back({std::move(name), doc, false, described(std::move(schema), doc), {}});
    return *this;
  }
  // What others call the key that was declared last.
  Object& also_known_as(std::vector<ForeignName> names) {
    fields_.back().also_known_as = std::move(names);
    return *this;
  }
  // A key that belongs elsewhere: where, as `says` puts it.
  Object& misplaced(std::string name, std::function<std::string(const T&)> says) {
    misplaced_.push_back({std::move(name), std::move(says)});
    return *this;
  }
  // A rule about several keys at once; it complains itself.
  Object& rule(std::function<bool(const Node&, Reader&, T&)> check) {
    rules_.push_back(std::move(check));
    return *this;
  }

  Codec<T> codec() const {
    return {[object = *this](const Node& node, Reader& reader, T& value) {
              return object.read(node, reader, value);
            },
            schema()};
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const Field& field : fields_) keys.push_back(field.name);
    return keys;
  }

 private:
  struct Field {
    std::string name;
    std::string doc;
    bool required = false;
    Json schema;
    std::function<bool(const Node&, Reader&, T&)> read;
    std::vector<ForeignName> also_known_as{};
  };
  struct Misplaced {
    std::string name;
    std::function<std::string(const T&)> says;
  };

  template <class M>
  Object& add(std::string name, M T::*member, Codec<M> codec, std::string doc, bool required) {
    Json schema = described(std::move(codec.schema), doc);
    if (codec.show && !required) schema["default"] = codec.show(T{}.*member);
    fields_.push_back(
        {std::move(name), std::move(doc), required, std::move(schema),
         [member, read = std::move(codec.read)](const Node& node, Reader& reader, T& value) {
           return read(node, reader, value.*member);
         }});
    return *this;
  }

  bool read(const Node& node, Reader& reader, T& value) const {
    if (node.kind != Node::Kind::map) return complain_of_kind(node, reader);
    bool good = true;
    for (const Node::Entry& entry : node.entries) good &= read_entry(entry, reader, value);
    for (const Field& field : fields_)
      if (field.required && node.find(field.name) == nullptr && !misspelt_in(node, field.name))
        good = reader.complain(
            node, "missing key '" + field.name + "', expected " + in_passing(field.doc));
    for (const auto& rule : rules_)
      if (good) good = rule(node, reader, value);
    return good;
  }

  bool read_entry(const Node::Entry& entry, Reader& reader, T& value) const {
    const Reader::Step step(reader, entry.key, *entry.value);
    for (const Field& field : fields_)
      if (field.name == entry.key) return !field.read || field.read(*entry.value, reader, value);
    for (const Misplaced& misplaced : misplaced_)
      if (misplaced.name == entry.key)
        return reader.complain({entry.place, reader.path()}, misplaced.says(value));
    return reader.complain({entry.place, reader.path()},
                           "unknown key " + in_quotes(entry.key) + guess(entry.key, known()).hint);
  }

  std::vector<KnownName> known() const {
    std::vector<KnownName> names;
    for (const Field& field : fields_) names.push_back({field.name, field.also_known_as});
    return names;
  }

  // The unknown key that was meant draws a complaint already.
  bool misspelt_in(const Node& node, const std::string& name) const {
    return std::any_of(node.entries.begin(), node.entries.end(), [&](const Node::Entry& entry) {
      return guess(entry.key, known()).name == name;
    });
  }

  bool complain_of_kind(const Node& node, Reader& reader) const {
    std::string keys;
    for (const Field& field : fields_) keys += (keys.empty() ? "" : ", ") + field.name;
    return reader.complain(node, "got " + describe(node) + ", expected a map with " +
                                     (fields_.size() == 1 ? "the key " : "keys among ") + keys);
  }

  Json schema() const {
    Json schema{{"type", "object"}, {"description", doc_}, {"properties", Json::object()}};
    Json required = Json::array();
    for (const Field& field : fields_) {
      schema["properties"][field.name] = field.schema;
      if (field.required) required.push_back(field.name);
    }
    if (!required.empty()) schema["required"] = required;
    schema["additionalProperties"] = false;
    return schema;
  }

  std::string doc_;
  std::vector<Field> fields_;
  std::vector<Misplaced> misplaced_;
  std::vector<std::function<bool(const Node&, Reader&, T&)>> rules_;
};

namespace codec {

struct Range {
  double min = std::numeric_limits<double>::lowest();
  double max = std::numeric_limits<double>::max();
  bool min_excluded = false;
};

// Limits that keep a run finite; docs/SCENARIOS.md states them.
inline constexpr double kSecondsMax = 30 * 86400.0;   // 30 days
inline constexpr double kRateMax = 1e9;               // per second
inline constexpr double kBytesMax = 1099511627776.0;  // 1 TiB

Codec<bool> boolean();
Codec<std::int64_t> whole(Range range);
Codec<std::uint64_t> seed();
Codec<double> number(Range range);
Codec<double> ratio(Range range = {0, 1});
Codec<Duration> duration(Range seconds = {0, kSecondsMax});
Codec<double> rate(Range range = {0, kRateMax});
Codec<double> bandwidth(Range range = {0, 1e15, true});
Codec<std::int64_t> bytes(Range range = {0, kBytesMax});
Codec<std::string> text();  // any printable text
Codec<std::string> name();  // letters, digits, _ and -; starts with a letter or _
Codec<std::string> choice(std::vector<std::string> choices, std::string fallback = {});

bool is_name(std::string_view text);
inline constexpr const char* kNamePattern = "^[A-Za-z_][A-Za-z0-9_-]*$";

template <class T>
Codec<Located<T>> located(Codec<T> codec) {
  return {[read = codec.read](const Node& node, Reader& reader, Located<T>& value) {
            value.spot = reader.spot(node);
            value.given = read(node, reader, value.value);
            return value.given;
          },
          codec.schema};
}

template <class T>
Codec<std::vector<T>> list_of(Codec<T> codec, std::string what) {
  return {[read = codec.read, what](const Node& node, Reader& reader, std::vector<T>& values) {
            if (node.kind != Node::Kind::list || node.items.empty())
              return reader.complain(node,
                                     "got " + describe(node) + ", expected a list of " + what);
            values.clear();
            bool good = true;
            for (std::size_t i = 0; i < node.items.size(); ++i) {
              const Reader::Step step(reader, std::to_string(i), *node.items[i]);
              T item{};
              good &= read(*node.items[i], reader, item);
              values.push_back(std::move(item));
            }
            return good;
          },
          Json{{"type", "array"}, {"items", codec.schema}, {"minItems", 1}}};
}

// The same where none at all has a meaning: an empty list, or a key with nothing behind it.
template <class T>
Codec<std::vector<T>> list_or_none(Codec<T> codec, std::string what) {
  Codec<std::vector<T>> some = list_of(std::move(codec), std::move(what));
  some.schema["type"] = {"array", "null"};
  some.schema.erase("minItems");
  some.read = [read = std::move(some.read)](const Node& node, Reader& reader,
                                            std::vector<T>& values) {
    const bool none =
        node.kind == Node::Kind::null || (node.kind == Node::Kind::list && node.items.empty());
    if (none) values.clear();
    return none || read(node, reader, values);
  };
  return some;
}

// A map from names that the user chooses. REQUIRES of T: a member `Located<std::string> name`.
// Entries that could not be read are kept, so that references to them still resolve.
template <class T>
Codec<std::vector<T>> map_of(Codec<T> codec, std::string what) {
  return {[read = codec.read, what](const Node& node, Reader& reader, std::vector<T>& values) {
            if (node.kind != Node::Kind::map || node.entries.empty())
              return reader.complain(node, "got " + describe(node) + ", expected at least one " +
                                               what + " by its name");
            values.clear();
            bool good = true;
            for (const Node::Entry& entry : node.entries) {
              const Reader::Step step(reader, entry.key, *entry.value);
              T item{};
              item.name = {entry.key, {entry.place, reader.path()}, true};
              if (!is_name(entry.key))
                good =
                    reader.complain({entry.place, reader.path()},
                                    "got the name " + in_quotes(entry.key) +
                                        ", expected letters, digits, '_' and '-', a letter first");
              good &= read(*entry.value, reader, item);
              values.push_back(std::move(item));
            }
            return good;
          },
          Json{{"type", "object"},
               {"patternProperties", {{kNamePattern, codec.schema}}},
               {"additionalProperties", false},
               {"minProperties", 1}}};
}

}  // namespace codec
}  // namespace steelyard
