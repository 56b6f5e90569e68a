// Latency by percentile. The axis is 1/(1-p), logarithmic: each step to the right is ten times
// rarer, so the tail gets the room that it has in users' lives. [Tene, HdrHistogram]

import {Chart, axisStyle, drawn, lineStyle, tooltip} from '../chart.js';
import {h, radioGroup, section} from '../dom.js';
import {isNumber, quantity, scaleOf, tidy} from '../format.js';
import {list} from '../model.js';
import {legend, swatch} from '../swatch.js';

const kService = ' · service time';  // as the end of a line's id

const kTicks = [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999];
const kMarked = [50, 90, 99, 99.9, 99.99, 99.999];

// Latencies that span more than this (from the median up) want a logarithmic axis.
const kLinearSpan = 30;

export const rarity = (percentile) => -Math.log10(1 - percentile / 100);
const percentileOf = (x) => 100 * (1 - 10 ** -x);

export function percentiles(model, store) {
  if (!model.variants.some((variant) => variant.percentiles.length > 1)) return null;
  const measured = model.variants.some((variant) => serviceTime(variant).length > 1);
  const state = {log: spansWidely(model.variants), service: measured};
  const chart = new Chart({
    label: 'Latency by percentile, one line a variant', height: 400,
    option: (colours, width) => option(store, state, colours, width),
    onHover: (id) => store.setHover(id === null ? null : model.byName.get(id)),
  });
  store.on('focus', () => chart.draw());
  store.on('hover', () => chart.highlight(store.hover && store.slot(store.hover) !== null
                                              ? store.hover.name : null));
  const scale = radioGroup('Latency axis', [{value: 'linear', label: 'linear'},
                                            {value: 'log', label: 'logarithmic'}],
                           state.log ? 'log' : 'linear', (picked) => {
                             state.log = picked === 'log';
                             chart.draw();
                           });
  return section('percentiles', 'Latency by percentile',
                 'The share of requests that were at least this fast; each step to the right is ten ' +
                 'times rarer. Successful requests after warm-up, all replications together.',
                 h('div', {class: 'controls'}, scale, measured && serviceToggle(state, chart)),
                 chart.element, legend(store));
}

// Of a live run: from the send to the answer, where latency counts from the plan.
function serviceTime(variant) {
  return list(variant.live?.service_time_percentiles_ms).filter((p) => Array.isArray(p) && isNumber(p[0]));
}

function serviceToggle(state, chart) {
  return h('label', {class: 'check'},
           h('input', {type: 'checkbox', checked: state.service, onchange: (event) => {
             state.service = event.target.checked;
             chart.draw();
           }}),
           h('span', {class: 'dots', 'aria-hidden': 'true'}),
           'service time, from the moment of sending');
}

function spansWidely(variants) {
  const values = variants.flatMap((v) => v.percentiles.filter(([p]) => p >= 50).map(([, ms]) => ms))
      .filter((ms) => ms > 0);
  return values.length > 0 && Math.max(...values) / Math.min(...values) > kLinearSpan;
}

// The slowest of n requests stands where one in n stands.
function points(variant, percentiles = variant.percentiles) {
  const finite = percentiles.filter(([p, ms]) => p < 100 && isNumber(ms));
  const last = finite.length > 0 ? rarity(finite[finite.length - 1][0]) : 0;
  const slowest = percentiles.find(([p]) => p === 100);
  const drawnPoints = finite.map(([p, ms]) => [rarity(p), ms]);
  const n = variant.requests?.succeeded;
  if (slowest && isNumber(slowest[1]) && isNumber(n) && n > 1 && Math.log10(n) > last) {
    drawnPoints.push([Math.log10(n), slowest[1]]);
  }
  return drawnPoints;
}

