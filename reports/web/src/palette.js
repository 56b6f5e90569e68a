// Eight looks for variants: colour, dash and marker together, so that a print in grey and any
// kind of colour vision still tell them apart. Found by search: contrast with the background at
// least 3:1 (WCAG 1.4.11) and OKLab distance at least 0.09 between any two under normal vision,
// protanopia, deuteranopia and tritanopia as simulated by [Machado 2009]; a test holds them to it.

export const kLight = ['#3a66e0', '#cf6a00', '#1aa27f', '#a87fdb', '#7f5200', '#0b3d66', '#5c0f33',
                       '#5f656e'];
export const kDark = ['#3f7fe8', '#e8551f', '#41c974', '#d993f7', '#f2e04a', '#93e4f2', '#a05a86',
                      '#9aa0a9'];
export const kBackground = {light: '#ffffff', dark: '#14181f'};

export const kDashes = ['solid', [7, 3], [2, 2], [9, 3, 2, 3], 'solid', [7, 3], [2, 2],
                        [9, 3, 2, 3]];
export const kMarkers = [false, true].flatMap(
    (hollow) => ['circle', 'rect', 'triangle', 'diamond'].map((shape) => ({shape, hollow})));

export const kSlots = kLight.length;

// Outlines of the markers in a box of ±1, for swatches outside of charts.
export const kMarkerPaths = {
  circle: 'M-1 0A1 1 0 1 1 1 0A1 1 0 1 1 -1 0Z',
  rect: 'M-.9 -.9H.9V.9H-.9Z',
  triangle: 'M0 -1L1 .9H-1Z',
  diamond: 'M0 -1.15L1 0L0 1.15L-1 0Z',
};

// Causes of failure: a ramp from dark to pale, told apart by lightness alone.
export const kCauses = {
  light: ['#7a1022', '#c8422f', '#ee8f4a', '#f7c98b', '#8d6aa8', '#4b3b66', '#b9a9c9', '#5f656e'],
  dark: ['#c32b3f', '#f0643f', '#f7a565', '#fbd9a8', '#a98cc6', '#6f5b94', '#d3c6e0', '#9aa0a9'],
};

// Load, from none (nearly the background) to the most: one hue, lightness strictly monotonic.
export const kLoad = {
  light: ['#f3f5f9', '#cfdcf3', '#93b5ea', '#4f83d8', '#2750a8', '#152c6b', '#0a1238'],
  dark: ['#1c222c', '#20355e', '#28529a', '#3f7fd8', '#74aef2', '#b7d8fb', '#f4faff'],
};
