// Colours of the moment: light, dark, or paper (light, whatever the screen shows).

import {kCauses, kDark, kLight, kLoad} from './palette.js';

const dark = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');

let printing = false;

function mode() {
  if (printing) return 'light';
  return document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
}

export function theme() {
  const name = mode();
  const style = getComputedStyle(document.documentElement);
  const colour = (property) => style.getPropertyValue(property).trim();
  return {
    name, printing,
    text: colour('--text'), muted: colour('--muted'), line: colour('--line'),
    background: colour('--background'), band: colour('--band'), warmup: colour('--warmup'),
    rest: colour('--rest'), font: style.fontFamily,
    series: name === 'dark' ? kDark : kLight,
    causes: kCauses[name], load: kLoad[name],
  };
}

// Calls redraw() whenever the colours or the paper change. Printing asks for everything at once:
// the page is laid out for paper as soon as the handler returns, so the width is set by a class
// and not by the print style sheet, which comes too late for the charts.
export function onThemeChange(redraw) {
  const setPrinting = (value) => {
    if (printing === value) return;
    printing = value;
    document.documentElement.classList.toggle('printing', value);
    for (const details of document.querySelectorAll('details')) openForPrint(details, value);
    redraw();
  };
  addEventListener('beforeprint', () => setPrinting(true));
  addEventListener('afterprint', () => setPrinting(paper.matches));
  paper.addEventListener('change', () => setPrinting(paper.matches));
  dark.addEventListener('change', redraw);
  if (paper.matches) setPrinting(true);
}

function openForPrint(details, value) {
  if (value && !details.open) {
    details.open = true;
    details.dataset.opened = '';
  } else if (!value && 'opened' in details.dataset) {
    details.open = false;
    delete details.dataset.opened;
  }
}

export function themeToggle(redraw) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'theme-toggle';
  const name = () => {
    const other = mode() === 'dark' ? 'Light' : 'Dark';
    button.textContent = `${other === 'Dark' ? '☾' : '☀'} ${other}`;
    button.setAttribute('aria-label', `${other} colours`);
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = mode() === 'dark' ? 'light' : 'dark';
    redraw();
    name();
  });
  dark.addEventListener('change', name);
  name();
  return button;
}
