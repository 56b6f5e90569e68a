// A bar for each balancer: the geometric mean of how many times the best it is.

import {h, section} from '../dom.js';
import {times} from '../format.js';

const kLead = {
  ns: 'Geometric mean of (time + 1 ns) ÷ (best + 1 ns), over the chosen benchmarks and sizes; shorter is better. The scale is logarithmic.',
  allocations: 'Geometric mean of (allocations + 1) ÷ (fewest + 1), over the chosen benchmarks and sizes; shorter is better.',
  bytes_per_endpoint: 'Geometric mean of (bytes + 1) ÷ (fewest + 1) an endpoint, over the chosen benchmarks and sizes; shorter is better. The scale is logarithmic.',
};

export function summary({metric, columns}) {
  const worst = Math.max(...columns.map(({score}) => score ?? 1));
  // At least up to 2, so that differences of a few percent look like that.
  const decades = Math.log10(Math.max(worst, 2));
  const share = (ratio) => `${100 * Math.log10(ratio) / decades}%`;
  const ticks = [];
  for (let at = 1; at <= Math.max(worst, 2); at *= 10) ticks.push(at);
  const grid = () => ticks.slice(1).map((at) => h('i', {class: 'line', style: {left: share(at)}}));
  return section('summary', 'How many times the best', kLead[metric.value],
    h('table', {class: 'scores'},
      h('thead', {}, h('tr', {},
        h('th', {scope: 'col'}, 'balancer'), h('th', {scope: 'col', class: 'number'}, '× best'),
        h('th', {class: 'score-bar', 'aria-hidden': 'true'},
          h('div', {class: 'axis'}, ticks.map((at) => h('span', {style: {left: share(at)}}, `${at}×`)))))),
      h('tbody', {}, columns.map(({balancer, score}, i) => h('tr', {class: i === 0 && 'first'},
        h('th', {scope: 'row', title: balancer.summary}, balancer.name),
        h('td', {class: 'number'}, times(score)),
        h('td', {class: 'score-bar', 'aria-hidden': 'true'},
          h('div', {class: 'track'}, grid(),
            score !== null && h('i', {class: 'fill', style: {width: share(score)}}))))))));
}
