// An axis of numbers is a sweep: the chosen metric against it, one line for each combination of
// the other axes. This is where "how many instances does it take" is answered.

import {Chart, axisStyle, slotStyle, tooltip} from '../chart.js';
import {breakable, h, section, select} from '../dom.js';
import {estimateText, isNumber, quantity, scaleOf, tidy} from '../format.js';
import {kSlots} from '../palette.js';
import {crossSwatch, slotSwatch} from '../swatch.js';

const kLinearSpan = 30;
const kFewest = 3;

// Values that lie this close together get an axis that does not begin at zero.
const kNarrow = 0.6;

export function sweep(model, store) {
  const axes = model.axes.map((axis) => numeric(axis)).filter(Boolean);
  if (axes.length === 0 || model.rankings.length === 0) return null;
  const state = {axis: axes[0], metric: store.metric};
  const chart = new Chart({label: 'The metric against the axis of the sweep, one line for each of ' +
                                  'the other settings',
                           height: 380, option: (colours) => option(model, state, colours)});
  const key = h('div', {class: 'legend', role: 'group', 'aria-label': 'Lines of the sweep'});
  const show = () => {
    key.replaceChildren(...legendOf(linesOf(model, state)));
    chart.draw();
  };
  const metrics = select('Metric', model.rankings.map((r) => ({value: r.metric, label: r.label})),
                         state.metric, (metric) => {
                           state.metric = metric;
                           show();
                         });
  store.on('metric', () => {
    const control = metrics.querySelector('select');
    control.value = store.metric;
    control.dispatchEvent(new Event('change'));
  });
  const along = axes.length > 1 && select('Along', axes.map(({name}) => ({value: name, label: name})),
                                          state.axis.name, (name) => {
                                            state.axis = axes.find((axis) => axis.name === name);
                                            show();
                                          });
  show();
  return section('sweep', 'Along the sweep',
                 'Mean over the replications. Colours stand for the settings below, not for single ' +
                 'variants.',
                 h('div', {class: 'controls'}, metrics, along), chart.element, key);
}

