// Who calls whom, how many instances there are, where the faults struck, how busy each service was.

import {h, scroller, section, select, svg} from '../dom.js';
import {estimate, estimateText, isNumber, percent, quantity, scaleOf, significant,
        withUnit} from '../format.js';
import {layout} from '../graph_layout.js';
import {flatten, metricInfo, record} from '../model.js';
import {spoken} from '../spoken.js';

const kBox = {width: 182, height: 62, gapX: 68, gapY: 18};
const kIdFont = '600 13.5px';
const kDetailFont = '11.5px';
const ruler = document.createElement('canvas').getContext('2d');
const kPitch = kBox.height + kBox.gapY;

export function graph(model) {
  const {nodes, edges} = model.graph;
  if (nodes.length === 0) return null;
  const state = {variant: model.best};
  const box = h('div');
  const show = () => box.replaceChildren(
      scroller('Service graph', drawing(model, state.variant)), tables(state.variant));
  show();
  const control = model.variants.length > 1 && select('Load under', model.variants.map(
      (v) => ({value: v.name, label: v.label})), state.variant?.name, (name) => {
    state.variant = model.byName.get(name);
    show();
  });
  const numbered = edges.some((edge) => edge.stage > 0);
  return section('graph', 'Services',
                 ['Calls go from left to right. ',
                  numbered && 'Numbers give the order of calls; equal numbers are called in parallel. ',
                  edges.some((e) => e.probability < 1) && 'Dashed calls happen with the probability shown. ',
                  'The bar in a box is its utilisation.'],
                 h('div', {class: 'controls'}, control), box);
}

function drawing(model, variant) {
  const {nodes, edges} = model.graph;
  const plan = layout(nodes, edges);
  const width = plan.layers * kBox.width + (plan.layers - 1) * kBox.gapX + 4;
  const height = plan.rows * kPitch - kBox.gapY + 4;
  const place = ({layer, row}) => ({x: 2 + layer * (kBox.width + kBox.gapX),
                                    y: 2 + row * kPitch - kBox.gapY / 2});
  return svg('svg', {class: 'graph', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img',
                     style: {'--natural': `${width}px`},
                     'aria-label': describe(nodes, edges)},
             svg('defs', {}, arrowHead()),
             edges.map((edge) => edgeOf(edge, plan.routes.get(edge).map(place), edges)),
             nodes.map((node) => nodeOf(node, place(plan.places.get(node.id)), model, variant)));
}

function describe(nodes, edges) {
  const calls = nodes.map(({id}) => [id, edges.filter((e) => e.from === id).map((e) => e.to)])
      .filter(([, to]) => to.length > 0).map(([id, to]) => `${id} calls ${to.join(', ')}`);
  return `Service graph: ${calls.join('; ')}`;
}

function arrowHead() {
  return svg('marker', {id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7,
                        markerHeight: 7, orient: 'auto'},
             svg('path', {d: 'M0 0L8 4L0 8Z', class: 'arrow'}));
}

function edgeOf(edge, points, edges) {
  const path = [`M${points[0].x + kBox.width} ${points[0].y}`];
  for (let i = 1; i < points.length; ++i) {
    const from = {x: points[i - 1].x + kBox.width, y: points[i - 1].y};
    const to = points[i];
    const middle = (from.x + to.x) / 2;
    path.push(`C${middle} ${from.y} ${middle} ${to.y} ${to.x - (i === points.length - 1 ? 2 : 0)} ${to.y}`);
    if (i < points.length - 1) path.push(`H${to.x + kBox.width}`);
  }
  const some = isNumber(edge.probability) && edge.probability < 1;
  return svg('g', {class: some ? 'edge some' : 'edge'},
             svg('path', {d: path.join(''), 'marker-end': 'url(#arrow)'}),
             edgeLabel(edge, points, edges, some));
}

function edgeLabel(edge, points, edges, some) {
  const siblings = edges.filter((e) => e.from === edge.from);
  const staged = siblings.some((e) => e.stage !== edge.stage) && isNumber(edge.stage);
  const text = [staged && `${edge.stage + 1}`, some && percent(edge.probability, 2)].filter(Boolean)
      .join(' · ');
  if (!text) return null;
  // Near the called end, where the edges of one caller have parted; those that meet there take
  // different places along their curves.
  const meeting = edges.filter((e) => e.to === edge.to).indexOf(edge);
  const {x, y} = along(points, 0.74 - 0.2 * (meeting % 3));
  const width = 8 + 6.4 * text.length;
  return svg('g', {class: 'edge-label'},
             svg('rect', {x: x - width / 2, y: y - 8, width, height: 16, rx: 8}),
             svg('text', {x, y: y + 3.8, 'text-anchor': 'middle'}, text));
}

// The place at t of 1 on the last curve of an edge.
function along(points, t) {
  const to = points[points.length - 1];
  const from = points[points.length - 2];
  const start = from.x + kBox.width;
  const middle = (start + to.x) / 2;
  const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
  return {x: a * start + (b + c) * middle + d * to.x, y: (a + b) * from.y + (c + d) * to.y};
}

