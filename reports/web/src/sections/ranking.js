// Who is best, by the metric of the reader's choice: how many times worse the others are, and
// whether the difference is more than chance.

import {h, radioGroup, scroller, section} from '../dom.js';
import {estimate, estimateText, hasInterval, isNumber, quantity, scaleOf, times,
        withUnit} from '../format.js';
import {variantToggle} from '../swatch.js';

// Beyond this ratio of worst to best, bars from zero would hide all differences but one.
const kLinearRatio = 25;

export function ranking(model, store) {
  const {rankings} = model;
  if (rankings.length === 0) return null;
  const body = h('div', {class: 'ranking'});
  const show = () => body.replaceChildren(...tables(store));
  store.on('metric', show);
  show();
  const choices = rankings.map((r) => ({value: r.metric, label: r.label}));
  const compared = model.variants.length > 1;
  return section('ranking', compared ? 'Ranking' : 'Result', compared && lead(model),
                 radioGroup('Rank by', choices, store.metric, (metric) => store.setMetric(metric)),
                 body);
}

function lead(model) {
  const intervals = model.rankings.some((r) => r.rows.some((row) => hasInterval(row.ci95)));
  return intervals
      ? 'Bars end at the mean over replications, whiskers span its 95% confidence interval. ' +
        'Differences are taken request stream by request stream against the best.'
      : 'One replication: values have no confidence interval, small differences may be chance.';
}

function tables(store) {
  const current = store.ranking();
  const rows = current.rows.filter((row) => isNumber(row.value));
  const scale = scaleOf(current.unit, middle(rows.map((row) => Math.abs(row.value))));
  const axis = barAxis(rows, current.better);
  const paired = rows.some((row) => row.difference);
  const table = h('table', {class: 'ranked'},
                  h('caption', {class: 'hidden'}, `Variants by ${current.label}, best first`),
                  h('thead', {}, headings(current, rows, axis, paired)),
                  h('tbody', {}, rows.map((row, i) => line(row, i, {
                    store, current, scale, axis, paired, single: rows.length === 1}))));
  return [scroller('Ranking', table), footnote(rows, paired)];
}

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function headings(current, rows, axis, paired) {
  const direction = {lower: 'lower is better', higher: 'higher is better'}[current.better];
  const compared = rows.length > 1;
  const worse = current.better ? '× worse than best' : '× lowest';
  return h('tr', {},
           compared && h('th', {scope: 'col', class: 'number rank'}, '#'),
           h('th', {scope: 'col'}, 'variant'),
           h('th', {scope: 'col', class: 'bar-head'}, current.label,
             h('span', {class: 'aside'}, [direction, axis.log && 'log scale'].filter(Boolean)
                                             .map((text) => ` · ${text}`))),
           h('th', {scope: 'col', class: 'number'}, rows.some((row) => hasInterval(row.ci95))
                                                         ? 'value ± 95% CI' : 'value'),
           compared && h('th', {scope: 'col', class: 'number'}, worse),
           paired && h('th', {scope: 'col', class: 'number'}, 'difference from best'));
}

function line(row, i, {store, current, scale, axis, paired, single}) {
  const {variant} = row;
  const tied = row.tied_with_best && i > 0;
  return h('tr', {class: [i === 0 && !single && 'best', tied && 'tied'].filter(Boolean).join(' '),
                  'data-row': variant.name,
                  onmouseenter: () => store.setHover(variant),
                  onmouseleave: () => store.setHover(null)},
           !single && h('td', {class: 'number rank'}, i + 1),
           h('th', {scope: 'row'}, variantToggle(store, variant)),
           h('td', {class: 'bar-cell'}, bar(row, axis, store)),
           h('td', {class: 'number value'}, valueCell(row, scale)),
           !single && h('td', {class: 'number times'}, timesCell(row, i, current, tied)),
           paired && h('td', {class: 'number'}, row.difference ? difference(row, scale) : ''));
}

function valueCell(row, scale) {
  const parts = estimate(row.value, row.ci95, scale);
  return [h('span', {class: 'mean'}, withUnit(parts.value, scale.unit)),
          parts.half !== null && h('span', {class: 'half'}, ` ± ${parts.half}`)];
}