// '4', '0.95', '500/s': numbers, all with the same unit. Null for anything else.
function numeric({name, values}) {
  const parsed = (values ?? []).map((value) => /^(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(\D*)$/i.exec(
      String(value)));
  if (parsed.length < kFewest || parsed.some((match) => !match)) return null;
  const units = new Set(parsed.map((match) => match[2]));
  if (units.size > 1) return null;
  return {name, unit: parsed[0][2], at: new Map(parsed.map((match) => [match[0], Number(match[1])]))};
}

function linesOf(model, {axis, metric}) {
  const others = model.axes.filter(({name}) => name !== axis.name).map(({name}) => name);
  const lines = new Map();
  for (const variant of model.variants) {
    const x = axis.at.get(String(variant.settings[axis.name]));
    const measured = variant.metrics.get(metric);
    if (x === undefined || !isNumber(measured?.value)) continue;
    const world = variant.name.includes(' · ') ? `${variant.name.split(' · ')[0]} · ` : '';
    const name = world + others.map((other) => setting(other, variant.settings[other], others)).join(', ');
    if (!lines.has(name)) lines.set(name, []);
    lines.get(name).push({x, variant, ...measured, theory: theoryOf(model, variant, metric)});
  }
  return [...lines].map(([name, points]) => ({name: name || axis.name,
                                              points: points.sort((a, b) => a.x - b.x)}));
}

function theoryOf(model, variant, metric) {
  const found = model.theory.find((t) => t.variant === variant.name && t.metric === metric);
  return isNumber(found?.value) ? found.value : null;
}

function setting(axis, value, others) {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return others.length === 1 && /^[a-z]/i.test(text) ? text : `${axis.split('.').pop()}=${text}`;
}

function legendOf(lines) {
  const item = (picture, name) => h('span', {class: 'variant'}, picture,
                                    h('span', {class: 'name'}, breakable(name)));
  const told = lines.some(({points}) => points.some(({theory}) => theory !== null));
  return [...lines.map(({name}, i) => item(slotSwatch(i < kSlots ? i : null), name)),
          ...(told ? [item(crossSwatch(), 'theory')] : [])];
}

function option(model, state, colours) {
  const {axis} = state;
  const ranking = model.rankings.find((r) => r.metric === state.metric);
  const lines = linesOf(model, state);
  const points = lines.flatMap((line) => line.points);
  const values = points.flatMap(({value, theory}) => theory === null ? [value] : [value, theory]);
  const low = Math.min(...values.filter((value) => value > 0));
  const log = values.every((value) => value > 0) && Math.max(...values) / low > kLinearSpan;
  const scale = scaleOf(ranking.unit, Math.max(...values, 0) / 20);
  const style = axisStyle(colours);
  const ticks = [...axis.at.values()];
  return {
    animation: false,
    grid: {left: 4, right: 16, top: 30, bottom: 22, outerBoundsMode: 'same'},
    tooltip: tooltip(colours, (items) => readout(lines, items, ranking, axis)),
    xAxis: {type: 'value', min: Math.min(...ticks), max: Math.max(...ticks), ...style,
            name: [axis.name, axis.unit].filter(Boolean).join(', '), nameLocation: 'middle', nameGap: 26,
            splitLine: {show: false}, axisLine: {...style.axisLine, show: true},
            axisTick: {...style.axisTick, show: true, customValues: ticks},
            axisLabel: {...style.axisLabel, customValues: ticks, formatter: (x) => tidy(x, 4)},
            axisPointer: {snap: true}},
    yAxis: {type: log ? 'log' : 'value', ...style, nameLocation: 'end',
            name: [ranking.label, scale.unit].filter(Boolean).join(', '),
            nameTextStyle: {...style.nameTextStyle, align: 'left'},
            ...(log ? {min: 10 ** Math.floor(Math.log10(low))} : {}),
            scale: low > kNarrow * Math.max(...values),
            axisLabel: {...style.axisLabel, formatter: (v) => tidy(v * scale.factor)}},
    series: [...lines.map((line, i) => ({
      type: 'line', id: line.name, name: line.name, data: line.points.map(({x, value}) => [x, value]),
      ...slotStyle(i < kSlots ? i : null, colours), symbolSize: 8,
    })), theoryMarks(points, colours)],
  };
}

// Crosses over the measured points: where they miss, theory and measurement differ.
function theoryMarks(points, colours) {
  return {type: 'line', id: ' theory', z: 6, silent: true, lineStyle: {width: 0, opacity: 0},
          symbol: 'path://M-5-5L5 5M-5 5L5-5', symbolSize: 11, showAllSymbol: true,
          itemStyle: {color: 'none', borderColor: colours.text, borderWidth: 1.5},
          data: points.filter(({theory}) => theory !== null).map(({x, theory}) => [x, theory])};
}

function readout(lines, items, ranking, axis) {
  const shown = items.map((item) => {
    const i = lines.findIndex(({name}) => name === item.seriesId);
    return {i, point: lines[i]?.points.find(({x}) => x === item.value[0])};
  }).filter(({i, point}) => i >= 0 && i < kSlots && point).sort((a, b) => b.point.value - a.point.value);
  if (shown.length === 0) return '';
  return h('table', {class: 'readout'},
           h('caption', {}, `${ranking.label} at ${axis.name} = ${tidy(shown[0].point.x, 4)}${axis.unit}`),
           shown.map(({i, point}) => h('tr', {},
             h('th', {}, slotSwatch(i), lines[i].name),
             h('td', {class: 'number'}, point.ci95
                 ? estimateText(point.value, point.ci95, scaleOf(ranking.unit, Math.abs(point.value)))
                 : quantity(point.value, ranking.unit)),
             point.theory !== null && h('td', {class: 'number aside'},
                                        `theory ${quantity(point.theory, ranking.unit)}`))));
}
