// What `steelyard theory` prints.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "app/theory_report.h"
#include "models/capacity.h"
#include "reports/format.h"
#include "reports/layout.h"

namespace steelyard::app {
namespace {

using Align = TextTable::Align;

std::string three_digits(double value) {
  return grouped(value, decimals_for(value, std::numeric_limits<double>::quiet_NaN()));
}

std::string ms(const Range& seconds) {
  if (!seconds.known()) return "–";
  const std::string low = three_digits(seconds.low * 1e3);
  const std::string high = three_digits(seconds.high * 1e3);
  return low == high ? low : low + " to " + high;
}

// Without zeros at its end.
std::string plain(double value) { return fmt::format("{:.4g}", value); }

std::string percent(double share) { return share == 0 ? "0%" : three_digits(100 * share) + "%"; }

using Rows = std::vector<std::vector<std::string>>;

// The table with these rows; three and more in a row that differ in one column only become one with
// all their names.
std::string text_of(TextTable table, const Rows& rows, std::size_t width, std::size_t names = 0) {
  const auto rest = [&](std::size_t row) {
    std::vector<std::string> cells = rows[row];
    cells[names].clear();
    return cells;
  };
  for (std::size_t row = 0; row < rows.size();) {
    std::size_t end = row + 1;
    while (end < rows.size() && rest(end) == rest(row)) ++end;
    if (end - row < 3) end = row + 1;
    std::vector<std::string> cells = rows[row];
    if (end - row > 1)
      cells[names] = fmt::format("{} … {} ({})", cells[names], rows[end - 1][names], end - row);
    table.add_row(std::move(cells));
    row = end;
  }
  return table.text(width);
}

std::string rate(double per_second) {
  return per_second > 0 ? three_digits(per_second) + "/s" : "–";
}

class Text {
 public:
  Text(const TheoryReport& report, std::size_t width) : report_(report), width_(width) {}

  std::string traffic() const {
    std::vector<TextTable::Column> columns{{"service", Align::left, TextTable::kKeep, true}};
    const bool several = clients() > 1;
    for (std::size_t i = 0; i < clients(); ++i)
      columns.push_back({several ? client(i) : "visits", Align::point, 2});
    columns.push_back({"rate", Align::right});
    columns.push_back({"busy places", Align::right, 1});
    columns.push_back({"of", Align::right});
    columns.push_back({"utilisation", Align::right});
    TextTable table(columns);
    Rows rows;
    for (std::size_t i = 0; i < services(); ++i) {
      const ServiceTraffic& service = report_.traffic.services[i];
      const ServiceTimes& times = report_.times.services[i];
      std::vector<std::string> cells{name(i)};
      for (const ClientTraffic& client : report_.traffic.clients)
        cells.push_back(client.visits[i] == 0 ? "–" : plain(client.visits[i]));
      cells.push_back(at_least(i, rate(times.rate)));
      cells.push_back(at_least(i, three_digits(times.busy)));
      cells.push_back(fmt::format("{} × {}", service.instances(), service.spec->concurrency));
      cells.push_back(at_least(i, percent(times.utilisation)));
      rows.push_back(std::move(cells));
    }
    return text_of(std::move(table), rows, width_) +
           (several ? prose("Under a client's name: visits for each of its requests.") : "");
  }

  std::string response() const {
    TextTable table({{"service", Align::left, TextTable::kKeep, true},
                     {"model", Align::left, TextTable::kKeep, true},
                     {"mean ms", Align::left},
                     {"p50", Align::left, 2},
                     {"p90", Align::left, 1},
                     {"p99", Align::left, 3},
                     {"with calls", Align::left, 4}});
    Rows rows;
    for (std::size_t i = 0; i < services(); ++i) {
      const ClosedForm& own = report_.times.services[i].own;
      rows.push_back(
          {name(i), own.model, ms(own.mean), ms(own.p50), ms(own.p90), ms(own.p99),
           report_.traffic.calls[i].empty() ? "–" : ms(report_.times.services[i].with_calls)});
    }
    return text_of(std::move(table), rows, width_) + blocked() + at_once() + ends() + not_covered();
  }

  std::string graph() const { return lost_with() + "\n" + ways() + only_links(); }

