// What was measured, where, and what the loop around a balancer costs.

import {h} from '../dom.js';
import {count} from '../format.js';
import {nanoseconds} from './format.js';

function fact(term, value) {
  return value ? h('div', {}, h('dt', {}, term), h('dd', {}, value)) : null;
}

const memory = (bytes) => bytes >= 1 << 20 ? `${Math.round(bytes / (1 << 20))} MiB` : `${Math.round(bytes / 1024)} KiB`;

function caches(list) {
  return (list ?? []).filter(({type}) => type !== 'Instruction').map(
      ({level, size}) => `L${level} ${memory(size)}`).join(', ');
}

function counted(model) {
  const layers = model.balancers.filter(({kind}) => kind === 'layer').length;
  const balancers = `${count(model.balancers.length - layers)} load balancers`;
  return layers === 0 ? balancers : `${balancers} and ${count(layers)} layers, these in front of random`;
}

export function header(model) {
  const {context, baseline} = model;
  const loop = baseline && model.endpoints.length > 0
      ? model.value(baseline, 'pick', model.endpoints[0], 'ns') : null;
  return h('header', {},
           h('p', {class: 'eyebrow'}, 'Steelyard bench'),
           h('h1', {}, 'What a pick costs'),
           h('p', {class: 'verdict'},
             `${counted(model)}, the very objects that simulations and live runs use.`,
             loop === null ? '' : ` A balancer that does nothing takes ${nanoseconds(loop)}: the loop around it, which is part of every time.`),
           h('dl', {class: 'facts'},
             fact('Processor', context.processor),
             fact('Cores', context.num_cpus && `${context.num_cpus} at ${(context.mhz_per_cpu / 1000).toFixed(1)} GHz`),
             fact('Caches', caches(context.caches)),
             fact('Compiler', context.compiler),
             fact('Steelyard', context.steelyard),
             fact('Measured', context.date && String(context.date).replace('T', ' ').slice(0, 16))));
}
