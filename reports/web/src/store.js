// What the reader has chosen, shared by all sections.

import {kSlots} from './palette.js';

// Up to this many variants every one has its own look from the start; of more, the best and the
// worst do, and the rest are drawn in grey until picked.
const kFocusAtFirst = 5;

export class Store {
  constructor(model) {
    this.model = model;
    this.metric = model.rankings[0]?.metric ?? null;
    this.rest = model.variants.length > kSlots ? 'grey' : 'hidden';
    this.hover = null;
    this.slots = new Map();  // variant index -> look
    this.listeners = new Map();
    for (const variant of firstFocus(model)) this.assign(variant.index);
  }

  // Topics: 'focus' (who is drawn in colour), 'hover', 'metric', 'theme' (colours or paper).
  on(topic, listener) {
    if (!this.listeners.has(topic)) this.listeners.set(topic, []);
    this.listeners.get(topic).push(listener);
  }

  emit(topic) {
    for (const listener of this.listeners.get(topic) ?? []) listener();
  }

  slot(variant) {
    return this.slots.get(variant.index) ?? null;
  }

  // Takes a variant into colour or out of it. With all looks in use, the one that was taken
  // in longest ago makes room.
  toggle(variant) {
    if (this.slots.has(variant.index)) {
      this.slots.delete(variant.index);
    } else {
      if (this.slots.size === kSlots) this.slots.delete(this.slots.keys().next().value);
      this.assign(variant.index);
    }
    this.emit('focus');
  }

  // With few variants a look belongs to its variant for good, whatever is switched off and on.
  assign(index) {
    const taken = new Set(this.slots.values());
    let slot = this.model.variants.length <= kSlots ? index : 0;
    while (taken.has(slot)) ++slot;
    this.slots.set(index, slot);
  }

  setRest(rest) {
    this.rest = rest;
    this.emit('focus');
  }

  setHover(variant) {
    if (this.hover === variant) return;
    this.hover = variant;
    this.emit('hover');
  }

  setMetric(metric) {
    this.metric = metric;
    this.emit('metric');
  }

  ranking() {
    return this.model.rankings.find((ranking) => ranking.metric === this.metric) ?? null;
  }

  // The variants in colour, in the order of the scenario.
  focused() {
    return this.model.variants.filter((variant) => this.slots.has(variant.index));
  }
}

function firstFocus(model) {
  if (model.variants.length <= kSlots) return model.variants;
  const ranked = model.rankings[0]?.rows.map((row) => row.variant) ?? model.variants;
  const chosen = new Set(ranked.slice(0, kFocusAtFirst));
  if (model.worst) chosen.add(model.worst);
  return [...chosen];
}
