// bench.html: choose what is compared, see who is how many times the best, and then every figure.

import {h} from '../dom.js';
import {onThemeChange, themeToggle} from '../theme.js';
import {controls} from './controls.js';
import {figures} from './figures.js';
import {growth} from './growth.js';
import {header} from './header.js';
import {comparison, fromHash, normalise, toHash} from './model.js';
import {summary} from './summary.js';

function main() {
  const page = document.getElementById('page');
  let model;
  try {
    model = normalise(JSON.parse(document.getElementById('results').textContent));
  } catch (error) {
    page.replaceChildren(h('p', {class: 'broken'}, `The figures in this file are damaged: ${error.message}`));
    return;
  }
  const choice = fromHash(location.hash, model);
  const results = h('div', {});
  const draw = () => {
    const compared = comparison(model, choice);
    const nothing = compared.columns.length === 0 || compared.rows.length === 0;
    results.replaceChildren(...(nothing ?
        [h('p', {class: 'nothing', role: 'status'}, 'Nothing is chosen: pick at least one balancer, one benchmark and one size.')] :
        [summary(compared), figures(compared, choice.shown)]));
  };
  const changed = () => {
    history.replaceState(null, '', toHash(choice));
    draw();
  };
  page.replaceChildren(...[header(model), controls(model, choice, changed), results, growth(model)].filter(Boolean));
  draw();
  page.prepend(themeToggle(() => {}));
  onThemeChange(() => {});
}

main();
