// What happened over time, with the faults and the warm-up marked.

import {Chart, axisStyle, drawn, lineStyle, tooltip} from '../chart.js';
import {h, radioGroup, section} from '../dom.js';
import {duration, isNumber, quantity, scaleOf, tidy, timeTicks, timeUnit} from '../format.js';
import {runSeconds} from '../model.js';
import {legend, swatch} from '../swatch.js';

const kSeries = {
  latency_ms_p99: {label: 'p99 latency', unit: 'ms'},
  latency_ms_p50: {label: 'median latency', unit: 'ms'},
  goodput_rps: {label: 'goodput', unit: 'rps'},
  failed_rps: {label: 'failures', unit: 'rps'},
  offered_rps: {label: 'offered load', unit: 'rps'},
};

const kLaneHeight = 16;

export function series(model, store) {
  const present = Object.keys(kSeries).filter((key) => model.variants.some(
      (v) => v.series && Array.isArray(v.series[key]) && v.series[key].some(isNumber)));
  if (present.length === 0) return null;
  const state = {key: present[0], log: false};
  const chart = panel(model, store, state, 340);
  const failures = failuresBelow(model, store);
  const pick = radioGroup('Show', present.map((value) => ({value, label: kSeries[value].label})),
                          state.key, (key) => {
                            state.key = key;
                            chart.draw();
                            if (failures) failures.hidden = key === 'failed_rps';
                          });
  const scale = radioGroup('Axis', [{value: 'linear', label: 'linear'},
                                    {value: 'log', label: 'logarithmic'}], 'linear', (picked) => {
    state.log = picked === 'log';
    chart.draw();
  });
  return section('series', 'Over time',
                 'Mean over the replications in each interval of time. Latencies are those of ' +
                 'successful requests.',
                 h('div', {class: 'controls'}, pick, scale), chart.element, failures, legend(store),
                 faultList(model));
}

function panel(model, store, state, height) {
  const chart = new Chart({
    label: `${kSeries[state.key].label} over time, one line a variant`, height,
    option: (colours, width) => option(model, store, state, colours, width),
    onHover: (id) => store.setHover(id === null ? null : model.byName.get(id)),
  });
  store.on('focus', () => chart.draw());
  store.on('hover', () => chart.highlight(store.hover && store.slot(store.hover) !== null
                                              ? store.hover.name : null));
  return chart;
}

// A variant that fails the hard requests has fine latencies for the rest, so wherever requests
// failed the failures stand below whatever else is shown.
function failuresBelow(model, store) {
  const failed = model.variants.some((v) => v.series?.failed_rps?.some((n) => n > 0));
  if (!failed) return null;
  const state = {key: 'failed_rps', log: false, slim: true};
  return h('div', {class: 'below'}, panel(model, store, state, 150).element);
}

// The faults in words, for those who do not see the bands.
function faultList(model) {
  if (model.faults.length === 0) return null;
  return h('p', {class: 'note'}, 'Faults: ', model.faults.map((fault, i) => [
    i > 0 && '; ', fault.label ?? fault.kind ?? 'fault', ' from ', duration(fault.from_s),
    isNumber(fault.to_s) && [' to ', duration(fault.to_s)]]), '.');
}

function samples(variant, key) {
  const step = variant.series.interval_s;
  return variant.series[key].map((value, i) => [(i + 0.5) * step, isNumber(value) ? value : null]);
}

function option(model, store, state, colours, width) {
  const shown = drawn(store).filter((v) => Array.isArray(v.series?.[state.key]));
  const lines = shown.map((variant) => ({variant, data: samples(variant, state.key)}));
  const values = lines.flatMap((line) => line.data.map(([, v]) => v)).filter(isNumber);
  const info = kSeries[state.key];
  const scale = scaleOf(info.unit, Math.max(0, ...values) / 20);
  const end = runSeconds(model);
  const bands = bandsOf(model, end, width, !state.slim);
  const unit = timeUnit(end);
  const style = axisStyle(colours);
  return {
    animation: false,
    grid: {left: 4, right: 20, top: 26 + bands.lanes * kLaneHeight, bottom: 4,
           outerBoundsMode: 'same'},
    tooltip: tooltip(colours, (items) => readout(store, items, info, end)),
    xAxis: {type: 'value', min: 0, max: end, ...style, splitLine: {show: false},
            axisTick: {...style.axisTick, show: true, customValues: timeTicks(end, width / 80)},
            axisLine: {...style.axisLine, show: true},
            axisLabel: {...style.axisLabel, customValues: timeTicks(end, width / 80),
                        formatter: (t) => `${tidy(t / unit.seconds)}\u202f${unit.unit}`}},
    yAxis: {type: state.log ? 'log' : 'value', ...style, name: `${info.label}, ${scale.unit}`,
            nameGap: 10 + bands.lanes * kLaneHeight,
            nameTextStyle: {...style.nameTextStyle, align: 'left'}, splitNumber: state.slim ? 2 : 5,
            axisLabel: {...style.axisLabel, formatter: (v) => tidy(v * scale.factor)}},
    series: [marks(bands, colours), ...lines.map(({variant, data}) => ({
      type: 'line', id: variant.name, name: variant.name,
      data: state.log ? data.filter(([, v]) => v === null || v > 0) : data,
      ...lineStyle(store, variant, colours), symbolSize: everyTenth(data.length),
      connectNulls: false,
    }))],
  };
}

