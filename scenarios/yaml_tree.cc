#include "scenarios/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "scenarios/source_text.h"

namespace steelyard {

const Node::Entry* Node::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

void grow(Node& parent, const Node& child) {
  parent.size += child.size;
  parent.height = std::max(parent.height, child.height + 1);
}

namespace {

constexpr const char* kMapWithoutEnd = "got a {…} map without its end, expected ',' or '}'";
constexpr const char* kListWithoutEnd = "got a […] list without its end, expected ',' or ']'";

// Thrown through yaml-cpp to end the parse.
struct Stop {
  Place place;
  std::string message;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Place start, Problems& problems)
      : text_(text), start_(start), problems_(problems) {}

  NodePtr root() const { return root_; }

  Place place(const YAML::Mark& mark) const {
    Place place = start_;
    if (mark.is_null()) return place;
    place.line += mark.line;
    place.column = mark.column + (mark.line == 0 ? start_.column : 1);
    return place;
  }

  // Where a mistake that yaml-cpp saw at `mark` is best looked for: brackets that are never closed
  // are only missed at the end of the file.
  Place place_of_mistake(const YAML::Mark& mark) const {
    if (!mark.is_null() &&
        text_.find_first_not_of(" \n\r", position(mark)) == std::string_view::npos)
      for (auto frame = stack_.rbegin(); frame != stack_.rend(); ++frame)
        if (frame->flow) return frame->node->place;
    return place(mark);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!root_) return;
    // yaml-cpp also starts a document where a line falls out of the indentation of all before it.
    const bool marked = text_.substr(position(mark)).starts_with("---");
    throw Stop{place(mark), marked ? "got a second document, expected one scenario a file"
                                   : "got a line outside of all above it, expected the indentation "
                                     "of the first line"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    complete(make(Node::Kind::null, mark, "?"), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Stop{place(mark),
                 "got an alias inside the node that it names, expected one defined "
                 "before"};
    attach(found->second, place(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(Node::Kind::scalar, mark, tag);
    node->scalar = value;
    node->quoted = tag == "!";
    complete(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map that is still being read.
  struct Frame {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    bool flow = false;     // in brackets
    bool has_key = false;  // maps: the key was read, its value comes next
    bool duplicate = false;
    std::string key;
    Place key_place;
    std::set<std::string> keys;
  };

  std::size_t position(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
  }

  std::shared_ptr<Node> make(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw Stop{place(mark), "got the tag " + in_quotes(tag) + ", expected a plain value"};
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->place = place(mark);
    if (++nodes_ > kYamlNodesMax) throw too_many(node->place);
    return node;
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    if (style == YAML::EmitterStyle::Flow && awaits_key() && !closes(position(mark)))
      throw Stop{place(mark), kind == Node::Kind::list ? kListWithoutEnd : kMapWithoutEnd};
    require_not_key(place(mark), kind == Node::Kind::list ? "a list" : "a map");
    if (stack_.size() >= kYamlDepthMax) throw too_deep(place(mark));
    Frame frame;
    frame.node = make(kind, mark, tag);
    frame.anchor = anchor;
    frame.flow = style == YAML::EmitterStyle::Flow;
    stack_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    complete(std::move(frame.node), frame.anchor);
  }

  void complete(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    const Place at = node->place;
    if (anchor != 0) anchors_[anchor] = node;
    attach(std::move(node), at);
  }

  void attach(NodePtr node, Place at) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node->kind == Node::Kind::map && !frame.has_key) {
      take_key(frame, *node, at);
      return;
    }
    grow(*frame.node, *node);
    if (frame.node->size > kYamlNodesMax) throw too_many(at);
    if (static_cast<int>(stack_.size()) + node->height > kYamlDepthMax + 1) throw too_deep(at);
    if (frame.node->kind == Node::Kind::list) {
      frame.node->items.push_back(std::move(node));
      return;
    }
    frame.has_key = false;
    if (frame.duplicate) return;
    // yaml-cpp puts a missing value where the next token is, which may be lines away.
    if (node->kind == Node::Kind::null) {
      auto moved = std::make_shared<Node>(*node);
      moved->place = frame.key_place;
      node = std::move(moved);
    }
    frame.node->entries.push_back({std::move(frame.key), frame.key_place, std::move(node)});
  }

  void take_key(Frame& frame, const Node& node, Place at) {
    require_not_key(at, node.kind == Node::Kind::null   ? "nothing"
                        : node.kind == Node::Kind::list ? "a list"
                        : node.kind == Node::Kind::map  ? "a map"
                                                        : nullptr);
    if (node.scalar == "<<" && !node.quoted)
      throw Stop{at,
                 "got a merge key '<<', expected the keys written out: YAML 1.2 has no such key"};
    frame.has_key = true;
    frame.key = node.scalar;
    frame.key_place = at;
    frame.duplicate = !frame.keys.insert(node.scalar).second;
    if (frame.duplicate) problems_.add({at, path()}, duplicate_message(*frame.node, node.scalar));
  }

  // Of the map that is being read.
  std::string path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < stack_.size(); ++i) {
      const Frame& frame = stack_[i];
      if (i > 0) path += '.';
      path += frame.node->kind == Node::Kind::map ? frame.key
                                                  : std::to_string(frame.node->items.size());
    }
    return path;
  }

  static std::string duplicate_message(const Node& map, const std::string& key) {
    const Node::Entry* first = map.find(key);
    return fmt::format(
        "duplicate key {}, expected each key once{}", in_quotes(key),
        first == nullptr ? "" : fmt::format("; the first is in line {}", first->place.line));
  }

  bool awaits_key() const {
    return !stack_.empty() && stack_.back().node->kind == Node::Kind::map && !stack_.back().has_key;
  }

  void require_not_key(Place at, const char* what) const {
    if (what != nullptr && awaits_key())
      throw Stop{at, fmt::format("got {} as a key, expected a name", what)};
  }

  // Whether the bracket there is ever closed: yaml-cpp takes one that is not for a key's beginning.
  bool closes(std::size_t bracket) const {
    int open = 0;
    for (const char c : text_.substr(bracket)) {
      if (c == '[' || c == '{') ++open;
      if ((c == ']' || c == '}') && --open == 0) return true;
    }
    return false;
  }

  static Stop too_deep(Place at) {
    return {at, fmt::format("got more than {} levels of nesting, expected fewer", kYamlDepthMax)};
  }
  static Stop too_many(Place at) {
    return {at, fmt::format("got more than {} values (aliases written out), expected fewer",
                            kYamlNodesMax)};
  }

  std::string_view text_;
  Place start_;
  Problems& problems_;
  NodePtr root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  std::size_t nodes_ = 0;
};

// yaml-cpp's words for the mistakes people really make, in ours.
std::string in_our_words(const std::string& message) {
  struct Words {
    const char* theirs;
    const char* ours;
  };
  static constexpr std::array<Words, 14> kWords{{
      {"end of map flow not found", kMapWithoutEnd},
      {"end of sequence flow not found", kListWithoutEnd},
      {"end of map not found",
       "got a line that does not continue the map above, expected 'key: "
       "value' at the indentation of the other keys"},
      {"end of sequence not found",
       "got a line that does not continue the list above, expected "
       "'- item' at the indentation of the other items"},
      {"illegal map value",
       "got a ':' where no value can start, expected one 'key: value' a line, "
       "or quotes around a text with ': ' in it"},
      {"illegal map key", "got a key where none can stand, expected one 'key: value' a line"},
      {"illegal block entry",
       "got a '-' where no list can start, expected the list on lines of its "
       "own"},
      {"illegal EOF in scalar",
       "got the end of the file inside quotes, expected the closing quote"},
      {"illegal flow end",
       "got a closing bracket that nothing opened, expected '{' or '[' before "
       "it"},
      {"unknown token", "got a character that cannot start a value, expected quotes around it"},
      {"the referenced anchor is not defined",
       "got an alias to an unknown anchor, expected one "
       "defined before with '&'"},
      {"illegal document indicator in scalar",
       "got '---' or '...' inside quotes, expected the "
       "closing quote"},
      {"unknown escape character",
       "got an unknown escape in double quotes, expected '\\\\' for a backslash, or single quotes"},
      {"illegal tab when looking for indentation", "got a tab in the indentation, expected spaces"},
  }};
  for (const Words& words : kWords)
    if (message.find(words.theirs) != std::string::npos) return words.ours;
  return "got invalid YAML (" + message + "), expected plain 'key: value' lines and lists";
}

}  // namespace

NodePtr parse_yaml(std::string_view text, Place start, Problems& problems) {
  if (const auto bad = find_bad_text(text)) {
    Place place = start;
    place.line += bad->line - 1;
    place.column = bad->column + (bad->line == 1 ? start.column - 1 : 0);
    problems.add({place, ""}, bad->message);
    return nullptr;
  }
  text = without_byte_order_mark(text);
  TreeBuilder builder(text, start, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    problems.add({stop.place, ""}, stop.message);
    return nullptr;
  } catch (const YAML::Exception& exception) {
    problems.add({builder.place_of_mistake(exception.mark), ""}, in_our_words(exception.msg));
    return nullptr;
  }
  return builder.root();
}

}  // namespace steelyard
