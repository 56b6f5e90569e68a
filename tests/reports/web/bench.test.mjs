import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {comparison, fromHash, normalise, toHash} from '../../../reports/web/src/bench/model.js';
import {bench} from './fixtures/bench.mjs';
import {Browser, kBenchTemplate} from './support.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(async () => { await browser.stop(); });

// Two balancers, one benchmark, two sizes.
const two = (a, b) => ({
  balancers: [{name: 'a'}, {name: 'b'}],
  figures: [['a', a], ['b', b]].flatMap(([balancer, values]) => values.map((ns, i) => (
      {balancer, benchmark: 'pick', endpoints: [10, 100][i], ns, allocations: 0, bytes_per_endpoint: 0}))),
});

async function on(results, check, options) {
  const page = await browser.open(results, options, kBenchTemplate);
  await check(page);
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const scored = (page) => texts(page, '.scores tbody th');
const headings = (page) => texts(page, '.figures thead th:not(:first-child)');

test('a score is the geometric mean of ratios to the best of each row, each shifted by 1', () => {
  const model = normalise(two([9, 39], [19, 9]));
  const {rows, columns} = comparison(model, fromHash('', model));
  assert.deepEqual(rows.map((row) => row.best), [9, 9]);
  // a: (9 + 1) / (9 + 1) and (39 + 1) / (9 + 1); b: (19 + 1) / (9 + 1) and 1
  assert.deepEqual(columns.map(({balancer}) => balancer.name), ['b', 'a']);
  assert.ok(Math.abs(columns[0].score - Math.sqrt(2)) < 1e-12);
  assert.ok(Math.abs(columns[1].score - Math.sqrt(4)) < 1e-12);
});

test('a figure that is missing takes no part in a score', () => {
  const model = normalise(two([9, 9], [19]));
  const {columns} = comparison(model, fromHash('', model));
  assert.deepEqual(columns.map(({score}) => score), [1, 2]);
});

test('the baseline is no balancer, and the best of nothing', () => {
  const model = normalise(bench());
  const {rows, columns} = comparison(model, fromHash('', model));
  assert.ok(!columns.some(({balancer}) => balancer.name === 'baseline'));
  assert.ok(rows.every((row) => row.baseline < row.best));
});

test('what is chosen survives its way through an address', () => {
  const model = normalise(bench());
  const choice = {metric: 'bytes_per_endpoint', shown: 'ratios', benchmarks: new Set(['pick', 'change']),
                  endpoints: new Set([10, 100000]), off: new Set(['p2c'])};
  assert.deepEqual(fromHash(toHash(choice), model), choice);
  assert.deepEqual(fromHash('#metric=x&without=gone+p2c&endpoints=7', model),
                   {...fromHash('', model), off: new Set(['p2c']), endpoints: new Set()});
});

test('the page asks for nothing, and scrolls sideways on no screen', async () => {
  await on(bench(), async (page) => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({width, height: 800});
      assert.equal(await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${width}`);
    }
  });
  assert.ok(statSync(kBenchTemplate).size < 60e3, `${statSync(kBenchTemplate).size} bytes`);
});

test('the best comes first, in bars and in columns', async () => {
  await on(bench(), async (page) => {
    const order = await scored(page);
    assert.equal(order[0], 'random');
    assert.equal(order.at(-1), 'rendezvous');
    assert.ok(!order.includes('panic'), 'layers are chosen apart');
    assert.deepEqual(await headings(page), ['baseline', ...order]);
  });
});

test('the keyboard alone chooses balancers, benchmarks and the measure', async () => {
  await on(bench(), async (page) => {
    await page.getByLabel('random', {exact: true}).focus();
    await page.keyboard.press('Space');
    assert.equal((await scored(page))[0], 'maglev');
    await page.getByRole('button', {name: 'hashing'}).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await scored(page), ['maglev', 'rendezvous']);
    await page.getByLabel('time', {exact: true}).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.deepEqual(await scored(page), ['rendezvous', 'maglev']);  // 8 bytes and 300
    await page.getByLabel('× best', {exact: true}).check({force: true});
    assert.equal((await texts(page, '.figures tbody tr:first-child td'))[0].trim(), '1.00\u202f×');
  });
});

test('when nothing is chosen the page says so', async () => {
  await on(bench(), async (page) => {
    await page.getByRole('button', {name: 'none'}).click();
    assert.match(await page.locator('.nothing').textContent(), /Nothing is chosen/);
    await page.getByRole('button', {name: 'all'}).click();
    assert.equal((await scored(page)).length, 7);
    await page.getByRole('button', {name: 'layers'}).click();
    assert.deepEqual(await scored(page), ['panic']);
  });
});

test('a claim that the measurement contradicts is marked', async () => {
  await on(bench(), async (page) => {
    assert.deepEqual(await texts(page, '.contradicted th'), ['boastful']);
  });
});

test('figures can be read in the dark: text on every cell has a contrast of 4.5 at least', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await on(bench(), async (page) => {
      const worst = await page.evaluate(() => {
        const luminance = (colour) => {
          const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255).map(
              (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        return Math.min(...[...document.querySelectorAll('.heat')].map((cell) => {
          const {color, backgroundColor} = getComputedStyle(cell);
          const [low, high] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
          return (high + 0.05) / (low + 0.05);
        }));
      });
      assert.ok(worst >= 4.5, `${colorScheme}: ${worst}`);
    }, {colorScheme});
  }
});