  std::string capacity() const {
    const std::optional<double>& target = report_.options.p99_seconds;
    std::vector<TextTable::Column> columns{{"service", Align::left, TextTable::kKeep, true},
                                           {"instances", Align::right},
                                           {"to keep up", Align::right}};
    if (target) {
      const std::string wanted = "p99 ≤ " + plain(*target * 1e3) + " ms";
      columns.push_back({wanted + ", one queue", Align::right});
      columns.push_back({"at random", Align::right});
    }
    TextTable table(columns);
    Rows rows;
    for (std::size_t i = 0; i < services(); ++i) {
      const ServicePlan& plan = report_.capacity.services[i];
      std::vector<std::string> cells{name(i), count(report_.traffic.services[i].instances()),
                                     at_least(i, count(plan.keep_up))};
      if (target) {
        const bool idle = report_.times.services[i].rate <= 0;
        const auto needed = [&](const std::optional<std::int64_t>& instances, bool known) {
          if (instances) return at_least(i, count(*instances));
          return std::string(idle ? "–" : known ? "never" : "not known");
        };
        cells.push_back(needed(plan.at_best, plan.knows_at_best));
        cells.push_back(needed(plan.at_random, plan.knows_at_random));
      }
      rows.push_back(std::move(cells));
    }
    return text_of(std::move(table), rows, width_) + capacity_sentences();
  }

  std::string availability() const {
    TextTable table({{"service", Align::left, TextTable::kKeep, true},
                     {"needs", Align::right},
                     {"of", Align::right},
                     {"available", Align::right},
                     {"down a year", Align::right},
                     {"an outage", Align::right, 1},
                     {"first outage after", Align::right, 2}});
    Rows rows;
    for (std::size_t i = 0; i < services(); ++i) {
      const AvailabilityPlan::Service& service = report_.availability->services[i];
      const auto& known = service.availability;
      rows.push_back({name(i), at_least(i, count(service.needed)),
                      count(report_.traffic.services[i].instances()),
                      known ? nines(known->unavailable) : "0%",
                      known ? length(known->unavailable * kYear) : "always",
                      known ? length(known->mean_outage) : "–",
                      known ? length(known->mean_time_to_failure) : "–"});
    }
    std::string text = text_of(std::move(table), rows, width_);
    for (std::size_t i = 0; i < clients(); ++i) {
      const graph::FailureChance& failing = report_.availability->of_clients[i];
      text += prose(fmt::format("{}: every service that a request needs is up for {}{} of them.",
                                client(i), failing.low < failing.high ? "at least " : "",
                                nines(failing.high)));
    }
    return text + prose(
                      "Instances fail and are repaired independently, in exponential times; a "
                      "service is up while it has the instances that keep up with its load.");
  }

 private:
  static constexpr double kYear = 365.25 * 24 * 3600;

  std::size_t services() const { return report_.traffic.services.size(); }
  std::size_t clients() const { return report_.traffic.clients.size(); }
  const std::string& name(std::size_t service) const {
    return report_.traffic.services[service].spec->name;
  }
  const std::string& client(std::size_t index) const {
    return report_.traffic.clients[index].spec->name;
  }
  std::string prose(const std::string& text) const {
    return wrap(text, std::min<std::size_t>(width_, 100));
  }
  // What follows from the rates of all who call a service, where one of them is not known.
  std::string at_least(std::size_t service, const std::string& figure) const {
    const ServiceTimes& times = report_.times.services[service];
    return !times.at_least ? figure : times.rate > 0 ? "≥ " + figure : "–";
  }
  static std::string count(std::int64_t number) {
    return number == queueing::kNeverEnough ? "never" : grouped(static_cast<double>(number), 0);
  }
  std::vector<std::string> names(const std::vector<std::size_t>& of) const {
    std::vector<std::string> all;
    for (const std::size_t service : of) all.push_back(name(service));
    return all;
  }

  // "99.9952%": as many nines as there are, and two digits more.
  static std::string nines(double unavailable) {
    if (unavailable <= 0) return "100%";
    const int digits = static_cast<int>(std::floor(-std::log10(unavailable)));
    return fmt::format("{:.{}f}%", 100 * (1 - unavailable), std::clamp(digits, 0, 12));
  }

