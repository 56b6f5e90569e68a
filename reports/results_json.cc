#include "reports/results_json.h"

#include <algorithm>

namespace steelyard {
namespace {

Json metric_value(const Metric& metric) {
  return {{"value", number(metric.value)}, {"ci95", json_of(metric.ci95)}};
}

// "latency_ms.p99" becomes latency_ms: {p99: …}.
void set_path(Json& object, std::string_view path, Json value) {
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    object[std::string(path)] = std::move(value);
    return;
  }
  Json& inner = object[std::string(path.substr(0, dot))];
  if (inner.is_null()) inner = Json::object();
  set_path(inner, path.substr(dot + 1), std::move(value));
}

Json graph(const ScenarioFacts& scenario) {
  Json nodes = Json::array();
  for (const ScenarioFacts::Node& client : scenario.clients)
    nodes.push_back({{"id", client.name}, {"kind", "client"}, {"detail", client.detail}});
  for (const ScenarioFacts::Node& service : scenario.services)
    nodes.push_back({{"id", service.name},
                     {"kind", "service"},
                     {"instances", service.instances},
                     {"concurrency", service.concurrency},
                     {"discipline", service.discipline},
                     {"queue_limit", service.queue_limit < 0 ? Json() : Json(service.queue_limit)},
                     {"service_time", service.service_time}});
  Json edges = Json::array();
  for (const ScenarioFacts::Edge& edge : scenario.edges)
    edges.push_back({{"from", edge.from},
                     {"to", edge.to},
                     {"probability", number(edge.probability)},
                     {"stage", edge.stage},
                     {"parallel", edge.parallel}});
  return {{"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}

Json faults(const ScenarioFacts& scenario) {
  Json list = Json::array();
  for (const ScenarioFacts::Fault& fault : scenario.faults)
    list.push_back({{"from_s", number(to_seconds(fault.from))},
                    {"to_s", number(to_seconds(fault.to))},
                    {"kind", fault.kind},
                    {"label", fault.label}});
  return list;
}

Json scenario_json(const ScenarioFacts& scenario) {
  return {{"name", scenario.name},
          {"file", scenario.file},
          {"digest", scenario.digest},
          {"question", scenario.question},
          {"description", scenario.description},
          {"text", scenario.text},
          {"overrides", scenario.overrides},
          {"duration_s", number(to_seconds(scenario.duration))},
          {"warmup_s", number(to_seconds(scenario.warmup))},
          {"graph", graph(scenario)},
          {"faults", faults(scenario)}};
}

Json metrics_json(const VariantSummary& variant) {
  Json metrics = Json::object();
  for (std::size_t m = 0; m < kMetrics.size(); ++m)
    set_path(metrics, kMetrics[m].path, metric_value(variant.metrics[m]));
  return metrics;
}

Json clients_json(const VariantSummary& variant) {
  Json clients = Json::object();
  for (const ClientSummary& client : variant.clients) {
    Json metrics = Json::object();
    for (std::size_t m = 0; m < metric::kLatencies; ++m)
      set_path(metrics, kMetrics[m].path, metric_value(client.latency[m]));
    metrics["error_ratio"] = metric_value(client.error_ratio);
    clients[client.name] = std::move(metrics);
  }
  return clients;
}

Json services_json(const VariantSummary& variant) {
  Json services = Json::object();
  for (const ServiceSummary& service : variant.services)
    services[service.name] = {{"utilisation", metric_value(service.utilisation)},
                              {"attempts_per_second", metric_value(service.attempts_per_second)},
                              {"failed_ratio", metric_value(service.failed_ratio)},
                              {"load_imbalance", metric_value(service.load_imbalance)}};
  return services;
}

Json requests_json(const VariantSummary& variant) {
  Json failed = Json::object();  // the causes that occurred
  for (std::size_t i = 0; i < kOutcomes; ++i)
    if (static_cast<Outcome>(i) != Outcome::ok && variant.finished[i] > 0)
      failed[std::string(kOutcomeNames[i])] = variant.finished[i];
  return {{"offered", variant.offered},
          {"succeeded", variant.finished[static_cast<std::size_t>(Outcome::ok)]},
          {"failed", std::move(failed)},
          {"unfinished", variant.unfinished}};
}

constexpr int kPictureDigits = 5;  // for data that is only drawn

Json series_json(const Series& series) {
  return {{"interval_s", number(series.interval_seconds)},
          {"offered_rps", numbers(series.offered_rps, kPictureDigits)},
          {"goodput_rps", numbers(series.goodput_rps, kPictureDigits)},
          {"failed_rps", numbers(series.failed_rps, kPictureDigits)},
          {"latency_ms_p50", numbers(series.latency_ms_p50, kPictureDigits)},
          {"latency_ms_p99", numbers(series.latency_ms_p99, kPictureDigits)}};
}

Json instances_json(const VariantSummary& variant) {
  Json maps = Json::array();
  for (const InstanceMap& map : variant.instances) {
    Json rows = Json::array();
    for (const std::vector<double>& row : map.outstanding) rows.push_back(numbers(row, 3));
    maps.push_back({{"service", map.service},
                    {"names", map.names},
                    {"left_out", map.left_out},
                    {"outstanding", std::move(rows)},
                    {"share", numbers(map.share, kPictureDigits)}});
  }
  return maps;
}

Json percentiles_json(const std::vector<LatencyPoint>& points) {
  Json list = Json::array();
  for (const LatencyPoint& point : points)
    list.push_back(Json::array({number(point.percentile), number(point.latency_ms)}));
  return list;
}

// Quantiles of the replications' values together, in `unit` nanoseconds.
Json pooled(const Histogram& histogram, double unit,
            std::initializer_list<std::pair<const char*, double>> quantiles) {
  Json json = Json::object();
  const bool any = histogram.count() > 0;
  for (const auto& [name, quantile] : quantiles)
    json[name] =
        any ? number(static_cast<double>(histogram.quantile(quantile)) / unit) : Json(nullptr);
  return json;
}

Json pooled_latency(const Histogram& latency_ns) {
  Json json = {{"mean", latency_ns.count() > 0 ? number(latency_ns.mean() / 1e6) : Json(nullptr)}};
  json.update(
      pooled(latency_ns, 1e6, {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}));
  return json;
}

Json live_json(const VariantSummary& variant) {
  const LiveRecord& live = *variant.live;
  const GeneratorVerdict verdict = generator_verdict(live, variant.latency_ns);
  Json json = {
      {"send_delay_us",
       pooled(live.send_delay_ns, 1e3, {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}})},
      {"latency_ms", pooled_latency(variant.latency_ns)},
      {"service_time_ms", pooled_latency(live.service_time_ns)},
      {"service_time_percentiles_ms", percentiles_json(latency_percentiles(live.service_time_ns))},
      {"hiccup_ms",
       pooled(live.hiccup_ns, 1e6, {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}})},
      {"sends", live.sends},
      {"timely_ratio", number(timely_ratio(live))},
      {"delay_ratio", number(delay_share(live, variant.latency_ns))},
      {"generator_cpu_ratio", number(generator_cpu_ratio(live))},
      {"trustworthy", verdict.trustworthy},
      {"why", verdict.sentence}};
  if (live.proxy) json["proxy"] = {{"cpu_us_per_request", number(proxy_cpu_us(live))}};
  return json;
}

Json attachments_json(const VariantSummary& variant) {
  Json list = Json::array();
  for (const VariantRecord::Attachment& attachment : variant.attachments)
    list.push_back({{"name", attachment.name}, {"text", attachment.text}});
  return list;
}

Json variant_json(const VariantSummary& variant, double peak_rss_mib) {
  Json settings = Json::object();
  for (const VariantRecord::Setting& setting : variant.settings)
    settings[setting.path] = setting.value;
  Json samples = Json::object();
  for (std::size_t m = 0; m < kMetrics.size(); ++m)
    samples[std::string(kMetrics[m].path)] = numbers(variant.metrics[m].samples);
  const double per_second = variant.cpu_seconds > 0
                                ? static_cast<double>(variant.offered) / variant.cpu_seconds
                                : kNoValue;
  Json json = {{"name", variant.name},
               {"label", variant.label},
               {"settings", std::move(settings)},
               {"metrics", metrics_json(variant)},
               {"clients", clients_json(variant)},
               {"services", services_json(variant)},
               {"requests", requests_json(variant)},
               {"saturated", variant.saturated},
               {"latency_percentiles_ms", percentiles_json(variant.percentiles)},
               {"series", series_json(variant.series)},
               {"instances", instances_json(variant)},
               {"replication_values", std::move(samples)},
               {"cost",
                {{"wall_seconds", number(variant.wall_seconds)},
                 {"events", variant.events},
                 {"requests_per_second", number(per_second)},
                 {"peak_rss_mib", number(peak_rss_mib)}}}};
  if (variant.live) json["live"] = live_json(variant);
  json["attachments"] = attachments_json(variant);
  return json;
}

Json theory_json(const Report& report) {
  Json list = Json::array();
  for (const TheoryCheck& check : report.theory)
    list.push_back({{"variant", report.variants[check.variant].name},
                    {"metric", check.metric},
                    {"model", check.model},
                    {"value", number(check.value)},
                    {"bounds", json_of(check.bounds)},
                    {"tolerance", number(check.tolerance)},
                    {"measured", number(check.measured)},
                    {"ci95", json_of(check.ci95)},
                    {"agrees", check.agrees}});
  return list;
}

Json expectations_json(const Report& report) {
  Json list = Json::array();
  for (const ExpectationCheck& check : report.expectations)
    list.push_back({{"text", check.text},
                    {"variant", report.variants[check.variant].name},
                    {"value", number(check.value)},
                    {"met", check.met}});
  return list;
}

}  // namespace

Json json_of(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({number(interval->low), number(interval->high)});
}

Json json_of(const Ranking& ranking, const std::vector<std::string>& variant_names) {
  const MetricInfo& info = kMetrics[ranking.metric];
  Json rows = Json::array();
  for (const RankedRow& row : ranking.rows) {
    Json difference;
    if (row.difference)
      difference = {{"value", number(row.difference->value)},
                    {"ci95", json_of(row.difference->ci95)}};
    rows.push_back({{"variant", variant_names[row.variant]},
                    {"value", number(row.value)},
                    {"ci95", json_of(row.ci95)},
                    {"times_best", row.times_best ? number(*row.times_best) : Json()},
                    {"difference", std::move(difference)},
                    {"tied_with_best", row.tied_with_best},
                    {"note", row.note.empty() ? Json() : Json(row.note)}});
  }
  return {{"metric", info.path},
          {"label", info.label},
          {"unit", info.unit},
          {"better", info.higher_is_better ? "higher" : "lower"},
          {"rows", std::move(rows)}};
}

Json json_of(const Verdict& verdict, const std::vector<std::string>& variant_names) {
  return {{"headline", verdict.headline},
          {"sentences", verdict.sentences},
          {"warnings", verdict.warnings},
          {"metric", kMetrics[verdict.metric].path},
          {"best", variant_names[verdict.best]}};
}

Json results_json(const Report& report) {
  std::vector<std::string> names;
  Json variants = Json::array();
  for (const VariantSummary& variant : report.variants) {
    names.push_back(variant.name);
    variants.push_back(variant_json(variant, report.peak_rss_mib));
  }
  Json axes = Json::array();
  for (const Axis& axis : report.axes)
    axes.push_back({{"name", axis.name}, {"values", axis.values}});
  Json skipped = Json::array();
  for (const ComparisonRecord::Skipped& each : report.skipped)
    skipped.push_back({{"variant", each.variant}, {"reason", each.reason}});
  Json rankings = Json::array();
  for (const Ranking& ranking : report.rankings) rankings.push_back(json_of(ranking, names));
  return {{"schema", kResultsSchema},
          {"tool", {{"version", report.version}, {"commit", report.commit}}},
          {"scenario", scenario_json(report.scenario)},
          {"world", report.world},
          {"seed", report.seed},
          {"replications", report.replications},
          {"axes", std::move(axes)},
          {"variants", std::move(variants)},
          {"verdict", json_of(report.verdict, names)},
          {"rankings", std::move(rankings)},
          {"theory", theory_json(report)},
          {"expectations", expectations_json(report)},
          {"limitations", report.limitations},
          {"skipped", std::move(skipped)}};
}

}  // namespace steelyard
