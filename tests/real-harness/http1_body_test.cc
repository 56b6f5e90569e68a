// Bodies: where they end, what is let through, and that it does not matter how they are cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "real-harness/http/http1.h"
#include "tests/fuzz/http1_check.h"

namespace steelyard::live::http {
namespace {

using namespace std::string_view_literals;

Head framed(Framing framing, std::uint64_t length = 0) {
  Head head;
  head.framing = framing;
  head.content_length = length;
  return head;
}

Body whole(std::string_view text) {
  return read_body(framed(Framing::chunked), text, text.size(), 1);
}

// ---- Bodies -------------------------------------------------------------------------------------

TEST(Body, OfNoneIsDoneAtOnce) {
  for (const Head& head : {framed(Framing::none), framed(Framing::length, 0)}) {
    BodyReader reader(head);
    EXPECT_TRUE(reader.done());
    const BodyReader::Piece piece = reader.next("GET");
    EXPECT_TRUE(piece.done);
    EXPECT_EQ(piece.consumed, 0u);
  }
  EXPECT_TRUE(BodyReader().done());
}

TEST(Body, OfALengthLeavesWhatFollows) {
  BodyReader reader(framed(Framing::length, 5));
  BodyReader::Piece piece = reader.next("hel");
  EXPECT_EQ(piece.data, "hel");
  EXPECT_FALSE(piece.done);
  piece = reader.next("loGET /");
  EXPECT_EQ(piece.data, "lo");
  EXPECT_EQ(piece.consumed, 2u);
  EXPECT_TRUE(piece.done);
  EXPECT_TRUE(reader.done());
}

TEST(Body, UntilCloseTakesEverythingAndIsNeverDone) {
  BodyReader reader(framed(Framing::until_close));
  EXPECT_EQ(reader.next("one").data, "one");
  EXPECT_EQ(reader.next("").consumed, 0u);
  EXPECT_EQ(reader.next("two").consumed, 3u);
  EXPECT_FALSE(reader.done());
}

TEST(Body, InChunksIsPutTogether) {
  const std::string text = "4\r\nWiki\r\n7\r\npedia i\r\n00B\r\nn \r\nchunks.\r\n0\r\n\r\nGET";
  const Body body = whole(text);
  EXPECT_TRUE(body.done);
  EXPECT_EQ(body.data, "Wikipedia in \r\nchunks.");
  EXPECT_EQ(body.consumed, text.size() - 3);
}

TEST(Body, OfOneChunkComesInOnePiece) {
  BodyReader reader(framed(Framing::chunked));
  const BodyReader::Piece piece = reader.next("2\r\nok\r\n0\r\n\r\nHTTP");
  EXPECT_EQ(piece.data, "ok");
  EXPECT_EQ(piece.consumed, 12u);
  EXPECT_TRUE(piece.done);
}

TEST(Body, BeforeABreakIsHandedOut) {
  BodyReader reader(framed(Framing::chunked));
  const std::string_view text = "2\r\nokay";
  BodyReader::Piece piece = reader.next(text);
  EXPECT_EQ(piece.data, "ok");
  EXPECT_EQ(piece.consumed, 5u);
  EXPECT_FALSE(piece.bad);
  piece = reader.next(text.substr(5));
  EXPECT_TRUE(piece.bad);
  EXPECT_EQ(piece.consumed, 0u);
  EXPECT_FALSE(reader.done());
}

TEST(Chunks, MayHaveExtensionsAndTrailers) {
  for (const char* text : {"1;a\r\nx\r\n0\r\n\r\n", "1;a=b;c=\"d;e\"\r\nx\r\n0;f\r\n\r\n",
                           "1 \t ; a\r\nx\r\n0\r\n\r\n",
                           // Servers that pad their sizes; nginx takes them too.
                           "1   \r\nx\r\n0  \r\n\r\n", "1;\xc3\xa4\t\r\nx\r\n0\r\n\r\n",
                           "1\r\nx\r\n0\r\nA: b\r\nSum:\r\nC: \xff\td\r\n\r\n"}) {
    const Body body = whole(text);
    EXPECT_TRUE(body.done) << text;
    EXPECT_EQ(body.data, "x") << text;
    EXPECT_EQ(body.consumed, std::string_view(text).size()) << text;
  }
}

TEST(Chunks, ThatAreBrokenAreRefused) {
  struct Row {
    const char* comes;
    std::size_t fine;  // bytes before the break
  };
  for (const Row& row : std::vector<Row>{
           {"x", 0},
           {"\r\n", 0},
           {" 1\r\n", 0},
           {"\t1\r\n", 0},
           {"+1\r\n", 0},
           {"-1\r\n", 0},
           {"0x1\r\n", 1},
           {"1h\r\n", 1},
           {"1,1\r\n", 1},
           {"1 1\r\n", 2},
           {"1\n", 1},
           {"1\rx", 2},
           {"1\r\r\n", 2},
           {";a\r\n", 0},
           {"1\v\r\n", 1},
           {"1;a\nb\r\n", 3},
           {"1;a\rb\r\n", 4},
           {"1;\x01\r\n", 2},
           {"1;a\x7f\r\n", 3},
           {"1\r\nxy", 4},
           {"1\r\nx\n", 4},
           {"1\r\nx\rx", 5},
           {"1\r\nx0\r\n", 4},
           {"0\r\n\n", 3},
           {"0\r\n\rx", 4},
           {"0\r\n a: b", 3},
           {"0\r\n: b", 3},
           {"0\r\na b: c", 4},
           {"0\r\na\r\n", 4},
           {"0\r\na : b", 4},
           {"0\r\na: b\n", 7},
           {"0\r\na: \rb", 7},
           {"0\r\na: b\r\n c", 9},
           {"0\r\na: \x0b", 6},
       }) {
    const Body body = whole(row.comes);
    EXPECT_TRUE(body.bad) << row.comes;
    EXPECT_EQ(body.consumed, row.fine) << row.comes;
  }
}

TEST(Chunks, MayBeAsLargeAsASignedOffsetAndNoLarger) {
  // What is left of 2^63 - 1 after one byte cannot be seen; that it goes on can.
  for (const char* text :
       {"7fffffffffffffff\r\nx", "0000000000000001\r\nx", "7FFFFFFFFFFFFFFF \r\nx"}) {
    const Body body = whole(text);
    EXPECT_FALSE(body.bad) << text;
    EXPECT_EQ(body.data, "x") << text;
  }
  // Sixteen digits from 2^63 on; more digits, whatever they are. A size taken modulo 2^64 would be
  // 1 in the last two.
  for (const char* text :
       {"8000000000000000\r\nx", "ffffffffffffffff\r\nx", "00000000000000001\r\nx",
        "10000000000000001\r\nx", "ffffffffffffffffffff0000000000000001\r\nx"}) {
    const Body body = whole(text);
    EXPECT_TRUE(body.bad) << text;
    EXPECT_EQ(body.data, "") << text;
  }
}

TEST(Chunks, CannotBeAllExtensions) {
  // One that never ends, and many that do: 16 KiB beyond the data are enough.
  EXPECT_TRUE(whole("1;" + std::string(17'000, 'a')).bad);
  EXPECT_FALSE(whole("1;" + std::string(16'000, 'a')).bad);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "1;" + std::string(99, 'a') + "\r\nx\r\n";
  const Body body = whole(many);
  EXPECT_TRUE(body.bad);
  // Each chunk brings 100 bytes of extension and excuses one. After the 165th, 99 * 165 = 16,335 of
  // 16,384 bytes are used up, and the next is one too many.
  EXPECT_EQ(body.data.size(), 165u);
}

TEST(Chunks, MayHaveExtensionsForEverIfDataOutweighsThem) {
  std::string text;
  const std::string data(200, 'x');
  for (int i = 0; i < 1000; ++i)
    text += "c8;signature=" + std::string(80, 'a') + "\r\n" + data + "\r\n";
  const Body body = whole(text + "0\r\n\r\n");
  EXPECT_TRUE(body.done);
  EXPECT_EQ(body.data.size(), 200'000u);
}

TEST(Trailers, CannotGoOnForEver) {
  std::string text = "0\r\n";
  for (int i = 0; i < 2000; ++i) text += "Name: value\r\n";
  EXPECT_TRUE(whole(text).bad);
  EXPECT_TRUE(whole("0\r\nName: " + std::string(17'000, 'a')).bad);
  EXPECT_TRUE(whole("0\r\n" + std::string(17'000, 'a')).bad);
}

TEST(ChunkEncoder, WritesWhatTheReaderReads) {
  std::string text;
  append_chunk(text, "abcd");
  EXPECT_EQ(text, "4\r\nabcd\r\n");
  append_chunk(text, "");
  EXPECT_EQ(text, "4\r\nabcd\r\n");
  append_chunk(text, std::string(0x1234, 'x'));
  EXPECT_EQ(text.substr(9, 6), "1234\r\n");
  text += kLastChunk;
  const Body body = whole(text);
  EXPECT_TRUE(body.done);
  EXPECT_EQ(body.data, "abcd" + std::string(0x1234, 'x'));
  EXPECT_EQ(body.consumed, text.size());
}

// ---- Cutting ------------------------------------------------------------------------------------

const std::vector<std::string>& requests() {
  static const std::vector<std::string> all = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\nGET /a?b HTTP/1.0\n\n",
      "POST http://b:80/c%20d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX:\t y \t\r\n\r\nhello",
      "PUT / HTTP/1.1\nHost: [::1]\nTransfer-Encoding: chunked\nConnection: a, close\n\n"
      "5;a=b\r\nhello\r\n0A \r\n0123456789\r\n0\r\nSum: 1\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nExpect: 100-continue\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
  };
  return all;
}

const std::vector<std::string>& responses() {
  static const std::vector<std::string> all = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200\nTransfer-Encoding: chunked\n\n1\r\na\r\n2;x\r\nbc\r\n0\r\nA: b\r\n\r\n",
      "HTTP/1.0 404 Not Found\r\n\r\nuntil the end",
      "HTTP/1.1 204 \r\nA:\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
  };
  return all;
}

template <class Parser>
void expect_same_however_cut(const std::string& text, const Parser& parse) {
  typename Parser::Head head;
  HeadScanner scanner;
  const Parsed parsed = parse(text, head, scanner);
  ASSERT_EQ(parsed.state, Parsed::State::done) << text;
  const std::string verdict = described(parsed, head);
  const std::string_view rest = std::string_view(text).substr(head.bytes);
  const Body body = read_body(head, rest, rest.size(), 1);
  ASSERT_FALSE(body.bad) << text;
  for (std::size_t first = 0; first <= text.size(); ++first)
    EXPECT_EQ(described_in_pieces(parse, text, first, text.size()), verdict)
        << first << " " << text;
  for (std::size_t first = 0; first <= rest.size(); ++first)
    EXPECT_EQ(read_body(head, rest, first, rest.size()), body) << first << " of body " << text;
  for (std::size_t step = 1; step <= 7; ++step) {
    EXPECT_EQ(described_in_pieces(parse, text, step, step), verdict) << step << " " << text;
    EXPECT_EQ(read_body(head, rest, step, step), body) << step << " of body " << text;
  }
}

TEST(Cut, AtAnyPlaceAMessageIsTheSame) {
  for (const std::string& text : requests()) expect_same_however_cut(text, RequestParser{});
  for (const std::string& text : responses()) {
    expect_same_however_cut(text, ResponseParser{});
    expect_same_however_cut(text, ResponseParser{{}, true});
  }
}

// To look at a byte twice would show: what has been seen is replaced by what would end the head.
TEST(Cut, IntoSingleBytesNothingIsLookedAtTwice) {
  std::string text = "\r\n\r\nGET / HTTP/1.1\r\n";
  while (text.size() < 30'000) text += "Name: the value of a header\r\n";
  text += "\r\n";
  for (const std::size_t step : {1u, 2u, 7u}) {
    HeadScanner scanner;
    std::string come;
    std::size_t length = 0;
    for (std::size_t at = 0; at < text.size() && length == 0; at += step) {
      come += text.substr(at, step);
      length = scanner.scan(come);
      // The last three bytes may be the beginning of the end, "\n\r".
      if (come.size() > 3 && length == 0) std::fill(come.begin(), come.end() - 3, '\n');
    }
    EXPECT_EQ(length, text.size());
    EXPECT_EQ(scanner.blank_bytes(), 4u);
    EXPECT_EQ(scanner.start_line_bytes(), std::string_view("GET / HTTP/1.1\r\n").size());
  }
}

// A short, repeatable relative of tests/fuzz/http1_fuzz.cc; what it checks aborts.
TEST(Damaged, MessagesDrawOneVerdictHoweverCut) {
  static constexpr std::string_view kSpice =
      "\r\n\r\n \t:;,\0\v\x7f\xff"
      "0159afgxGH/%?#*-+"sv;
  std::vector<std::string> texts = requests();
  texts.insert(texts.end(), responses().begin(), responses().end());
  constexpr std::uint64_t kSeed = 9112;
  RandomStream random(kSeed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = texts[random.below(texts.size())];
    if (random.below(2) == 0) text += texts[random.below(texts.size())];
    for (std::uint64_t edits = random.below(4); edits > 0; --edits) {
      const std::size_t at = random.below(text.size() + 1);
      const std::string_view other = texts[random.below(texts.size())];
      switch (random.below(3)) {
        case 0:
          text.erase(at, random.below(6));
          break;
        case 1:
          text.insert(at, 1, kSpice[random.below(kSpice.size())]);
          break;
        default:
          text.insert(at, other.substr(random.below(other.size()), random.below(30)));
      }
    }
    check_connection(text, static_cast<unsigned>(random.below(1u << 16)));
  }
}

}  // namespace
}  // namespace steelyard::live::http
