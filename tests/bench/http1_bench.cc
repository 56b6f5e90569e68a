// What the HTTP/1.x codec costs: heads a request, chunked bodies a byte.
//   http1_bench [--benchmark_filter=request]
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "real-harness/http/http1.h"

namespace steelyard::live::http {
namespace {

// Ten headers, as a browser or an API client behind a proxy sends them.
constexpr std::string_view kRequest =
    "GET /user/7?fields=name,mail HTTP/1.1\r\n"
    "Host: shop.example:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=4f3c2b1a09e8d7c6b5a4; theme=dark\r\n"
    "X-Request-Id: 0af7651916cd43dd8448eb211c80319c\r\n"
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
    "Cache-Control: max-age=0\r\n"
    "\r\n";
// What a load generator sends: 40 bytes.
constexpr std::string_view kShortRequest = "GET /user/7 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 64\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

void request(benchmark::State& state, std::string_view text) {
  RequestHead head;
  HeadScanner scanner;
  for (auto _ : state) {
    scanner.reset();
    benchmark::DoNotOptimize(text);
    const Parsed parsed = parse_request(text, head, scanner);
    if (parsed.state != Parsed::State::done) state.SkipWithError(parsed.why);
    benchmark::DoNotOptimize(head.headers.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(request, ten_headers, kRequest);
BENCHMARK_CAPTURE(request, one_header, kShortRequest);

void response(benchmark::State& state) {
  ResponseHead head;
  HeadScanner scanner;
  std::string_view text = kResponse;
  for (auto _ : state) {
    scanner.reset();
    benchmark::DoNotOptimize(text);
    const Parsed parsed = parse_response(text, false, head, scanner);
    if (parsed.state != Parsed::State::done) state.SkipWithError(parsed.why);
    benchmark::DoNotOptimize(head.headers.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(response);

// The ten headers, arriving in pieces of so many bytes.
void request_in_pieces(benchmark::State& state) {
  const auto piece = static_cast<std::size_t>(state.range(0));
  RequestHead head;
  HeadScanner scanner;
  for (auto _ : state) {
    scanner.reset();
    for (std::size_t size = piece; size < kRequest.size(); size += piece)
      benchmark::DoNotOptimize(parse_request(kRequest.substr(0, size), head, scanner));
    const Parsed parsed = parse_request(kRequest, head, scanner);
    if (parsed.state != Parsed::State::done) state.SkipWithError(parsed.why);
  }
}
BENCHMARK(request_in_pieces)->Arg(1)->Arg(64);

// A proxy's question for each of ten headers.
void hop_by_hop(benchmark::State& state) {
  RequestHead head;
  HeadScanner scanner;
  parse_request(kRequest, head, scanner);
  for (auto _ : state) {
    int dropped = 0;
    for (const Header& header : head.headers) dropped += is_hop_by_hop(header.name, head) ? 1 : 0;
    benchmark::DoNotOptimize(dropped);
  }
}
BENCHMARK(hop_by_hop);

// A body in chunks of so many bytes.
void chunked_body(benchmark::State& state) {
  std::string body;
  const std::string data(static_cast<std::size_t>(state.range(0)), 'x');
  for (int i = 0; i < 16; ++i) append_chunk(body, data);
  body += kLastChunk;
  Head head;
  head.framing = Framing::chunked;
  for (auto _ : state) {
    BodyReader reader(head);
    std::string_view rest = body;
    while (!reader.done()) {
      const BodyReader::Piece piece = reader.next(rest);
      if (piece.consumed == 0) return state.SkipWithError("stuck");
      rest.remove_prefix(piece.consumed);
    }
  }
  state.counters["per_chunk"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 16,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(chunked_body)->Arg(16)->Arg(16 * 1024);

}  // namespace
}  // namespace steelyard::live::http

BENCHMARK_MAIN();