function timesCell(row, i, current, tied) {
  const factor = isNumber(row.times_best) ? times(row.times_best) : null;
  if (i === 0) return h('span', {class: 'badge'}, current.better ? 'best' : 'lowest');
  return [factor ?? '–', tied && [' ', h('span', {class: 'badge tie', title:
      'The interval of the paired difference holds zero: it cannot be told apart from the best.'},
                                         'tied')]];
}

function difference(row, scale) {
  const {value, ci95} = row.difference;
  const sign = value > 0 ? '+' : '';
  return `${sign}${estimateText(value, ci95, scale)}`;
}

function footnote(rows, paired) {
  if (!paired || !rows.some((row, i) => i > 0 && row.tied_with_best)) return '';
  return h('p', {class: 'note'}, h('span', {class: 'badge tie'}, 'tied'),
           ' cannot be told apart from the best: the 95% interval of its paired difference, ' +
           'corrected for many comparisons, holds zero.');
}

// Where values stand on the bars, in percent of the width.
function barAxis(rows, better) {
  const ends = rows.flatMap((row) => [row.value, ...(hasInterval(row.ci95) ? row.ci95 : [])]);
  const high = Math.max(...ends, 0);
  const values = rows.map((row) => row.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least > 0 && most / least > kLinearRatio && better !== 'higher') {
    const low = least / 2;
    return {log: true, place: (v) => v <= low ? 0 : 100 * Math.log(v / low) / Math.log(high / low)};
  }
  const low = Math.min(...ends, 0);
  const span = high - low || 1;
  return {log: false, place: (v) => 100 * (v - low) / span};
}

// A bar from zero; on a logarithmic scale, where there is no zero, a stalk and its dot.
function bar(row, axis, store) {
  const clamp = (v) => Math.min(100, Math.max(0, axis.place(v)));
  const slot = store.slot(row.variant);
  const colour = slot === null ? 'var(--rest)' : `var(--series-${slot})`;
  const whisker = hasInterval(row.ci95) && row.ci95[1] > row.ci95[0];
  const [from, to] = whisker ? row.ci95.map(clamp) : [0, 0];
  return h('div', {class: axis.log ? 'bar stalk' : 'bar', 'aria-hidden': 'true',
                   style: {'--colour': colour}},
           h('i', {class: 'fill', style: {width: `${clamp(row.value).toFixed(2)}%`}}),
           whisker && h('i', {class: 'whisker', style: {left: `${from.toFixed(2)}%`,
                                                        width: `${(to - from).toFixed(2)}%`}}));
}

// Every metric of every variant in one table, the ranked order kept.
export function everyMetric(model, store) {
  const shown = model.rankings;
  if (shown.length < 2) return null;
  const box = h('div');
  const show = () => {
    const order = store.ranking().rows.map((row) => row.variant);
    const variants = [...order, ...model.variants.filter((v) => !order.includes(v))];
    box.replaceChildren(scroller('Every metric', metricTable(shown, variants)));
  };
  store.on('metric', show);
  show();
  return h('details', {class: 'wide', open: model.variants.length <= 12},
           h('summary', {}, 'Every metric of every variant'), box);
}

function metricTable(shown, variants) {
  const columns = shown.map((r) => {
    const rows = r.rows.filter((row) => isNumber(row.value));
    return {...r, of: new Map(rows.map((row) => [row.variant, row])),
            scale: scaleOf(r.unit, middle(rows.map((row) => Math.abs(row.value)))),
            best: r.better && rows.length > 1 ? rows[0]?.value : null};
  });
  const cell = (column, variant) => {
    const row = column.of.get(variant);
    const text = row ? quantity(row.value, column.unit) : '–';
    const title = row && hasInterval(row.ci95)
        ? `95% CI ${quantity(row.ci95[0], column.unit)} to ${quantity(row.ci95[1], column.unit)}` : null;
    const leads = row && column.best !== null && (row.value === column.best || row.tied_with_best);
    return h('td', {class: leads ? 'number leads' : 'number', title}, text);
  };
  return h('table', {class: 'matrix'},
           h('caption', {class: 'hidden'}, 'Every metric of every variant'),
           h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'variant'), columns.map(
               (column) => h('th', {scope: 'col', class: 'number'}, column.label)))),
           h('tbody', {}, variants.map((variant) => h('tr', {},
             h('th', {scope: 'row', title: variant.name}, variant.label),
             columns.map((column) => cell(column, variant))))));
}