function nodeOf(node, {x, y}, model, variant) {
  const top = y - kBox.height / 2;
  const client = node.kind === 'client';
  const faults = model.faults.filter((fault) => strikes(fault, node));
  const use = variant?.services?.[node.id]?.utilisation?.value;
  const lines = client ? twoLines(spoken(node.detail ?? ''), kBox.width - 28)
                       : [shape(node), spoken(node.service_time ?? node.detail ?? '')];
  return svg('g', {class: ['node', client && 'client', faults.length > 0 && 'struck'].filter(Boolean)
                       .join(' '), transform: `translate(${x} ${top})`},
             svg('title', {}, tip(node, faults, use)),
             svg('rect', {class: 'box', width: kBox.width, height: kBox.height,
                          rx: client ? 20 : 6}),
             svg('text', {class: 'id', x: client ? 16 : 12, y: 21},
                 fit(node.id, kBox.width - (client ? 32 : faults.length > 0 ? 38 : 24), kIdFont)),
             lines.filter(Boolean).map((line, i) => svg(
                 'text', {class: 'detail', x: client ? 16 : 12, y: 36 + 14 * i},
                 fit(line, kBox.width - (client ? 26 : 20), kDetailFont))),
             faults.length > 0 && bolt(),
             isNumber(use) && utilisation(use));
}

function shape(node) {
  const parts = [isNumber(node.instances) && `${node.instances}\u202f${node.instances === 1 ? 'instance' : 'instances'}`,
                 isNumber(node.concurrency) && `× ${node.concurrency}`,
                 node.discipline && node.discipline !== 'fifo' && node.discipline.replace(/_/g, ' ')];
  return parts.filter(Boolean).join(' ');
}

function tip(node, faults, use) {
  return [node.id, spoken(node.detail ?? ''), shape(node), spoken(node.service_time ?? ''),
          isNumber(node.queue_limit) && `queue limit ${node.queue_limit}`,
          isNumber(use) && `utilisation ${significant(use * 100)} %`,
          ...faults.map((fault) => `fault: ${fault.label ?? fault.kind}`)].filter(Boolean).join('\n');
}

// Broken after a separator where there is one in the right half of the line.
function twoLines(text, width) {
  const room = fit(text, width, kDetailFont).replace(/…$/, '');
  if (room === text) return [text];
  const at = Math.max(...['(', ',', '=', ' '].map((separator) => room.lastIndexOf(separator)));
  const first = at > room.length / 2 ? room.slice(0, at + 1) : room;
  return [first, text.slice(first.length)];
}

// As much of the text as the width takes, whatever the font.
function fit(text, width, font) {
  ruler.font = `${font} ${getComputedStyle(document.documentElement).fontFamily}`;
  let shown = String(text);
  while (shown.length > 1 && ruler.measureText(shown).width > width) {
    shown = `${shown.replace(/…$/, '').slice(0, -1)}…`;
  }
  return shown;
}

// A fault names its target, or at least says it in its label.
function strikes(fault, node) {
  const target = String(record(fault).target ?? fault.label ?? '');
  const escaped = node.id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\w-])${escaped}($|[^\\w-])`).test(target);
}

function bolt() {
  return svg('g', {class: 'bolt', transform: `translate(${kBox.width - 20} 9)`},
             svg('path', {d: 'M7 0L1 9H5L4 16L11 6H6.5Z'}));
}

function utilisation(use) {
  const width = kBox.width - 24;
  const share = Math.min(1, Math.max(0, use));
  return svg('g', {class: 'use', transform: `translate(12 ${kBox.height - 7})`},
             svg('rect', {class: 'room', width, height: 3, rx: 1.5}),
             svg('rect', {class: 'taken', width: width * share, height: 3, rx: 1.5}));
}

// The numbers behind the boxes, and each client's own latency.
function tables(variant) {
  if (!variant) return null;
  const services = Object.entries(variant.services);
  const clients = Object.entries(variant.clients);
  return h('div', {class: 'pair'},
           services.length > 0 && partTable('service', services),
           clients.length > 1 && partTable('client', clients));
}

const kHeads = {utilisation: ['utilisation', 'ratio'], attempts_per_second: ['attempts', '1/s'],
                failed_ratio: ['failed', 'ratio']};

function partTable(kind, parts) {
  const rows = parts.map(([name, tree]) => [name, flatten(record(tree))]);
  const keys = [...new Set(rows.flatMap(([, metrics]) => [...metrics.keys()]))];
  const infos = keys.map((key) => {
    const {label, unit} = metricInfo(key);
    return kHeads[key] ? {label: kHeads[key][0], unit: kHeads[key][1]} : {label, unit};
  });
  const cell = (metric, {unit}) => {
    if (!metric || !isNumber(metric.value)) return '–';
    const scale = scaleOf(unit, Math.abs(metric.value));
    const {value, half} = estimate(metric.value, metric.ci95, scale);
    return h('span', {title: half === null ? null : `95% CI: ${estimateText(metric.value, metric.ci95, scale)}`},
             half === null ? quantity(metric.value, unit) : withUnit(value, scale.unit));
  };
  return scroller(`By ${kind}`, h('table', {},
    h('caption', {class: 'hidden'}, `Metrics by ${kind}`),
    h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, kind), infos.map(
        ({label}) => h('th', {scope: 'col', class: 'number'}, label)))),
    h('tbody', {}, rows.map(([name, metrics]) => h('tr', {}, h('th', {scope: 'row'}, name),
      keys.map((key, i) => h('td', {class: 'number'}, cell(metrics.get(key), infos[i]))))))));
}
