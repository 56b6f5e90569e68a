// Strategies and their settings as people write them: 'poisson(rate=constant(rate=400))' is
// 'poisson 400/s', 'constant(value=1ms)' is '1ms'. What is not understood stays as it is.

export function spoken(text) {
  let shown = String(text);
  // A constant is its value, wherever it stands.
  shown = shown.replace(/\bconstant\(\s*(?:value|rate)\s*=\s*([^(),\s]+)\s*\)/g, '$1');
  // A rate alone is what an arrival process is known by.
  shown = shown.replace(/\b(\w+)\(\s*rate\s*=\s*([^(),\s]+)\s*\)/g, '$1 $2')
      .replace(/^(\w+) (\d[\d.]*)$/, '$1 $2/s');
  return shown.replace(/(\d)(ns|us|µs|ms|s|min|h)\b/g, '$1\u202f$2');
}
