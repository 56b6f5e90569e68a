// What is compared: balancers, benchmarks, sizes, and by which measure. Native checkboxes and radio
// buttons, so that the keyboard and screen readers work by themselves.

import {h, radioGroup} from '../dom.js';
import {count} from '../format.js';
import {groupsOf, kMetrics, kShown} from './model.js';

// Several of several. chosen: a Set that is changed; choices: [{value, label, doc}].
function checkGroup(label, choices, chosen, changed, ...more) {
  return h('fieldset', {class: 'choices'}, h('legend', {}, label), more,
           choices.map((choice) => h('label', {title: choice.doc},
             h('input', {type: 'checkbox', value: choice.value, checked: chosen.has(choice.value),
                         onchange: (event) => {
                           chosen[event.target.checked ? 'add' : 'delete'](choice.value);
                           changed();
                         }}),
             h('span', {}, choice.label))));
}

// The balancers that are on, seen as a Set; `off` is what is kept, so that a new balancer is on.
function complement(all, off) {
  return {
    has: (name) => !off.has(name),
    add: (name) => off.delete(name),
    delete: (name) => off.add(name),
    set: (names) => all.forEach((name) => off[names.includes(name) ? 'delete' : 'add'](name)),
  };
}

function balancerGroup(model, choice, changed) {
  const names = model.balancers.map(({name}) => name).sort();
  const on = complement(names, choice.off);
  const preset = (label, chosen, title) => h('button', {
    type: 'button', class: 'preset', title,
    onclick: () => {
      on.set(chosen);
      for (const input of group.querySelectorAll('input')) input.checked = on.has(input.value);
      changed();
    }}, label);
  const groups = groupsOf(model).map(({name, members}) => preset(name, members, `only ${name}`));
  const group = checkGroup('Balancers', model.balancers.map(({name, summary}) => ({value: name, label: name, doc: summary}))
      .sort((a, b) => a.value.localeCompare(b.value)), on, changed,
    h('div', {class: 'presets', role: 'group', 'aria-label': 'Choose several'},
      preset('all', names), preset('none', []), groups));
  return group;
}

export function controls(model, choice, changed) {
  return h('section', {class: 'selectors', 'aria-label': 'What is compared'},
    balancerGroup(model, choice, changed),
    checkGroup('Benchmarks', model.benchmarks, choice.benchmarks, changed),
    checkGroup('Endpoints', model.endpoints.map((n) => ({value: n, label: count(n)})), choice.endpoints, changed),
    radioGroup('Measure', kMetrics, choice.metric, (value) => {
      choice.metric = value;
      changed();
    }),
    radioGroup('Figures as', kShown, choice.shown, (value) => {
      choice.shown = value;
      changed();
    }));
}
