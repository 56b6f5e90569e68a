// bench.json as the page reads it, and what is computed from it: how many times the best each
// figure is, and the geometric mean of that for each balancer.

export const kBaseline = 'baseline';

// What the benchmarks measure (tests/bench/balancers_bench.h).
export const kBenchmarks = [
  {value: 'pick', label: 'pick', doc: 'one decision while nothing else changes'},
  {value: 'request', label: 'pick + feedback', doc: 'a decision, its request sent, and the answer to an older one'},
  {value: 'weighted', label: 'with weights', doc: 'the same, with weights from 1 to 5'},
  {value: 'change', label: 'membership change', doc: 'an endpoint leaves or returns, and the first decision after it'},
];

// The shift keeps a ratio meaningful where the best is next to nothing: 0 and 1 byte are not
// infinitely far apart. [ClickBench adds 10 ms to every query's time before it divides]
export const kMetrics = [
  {value: 'ns', label: 'time', shift: 1, unit: 'ns'},
  {value: 'allocations', label: 'allocations', shift: 1, unit: ''},
  {value: 'bytes_per_endpoint', label: 'memory', shift: 1, unit: 'B/endpoint'},
];

// What the cells of the table of figures hold.
export const kShown = [{value: 'values', label: 'measured'}, {value: 'ratios', label: '× best'}];

const key = (balancer, benchmark, endpoints) => `${balancer}/${benchmark}/${endpoints}`;

export function normalise(results) {
  const figures = new Map();
  const benchmarks = new Set();
  const endpoints = new Set();
  for (const figure of results.figures ?? []) {
    figures.set(key(figure.balancer, figure.benchmark, figure.endpoints), figure);
    benchmarks.add(figure.benchmark);
    endpoints.add(figure.endpoints);
  }
  const all = results.balancers ?? [];
  return {
    context: results.context ?? {},
    balancers: all.filter(({name}) => name !== kBaseline),
    baseline: all.find(({name}) => name === kBaseline) ?? null,
    benchmarks: kBenchmarks.filter(({value}) => benchmarks.has(value)),
    endpoints: [...endpoints].sort((a, b) => a - b),
    value: (balancer, benchmark, n, metric) => figures.get(key(balancer.name, benchmark, n))?.[metric] ?? null,
  };
}

// Groups to choose at once: the kinds, if there are several, then the traits of balancers, the most
// common first. [{name, members}]
export function groupsOf(model) {
  const groups = new Map();
  const put = (group, name) => groups.set(group, [...(groups.get(group) ?? []), name]);
  for (const {kind, name} of model.balancers) put(`${kind}s`, name);
  const kinds = [...groups].map(([name, members]) => ({name, members}));
  groups.clear();
  for (const {kind, name, traits} of model.balancers) {
    if (kind === 'balancer') (traits ?? []).forEach((trait) => put(trait, name));
  }
  const traits = [...groups].map(([name, members]) => ({name, members})).sort(
      (a, b) => b.members.length - a.members.length || a.name.localeCompare(b.name));
  return [...(kinds.length > 1 ? kinds : []), ...traits];
}

// choice: {off: Set of names, benchmarks: Set, endpoints: Set, metric, …}. Rows are benchmarks, columns
// balancers, the best first. `best` of a row and ratios are among the chosen balancers.
export function comparison(model, choice) {
  const metric = kMetrics.find(({value}) => value === choice.metric);
  const chosen = model.balancers.filter(({name}) => !choice.off.has(name));
  const rows = [];
  for (const benchmark of model.benchmarks) {
    if (!choice.benchmarks.has(benchmark.value)) continue;
    for (const n of model.endpoints) {
      if (!choice.endpoints.has(n)) continue;
      const value = (balancer) => model.value(balancer, benchmark.value, n, metric.value);
      const best = Math.min(...chosen.map(value).filter((v) => v !== null));
      const cells = new Map(chosen.map((balancer) => {
        const v = value(balancer);
        return [balancer, {value: v, ratio: v === null ? null : (v + metric.shift) / (best + metric.shift)}];
      }));
      rows.push({benchmark, endpoints: n, best, cells,
                 baseline: model.baseline && value(model.baseline)});
    }
  }
  const columns = chosen.map((balancer) => ({balancer, score: score(balancer, rows)}));
  columns.sort((a, b) => (a.score ?? Infinity) - (b.score ?? Infinity) ||
      a.balancer.name.localeCompare(b.balancer.name));
  return {metric, rows, columns};
}

// The geometric mean of its ratios; null without any.
function score(balancer, rows) {
  const ratios = rows.map((row) => row.cells.get(balancer).ratio).filter((ratio) => ratio !== null);
  if (ratios.length === 0) return null;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}

// What the reader has chosen, as the part of an address behind '#', so that it can be passed on;
// names that are not known any more are dropped.
export function toHash(choice) {
  return `#${new URLSearchParams({
    metric: choice.metric, shown: choice.shown, benchmarks: [...choice.benchmarks].join(' '),
    endpoints: [...choice.endpoints].join(' '), without: [...choice.off].join(' ')})}`;
}

export function fromHash(hash, model) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const known = (name, among, standard) => {
    const listed = parameters.get(name)?.split(' ') ?? standard.map(String);
    return new Set(among.filter((value) => listed.includes(String(value))));
  };
  const one = (name, among) => (among.find(({value}) => value === parameters.get(name)) ?? among[0]).value;
  const benchmarks = model.benchmarks.map(({value}) => value);
  return {
    metric: one('metric', kMetrics),
    shown: one('shown', kShown),
    benchmarks: known('benchmarks', benchmarks, ['pick', 'request']),
    endpoints: known('endpoints', model.endpoints, model.endpoints),
    off: known('without', model.balancers.map(({name}) => name),
               model.balancers.filter(({kind}) => kind === 'layer').map(({name}) => name)),
  };
}
