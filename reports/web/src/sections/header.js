// The question, its answer, and what the answer rests on.

import {h} from '../dom.js';
import {count, duration, isNumber} from '../format.js';
import {list} from '../model.js';

const kWorlds = {sim: 'simulated', live: 'live', mixed: 'simulated and live'};

export function header(model) {
  const {scenario, verdict} = model;
  const question = scenario.question || scenario.name || 'Comparison report';
  return h('header', {class: 'top'},
           scenario.question && scenario.name && h('p', {class: 'eyebrow'}, scenario.name),
           h('h1', {}, question),
           verdict.headline && h('p', {class: 'verdict'}, unbroken(verdict.headline)),
           warnings(verdict),
           sentences(verdict),
           skipped(model),
           facts(model),
           scenario.description && h('p', {class: 'description'}, scenario.description));
}

// A value, its unit and its interval stay on one line: 27.2 ms ± 0.4.
function unbroken(text) {
  return String(text).replace(/(\d) (ms|s|million)\b/g, '$1\u00a0$2').replaceAll(' ± ', '\u00a0±\u00a0');
}

function sentences(verdict) {
  const texts = Array.isArray(verdict.sentences) ? verdict.sentences : [];
  return texts.length > 0 && h('ul', {class: 'sentences'}, texts.map((text) => h('li', {}, unbroken(text))));
}

// Why the figures may not be what they seem.
function warnings(verdict) {
  return list(verdict.warnings).map((text) => h('p', {class: 'warning'}, h('strong', {}, 'Warning: '),
                                                unbroken(text)));
}

function skipped(model) {
  return model.skipped.length > 0 && h('p', {class: 'skipped'}, 'Skipped: ', model.skipped.map(
      ({variant, reason}, i) => [i > 0 && ', ', String(variant), reason && ` (${reason})`]), '.');
}

function facts(model) {
  const {scenario, tool} = model;
  const entries = [
    ['world', kWorlds[model.world] ?? model.world],
    ['variants', count(model.variants.length)],
    ['replications', each(model, ({replications}) => isNumber(replications) && count(replications))],
    ['duration', each(model, length, scenario)],
    ['requests', requests(model)],
    ['seed', each(model, ({seed}) => seed)],
    ['steelyard', tool.version && [tool.version, tool.commit && ` (${tool.commit})`]],
    ['scenario', each(model, ({digest}) => digest && String(digest).slice(0, 12), scenario)],
  ].filter(([, value]) => value !== null && value !== undefined && value !== false && value !== '');
  return h('dl', {class: 'facts'},
           entries.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

// A fact of the results, or of every set that they were combined from where those differ.
function each(model, fact, alone = model) {
  const told = model.sets.map((set) => ({label: set.label, text: fact(set)})).filter(
      ({text}) => ![null, undefined, false].includes(text));
  if (new Set(told.map(({text}) => text)).size < 2) return fact(alone);
  return told.map(({label, text}, i) => [i > 0 && ', ', text, h('span', {class: 'aside'}, ` ${label}`)]);
}

function length({duration_s, warmup_s}) {
  if (!isNumber(duration_s)) return null;
  return duration(duration_s) + (warmup_s > 0 ? ` less ${duration(warmup_s)} warm-up` : '');
}

function requests(model) {
  const offered = model.variants.map((variant) => variant.requests?.offered).filter(isNumber);
  return offered.length > 0 ? count(offered.reduce((a, b) => a + b, 0)) : null;
}