// Markers at some points only, else they would hide the line.
function everyTenth(length) {
  const every = Math.max(1, Math.ceil(length / 9));
  return (_, {dataIndex}) => dataIndex % every === Math.floor(every / 2) ? 7 : 0;
}

// Each fault's label in the lowest lane above the picture where it collides with no other.
function bandsOf(model, end, width, labelled) {
  const pixels = (seconds) => seconds / end * (width - 70);
  const ends = [];
  const faults = model.faults.map((fault) => {
    if (!labelled) return {from: fault.from_s, to: Math.min(fault.to_s ?? end, end), text: '', lane: 0};
    const to = Math.min(isNumber(fault.to_s) ? fault.to_s : end, end);
    const label = String(fault.label ?? fault.kind ?? 'fault');
    const room = Math.max(12, Math.floor((pixels(end - fault.from_s)) / 6.6));
    const text = label.length > room ? `${label.slice(0, room - 1)}…` : label;
    const start = pixels(fault.from_s);
    let lane = ends.findIndex((last) => last < start);
    if (lane === -1) lane = ends.length;
    ends[lane] = start + Math.max(pixels(to - fault.from_s), text.length * 6.8 + 8);
    return {from: fault.from_s, to, text, lane};
  });
  const warmup = model.scenario.warmup_s;
  return {faults, labelled, lanes: ends.length, warmup: isNumber(warmup) && warmup > 0 ? warmup : 0};
}

// The bands hang on a series without data, so that switching variants off leaves them there.
function marks(bands, colours) {
  const label = {show: true, position: 'insideTopLeft', color: colours.text, fontSize: 11.5,
                 fontFamily: colours.font};
  const warmup = bands.warmup > 0 ? [[
    {xAxis: 0, itemStyle: {color: hatch(colours.warmup)},
     label: {...label, color: colours.muted, formatter: bands.labelled ? 'warm-up' : '', offset: [2, 2]}},
    {xAxis: bands.warmup}]] : [];
  const faults = bands.faults.map(({from, to, text, lane}) => [
    {xAxis: from, itemStyle: {color: colours.band, borderColor: colours.muted, borderWidth: 0},
     label: {...label, formatter: () => text, offset: [-4, -4 - (lane + 1) * kLaneHeight + 3]}},
    {xAxis: to}]);
  return {type: 'line', id: ' marks', name: ' marks', data: [], silent: true, animation: false,
          tooltip: {show: false}, markArea: {silent: true, data: [...warmup, ...faults]}};
}

// Diagonal lines say "does not count" where grey alone might be taken for one more fault.
function hatch(colour) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 16;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const shift of [-8, 0, 8, 16]) {
    pen.moveTo(shift, 16);
    pen.lineTo(shift + 16, 0);
  }
  pen.stroke();
  // As a URL with its size: of a canvas the chart library loses the size when it draws again.
  return {image: tile.toDataURL(), imageWidth: 16, imageHeight: 16, repeat: 'repeat', scaleX: 0.5,
          scaleY: 0.5};
}

function readout(store, items, info, end) {
  const shown = items.map((item) => ({variant: store.model.byName.get(item.seriesId), at: item.value}))
      .filter((item) => item.variant && store.slot(item.variant) !== null && isNumber(item.at[1]))
      .sort((a, b) => b.at[1] - a.at[1]);
  if (shown.length === 0) return '';
  const unit = timeUnit(end);
  return h('table', {class: 'readout'},
           h('caption', {}, `${info.label} at ${tidy(shown[0].at[0] / unit.seconds)} ${unit.unit}`),
           shown.map(({variant, at}) => h('tr', {},
             h('th', {}, swatch(store, variant), variant.label),
             h('td', {class: 'number'}, quantity(at[1], info.unit)))));
}
