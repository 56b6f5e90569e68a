// What became of the requests. The accounts add up, and the page checks that they do.

import {breakable, h, scroller, section} from '../dom.js';
import {count, isNumber, percent, significant} from '../format.js';

// Of more variants than this, those in colour stand first and the whole table is folded.
const kFoldAbove = 12;

export function requests(model, store) {
  const variants = model.variants.filter((v) => v.requests && isNumber(v.requests.offered));
  if (variants.length === 0) return null;
  const causes = causesOf(variants);
  const most = Math.max(...variants.map(failedShare));
  const box = h('div');
  const view = (some) => scroller('Requests', table(some, causes, most));
  const show = () => {
    const all = order(store, variants);
    const coloured = all.filter((v) => store.slot(v) !== null);
    box.replaceChildren(...(all.length <= kFoldAbove ? [view(all)] : [
      view(coloured), h('details', {}, h('summary', {}, `All ${all.length} variants`), view(all))]));
  };
  store.on('metric', show);
  if (variants.length > kFoldAbove) store.on('focus', show);
  show();
  return section('requests', 'Requests and failures',
                 'The whole run, warm-up included, all replications together: ' +
                 'offered = succeeded + failed + unfinished.',
                 causes.length > 0 ? key(causes) : null, box);
}

// Causes in the order of their weight, so that colours mean the same in every row.
function causesOf(variants) {
  const totals = new Map();
  for (const v of variants) {
    for (const [cause, n] of Object.entries(v.requests.failed ?? {})) {
      totals.set(cause, (totals.get(cause) ?? 0) + (isNumber(n) ? n : 0));
    }
  }
  return [...totals].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]).map(([cause]) => cause);
}

function order(store, variants) {
  const ranked = store.ranking()?.rows.map((row) => row.variant) ?? [];
  return [...ranked.filter((v) => variants.includes(v)), ...variants.filter((v) => !ranked.includes(v))];
}

const words = (cause) => cause.replace(/_/g, ' ');
const colour = (i) => `var(--cause-${i % 8})`;

function key(causes) {
  return h('ul', {class: 'key', 'aria-label': 'Causes of failure'}, causes.map((cause, i) => h(
      'li', {}, h('i', {class: 'patch', style: {background: colour(i)}}), words(cause))));
}

function failedShare({requests: r}) {
  const failed = Object.values(r.failed ?? {}).filter(isNumber).reduce((a, b) => a + b, 0);
  return r.offered > 0 ? failed / r.offered : 0;
}

function table(variants, causes, most) {
  const head = (text, number = true) => h('th', {scope: 'col', class: number ? 'number' : null}, text);
  return h('table', {class: 'accounts'},
           h('caption', {class: 'hidden'}, 'Requests by outcome'),
           h('thead', {}, h('tr', {}, head('variant', false),
             most > 0 && h('th', {scope: 'col', class: 'bar-head'}, 'failed',
                           h('span', {class: 'aside'}, ` · full width ${percent(most)}`)),
             head('failed'), causes.map((cause) => head(words(cause))), head('succeeded'),
             head('unfinished'), head('offered'), head(''))),
           h('tbody', {}, variants.map((v) => row(v, causes, most))));
}

function row(variant, causes, most) {
  const {offered, succeeded, unfinished} = variant.requests;
  const failed = variant.requests.failed ?? {};
  const total = Object.values(failed).filter(isNumber).reduce((a, b) => a + b, 0);
  const balanced = [offered, succeeded, unfinished].every(isNumber)
      ? offered === succeeded + total + unfinished : null;
  return h('tr', {},
           h('th', {scope: 'row', title: variant.name}, breakable(variant.label)),
           most > 0 && h('td', {class: 'bar-cell'}, stack(failed, causes, offered, most)),
           h('td', {class: 'number'}, total > 0 ? percent(total / offered) : '0'),
           causes.map((cause) => h('td', {class: 'number'}, count(failed[cause] ?? 0))),
           [succeeded, unfinished, offered].map((n) => h('td', {class: 'number'}, count(n))),
           h('td', {class: balanced === false ? 'unmet' : 'met'},
             balanced === null ? '' : balanced
                 ? h('span', {title: 'The accounts add up'}, '✓')
                 : `does not add up: ${count(offered - succeeded - total - unfinished)} missing`));
}

function stack(failed, causes, offered, most) {
  return h('div', {class: 'stack', 'aria-hidden': 'true'}, causes.map((cause, i) => {
    const share = offered > 0 ? (failed[cause] ?? 0) / offered : 0;
    return share > 0 && h('i', {title: `${words(cause)}: ${significant(share * 100)} %`,
                                style: {background: colour(i),
                                        width: `${(100 * share / most).toFixed(2)}%`}});
  }));
}
