import assert from 'node:assert/strict';
import {test} from 'node:test';
import {spoken} from '../../../reports/web/src/spoken.js';

const plain = (text) => spoken(text).replaceAll('\u202f', ' ');

test('arrivals and durations read as people write them', () => {
  assert.equal(plain('poisson(rate=constant(rate=400))'), 'poisson 400/s');
  assert.equal(plain('poisson(rate=constant(rate=400/s))'), 'poisson 400/s');
  assert.equal(plain('constant(value=1ms)'), '1 ms');
  assert.equal(plain('exponential(mean=4ms)'), 'exponential(mean=4 ms)');
  assert.equal(plain('closed loop of 8 users, thinking constant(value=2s)'),
               'closed loop of 8 users, thinking 2 s');
});

test('what is not understood stays as it is', () => {
  for (const text of ['', 'poisson(rate=diurnal(low=1, high=2))', 'a(b(c', 'p2c']) {
    assert.equal(spoken(text), text);
  }
});
