import assert from 'node:assert/strict';
import {test} from 'node:test';
import {kBackground, kCauses, kDark, kDashes, kLight, kLoad, kMarkers,
        kSlots} from '../../../reports/web/src/palette.js';

const linear = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map(
    (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a, b) {
  const [x, y] = [luminance(linear(a)) + 0.05, luminance(linear(b)) + 0.05];
  return Math.max(x, y) / Math.min(x, y);
}

// Björn Ottosson, "A perceptual color space for image processing", 2020.
function oklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

// Severity 1.0 of Machado, Oliveira, Fernandes 2009, table 1.
const kVision = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116,
               1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294,
                 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367,
               0.3039],
};
const seen = (matrix, colour) => [0, 1, 2].map((row) => Math.min(1, Math.max(0,
    colour.reduce((sum, c, i) => sum + matrix[3 * row + i] * c, 0))));

function nearest(colours, matrix) {
  const labs = colours.map((colour) => oklab(seen(matrix, linear(colour))));
  let least = Infinity;
  labs.forEach((a, i) => labs.slice(0, i).forEach((b) => {
    least = Math.min(least, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
  }));
  return least;
}

for (const [name, colours] of Object.entries({light: kLight, dark: kDark})) {
  test(`${name} variants stand out from the background`, () => {
    for (const colour of colours) {
      const ratio = contrast(colour, kBackground[name]);
      assert.ok(ratio >= 3, `${colour}: ${ratio.toFixed(2)}`);
    }
  });

  test(`${name} variants are told apart by every kind of colour vision`, () => {
    for (const [vision, matrix] of Object.entries(kVision)) {
      const distance = nearest(colours, matrix);
      assert.ok(distance >= 0.09, `${vision}: ${distance.toFixed(3)}`);
    }
  });

  test(`${name} load gets steadily further from the background`, () => {
    const lightness = kLoad[name].map((colour) => oklab(linear(colour))[0]);
    const sign = Math.sign(lightness[1] - lightness[0]);
    lightness.slice(1).forEach((value, i) => assert.ok(sign * (value - lightness[i]) > 0.04, `step ${i}`));
  });

  test(`${name} causes of failure that lie side by side differ in lightness`, () => {
    const lightness = kCauses[name].map((colour) => oklab(linear(colour))[0]);
    lightness.slice(1).forEach((value, i) => assert.ok(Math.abs(value - lightness[i]) > 0.06, `step ${i}`));
  });
}

test('no two variants share colour, dash and marker', () => {
  const looks = kLight.map((_, i) => `${kDashes[i]} ${kMarkers[i].shape} ${kMarkers[i].hollow}`);
  assert.equal(new Set(looks).size, kSlots);
  assert.equal(kDark.length, kSlots);
});
