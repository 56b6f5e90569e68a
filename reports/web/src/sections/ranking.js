// Who is best, by the metric of the reader's choice: how many times worse the others are, and
// whether the difference is more than chance.

import {breakable, h, radioGroup, scroller, section} from '../dom.js';
import {estimate, estimateText, hasInterval, isNumber, scaleOf, significant, times,
        withUnit} from '../format.js';
import {slotColour, variantToggle} from '../swatch.js';

// Beyond this ratio of worst to best, bars from zero would hide all differences but one.
const kLinearRatio = 25;

export function ranking(model, store) {
  const {rankings} = model;
  if (rankings.length === 0) return null;
  const body = h('div', {class: 'ranking'});
  const toggles = new Map(model.variants.map((variant) => [variant, variantToggle(store, variant)]));
  const show = () => body.replaceChildren(...tables(store, toggles));
  store.on('metric', show);
  const eachRow = (update) => {
    for (const row of body.querySelectorAll('[data-row]')) update(row, model.byName.get(row.dataset.row));
  };
  store.on('hover', () => eachRow((row, variant) => row.classList.toggle('hovered',
                                                                         variant === store.hover)));
  store.on('focus', () => eachRow((row, variant) => row.style.setProperty('--colour',
                                                                          slotColour(store, variant))));
  show();
  const choices = rankings.map((r) => ({value: r.metric, label: r.label}));
  const compared = model.variants.length > 1;
  return section('ranking', compared ? 'Ranking' : 'Result', compared && lead(model),
                 radioGroup(compared ? 'Rank by' : 'Show', choices, store.metric, (metric) => store.setMetric(metric)),
                 body);
}

function lead(model) {
  const any = (has) => model.rankings.some((r) => r.rows.some(has));
  if (!any((row) => hasInterval(row.ci95))) {
    return 'Without replications there is no confidence interval: small differences may be chance.';
  }
  return ['Bars end at the mean over replications, whiskers span its 95% confidence interval.',
          any((row) => row.difference) && ' Differences from the best are taken in pairs, on the ' +
                                          'same requests.'];
}

function tables(store, toggles) {
  const current = store.ranking();
  const {rows} = current;
  const values = rows.map((row) => row.value).filter(isNumber);
  const view = {
    store, toggles, current, scale: scaleOf(current.unit, middle(values.map(Math.abs))),
    axis: barAxis(rows.filter((row) => isNumber(row.value)), current.better),
    single: rows.length === 1, paired: rows.some((row) => row.difference),
    intervals: rows.some((row) => hasInterval(row.ci95)),
  };
  // On a phone the style sheet turns rows into small grids; the roles keep them rows of a table.
  const table = h('table', {class: 'ranked', role: 'table'},
                  h('caption', {class: 'hidden'}, `Variants by ${current.label}, best first`),
                  h('thead', {role: 'rowgroup'}, headings(view)),
                  h('tbody', {role: 'rowgroup'}, rows.map((row, i) => line(row, i, view))));
  return [scroller('Ranking', table), footnote(rows, view.paired)];
}

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function headings({current, axis, single, paired, intervals}) {
  const direction = {lower: 'lower is better', higher: 'higher is better'}[current.better];
  const asides = [direction, axis.log && 'log scale'].filter(Boolean).map((text) => ` · ${text}`);
  const head = (name, ...content) => h('th', {scope: 'col', role: 'columnheader', class: name},
                                       content);
  return h('tr', {role: 'row'},
           !single && head('number rank', '#'),
           head('name-head', 'variant'),
           head('bar-head', current.label, h('span', {class: 'aside'}, asides)),
           head('number', intervals ? 'value ± 95% CI' : 'value'),
           !single && head('number', current.better ? '× worse than best' : '× lowest'),
           paired && head('number difference', 'difference from best'));
}

function line(row, i, view) {
  const {store, toggles, current, scale, axis, single, paired} = view;
  const {variant} = row;
  const best = i === 0 && !single && isNumber(row.value);
  const cell = (name, ...content) => h('td', {class: name, role: 'cell'}, content);
  return h('tr', {class: [best && 'best', row.note && 'behind'].filter(Boolean).join(' '),
                  'data-row': variant.name, role: 'row',
                  style: {'--colour': slotColour(store, variant)},
                  onmouseenter: () => store.setHover(variant),
                  onmouseleave: () => store.setHover(null)},
           !single && cell('number rank', i + 1),
           h('th', {scope: 'row', role: 'rowheader'}, toggles.get(variant),
             row.note && h('span', {class: 'why'}, row.note)),
           cell('bar-cell', isNumber(row.value) && bar(row, axis)),
           cell('number value', valueCell(row, scale)),
           !single && cell('number times', timesCell(row, best, current)),
           paired && cell('number difference', row.difference && difference(row, current, scale)));
}

