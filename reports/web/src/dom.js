// Elements are built from text nodes only, never from markup: whatever stands in a scenario's
// names stays text.

const kSvg = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') setStyle(element, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  append(element, children);
  return element;
}

function setStyle(element, style) {
  for (const [property, value] of Object.entries(style)) element.style.setProperty(property, value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// h('td', {class: 'number'}, '12.3') is <td class="number">12.3</td>.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(kSvg, tag), attributes, children);
}

const kUnbroken = 16;

// A long name that may be broken after its separators, and anywhere when it has none for long; a short
// one stays whole even in a narrow column.
export function breakable(name) {
  if (String(name).length <= kUnbroken) return [String(name)];
  const pieces = String(name).match(/[^=,._·/ -]{1,20}[=,._·/ -]*|[=,._·/ -]+/g) ?? [];
  return pieces.flatMap((piece, i) => i === 0 ? [piece] : [h('wbr'), piece]);
}

// A section of the page: heading, one sentence on how to read it, content.
export function section(id, title, lead, ...content) {
  return h('section', {id, 'aria-labelledby': `${id}-title`},
           h('h2', {id: `${id}-title`}, title),
           lead && h('p', {class: 'lead'}, lead), content);
}

let groups = 0;

// One of several, as native radio buttons: arrow keys and screen readers work by themselves.
// choices: [{value, label}]; on_pick(value).
export function radioGroup(label, choices, picked, onPick) {
  const name = `choice-${++groups}`;
  return h('fieldset', {class: 'choices'},
           h('legend', {}, label),
           choices.map((choice) => h('label', {},
             h('input', {type: 'radio', name, value: choice.value,
                         checked: choice.value === picked, onchange: () => onPick(choice.value)}),
             h('span', {}, choice.label))));
}

export function select(label, choices, picked, onPick) {
  // Paper shows the choice as text: a select would cut a long one.
  const text = h('span', {class: 'picked'});
  const show = () => { text.textContent = control.selectedOptions[0]?.textContent ?? ''; };
  const control = h('select', {onchange: () => {
    show();
    onPick(control.value);
  }}, choices.map((choice) => h('option', {value: choice.value, selected: choice.value === picked},
                                    choice.label)));
  show();
  return h('label', {class: 'select'}, h('span', {}, label), control, text);
}

// A wide table or picture scrolls inside this box, the page itself never sideways. Focusable,
// so that the keyboard can scroll it.
export function scroller(label, ...content) {
  return h('div', {class: 'scroller', tabindex: '0', role: 'region', 'aria-label': label}, content);
}
