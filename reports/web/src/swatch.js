import {breakable, h, svg} from './dom.js';
import {kDashes, kMarkerPaths, kMarkers} from './palette.js';

// Colours follow the theme by CSS.
const colourOf = (slot) => slot === null ? 'var(--rest)' : `var(--series-${slot})`;

export const slotColour = (store, variant) => colourOf(store.slot(variant));

// A short piece of a variant's line with its marker; grey for the rest.
export function swatch(store, variant) {
  return slotSwatch(store.slot(variant));
}

export function slotSwatch(slot) {
  const colour = colourOf(slot);
  const dash = slot === null || kDashes[slot] === 'solid' ? null : kDashes[slot].join(' ');
  const {shape, hollow} = kMarkers[slot] ?? {};
  return svg('svg', {class: 'swatch', viewBox: '0 0 26 12', width: 26, height: 12,
                     'aria-hidden': 'true'},
             svg('line', {x1: 1, x2: 25, y1: 6, y2: 6, stroke: colour, 'stroke-width': 2,
                          'stroke-dasharray': dash}),
             shape && svg('path', {d: kMarkerPaths[shape], transform: 'translate(13 6) scale(4)',
                                   fill: hollow ? 'var(--background)' : colour, stroke: colour,
                                   'stroke-width': 0.4}));
}

// The mark of theoretical values.
export function crossSwatch() {
  return svg('svg', {class: 'swatch', viewBox: '0 0 26 12', width: 26, height: 12,
                     'aria-hidden': 'true'},
             svg('path', {d: 'M9 2L17 10M9 10L17 2', stroke: 'var(--text)', 'stroke-width': 1.5}));
}

// The variant's name with its look, a button that takes it into colour and out.
export function variantToggle(store, variant) {
  const button = h('button', {
    type: 'button', class: 'variant', title: variant.name, 'data-variant': variant.name,
    onclick: () => store.toggle(variant),
    onmouseenter: () => store.setHover(variant), onmouseleave: () => store.setHover(null),
    onfocus: () => store.setHover(variant), onblur: () => store.setHover(null)});
  const show = () => {
    button.setAttribute('aria-pressed', String(store.slot(variant) !== null));
    button.replaceChildren(swatch(store, variant), h('span', {class: 'name'}, breakable(variant.label)));
  };
  store.on('focus', show);
  show();
  return button;
}

// The variants below a chart; they switch on and off in all charts at once. Of many, only those
// in colour are listed: the ranked table picks others.
export function legend(store) {
  const box = h('div', {class: 'legend', role: 'group', 'aria-label': 'Variants in colour'});
  const {variants} = store.model;
  if (variants.length < 2) return null;
  const few = variants.length <= 8;
  const toggles = new Map(variants.map((variant) => [variant, variantToggle(store, variant)]));
  const rest = h('label', {class: 'rest'},
                 h('input', {type: 'checkbox',
                             onchange: (event) => store.setRest(event.target.checked ? 'grey' : 'hidden')}),
                 'others in grey');
  const show = () => {
    rest.firstChild.checked = store.rest === 'grey';
    const listed = [...(few ? variants : store.focused()).map((variant) => toggles.get(variant)),
                    ...(store.focused().length < variants.length ? [rest] : [])];
    // One by one: a button that is taken out and put back loses the keyboard's focus.
    for (const child of [...box.children]) if (!listed.includes(child)) child.remove();
    listed.forEach((child, i) => {
      if (box.children[i] !== child) box.insertBefore(child, box.children[i] ?? null);
    });
  };
  store.on('focus', show);
  show();
  return box;
}
