import assert from 'node:assert/strict';
import {test} from 'node:test';
import {flatten, normalise} from '../../../reports/web/src/model.js';
import {Store} from '../../../reports/web/src/store.js';
import {flashSale, manyVariants, sparse} from './fixtures/generate.mjs';

test('nested metrics get their paths as names', () => {
  const metrics = flatten({latency_ms: {p99: {value: 3, ci95: [2, 4]}}, goodput_rps: {value: 5}});
  assert.deepEqual([...metrics.keys()], ['latency_ms.p99', 'goodput_rps']);
  assert.equal(metrics.get('goodput_rps').ci95, null);
});

test('the ranking that the verdict speaks of comes first', () => {
  const results = flashSale();
  results.verdict.metric = 'error_ratio';
  assert.equal(normalise(results).rankings[0].metric, 'error_ratio');
});

test('metrics without a ranking are ranked by their values, known directions kept', () => {
  const results = sparse();
  for (const [i, v] of results.variants.entries()) v.metrics.goodput_rps = {value: 10 + i, ci95: null};
  const {rankings} = normalise(results);
  const order = (metric) => rankings.find((r) => r.metric === metric).rows.map((row) => row.variant.name);
  assert.deepEqual(order('latency_ms.p99'), ['a', 'b']);
  assert.deepEqual(order('goodput_rps'), ['b', 'a']);
});

test('rows of variants that are not there are dropped', () => {
  const results = flashSale();
  results.variants.pop();
  assert.equal(normalise(results).rankings[0].rows.length, 4);
});

test('whatever is not an object is no result', () => {
  for (const raw of [null, 3, 'x', [], {variants: 7}, {variants: [null]}, {scenario: []}]) {
    assert.ok(normalise(raw).variants.length <= 1);
  }
});

test('few variants keep their looks for good, however often they are switched', () => {
  const model = normalise(flashSale());
  const store = new Store(model);
  const [a, b] = model.variants;
  store.toggle(a);
  store.toggle(b);
  store.toggle(b);
  store.toggle(a);
  assert.deepEqual(model.variants.map((v) => store.slot(v)), [0, 1, 2, 3, 4]);
});

test('of many variants the five best and the worst are in colour', () => {
  const model = normalise(manyVariants(30));
  const store = new Store(model);
  const rows = model.rankings[0].rows;
  const expected = [...rows.slice(0, 5), rows[29]].map((row) => row.variant.name).sort();
  assert.deepEqual(store.focused().map((v) => v.name).sort(), expected);
});