function option(store, state, colours, width) {
  const shown = drawn(store).filter((variant) => variant.percentiles.length > 1);
  const lines = shown.map((variant) => ({variant, data: points(variant)}));
  const service = (state.service ? shown : []).filter((variant) => store.slot(variant) !== null)
      .map((variant) => ({variant, data: points(variant, serviceTime(variant))}));
  const all = [...lines, ...service].flatMap((line) => line.data);
  const end = Math.max(1, ...all.map(([x]) => x));
  const top = Math.max(0, ...all.map(([, ms]) => ms));
  const scale = scaleOf('ms', top / 20);
  const ticks = kTicks.map(rarity).filter((x) => x <= end);
  const narrow = width < 520;
  const style = axisStyle(colours);
  return {
    animation: false,
    grid: {left: 4, right: 20, top: 30, bottom: 4, outerBoundsMode: 'same'},
    tooltip: tooltip(colours, (items) => readout(store, items)),
    xAxis: {type: 'value', min: 0, max: end, ...style,
            axisTick: {...style.axisTick, show: true, customValues: ticks},
            splitLine: {show: false}, axisLine: {...style.axisLine, show: true},
            axisLabel: {...style.axisLabel, customValues: ticks,
                        formatter: (x) => `${narrow ? '' : 'p'}${tickText(x)}`},
            axisPointer: {snap: true}},
    yAxis: {type: state.log ? 'log' : 'value', ...style, name: `latency, ${scale.unit}`,
            nameLocation: 'end', nameTextStyle: {...style.nameTextStyle, align: 'left'},
            ...(state.log ? {min: floorOf(all), max: ceilingOf(top)} : {}),
            axisLabel: {...style.axisLabel, formatter: (ms) => tidy(ms * scale.factor, 2)}},
    series: [...lines.map(({variant, data}) => ({
      type: 'line', id: variant.name, name: variant.name,
      data: state.log ? data.filter(([, ms]) => ms > 0) : data,
      ...lineStyle(store, variant, colours), symbolSize: marked,
    })), ...service.map(({variant, data}) => ({
      type: 'line', id: `${variant.name}${kService}`, name: variant.name, silent: true, z: 5,
      data: state.log ? data.filter(([, ms]) => ms > 0) : data, showSymbol: false, symbol: 'none',
      color: colours.series[store.slot(variant)], lineStyle: {
        color: colours.series[store.slot(variant)], width: 1.6, type: [1.5, 3.5], cap: 'round'},
    }))],
  };
}

function tickText(x) {
  return String(Number(percentileOf(x).toPrecision(7)));
}

function marked([x]) {
  return kMarked.some((p) => Math.abs(rarity(p) - x) < 1e-9) ? 8 : 0;
}

// The fastest tenth is seldom what anybody asks for; on a logarithmic axis it would take half of
// the room.
function floorOf(points) {
  const values = points.filter(([x]) => x >= rarity(10)).map(([, ms]) => ms).filter((ms) => ms > 0);
  if (values.length === 0) return undefined;
  const least = Math.min(...values);
  const decade = 10 ** Math.floor(Math.log10(least));
  return decade * [5, 2, 1].find((step) => step * decade <= least);
}

function ceilingOf(top) {
  const decade = 10 ** Math.floor(Math.log10(top || 1));
  return decade * [1, 2, 5, 10].find((step) => step * decade >= top);
}

function readout(store, items) {
  const shown = items.map((item) => ({variant: store.model.byName.get(item.seriesId), at: item.value}))
      .filter((item) => item.variant && store.slot(item.variant) !== null)
      .sort((a, b) => b.at[1] - a.at[1]);
  if (shown.length === 0) return '';
  const sent = new Map(items.filter(({seriesId}) => seriesId.endsWith(kService)).map(
      ({seriesId, value}) => [seriesId.slice(0, -kService.length), value[1]]));
  return h('table', {class: 'readout'},
           h('caption', {}, `p${tickText(shown[0].at[0])}`),
           sent.size > 0 && h('tr', {}, h('th', {}), h('td', {class: 'number'}, 'latency'),
                              h('td', {class: 'number'}, 'service')),
           shown.map(({variant, at}) => h('tr', {},
             h('th', {}, swatch(store, variant), variant.label),
             h('td', {class: 'number'}, quantity(at[1], 'ms')),
             sent.size > 0 && h('td', {class: 'number'}, quantity(sent.get(variant.name), 'ms')))));
}
