// Theory, expectations, settings, limits, and how to get the same numbers again.

import {breakable, h, scroller, section} from '../dom.js';
import {count, estimateText, isNumber, quantity, scaleOf, significant, withUnit} from '../format.js';
import {list, metricInfo} from '../model.js';

function table(caption, heads, rows) {
  const cell = (value, i) => h(i === 0 ? 'th' : 'td',
                               {scope: i === 0 ? 'row' : null, class: heads[i].number ? 'number' : null},
                               value);
  return scroller(caption, h('table', {},
    h('caption', {class: 'hidden'}, caption),
    h('thead', {}, h('tr', {}, heads.map((head) => h('th', {scope: 'col',
                                                            class: head.number ? 'number' : null},
                                                     head.text)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map(cell))))));
}

const kFoldAbove = 12;

const number = (text) => ({text, number: true});
const plain = (text) => ({text});

function verdictMark(good, yes, no) {
  return h('span', {class: good ? 'met' : 'unmet'}, good ? `✓ ${yes}` : `✗ ${no}`);
}

// Long tables are folded: they are for looking up.
function folded(rows, title, content) {
  return rows.length <= kFoldAbove ? content
                                   : h('details', {}, h('summary', {}, title), content);
}

function labelOf(model, name) {
  return model.byName.get(name)?.label ?? name ?? '';
}

export function theory(model) {
  if (model.theory.length === 0) return null;
  const rows = model.theory.map((row) => {
    const {label, unit} = metricInfo(String(row.metric));
    const scale = scaleOf(unit, Math.abs(row.value));
    const bounds = Array.isArray(row.bounds) ? row.bounds : null;
    const off = isNumber(row.measured) && row.value && !bounds
        ? 100 * (row.measured / row.value - 1) : null;
    const said = (bounds ?? [row.value]).map((value) => significant(value * scale.factor, 4));
    return [breakable(labelOf(model, row.variant)), label, row.model ?? '',
            withUnit(said.join(' to '), scale.unit),
            isNumber(row.tolerance) ? withUnit(significant(100 * row.tolerance, 2), '%') : '–',
            estimateText(row.measured, row.ci95, scale),
            off === null ? '–' : withUnit((off > 0 ? '+' : '') + significant(off, 2), '%'),
            verdictMark(row.agrees, 'agrees', 'differs')];
  });
  return section('theory', 'Theory beside measurement',
                 'Closed forms where they exist. A value agrees when it lies inside the 95% interval, ' +
                 'or is no further from it than the model itself is said to hold: a limit of many ' +
                 'servers holds for a hundred only so far.',
                 table('Theory beside measurement',
                       [plain('variant'), plain('metric'), plain('model'), number('theory'),
                        number('holds to'), number('measured ± 95% CI'), number('off by'), plain('')], rows));
}

// One row a variant, one column an expectation.
export function expectations(model) {
  if (model.expectations.length === 0) return null;
  const texts = [...new Set(model.expectations.map((e) => String(e.text ?? '')))];
  const names = [...new Set(model.expectations.map((e) => e.variant))];
  const cell = (name, text) => {
    const found = model.expectations.find((e) => e.variant === name && String(e.text ?? '') === text);
    if (!found) return '';
    const {unit} = metricInfo(text.split(/[\s<>=]/)[0]);
    return h('span', {class: found.met ? 'met' : 'unmet'}, found.met ? '✓ met' : '✗ not met', ' ',
             h('span', {class: 'measured'}, quantity(found.value, unit)));
  };
  const rows = ranked(model, names).map((name) => [breakable(labelOf(model, name)),
                                                   ...texts.map((text) => cell(name, text))]);
  const met = model.expectations.filter((e) => e.met).length;
  return section('expectations', 'Expectations', `${met} of ${model.expectations.length} met.`,
                 table('Expectations', [plain('variant'), ...texts.map((text) => plain(
                     h('code', {}, text)))], rows));
}

// Variants' names in the order of the first ranking.
function ranked(model, names) {
  const order = (model.rankings[0]?.rows ?? []).map((row) => row.variant.name);
  const place = (name) => order.includes(name) ? order.indexOf(name) : order.length;
  return [...names].sort((a, b) => place(a) - place(b));
}

export function settings(model) {
  const {scenario, variants} = model;
  const keys = [...new Set(variants.flatMap((v) => Object.keys(v.settings)))];
  const told = keys.length === 1 && variants.every((v) => v.label === written(v.settings[keys[0]]));
  const rows = variants.map((v) => [breakable(v.label), ...keys.map((key) => written(v.settings[key]))]);
  const costs = variants.filter((v) => isNumber(v.cost.requests_per_second) ||
                                       isNumber(v.cost.wall_seconds));
  if ((keys.length === 0 || told) && !scenario.text && costs.length === 0) return null;
  return section('settings', 'Settings', null,
                 keys.length > 0 && !told && folded(rows, `Settings of all ${rows.length} variants`, table(
                     'Settings of each variant', [plain('variant'), ...keys.map(plain)], rows)),
                 scenario.text && h('details', {class: 'source'},
                                    h('summary', {}, 'The whole scenario'),
                                    h('pre', {tabindex: '0'}, h('code', {}, scenario.text))),
                 costs.length > 0 && h('details', {}, h('summary', {}, 'What the run cost'),
                                       costTable(costs)));
}

function costTable(variants) {
  return table('What the run cost',
               [plain('variant'), number('wall time'), number('events'),
                number('requests per second of processor time'), number('peak memory')],
               variants.map(({label, cost}) => [
                 breakable(label), quantity((cost.wall_seconds ?? NaN) * 1000, 'ms'), count(cost.events),
                 significant(cost.requests_per_second), quantity(cost.peak_rss_mib, 'MiB')]));
}

// A setting as the scenario file writes it: p2c, {p2c: {choices: 3}}.
function written(value) {
  if (value === undefined) return '–';
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  return `{${Object.entries(value).map(([key, v]) => `${key}: ${written(v)}`).join(', ')}}`;
}

export function limitations(model) {
  if (model.limitations.length === 0) return null;
  const title = model.world === 'live' ? 'What this run leaves out' : 'What the model leaves out';
  return section('limitations', title, null,
                 h('ul', {class: 'limitations'}, model.limitations.map((text) => h('li', {}, text))));
}

// Quotes what a POSIX shell would read otherwise.
function shellWord(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function reproduce(model) {
  const {scenario, tool} = model;
  if (!scenario.file) return null;
  const command = [model.world === 'live' ? 'steelyard live' : 'steelyard run',
                   shellWord(scenario.file),
                   model.seed !== null && `--seed ${model.seed}`,
                   isNumber(model.replications) && `--replications ${model.replications}`,
                   ...list(scenario.overrides).map((o) => `--set ${shellWord(String(o))}`)]
      .filter(Boolean).join(' ');
  const version = [tool.version && `version ${tool.version}`, tool.commit && `commit ${tool.commit}`,
                   scenario.digest && `scenario digest ${scenario.digest}`].filter(Boolean);
  return section('reproduce', 'The same numbers again', null,
                 h('pre', {class: 'command', tabindex: '0'}, h('code', {}, command)),
                 h('p', {class: 'note'}, version.join(', '), version.length > 0 && '. ',
                   model.world === 'sim' && 'Same scenario, seed and version give the same results, ' +
                   'byte for byte, on any number of threads.'));
}

