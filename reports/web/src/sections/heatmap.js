// Requests outstanding at each instance over time: an overloaded instance is a dark line, a
// balancer that herds shows as stripes.

import {Chart, axisStyle} from '../chart.js';
import {h, section, select} from '../dom.js';
import {isNumber, percent, quantity, tidy, timeTicks, timeUnit} from '../format.js';
import {runSeconds} from '../model.js';

export function heatmap(model, store) {
  const having = model.variants.filter((v) => v.instances.some((i) => i.outstanding?.length > 0));
  if (having.length === 0) return null;
  const services = [...new Set(having.flatMap((v) => v.instances.map((i) => i.service)))];
  const state = {service: busiest(having), picked: defaults(model, having)};
  const box = h('div', {class: 'heatmaps'});
  const show = () => box.replaceChildren(...panels(model, having, state, show));
  show();
  const control = services.length > 1 && select('Service', services.map(
      (name) => ({value: name, label: name})), state.service, (name) => {
    state.service = name;
    show();
  });
  const explain = 'Requests outstanding at each instance, queued and in service, mean over the ' +
                  'replications. The bars are the instance’s share of all attempts.';
  return section('load', 'Load per instance', explain, h('div', {class: 'controls'}, control), box);
}

// The service with the highest peak is the one to look at first.
function busiest(variants) {
  let best = {peak: -1, service: variants[0].instances[0].service};
  for (const {service, outstanding} of variants.flatMap((v) => v.instances)) {
    const peak = peakOf(outstanding ?? []);
    if (peak > best.peak) best = {peak, service};
  }
  return best.service;
}

function peakOf(rows) {
  let peak = 0;
  for (const row of rows) for (const value of row ?? []) if (value > peak) peak = value;
  return peak;
}

// Best against worst; where there is no ranking, the first.
function defaults(model, having) {
  const best = having.includes(model.best) ? model.best : having[0];
  const worst = having.includes(model.worst) ? model.worst : having.find((v) => v !== best);
  return worst && worst !== best ? [best, worst] : [best];
}

function panels(model, having, state, again) {
  const loads = state.picked.map((v) => v.instances.find((i) => i.service === state.service));
  const peak = Math.max(1e-9, ...loads.map((load) => peakOf(load?.outstanding ?? [])));
  const made = state.picked.map((variant, side) => {
    const role = variant === model.best ? 'Best' : variant === model.worst ? 'Worst' : 'Variant';
    const control = select(role, having.map(
        (v) => ({value: v.name, label: v.label})), variant.name, (name) => {
      state.picked[side] = model.byName.get(name);
      again();
    });
    return h('figure', {}, having.length > 1 ? h('figcaption', {}, control) : null,
             picture(model, variant, loads[side], peak));
  });
  return [...made, colourKey(peak)];
}

function picture(model, variant, load, peak) {
  if (!load?.outstanding?.length) return h('p', {class: 'note'}, 'No load was recorded.');
  const rows = load.outstanding.length;
  const pitch = Math.max(9, Math.min(26, Math.floor(340 / rows)));
  const chart = new Chart({
    label: `Outstanding requests at each instance of ${load.service}, ${variant.label}`,
    height: rows * pitch + 40,
    option: (colours, width) => option(model, load, peak, colours, width),
  });
  const left = isNumber(load.left_out) && load.left_out > 0
      ? h('p', {class: 'note'}, `${load.left_out} more instances are not drawn.`) : null;
  return [chart.element, left];
}

// The root stretches the low end: an instance with 200 outstanding must not turn all those with
// 2 and 10 into the same white.
const shade = (value, peak) => Math.sqrt(Math.max(0, value) / peak);

