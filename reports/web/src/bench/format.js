// Times from nanoseconds to milliseconds.

import {significant, withUnit} from '../format.js';

export function nanoseconds(value) {
  if (value >= 1e6) return withUnit(significant(value / 1e6), 'ms');
  return value >= 1e3 ? withUnit(significant(value / 1e3), 'µs') : withUnit(significant(value), 'ns');
}
