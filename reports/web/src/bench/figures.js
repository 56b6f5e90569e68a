// Every figure: a row for each benchmark and size, a column for each balancer, coloured by how many
// times the best of the row it is.

import {breakable, h, scroller, section} from '../dom.js';
import {count, significant, times} from '../format.js';
import {nanoseconds} from './format.js';

const kRatioWorst = 100;  // from here on a cell is as red as it gets

// Green at the best, red from a hundred times it, yellow between: by the logarithm.
const hue = (ratio) => Math.round(145 * (1 - Math.min(Math.log(ratio) / Math.log(kRatioWorst), 1)));

function text(metric, value) {
  if (value === null) return '–';
  if (metric.value === 'ns') return nanoseconds(value);
  return value < 1e-3 ? '0' : significant(value);
}

function cell(metric, {value, ratio}, shown) {
  if (value === null) return h('td', {class: 'number'}, '–');
  return h('td', {class: ratio === 1 ? 'number heat best' : 'number heat', style: {'--hue': hue(ratio)},
                  title: `${text(metric, value)}, ${times(ratio)} the best`},
           shown === 'ratios' ? times(ratio) : text(metric, value));
}

export function figures({metric, rows, columns}, shown) {
  const withBaseline = metric.value === 'ns' && rows.some((row) => row.baseline !== null);
  return section('figures', 'Every figure',
    'The best first, from left to right; green is the best of its row, yellow ten times it, red a hundred.',
    scroller('Every figure', h('table', {class: 'figures'},
      h('thead', {}, h('tr', {},
        h('th', {scope: 'col'}, metric.unit ? `${metric.label} (${metric.value === 'ns' ? 'ns to ms' : metric.unit})` : metric.label),
        withBaseline && h('th', {scope: 'col', class: 'loop'}, h('span', {class: 'name'}, 'baseline')),
        columns.map(({balancer}) => h('th', {scope: 'col', title: balancer.summary},
                                      h('span', {class: 'name'}, breakable(balancer.name)))))),
      h('tbody', {}, rows.map((row, i) => h('tr', {class: i > 0 && rows[i - 1].benchmark !== row.benchmark && 'group'},
        h('th', {scope: 'row', title: row.benchmark.doc}, `${row.benchmark.label} `,
          h('span', {class: 'size'}, count(row.endpoints))),
        withBaseline && h('td', {class: 'number loop'}, text(metric, row.baseline)),
        columns.map(({balancer}) => cell(metric, row.cells.get(balancer), shown))))))));
}