function option(model, load, peak, colours, width) {
  const buckets = load.outstanding[0].length;
  const end = runSeconds(model) || buckets;
  const step = end / buckets;
  const unit = timeUnit(end);
  // Each tick at the slice of time that begins there; the last slice has the end of the run.
  const ticks = new Map(timeTicks(end, Math.max(2, width / 110)).map(
      (t) => [Math.min(Math.round(t / step), buckets - 1), t]));
  const style = axisStyle(colours);
  const names = load.names ?? load.outstanding.map((_, i) => String(i));
  const cells = load.outstanding.flatMap((row, y) => row.map(
      (value, x) => [x, y, isNumber(value) ? shade(value, peak) : null, value]));
  const left = Math.min(96, 12 + 7 * Math.max(...names.map((name) => shortName(name).length)));
  const shares = Array.isArray(load.share) && load.share.some(isNumber);
  const right = shares ? 84 : 10;
  const category = {type: 'category', data: names, inverse: true, ...style};
  const label = {...style.axisLabel, formatter: shortName, width: left - 10, overflow: 'truncate',
                 fontSize: 11, interval: names.length > 30 ? 3 : 0};
  return {
    animation: false,
    tooltip: {...tooltipStyle(colours), formatter: (item) => cellText(item, names, step, unit)},
    visualMap: {show: false, min: 0, max: 1, dimension: 2, seriesIndex: 0,
                inRange: {color: colours.load}},
    grid: [{left, right, top: 6, bottom: 28}, {width: 34, right: 40, top: 6, bottom: 28}],
    xAxis: [{type: 'category', data: [...Array(buckets).keys()], gridIndex: 0, ...style,
             axisTick: {show: false}, axisLine: {show: false},
             axisLabel: {...style.axisLabel, interval: (i) => ticks.has(i), alignMaxLabel: 'right',
                         formatter: (i) => `${tidy(ticks.get(Number(i)) / unit.seconds)}\u202f${unit.unit}`}},
            {type: 'value', gridIndex: 1, show: false, min: 0}],
    yAxis: [{...category, gridIndex: 0, axisTick: {show: false}, axisLine: {show: false},
             axisLabel: label},
            {...category, gridIndex: 1, show: false}],
    series: [{type: 'heatmap', data: cells, xAxisIndex: 0, yAxisIndex: 0, progressive: 0,
              itemStyle: {borderWidth: 0}, emphasis: {disabled: true}},
             ...(shares ? [shareBars(load, colours)] : [])],
  };
}

function shareBars(load, colours) {
  return {type: 'bar', data: load.share, xAxisIndex: 1, yAxisIndex: 1, barWidth: '55%', silent: true,
          itemStyle: {color: colours.rest},
          label: {show: load.share.length <= 30, position: 'right', distance: 3, fontSize: 11,
                  color: colours.muted, fontFamily: colours.font,
                  formatter: ({value}) => isNumber(value) ? percent(value, 2) : ''}};
}

function tooltipStyle(colours) {
  return {confine: true, transitionDuration: 0, backgroundColor: colours.background,
          borderColor: colours.line, textStyle: {color: colours.text, fontFamily: colours.font}};
}

function cellText({data}, names, step, unit) {
  if (!Array.isArray(data)) return '';
  const from = tidy(data[0] * step / unit.seconds);
  return h('div', {}, h('strong', {}, names[data[1]]), ` at ${from} ${unit.unit}`, h('br'),
           `${quantity(data[3], '')} outstanding`);
}

// 'orders/3' needs no 'orders' in a picture of orders.
function shortName(name) {
  const slash = String(name).lastIndexOf('/');
  return slash === -1 ? String(name) : String(name).slice(slash);
}

function colourKey(peak) {
  const at = [0, 0.25, 0.5, 0.75, 1];
  return h('div', {class: 'colour-key', 'aria-hidden': 'true'},
           h('span', {}, 'outstanding'),
           h('div', {class: 'ramp'},
             h('div', {class: 'ramp-bar'}),
             h('div', {class: 'ramp-ticks'}, at.map(
               (f) => h('span', {}, tidy(Number((f * f * peak).toPrecision(2))))))));
}
