// Result sets side by side: every metric of every variant in each set, held against the first; of a
// simulation held against a live run, the error of the prediction.

import {breakable, h, radioGroup, scroller, section} from '../dom.js';
import {estimateText, isNumber, scaleOf, significant, withUnit} from '../format.js';
import {list, metricInfo, record} from '../model.js';

export function comparison(model) {
  const compared = record(model.comparison);
  const against = list(compared.against).map(record);
  const rows = list(compared.rows).map(record).filter((row) => list(row.cells).length === against.length + 1);
  if (against.length === 0 || rows.length === 0) return null;
  const metrics = [...new Set(rows.map((row) => row.metric))];
  const predicted = against.some((set) => set.prediction);
  const view = {reference: String(compared.reference), against, rows, aims: record(compared.aims)};
  const start = metrics.includes('latency_ms.p99') ? 'latency_ms.p99' : metrics[0];
  const body = h('div');
  const show = (metric) => body.replaceChildren(oneMetric(view, metric));
  show(start);
  return section('comparison', predicted ? 'Simulated beside live' : 'Side by side', lead(view, predicted),
                 radioGroup('Compare', metrics.map((value) => ({value, label: metricInfo(value).label})), start, show),
                 body,
                 h('details', {class: 'wide', open: new Set(rows.map((row) => row.variant)).size <= 12},
                   h('summary', {}, predicted ? 'The error of every metric' : 'The difference in every metric'),
                   against.map((_, set) => everyMetric(view, set, metrics))));
}

function lead({reference, against, rows, aims}, predicted) {
  const tested = rows.some((row) => row.cells.some(({differs}) => typeof differs === 'boolean'));
  const tests = [...new Set(against.map((set) => set.test))];
  const how = tests.map((test) => test === 'paired t' ? 'in pairs of replications that faced the same requests'
                                                      : 'between independent replications').join(', or ');
  const named = Object.entries(aims).map(([metric, aim]) => `${significant(aim * 100, 1)}\u202f% of ${metricInfo(metric).label}`);
  return [predicted ? `The live value is the truth, the simulated one the prediction: the error is the difference, as a share of ${reference}. `
                    : `Differences from ${reference}. `,
          named.length > 0 && `Aims: within ${named.join(', ')}; ✗ marks what misses one. `,
          tested && `≈: no difference can be shown, judged ${how} and corrected for the number of variants.`];
}

function oneMetric({reference, against, rows, aims}, metric) {
  const shown = rows.filter((row) => row.metric === metric);
  const {unit, label} = metricInfo(metric);
  const values = shown.flatMap((row) => row.cells.map((cell) => Math.abs(cell.value))).filter(isNumber).sort((a, b) => a - b);
  const scale = scaleOf(unit, values[Math.floor(values.length / 2)] ?? 0);
  const head = (text, name = 'number') => h('th', {scope: 'col', class: name}, text);
  return scroller('Side by side', h('table', {class: 'sides'},
    h('caption', {class: 'hidden'}, `${label} in every set`),
    h('thead', {}, h('tr', {}, head('variant', null), head(breakable(reference)), against.map((set) => [
      head(breakable(set.label)), head(set.prediction ? 'error' : 'difference')]))),
    h('tbody', {}, shown.map((row) => h('tr', {},
      h('th', {scope: 'row'}, breakable(row.variant)),
      row.cells.map((cell, i) => [
        h('td', {class: 'number'}, estimateText(cell.value, cell.ci95, scale)),
        i > 0 && differenceCell(cell, against[i - 1], aims[metric])]))))));
}

function everyMetric({against, rows, aims}, set, metrics) {
  const variants = [...new Set(rows.map((row) => row.variant))];
  const title = `${against[set].label}: ${against[set].prediction ? 'error' : 'difference'} of every metric`;
  return scroller(title, h('table', {class: 'matrix'},
    h('caption', {class: against.length > 1 ? 'set-name' : 'hidden'}, title),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'variant'), metrics.map(
        (metric) => h('th', {scope: 'col', class: 'number'}, metricInfo(metric).label)))),
    h('tbody', {}, variants.map((variant) => h('tr', {},
      h('th', {scope: 'row'}, breakable(variant)),
      metrics.map((metric) => {
        const row = rows.find((r) => r.variant === variant && r.metric === metric);
        return row ? differenceCell(row.cells[set + 1], against[set], aims[metric]) : h('td');
      }))))));
}

function differenceCell(cell, {prediction}, aim) {
  if (!isNumber(cell.relative)) return h('td', {class: 'number aside'}, '–');
  const missed = prediction && isNumber(aim) && Math.abs(cell.relative) > aim;
  const alike = cell.differs === false && cell.relative !== 0;  // '=' says as much
  return h('td', {class: ['number', missed && 'unmet', alike && !missed && 'aside'].filter(Boolean).join(' ')},
           missed && '✗ ', signedPercent(cell.relative), alike && ' ≈');
}

export function signedPercent(relative) {
  if (relative === 0) return '=';
  if (Math.abs(relative) >= 9.995) return `×\u202f${significant(1 + relative)}`;
  const percent = 100 * relative;
  const text = Math.abs(percent).toFixed(Math.abs(percent) < 9.95 ? 1 : 0);
  return withUnit(`${percent < 0 ? '−' : '+'}${text}`, '%');
}
