// The page from top to bottom: the question and its answer first, the evidence after it.

import {redrawCharts} from './chart.js';
import {h} from './dom.js';
import {normalise} from './model.js';
import {kCauses} from './palette.js';
import {attachments} from './sections/attachments.js';
import {comparison} from './sections/comparison.js';
import {graph} from './sections/graph.js';
import {header} from './sections/header.js';
import {heatmap} from './sections/heatmap.js';
import {live} from './sections/live.js';
import {expectations, limitations, reproduce, settings, theory} from './sections/notes.js';
import {percentiles} from './sections/percentiles.js';
import {everyMetric, ranking} from './sections/ranking.js';
import {requests} from './sections/requests.js';
import {series} from './sections/series.js';
import {sweep} from './sections/sweep.js';
import {Store} from './store.js';
import {onThemeChange, theme, themeToggle} from './theme.js';

const kSections = [header, comparison, ranking, everyMetric, sweep, expectations, live, percentiles, series,
                   heatmap, requests, graph, theory, settings, attachments, limitations, reproduce];

// One broken part must not take the rest of the page with it.
function part(build, model, store) {
  try {
    return build(model, store);
  } catch (error) {
    console.error(error);
    return h('p', {class: 'broken'}, `This part could not be drawn (${build.name}): ${error.message}`);
  }
}

function setColours() {
  const {name, series: looks, load} = theme();
  const style = document.documentElement.style;
  looks.forEach((colour, i) => style.setProperty(`--series-${i}`, colour));
  kCauses[name].forEach((colour, i) => style.setProperty(`--cause-${i}`, colour));
  style.setProperty('--load-ramp', `linear-gradient(to right, ${load.join(', ')})`);
}

function main() {
  const page = document.getElementById('page');
  let results;
  try {
    results = JSON.parse(document.getElementById('results').textContent);
  } catch (error) {
    page.replaceChildren(h('p', {class: 'broken'}, `The results in this file are damaged: ${error.message}`));
    return;
  }
  const model = normalise(results);
  const store = new Store(model);
  document.title = [model.scenario.name, model.scenario.question].filter(Boolean).join(' · ') ||
      'Steelyard report';
  const redraw = () => {
    setColours();
    redrawCharts();
  };
  setColours();
  page.replaceChildren(...kSections.map((build) => part(build, model, store)).filter(Boolean));
  if (model.variants.length === 0) page.append(h('p', {class: 'broken'}, 'The results hold no variant.'));
  page.prepend(themeToggle(redraw));
  onThemeChange(redraw);
}

main();
