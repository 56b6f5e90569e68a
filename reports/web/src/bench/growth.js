// Whether a decision's time grows with the endpoints as its registration claims.

import {h, scroller, section, svg} from '../dom.js';
import {isNumber} from '../format.js';

const kWidth = 120;
const kHeight = 28;

// Time over endpoints, both logarithmic and to the same scale in every row, so that slopes compare.
function sparkline(points, top) {
  const [from, to] = [Math.log(points[0].n), Math.log(points.at(-1).n)];
  const place = ({n, ns}) => {
    const x = 3 + (kWidth - 6) * (to === from ? 0 : (Math.log(n) - from) / (to - from));
    const y = kHeight - 3 - (kHeight - 6) * Math.max(Math.log(ns), 0) / Math.log(top);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  return svg('svg', {class: 'sparkline', viewBox: `0 0 ${kWidth} ${kHeight}`, width: kWidth, height: kHeight,
                     'aria-hidden': 'true'},
             svg('polyline', {points: points.map(place).join(' ')}));
}

export function growth(model) {
  const rows = model.balancers.filter((balancer) => isNumber(balancer.growth));
  if (rows.length === 0) return null;
  const series = new Map(rows.map((balancer) => [balancer, model.endpoints.map(
      (n) => ({n, ns: model.value(balancer, 'request', n, 'ns')})).filter(({ns}) => ns !== null)]));
  const top = Math.max(...[...series.values()].flat().map(({ns}) => ns), Math.E);
  rows.sort((a, b) => b.growth - a.growth || a.name.localeCompare(b.name));
  return section('growth', 'Does it grow as claimed?',
    'Growth is k of the n^k that fits the time of pick + feedback best, from 100 endpoints up. From 100 to 100,000, log n explains 0.13, and caches that no longer hold everything about 0.33; a scan of all is 1. Above 0.5 the measurement contradicts a claim of O(1) or O(log n).',
    scroller('Growth', h('table', {class: 'growths'},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'balancer'), h('th', {scope: 'col', class: 'number'}, 'growth'),
                       h('th', {scope: 'col'}, 'time over endpoints'), h('th', {scope: 'col'}, 'claims'))),
      h('tbody', {}, rows.map((balancer) => h('tr', {class: balancer.contradicts_claim && 'contradicted'},
        h('th', {scope: 'row'}, balancer.name),
        h('td', {class: 'number'}, Math.max(balancer.growth, 0).toFixed(2)),
        h('td', {}, sparkline(series.get(balancer), top)),
        h('td', {}, balancer.cost, balancer.contradicts_claim && h('strong', {class: 'unmet'}, ' contradicted'))))))));
}