function valueCell(row, scale) {
  const parts = estimate(row.value, row.ci95, scale);
  return [h('span', {class: 'mean'}, withUnit(parts.value, scale.unit)),
          parts.half !== null && h('span', {class: 'half'}, ` ± ${parts.half}`)];
}

function timesCell(row, best, current) {
  if (best) return h('span', {class: 'badge'}, current.better ? 'best' : 'lowest');
  return [row.tied_with_best && [h('span', {class: 'badge tie', title: kTie}, 'tied'), ' '],
          times(row.times_best)];
}

// Percentages differ by points.
function difference(row, current, scale) {
  const {value, ci95} = row.difference;
  if (value === 0 && row.tied_with_best) return '=';  // not "0 ± much": it was the same throughout
  const unit = current.unit === 'ratio' ? 'pp' : scale.unit;
  return `${value > 0 ? '+' : ''}${estimateText(value, ci95, {...scale, unit})}`;
}

const kTie = 'The 95% interval of the paired difference from the best, corrected for many ' +
             'comparisons, holds zero.';

function footnote(rows, paired) {
  if (!paired || !rows.some((row, i) => i > 0 && row.tied_with_best)) return '';
  return h('p', {class: 'note'}, h('span', {class: 'badge tie'}, 'tied'),
           ' cannot be told apart from the best: the 95% interval of the paired difference, ' +
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
function bar(row, axis) {
  const clamp = (v) => Math.min(100, Math.max(0, axis.place(v)));
  const whisker = hasInterval(row.ci95) && row.ci95[1] > row.ci95[0];
  const [from, to] = whisker ? row.ci95.map(clamp) : [0, 0];
  return h('div', {class: axis.log ? 'bar stalk' : 'bar', 'aria-hidden': 'true'},
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
    box.replaceChildren(scroller('Every metric', metricTable(shown, variants)),
                        shown.some(({rows}) => rows.length > 1) ? h('p', {class: 'note'},
                            tested(shown) ? 'Bold: the best, and what cannot be told apart from it.'
                                          : 'Bold: the best value.') : '');
  };
  store.on('metric', show);
  show();
  return h('details', {class: 'wide', open: model.variants.length <= 12},
           h('summary', {}, 'Every metric of every variant'), box);
}

// Whether any variant was held against the best by more than its value.
function tested(rankings) {
  return rankings.some(({rows}) => rows.some((row) => hasInterval(row.difference?.ci95)));
}

function metricTable(shown, variants) {
  const columns = shown.map((r) => {
    const rows = r.rows.filter((row) => isNumber(row.value));
    return {...r, of: new Map(rows.map((row) => [row.variant, row])),
            scale: scaleOf(r.unit, middle(rows.map((row) => Math.abs(row.value)))),
            best: r.better && rows.length > 1 ? rows[0].value : null};
  });
  return h('table', {class: 'matrix'},
           h('caption', {class: 'hidden'}, 'Every metric of every variant'),
           h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'variant'), columns.map(
               ({label, scale}) => h('th', {scope: 'col', class: 'number'}, label,
                                     scale.unit && `, ${scale.unit}`)))),
           h('tbody', {}, variants.map((variant) => h('tr', {},
             h('th', {scope: 'row', title: variant.name}, breakable(variant.label)),
             columns.map((column) => metricCell(column, variant))))));
}

// A variant that is not ranked still has its value, which leads nothing.
function metricCell({metric, of, scale, best}, variant) {
  const ranked = of.get(variant);
  const row = ranked ?? variant.metrics.get(metric);
  const title = row && hasInterval(row.ci95) ? estimateText(row.value, row.ci95, scale) : null;
  const leads = ranked && best !== null && (ranked.value === best || ranked.tied_with_best);
  return h('td', {class: ['number', leads && 'leads', row?.note && 'aside'].filter(Boolean).join(' '),
                  title},
           significant(isNumber(row?.value) ? row.value * scale.factor : null));
}
