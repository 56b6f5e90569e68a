// Numbers as a reader wants them: three significant digits, the interval's precision decides the
// value's, units apart by a thin space that does not break, thousands by commas as in the terminal.

const kThin = '\u202f';
const kMissing = '–';

export function isNumber(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function decimalsFor(magnitude, digits) {
  if (magnitude === 0) return 0;
  const leading = Math.floor(Math.log10(Math.abs(magnitude)));
  return Math.min(Math.max(digits - 1 - leading, 0), 9);
}

function fixed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  const [whole, fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && Number(text) !== 0 ? '−' : '';
  return sign + grouped + (fraction ? `.${fraction}` : '');
}

export function significant(value, digits = 3) {
  if (!isNumber(value)) return kMissing;
  if (value !== 0 && Math.abs(value) < 1e-6) return value.toExponential(1).replace('-', '−');
  return fixed(value, decimalsFor(value, digits));
}

// Without the zeros at the end that claim precision: for ticks and for what a person has chosen.
export function tidy(value, digits = 3) {
  const text = significant(value, digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

export function count(value) {
  return isNumber(value) ? fixed(value, 0) : kMissing;
}

// How a quantity is shown: its values are multiplied by `factor` and carry `unit`.
// `typical` is a value of middling size; it decides between µs, ms and s.
export function scaleOf(unit, typical) {
  if (unit === 'ms') {
    if (typical >= 10000) return {factor: 1e-3, unit: 's'};
    if (typical < 1e-3 && typical > 0) return {factor: 1e6, unit: 'ns'};
    if (typical < 0.1) return {factor: 1e3, unit: 'µs'};
    return {factor: 1, unit: 'ms'};
  }
  if (unit === 'ratio') return {factor: 100, unit: '%'};
  if (unit === 'rps' || unit === '1/s') return {factor: 1, unit: '/s'};
  return {factor: 1, unit: unit ?? ''};
}

export function withUnit(text, unit) {
  return unit && text !== kMissing ? `${text}${kThin}${unit}` : text;
}

export function quantity(value, unit) {
  if (!isNumber(value)) return kMissing;
  const scale = scaleOf(unit, Math.abs(value));
  return withUnit(significant(value * scale.factor), scale.unit);
}

// {value, half}: '12.3' and '0.4'. Two digits of the half-width are enough to judge by (one from
// 3 upwards), more of the value would be noise. half is null without an interval.
export function estimate(value, ci95, scale) {
  if (!isNumber(value)) return {value: kMissing, half: null};
  const v = value * scale.factor;
  if (!hasInterval(ci95)) return {value: significant(v), half: null};
  const half = (ci95[1] - ci95[0]) / 2 * scale.factor;
  if (half === 0) return {value: significant(v), half: '0'};
  const leading = half / 10 ** Math.floor(Math.log10(half));
  const decimals = Math.min(decimalsFor(half, leading < 3 ? 2 : 1), decimalsFor(v, 5));
  return {value: fixed(v, decimals), half: fixed(half, decimals)};
}

export function estimateText(value, ci95, scale) {
  const parts = estimate(value, ci95, scale);
  return withUnit(parts.half === null ? parts.value : `${parts.value} ± ${parts.half}`, scale.unit);
}

export function hasInterval(ci95) {
  return Array.isArray(ci95) && ci95.length === 2 && ci95.every(isNumber);
}

export function times(factor) {
  if (!isNumber(factor)) return kMissing;
  return `${factor < 10 ? factor.toFixed(2) : significant(factor)}${kThin}×`;
}

export function percent(share, digits = 3) {
  return isNumber(share) ? withUnit(significant(share * 100, digits), '%') : kMissing;
}

export function duration(seconds) {
  if (!isNumber(seconds)) return kMissing;
  if (seconds >= 7200) return withUnit(tidy(seconds / 3600), 'h');
  if (seconds >= 600) return withUnit(tidy(seconds / 60), 'min');
  return seconds >= 1 || seconds === 0 ? withUnit(tidy(seconds), 's')
                                       : withUnit(tidy(seconds * 1000), 'ms');
}

// Ticks of a time axis: at most `most` of them, at round steps.
export function timeTicks(end, most) {
  const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800,
                 14400, 21600, 43200, 86400];
  let step = steps.find((s) => end / s <= most);
  if (end < 2) step = end / 4;
  else if (!step) step = Math.ceil(end / 86400 / most) * 86400;
  const ticks = [];
  for (let t = 0; t <= end * 1.0001; t += step) ticks.push(t);
  return ticks;
}

// The unit of a whole time axis, so that its ticks agree with each other.
export function timeUnit(end) {
  if (end >= 7200) return {seconds: 3600, unit: 'h'};
  if (end >= 600) return {seconds: 60, unit: 'min'};
  return {seconds: 1, unit: 's'};
}
