// results.json as the sections want it. Everything but the variants' names may be missing:
// results of older versions and of other worlds must still make a page.

import {isNumber} from './format.js';

// The metrics that are known; results may hold others, which then go by their own names.
const kMetrics = {
  'latency_ms.mean': {label: 'mean latency', unit: 'ms'},
  'latency_ms.p50': {label: 'median latency', unit: 'ms'},
  'latency_ms.p90': {label: 'p90 latency', unit: 'ms'},
  'latency_ms.p99': {label: 'p99 latency', unit: 'ms'},
  'latency_ms.p999': {label: 'p99.9 latency', unit: 'ms'},
  'latency_ms.max': {label: 'slowest request', unit: 'ms'},
  throughput_rps: {label: 'throughput', unit: 'rps', better: 'higher'},
  goodput_rps: {label: 'goodput', unit: 'rps', better: 'higher'},
  error_ratio: {label: 'error ratio', unit: 'ratio'},
  load_imbalance: {label: 'load imbalance', unit: ''},
  attempts_per_request: {label: 'attempts per request', unit: ''},
  connections: {label: 'connections opened', unit: ''},
};

export function list(value) {
  return Array.isArray(value) ? value : [];
}

export function record(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function normalise(raw) {
  const results = record(raw);
  const axes = list(results.axes).filter((axis) => typeof record(axis).name === 'string');
  const variants = list(results.variants).map((v, index) => variant(record(v), index));
  const scenario = {...record(results.scenario)};
  const model = {
    tool: record(results.tool),
    scenario,
    faults: list(scenario.faults).filter((fault) => isNumber(record(fault).from_s)),
    graph: graph(record(scenario.graph)),
    world: results.world ?? null,
    seed: results.seed ?? null,
    replications: results.replications ?? null,
    axes,
    variants,
    byName: new Map(variants.map((v) => [v.name, v])),
    verdict: record(results.verdict),
    theory: list(results.theory).map(record),
    expectations: list(results.expectations).map(record),
    limitations: list(results.limitations),
    skipped: list(results.skipped).map(record),
    sets: list(results.combined_from).map(record),
    comparison: results.comparison ?? null,
  };
  model.rankings = rankings(list(results.rankings).map(record), model);
  model.best = model.rankings[0]?.rows[0]?.variant ?? variants[0] ?? null;
  model.worst = worst(model);
  return model;
}

function variant(raw, index) {
  const name = String(raw.name ?? `variant ${index + 1}`);
  const series = record(raw.series);
  return {
    index, name,
    label: typeof raw.label === 'string' && raw.label ? raw.label : name,
    settings: record(raw.settings),
    metrics: flatten(record(raw.metrics)),
    clients: record(raw.clients),
    services: record(raw.services),
    requests: raw.requests ? record(raw.requests) : null,
    percentiles: list(raw.latency_percentiles_ms).filter((p) => Array.isArray(p) && isNumber(p[0])),
    series: isNumber(series.interval_s) ? series : null,
    instances: list(raw.instances).map(record),
    cost: record(raw.cost),
    live: raw.live ? record(raw.live) : null,
    attachments: list(raw.attachments).map(record),
  };
}

// {latency_ms: {p99: {value}}} is 'latency_ms.p99' -> {value, ci95}.
export function flatten(tree, prefix = '', into = new Map()) {
  for (const [key, node] of Object.entries(tree)) {
    if (node === null || typeof node !== 'object') continue;
    if ('value' in node) into.set(prefix + key, {value: node.value, ci95: node.ci95 ?? null});
    else flatten(node, `${prefix}${key}.`, into);
  }
  return into;
}

function graph(raw) {
  const nodes = list(raw.nodes).map(record).filter((node) => typeof node.id === 'string');
  const known = new Set(nodes.map((node) => node.id));
  const edges = list(raw.edges).map(record).filter((e) => known.has(e.from) && known.has(e.to));
  return {nodes, edges};
}

export function metricInfo(metric) {
  return {label: metric.replace(/_/g, ' '), unit: '', better: metric in kMetrics ? 'lower' : null,
          ...kMetrics[metric]};
}

// The rankings of the results, the verdict's first, then the metrics that have none.
function rankings(given, model) {
  const ranked = given.map((ranking) => ({
    ...metricInfo(String(ranking.metric)), ...ranking,
    rows: list(ranking.rows).map((row) => ({...row, variant: model.byName.get(row.variant)}))
        .filter((row) => row.variant),
  })).filter((ranking) => ranking.metric && ranking.rows.length > 0);
  const done = new Set(ranked.map((ranking) => ranking.metric));
  const rest = new Set(model.variants.flatMap((v) => [...v.metrics.keys()]));
  for (const metric of rest) {
    if (!done.has(metric)) ranked.push(rankingOf(metric, model.variants));
  }
  const order = ranked.filter((ranking) => ranking.rows.length > 0);
  const first = order.findIndex((ranking) => ranking.metric === model.verdict.metric);
  if (first > 0) order.unshift(...order.splice(first, 1));
  return order;
}

// A ranking by the values alone, without paired differences: nothing is called a tie.
function rankingOf(metric, variants) {
  const info = metricInfo(metric);
  const sign = info.better === 'higher' ? -1 : 1;
  const rows = variants.filter((v) => isNumber(v.metrics.get(metric)?.value))
      .map((v) => ({variant: v, ...v.metrics.get(metric), difference: null, tied_with_best: false}))
      .sort((a, b) => sign * (a.value - b.value));
  const best = rows[0]?.value;
  for (const row of rows) row.times_best = timesBest(row.value, best, info.better);
  return {metric, ...info, rows};
}

function timesBest(value, best, better) {
  const ratio = better === 'higher' ? best / value : value / best;
  return Number.isFinite(ratio) && ratio > 0 ? ratio : null;
}

function worst(model) {
  const rows = (model.rankings[0]?.rows ?? []).filter((row) => isNumber(row.value));
  return rows.length > 1 ? rows[rows.length - 1].variant : null;
}

// Length of the run in seconds: as declared, or as far as the series go.
export function runSeconds(model) {
  if (isNumber(model.scenario.duration_s)) return model.scenario.duration_s;
  const lengths = model.variants.filter((v) => v.series).map(
      (v) => v.series.interval_s * Math.max(0, ...Object.values(v.series).filter(Array.isArray)
          .map((values) => values.length)));
  return Math.max(0, ...lengths);
}
