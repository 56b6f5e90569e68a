import assert from 'node:assert/strict';
import {test} from 'node:test';
import {count, duration, estimateText, percent, quantity, scaleOf, significant, tidy, timeTicks,
        times} from '../../../reports/web/src/format.js';

// Thin spaces are written as '_' here.
const plain = (text) => text.replaceAll('\u202f', '_');

test('numbers have three significant digits', () => {
  assert.deepEqual([0.012345, 1.2345, 12.345, 123.45, 999.96, 0].map((v) => significant(v)),
                   ['0.0123', '1.23', '12.3', '123', '1,000', '0']);
  assert.equal(plain(significant(1234567)), '1,234,567');
  assert.equal(significant(-2), '−2.00');
  assert.equal(significant(null), '–');
  assert.equal(significant(NaN), '–');
});

test('the interval decides how many digits of the value are shown', () => {
  const ms = scaleOf('ms', 10);
  // Half-widths 0.4, 0.015 and 16: one digit from 3 upwards, else two.
  assert.equal(plain(estimateText(12.345, [11.945, 12.745], ms)), '12.3 ± 0.4_ms');
  assert.equal(plain(estimateText(2.6123, [2.5973, 2.6273], ms)), '2.612 ± 0.015_ms');
  assert.equal(plain(estimateText(516.44, [500.44, 532.44], ms)), '516 ± 16_ms');
  assert.equal(plain(estimateText(12.345, null, ms)), '12.3_ms');
});

test('an interval of no width does not ask for more digits', () => {
  assert.equal(plain(estimateText(0, [0, 0], scaleOf('ratio', 0))), '0 ± 0_%');
});

test('latencies change between µs, ms and s', () => {
  assert.equal(plain(quantity(0.0421, 'ms')), '42.1_µs');
  assert.equal(plain(quantity(57.6, 'ms')), '57.6_ms');
  assert.equal(plain(quantity(12345, 'ms')), '12.3_s');
  assert.equal(plain(quantity(0.0297, 'ratio')), '2.97_%');
  assert.equal(plain(quantity(1499.2, 'rps')), '1,499_/s');
});

test('ticks carry no zeros that claim precision', () => {
  assert.deepEqual([20, 2.5, 0.05, 100, 0].map((v) => tidy(v)), ['20', '2.5', '0.05', '100', '0']);
});

test('durations are in the unit that people would use', () => {
  assert.deepEqual([0.25, 20, 120, 1800, 86400].map((s) => plain(duration(s))),
                   ['250_ms', '20_s', '120_s', '30_min', '24_h']);
});

test('time axes are divided at round steps', () => {
  assert.deepEqual(timeTicks(120, 10), [0, 15, 30, 45, 60, 75, 90, 105, 120]);
  assert.deepEqual(timeTicks(86400, 8).map((t) => t / 3600), [0, 3, 6, 9, 12, 15, 18, 21, 24]);
  assert.equal(timeTicks(1, 4).length, 5);
});

test('factors and shares', () => {
  assert.equal(plain(times(1.614)), '1.61_×');
  assert.equal(plain(times(14.66)), '14.7_×');
  assert.equal(times(null), '–');
  assert.equal(plain(percent(0.255, 2)), '26_%');
  assert.equal(count(null), '–');
});