  static std::string length(double seconds) {
    if (!std::isfinite(seconds)) return "∞";
    struct Unit {
      double seconds;
      const char* name;
    };
    static constexpr Unit kUnits[] = {{kYear, "years"}, {86'400, "days"}, {3600, "h"},
                                      {60, "min"},      {1, "s"},         {1e-3, "ms"}};
    for (const Unit& unit : kUnits)
      if (seconds >= 2 * unit.seconds)
        return three_digits(seconds / unit.seconds) + " " + unit.name;
    return three_digits(seconds * 1e3) + " ms";
  }

  std::string blocked() const {
    std::string text;
    for (std::size_t i = 0; i < services(); ++i)
      if (const double share = report_.times.services[i].own.block_probability; share > 0)
        text += prose(fmt::format("{} refuses {} of its requests, as its queue is full.", name(i),
                                  percent(share)));
    return text;
  }

  // What calls made at once wait for.
  std::string at_once() const {
    std::string text;
    for (std::size_t i = 0; i < services(); ++i)
      for (const SlowestCall& slowest : report_.times.services[i].at_once)
        text += prose(fmt::format("{} calls {} at once; the slowest answers in {} ms, p99 {}.",
                                  name(i), slowest.calls, ms(slowest.mean), ms(slowest.p99)));
    return text;
  }

  // From end to end, and what of it is waited for where.
  std::string ends() const {
    std::string text;
    for (std::size_t i = 0; i < clients(); ++i) {
      const ClientTimes& times = report_.times.clients[i];
      if (!times.mean.known()) continue;
      std::string line = fmt::format("{}: {}{} until the answer, on average", client(i),
                                     times.at_least ? "at least " : "",
                                     std::isfinite(times.mean.low) ? ms(times.mean) + " ms" : "∞");
      if (report_.traffic.clients[i].spec->closed && times.rate > 0)
        line += fmt::format(", {}", rate(times.rate));
      text += prose(line + critical_path(times.path) + ".");
    }
    return text;
  }

  std::string critical_path(const graph::CriticalPath& path) const {
    if (path.steps.size() < 2 || !std::isfinite(path.total)) return "";
    std::vector<std::string> steps;
    for (const graph::CriticalPath::Step& step : path.steps)
      steps.push_back(
          fmt::format("{} {} ms{}", name(step.service), three_digits(step.time * 1e3),
                      step.visits == 1 ? "" : fmt::format(" ({} visits)", plain(step.visits))));
    return fmt::format(": {}", fmt::join(steps, ", then "));
  }

  std::string not_covered() const {
    if (report_.times.left_out.empty()) {
      double tolerance = 0;
      for (const ServiceTimes& times : report_.times.services)
        tolerance = std::max(tolerance, times.own.tolerance);
      return prose(tolerance <= 0.01
                       ? "Nothing is left out: a measurement should agree."
                       : fmt::format("Nothing of the scenario is left out, but the model is an "
                                     "approximation: a measurement should agree within {:.2g}%.",
                                     100 * tolerance));
    }
    std::string text = prose("Not covered, so these are estimates:");
    for (const std::string& phrase : report_.times.left_out)
      text += "- " + wrap(phrase, std::min<std::size_t>(width_, 100), "  ").substr(2);
    return text;
  }

  std::string lost_with() const {
    TextTable table({{"if it dies", Align::left, TextTable::kKeep, true},
                     {"instances", Align::right},
                     {"requests that fail", Align::left, TextTable::kKeep, true},
                     {"dead ends", Align::left, 2, true},
                     {"fail at times", Align::left, 1, true}});
    Rows rows;
    for (std::size_t lost = 0; lost < services(); ++lost) {
      const Loss& loss = report_.dependencies.losses[lost];
      std::vector<std::string> hit;
      for (std::size_t i = 0; i < clients(); ++i)
        if (loss.of_clients[i] > 0)
          hit.push_back(client(i) +
                        (loss.of_clients[i] == 1 ? " all" : " " + percent(loss.of_clients[i])));
      std::vector<std::size_t> always;
      std::vector<std::size_t> sometimes;
      for (std::size_t i = 0; i < services(); ++i)
        if (i != lost && loss.of_services[i] > 0)
          (loss.of_services[i] == 1 ? always : sometimes).push_back(i);
      rows.push_back({name(lost), count(report_.traffic.services[lost].instances()),
                      hit.empty() ? "–" : listing(hit),
                      always.empty() ? "–" : listing(names(always)),
                      sometimes.empty() ? "–" : listing(names(sometimes))});
    }
    return text_of(std::move(table), rows, width_);
  }

  std::string instances_of(const WayToStore& way) const {
    const std::string instances = counted(static_cast<std::size_t>(way.instances.cost), "instance");
    if (way.instances.nodes == std::vector{way.store}) return instances + " of its own";
    return fmt::format("{} of {}", instances, fmt::join(names(way.instances.nodes), ", "));
  }

  std::string ways() const {
    TextTable table({{"from", Align::left, TextTable::kKeep, true},
                     {"to", Align::left, TextTable::kKeep, true},
                     {"always by way of", Align::left, 1, true},
                     {"cut off by losing", Align::left, TextTable::kKeep, true}});
    Rows rows;
    for (const WayToStore& way : report_.dependencies.ways) {
      const std::vector<std::size_t> passes(way.passes.begin(), way.passes.end() - 1);
      rows.push_back({client(way.client), name(way.store),
                      passes.empty() ? "–" : fmt::format("{}", fmt::join(names(passes), ", ")),
                      instances_of(way)});
    }
    return text_of(std::move(table), rows, width_, 1);
  }

  std::string only_links() const {
    std::vector<std::string> links;
    for (const auto& [from, to] : report_.dependencies.only_links)
      if (from) links.push_back(name(*from) + " → " + name(to));
    if (links.empty()) return "";
    return prose(fmt::format("The only link there is: {}.", listing(links, 8)));
  }

  std::string bottleneck() const {
    const CapacityPlan& plan = report_.capacity;
    for (const ServiceTimes& times : report_.times.services)
      if (times.at_least)
        return prose("Which service gives way first is not known, as a client's rate is not.");
    if (!plan.bottleneck) return "";
    std::vector<std::string> rates;
    bool closed = false;
    for (std::size_t i = 0; i < clients(); ++i) {
      closed |= report_.traffic.clients[i].spec->closed.has_value();
      if (const double of = report_.times.clients[i].rate; of > 0)
        rates.push_back(fmt::format("{} {}", client(i), rate(of * plan.growth)));
    }
    // Whose queue has a limit is not overloaded, however much arrives.
    const bool refuses = report_.traffic.services[*plan.bottleneck].spec->queue_limit.has_value();
    const std::string much =
        closed             ? "however many users there are, at most "
        : plan.growth >= 1 ? plain(plan.growth) + " times this traffic can be served at most, "
        : refuses          ? percent(plan.growth) + " of this traffic can be served at most, "
                           : percent(plan.growth) + " of this traffic can be served, ";
    return prose(
        fmt::format("{} {}: {}{}.", name(*plan.bottleneck),
                    refuses ? "fills up first, and refuses what finds no room" : "gives way first",
                    much, listing(rates, 8)));
  }

  std::string capacity_sentences() const {
    if (!report_.options.p99_seconds)
      return bottleneck() + prose("--p99 50ms adds the instances it takes to meet a target.");
    std::string text =
        "The target is for each service by itself, from arrival until its place is free, by M/G/c: "
        "Poisson arrivals, first come first served. One queue is the best there can be; at random, "
        "instances are chosen without looking. Balancers that look lie between.";
    const std::vector<ServiceTraffic>& traffic = report_.traffic.services;
    if (std::any_of(traffic.begin(), traffic.end(), [](const auto& each) { return !each.alike; }))
      text +=
          " One queue is served at the mean speed of unlike instances; at random, the busiest "
          "decide.";
    const std::vector<ServicePlan>& plans = report_.capacity.services;
    if (std::any_of(plans.begin(), plans.end(),
                    [](const ServicePlan& plan) { return plan.held_as_exponential; }))
      text += " Places that are kept during calls are taken to be so for exponential times.";
    if (std::any_of(plans.begin(), plans.end(), [](const ServicePlan& plan) {
          return !plan.knows_at_best || !plan.knows_at_random;
        }))
      text +=
          " Percentiles are not known where processors are shared, where who comes last is served "
          "first, and of several places where service times are of infinite variance.";
    return bottleneck() + prose(text);
  }

  const TheoryReport& report_;
  std::size_t width_;
};

}  // namespace

std::vector<TheorySection> theory_sections(const TheoryReport& report, std::size_t width) {
  const Text text(report, width);
  std::vector<TheorySection> sections{{"Traffic", text.traffic()},
                                      {"Response times", text.response()},
                                      {"Graph", text.graph()},
                                      {"Capacity", text.capacity()}};
  if (report.availability) sections.push_back({"Availability", text.availability()});
  return sections;
}

}  // namespace steelyard::app
