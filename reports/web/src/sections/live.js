// How far to trust a live run: how well the load generator kept to its plan, what the machine did
// meanwhile, and latency, which counts from the plan, beside the service time from the send.

import {breakable, h, scroller, section} from '../dom.js';
import {isNumber, percent, quantity, scaleOf, significant, withUnit} from '../format.js';
import {record} from '../model.js';

export function live(model) {
  const variants = model.variants.filter((v) => v.live);
  if (variants.length === 0) return null;
  const late = variants.filter((v) => v.live.trustworthy === false);
  return section('live', 'How far to trust this live run',
                 'Latency counts from the moment a request was planned, the service time beside it from ' +
                 'the moment it was sent: where they part, the load generator was late. All ' +
                 'replications together.',
                 scroller('How far to trust this live run', table(variants)),
                 late.length > 0 && h('ul', {class: 'reasons'}, late.map((v) => h(
                     'li', {}, h('strong', {}, v.label), ': ', doubt(v.live)))),
                 h('p', {class: 'note'}, 'Timely: sent within 100\u202fµs of the plan; where less than ' +
                   '99.9\u202f% are, a run is trusted only if the delays added at most 2\u202f% to mean, ' +
                   'median and p99. Hiccups: how much later than asked a thread that only sleeps woke, on the ' +
                   'same machine.' + (variants.some((v) => v.live.proxy)
                       ? ' Proxy: processor time of the proxy for each request, in microseconds.' : '')));
}

// In short: the warning at the top of the page says it in full.
function doubt({timely_ratio, delay_ratio}) {
  if (!isNumber(timely_ratio)) return 'not to be trusted';
  return [`not to be trusted: ${timely(timely_ratio)} of sends on time`,
          isNumber(delay_ratio) && `, the delays added up to ${percent(delay_ratio)}`];
}

function table(variants) {
  const head = (text, more = {}) => h('th', {scope: 'col', class: 'number', ...more}, text);
  const scale = scaleOf('ms', Math.max(...variants.map((v) => at(v, 'latency_ms', 'p50') ?? 0)));
  const unit = `, ${scale.unit}`;
  const proxies = variants.some((v) => v.live.proxy);
  return h('table', {class: 'trust'},
           h('caption', {class: 'hidden'}, 'The load generator and the machine, by variant'),
           h('thead', {},
             h('tr', {class: 'groups'}, h('td', {colspan: 2}), head('sent late by', {colspan: 2, scope: 'colgroup'}),
               head(`median${unit}`, {colspan: 2, scope: 'colgroup'}), head(`p99${unit}`, {colspan: 2, scope: 'colgroup'}),
               head('hiccups', {colspan: 2, scope: 'colgroup'}), h('td', {}), proxies && h('td', {})),
             h('tr', {class: 'heads'}, h('th', {scope: 'col'}, 'variant'), head('timely'), head('p99'), head('max'),
               head('latency'), head('service'), head('latency'), head('service'), head('p99'), head('max'),
               head('core used'), proxies && head('proxy, µs'))),
           h('tbody', {}, variants.map((v) => row(v, scale, proxies))));
}

const at = ({live: measured}, group, key) => {
  const value = record(measured[group])[key];
  return isNumber(value) ? value : null;
};

function row(variant, scale, proxies) {
  const {live: measured} = variant;
  const cell = (text, mark) => h('td', {class: ['number', mark].filter(Boolean).join(' ')}, text);
  const delay = (key) => quantity((at(variant, 'send_delay_us', key) ?? NaN) / 1000, 'ms');
  const ms = (group, key) => significant((at(variant, group, key) ?? NaN) * scale.factor);
  const good = measured.trustworthy !== false;
  return h('tr', {},
           h('th', {scope: 'row', title: variant.name}, breakable(variant.label)),
           cell([good ? '' : '✗ ', timely(measured.timely_ratio)], good ? 'met' : 'unmet'),
           cell(delay('p99')), cell(delay('max')),
           cell(ms('latency_ms', 'p50')), cell(ms('service_time_ms', 'p50')),
           cell(ms('latency_ms', 'p99')), cell(ms('service_time_ms', 'p99')),
           cell(quantity(at(variant, 'hiccup_ms', 'p99'), 'ms')),
           cell(quantity(at(variant, 'hiccup_ms', 'max'), 'ms')),
           cell(percent(measured.generator_cpu_ratio, 2)),
           proxies && cell(significant(at(variant, 'proxy', 'cpu_us_per_request') ?? NaN)));
}

// Rounded down, and to more digits the nearer it is to 1: what missed 99.9% must not read so.
export function timely(ratio) {
  if (!isNumber(ratio)) return '–';
  if (ratio >= 1) return withUnit('100', '%');
  const decimals = Math.min(6, Math.max(1, Math.ceil(-Math.log10(100 * (1 - ratio))) + 1));
  const step = 10 ** decimals;
  return withUnit((Math.floor(100 * ratio * step + 1e-6) / step).toFixed(decimals), '%');
}
