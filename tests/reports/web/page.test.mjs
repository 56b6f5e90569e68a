import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {kDark, kLight} from '../../../reports/web/src/palette.js';
import {flashSale, hostile, kFixtures, live, manyVariants, oneVariant, simAndLive, sparse} from './fixtures/generate.mjs';
import {Browser, drawn, kTemplate} from './support.mjs';

let browser;
before(async () => { browser = await Browser.start(); });
after(async () => { await browser.stop(); });

// Opens a page, hands it over, closes it, and holds it to having had no problem. Opening takes most
// of the time, so tests that leave a page as they found it share one.
async function on(results, check, options) {
  const page = await browser.open(results, options);
  await check(page);
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

const shared = new Map();
async function onShared(make, check) {
  if (!shared.has(make)) shared.set(make, await browser.open(make()));
  const page = shared.get(make);
  await check(page);
  assert.deepEqual(page.problems, []);
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const rowsOf = (page) => page.locator('.ranked tbody tr').evaluateAll(
    (rows) => rows.map((row) => row.dataset.row));
const overflow = (page) => page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// The colours of the lines of a chart, grid lines and the rest aside.
const strokes = (page, section) => page.locator(`${section} .chart svg path`).evaluateAll(
    (paths) => [...new Set(paths.map((path) => path.getAttribute('stroke')))].filter(Boolean));

for (const [name, make] of Object.entries(kFixtures)) {
  test(`results '${name}' make a page without errors, requests, and sideways scrolling on a phone`, async () => {
    await on(make(), async (page) => {
      const broken = await texts(page, '.broken');
      assert.deepEqual(broken, name === 'empty' ? ['The results hold no variant.'] : []);
      await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
      assert.equal(await overflow(page), 0, 'on a screen');
      await page.setViewportSize({width: 360, height: 740});
      await page.waitForFunction(() => [...document.querySelectorAll('.chart svg')].every(
          (svg) => svg.clientWidth <= 360));
      assert.equal(await overflow(page), 0, 'on a phone');
    });
  });
}

test('the page stays below 900 kB without data', () => {
  assert.ok(statSync(kTemplate).size < 900e3, `${statSync(kTemplate).size} bytes`);
});

test('the question is the title and the verdict the first line after it', async () => {
  const results = flashSale();
  await onShared(flashSale, async (page) => {
    assert.equal(await page.locator('h1').textContent(), results.scenario.question);
    // Spaces within a value do not break.
    const verdict = (await page.locator('h1 + p').textContent()).replaceAll('\u00a0', ' ');
    assert.equal(verdict, results.verdict.headline);
    assert.match(await page.title(), /flash_sale/);
  });
});

test('a complete result shows every section', async () => {
  await onShared(flashSale, async (page) => {
    const sections = await page.locator('main > section').evaluateAll((all) => all.map((s) => s.id));
    assert.deepEqual(sections, ['ranking', 'expectations', 'percentiles', 'series', 'load', 'requests',
                                'graph', 'theory', 'settings', 'limitations', 'reproduce']);
    assert.equal(await page.locator('#reproduce pre').textContent(),
                 'steelyard run scenarios/flash_sale.yaml --seed 7 --replications 10');
  });
});

test('the metric selector sorts the table anew', async () => {
  const results = flashSale();
  await onShared(flashSale, async (page) => {
    for (const ranking of results.rankings) {
      await page.getByRole('radio', {name: ranking.label, exact: true}).first().check();
      assert.deepEqual(await rowsOf(page), ranking.rows.map((row) => row.variant), ranking.metric);
    }
  });
});

test('the metric selector obeys the keyboard', async () => {
  const results = flashSale();
  await onShared(flashSale, async (page) => {
    await page.locator('#ranking input[type=radio]').first().check();
    await page.locator('#ranking input[type=radio]').first().focus();
    for (let i = 0; i < 4; ++i) await page.keyboard.press('ArrowRight');
    const {metric, rows} = results.rankings[4];
    assert.equal(await page.locator('#ranking input:checked').getAttribute('value'), metric);
    assert.deepEqual(await rowsOf(page), rows.map((row) => row.variant));
  });
});

test('the ranked table shows factor, interval, difference, ties and disqualifications', async () => {
  const results = flashSale();
  await onShared(flashSale, async (page) => {
    await page.locator('#ranking input[type=radio]').first().check();
    const cells = await page.locator('.ranked tbody tr').evaluateAll((rows) => rows.map(
        (row) => row.innerText.replace(/\s+/g, ' ')));
    results.rankings[0].rows.forEach((row, i) => {
      assert.match(cells[i], /± /, 'the interval');
      if (i > 0) assert.ok(cells[i].includes(row.times_best.toPrecision(3)), `${cells[i]}: factor`);
      if (i > 0) assert.match(cells[i], /\+[\d.]+ ± [\d.]+ ms/, 'the difference');
      assert.equal(cells[i].includes('tied'), row.tied_with_best, cells[i]);
      if (row.note) assert.ok(cells[i].includes(row.note), cells[i]);
    });
    assert.ok(cells[0].includes('best'));
  });
});

test('without a test nothing is called tied, and only the best value is bold', async () => {
  const results = flashSale();
  const untested = (node) => {
    if (node === null || typeof node !== 'object') return;
    if ('ci95' in node) node.ci95 = null;
    if ('tied_with_best' in node) node.tied_with_best = false;
    Object.values(node).forEach(untested);
  };
  [results.variants, results.rankings].forEach(untested);
  await on({...results, replications: 1}, async (page) => {
    assert.ok(!(await page.locator('#ranking').innerText()).includes('tied'));
    assert.match(await page.locator('details.wide .note').textContent(), /^Bold: the best value\.$/);
    const bold = await page.locator('details.wide .matrix tbody tr').evaluateAll(
        (rows) => rows.map((row) => row.cells[1].classList.contains('leads')));
    assert.equal(bold.filter(Boolean).length, 1);
  });
});

test('a metric that nobody has heard of can be chosen by its name', async () => {
  await on(sparse(), async (page) => {
    await page.getByRole('radio', {name: 'ghost metric'}).check();
    assert.deepEqual(await rowsOf(page), ['a']);
  });
});

test('a variant has one colour in the table and in all charts', async () => {
  await onShared(flashSale, async (page) => {
    const swatches = await page.locator('.ranked .swatch line').evaluateAll(
        (lines) => lines.map((line) => getComputedStyle(line).stroke));
    const hex = (rgb) => `#${rgb.match(/\d+/g).map((n) => Number(n).toString(16).padStart(2, '0')).join('')}`;
    assert.deepEqual(swatches.map(hex).sort(), kLight.slice(0, 5).sort());
    for (const section of ['#percentiles', '#series']) {
      const found = await strokes(page, section);
      for (const colour of kLight.slice(0, 5)) assert.ok(found.includes(colour), `${section} ${colour}`);
    }
  });
});

test('the legend switches a variant off in all charts and on again', async () => {
  await onShared(flashSale, async (page) => {
    const toggle = page.locator('#percentiles .legend button', {hasText: 'p2c'});
    await toggle.click();
    assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
    for (const section of ['#percentiles', '#series']) {
      assert.ok(!(await strokes(page, section)).includes(kLight[2]), section);
    }
    await toggle.press('Enter');
    assert.ok((await strokes(page, '#series')).includes(kLight[2]));
  });
});

test('pointing at a row of the table brings its line to the front', async () => {
  await onShared(flashSale, async (page) => {
    const faint = () => page.locator('#percentiles .chart svg path').evaluateAll((paths) => [...new Set(
        paths.filter((path) => Number(path.getAttribute('stroke-opacity') ?? 1) < 0.3).map(
            (path) => path.getAttribute('stroke')))]);
    await page.locator('h1').click();  // neither pointer nor focus on a variant
    assert.deepEqual(await faint(), []);
    await page.locator('.ranked tbody tr', {hasText: 'least_request'}).hover();
    await page.waitForFunction(() => document.querySelector(
        '#percentiles .chart svg path[stroke-opacity]'));
    assert.deepEqual((await faint()).sort(), [0, 1, 2, 4].map((slot) => kLight[slot]).sort());
  });
});

test('of thirty variants a few are in colour, and any other can be', async () => {
  await onShared(manyVariants, async (page) => {
    const pressed = page.locator('.ranked button[aria-pressed=true]');
    assert.equal(await pressed.count(), 6);
    await page.locator('.ranked tbody tr').nth(11).locator('button').click();
    assert.equal(await pressed.count(), 7);
    assert.equal(await page.locator('#series .legend button').count(), 7);
    // A ninth look does not exist: the longest picked makes room.
    for (const row of [12, 13, 14]) await page.locator('.ranked tbody tr').nth(row).locator('button').click();
    assert.equal(await pressed.count(), 8);
  });
});

test('a numeric axis becomes a sweep, one line for each of the other settings', async () => {
  await onShared(manyVariants, async (page) => {
    assert.deepEqual(await texts(page, '#sweep .legend .name'),
                     ['random', 'round_robin', 'least_request', 'p2c', 'peak_ewma', 'ring_hash']);
    await page.locator('#sweep select').first().selectOption('goodput_rps');
    assert.ok((await texts(page, '#sweep .chart svg')).join().includes('goodput'));
  });
});

test('a live run says how far to trust it, and warns beside the headline when not at all', async () => {
  const results = live();
  await onShared(live, async (page) => {
    const warning = page.locator('header .warning');
    assert.match(await warning.textContent(), /not to be trusted.*97\.2% of sends/);
    assert.ok((await warning.boundingBox()).y < (await page.locator('.facts').boundingBox()).y);
    const rows = await page.locator('#live tbody tr').evaluateAll(
        (all) => all.map((row) => row.innerText.replace(/\s+/g, ' ')));
    assert.equal(rows.length, results.variants.length);
    assert.match(rows[0], /round_robin ✗ 97\.2 %/);
    assert.match(rows[2], / 15\.3$/);  // µs of the proxy for each request
    assert.match(rows[1], /p2c 99\.960 % 41\.2 µs 3\.00 ms/);
    assert.equal(await page.locator('#live .reasons li').count(), 1);
    assert.match(await page.locator('header .skipped').textContent(), /via=envoy \(envoy is not installed\)/);
  });
});

test('a simulation has nothing of a live run', async () => {
  await onShared(flashSale, async (page) => {
    for (const selector of ['#live', '#attachments', '#comparison', '.warning', '.skipped', '.check']) {
      assert.equal(await page.locator(selector).count(), 0, selector);
    }
  });
});

test('service time is a dotted line of the variant’s colour, and can be put away', async () => {
  await onShared(live, async (page) => {
    const dotted = () => page.locator('#percentiles .chart svg path[stroke-dasharray]').evaluateAll((paths) => paths.filter(
        (path) => path.getAttribute('stroke-width') === '1.6').map((path) => path.getAttribute('stroke')));
    assert.deepEqual((await dotted()).sort(), kLight.slice(0, 4).sort());
    const box = page.getByRole('checkbox', {name: /service time/});
    await box.uncheck();
    assert.deepEqual(await dotted(), []);
    await box.check();
  });
});

test('what is kept with the results can be read and copied', async () => {
  const results = live();
  const {name, text} = results.variants[2].attachments[0];
  await on(results, async (page) => {
    const file = page.locator('#attachments details');
    assert.equal(await file.count(), 1);
    await file.locator('summary').click();
    assert.match(await file.locator('summary').textContent(), new RegExp(name));
    assert.equal(await file.locator('pre').textContent(), text);
    await file.getByRole('button', {name: 'Copy'}).click();
    await page.waitForFunction(() => document.querySelector('.copy').textContent !== 'Copy');
    const copied = await page.evaluate(async () => document.querySelector('.copy').textContent === 'Copied'
        ? navigator.clipboard.readText() : String(getSelection()));
    assert.equal(copied.trim(), text.trim());
  }, {permissions: ['clipboard-read', 'clipboard-write']});
});

test('a simulation beside a live run shows the error of every metric and what misses its aim', async () => {
  await onShared(simAndLive, async (page) => {
    assert.equal(await page.locator('#comparison h2').textContent(), 'Simulated beside live');
    const cells = async () => (await page.locator('.sides tbody tr').evaluateAll(
        (rows) => rows.map((row) => row.innerText.replace(/\s+/g, ' '))));
    const p99 = await cells();
    assert.match(p99[0], /^round_robin .* ✗ \+35 %$/);
    assert.match(p99[1], /^p2c .* −3\.1 %$/);
    assert.match(p99[2], /^least_request .* \+1\.2 % ≈$/);
    assert.equal(await page.locator('#comparison .matrix thead th').count(), 1 + 9);
    await page.locator('#comparison').getByRole('radio', {name: 'median latency'}).check();
    assert.notDeepEqual(await cells(), p99);
  });
});

// A simulation is not ranked beside what it predicts.
test('variants that are not ranked have their metrics all the same', async () => {
  const results = simAndLive();
  for (const ranking of results.rankings) {
    ranking.rows = ranking.rows.filter(({variant}) => variant.startsWith('live'));
  }
  await on(results, async (page) => {
    const table = page.locator('details.wide', {hasText: 'Every metric of every variant'});
    const rows = await table.locator('tbody tr').evaluateAll((all) => all.map((row) => row.innerText));
    assert.equal(rows.length, 6);
    for (const row of rows) assert.doesNotMatch(row, /–/);
    const bold = await table.locator('td.leads:nth-child(2)').evaluateAll(  // by the first metric
        (cells) => cells.map((cell) => cell.closest('tr').cells[0].title));
    assert.ok(bold.length > 0 && bold.every((name) => name.startsWith('live')), bold.join());
  });
});

// Who answered nothing has no latency: a zero would be the best there is.
test('a variant without a value has none in the table of all', async () => {
  const results = simAndLive();
  const {name, label, metrics} = results.variants.at(-1);
  for (const percentile of Object.values(metrics.latency_ms)) percentile.value = percentile.ci95 = null;
  for (const {rows} of results.rankings.filter(({metric}) => metric.startsWith('latency_ms.'))) {
    const row = rows.find(({variant}) => variant === name);
    if (row) row.value = row.ci95 = null;
  }
  await on(results, async (page) => {
    const cells = await page.locator('details.wide', {hasText: 'Every metric of every variant'})
        .locator('tbody tr', {has: page.locator(`th[title="${name}"]`)}).locator('td')
        .evaluateAll((all) => all.map((cell) => cell.textContent));
    assert.equal(cells.filter((text) => text === '–').length,
                 Object.keys(metrics.latency_ms).length, label);
  });
});

test('a comparison that tested nothing does not speak of tests', async () => {
  await onShared(simAndLive, async (page) => {
    assert.match(await page.locator('#comparison .lead').textContent(), /≈/);
  });
  const results = simAndLive();
  for (const {cells} of results.comparison.rows) cells.forEach((cell) => { cell.differs = null; });
  await on(results, async (page) => {
    assert.doesNotMatch(await page.locator('#comparison').innerText(), /≈/);
  });
});

test('facts in which combined sets differ are shown for each', async () => {
  const results = simAndLive();
  const set = {tool: results.tool, seed: 7, warmup_s: 0};
  results.combined_from = [{...set, label: 'sim', digest: '1111', duration_s: 30, replications: 5},
                           {...set, label: 'live', digest: '2222', duration_s: 8, replications: 1}];
  await on(results, async (page) => {
    const facts = (await page.locator('.facts').innerText()).replace(/\s+/g, ' ');
    for (const fact of ['duration 30 s sim, 8 s live', 'replications 5 sim, 1 live', 'scenario 1111 sim, 2222 live',
                        'seed 7 ']) {
      assert.ok(facts.toLowerCase().includes(fact), `${fact} in ${facts}`);
    }
  });
});

test('the warning of a late generator stands in full once', async () => {
  await onShared(live, async (page) => {
    const whole = await page.locator('#page').innerText();
    assert.equal(whole.split('latencies count from the plan').length - 1, 1);
    assert.match(await page.locator('#live .reasons').innerText(), /97\.2.% of sends on time/);
  });
});

test('on a phone the services begin with the clients', async () => {
  await on(flashSale(), async (page) => {
    const box = await page.locator('#graph .client .box').first().boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
    assert.match(await page.locator('#graph .client').first().innerHTML(), /poisson 1500/);
  }, {viewport: {width: 390, height: 844}});
});

test('theory is drawn into the sweep of the metric that it is about', async () => {
  await onShared(manyVariants, async (page) => {
    const control = page.locator('#sweep select').first();
    await control.selectOption('latency_ms.p99');
    assert.ok(!(await texts(page, '#sweep .legend .name')).includes('theory'));
    await control.selectOption('latency_ms.mean');
    assert.ok((await texts(page, '#sweep .legend .name')).includes('theory'));
  });
});

test('a single variant is reported without ranks and comparisons', async () => {
  await on(oneVariant(), async (page) => {
    assert.equal(await page.locator('.ranked .rank').count(), 0);
    assert.equal(await page.locator('.badge').count(), 0);
    assert.equal(await page.locator('#load .chart').count(), 1);
  });
});

test('faults and warm-up are marked over time and in words', async () => {
  await onShared(flashSale, async (page) => {
    const labels = await texts(page, '#series .chart svg text');
    assert.ok(labels.includes('slow ×10 on orders/0'), labels.join());
    assert.ok(labels.includes('warm-up'), labels.join());
    assert.match(await page.locator('#series .note').textContent(), /from 40\u202fs to 70\u202fs/);
    assert.equal(await page.locator('#graph .struck').count(), 1);
  });
});

test('failures stand below whatever else is shown over time, once', async () => {
  await onShared(flashSale, async (page) => {
    const visible = page.locator('#series .chart:visible');
    assert.equal(await visible.count(), 2);
    await page.locator('#series input[value=failed_rps]').check();
    assert.equal(await visible.count(), 1);
    await page.locator('#series input[value=latency_ms_p99]').check();
  });
});

test('the load of best and worst stands side by side, for the service of choice', async () => {
  await onShared(flashSale, async (page) => {
    assert.deepEqual(await texts(page, '#load figcaption .select > span:first-child'), ['Best', 'Worst']);
    // 4 instances in 120 intervals, twice.
    const cells = () => page.locator('#load .chart svg path').count();
    assert.ok(await cells() >= 2 * 4 * 120);
    await page.locator('#load > .controls select').selectOption('users');
    await drawn(page);
    assert.ok(await cells() < 2 * 3 * 120);
    const names = await texts(page, '#load .chart svg text');
    assert.equal(names.filter((name) => /^\/\d/.test(name)).length, 2 * 2);
  });
});

test('the accounts of the requests add up, and the page says so when they do not', async () => {
  const results = flashSale();
  results.variants[1].requests.succeeded -= 41;
  await on(results, async (page) => {
    const last = await page.locator('.accounts tbody td:last-child').evaluateAll(
        (cells) => cells.map((cell) => cell.innerText));
    assert.equal(last.filter((text) => text === '✓').length, 4);
    assert.deepEqual(last.filter((text) => text !== '✓'), ['does not add up: 41 missing']);
  });
});

test('dark comes with the system or by the button, with its own colours', async () => {
  const background = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await on(flashSale(), async (page) => {
    assert.equal(await background(page), 'rgb(20, 24, 31)');
    assert.ok((await strokes(page, '#percentiles')).includes(kDark[0]));
    await page.getByRole('button', {name: 'Light colours'}).click();
    assert.equal(await background(page), 'rgb(255, 255, 255)');
    assert.ok((await strokes(page, '#percentiles')).includes(kLight[0]));
    await page.getByRole('button', {name: 'Dark colours'}).click();
    assert.equal(await background(page), 'rgb(20, 24, 31)');
  }, {colorScheme: 'dark'});
});

// WCAG 2.2, 1.4.3: 4.5:1 for text.
test('text has enough contrast in light and dark', async () => {
  const luminance = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  for (const colorScheme of ['light', 'dark']) {
    await on(sparse(), async (page) => {
      const colours = await page.evaluate(() => Object.fromEntries(
          ['background', 'raised', 'text', 'muted', 'accent', 'good', 'bad'].map((name) => [name,
            getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()])));
      for (const ground of ['background', 'raised']) {
        for (const name of ['text', 'muted', 'accent', 'good', 'bad']) {
          const [a, b] = [luminance(colours[name]), luminance(colours[ground])];
          const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
          assert.ok(ratio >= 4.5, `${colorScheme}: ${name} on ${ground} is ${ratio.toFixed(2)}:1`);
        }
      }
    }, {colorScheme});
  }
});

test('on paper everything is light, open and within the page', async () => {
  for (const make of [flashSale, manyVariants]) {
    await on(make(), async (page) => {
      await page.emulateMedia({media: 'print', colorScheme: 'dark'});
      await page.waitForFunction(() => document.documentElement.classList.contains('printing'));
      assert.ok((await strokes(page, '#percentiles')).includes(kLight[0]));
      const wide = await page.locator('.chart, .chart svg, .graph, table, pre, figure').evaluateAll((all) => {
        const right = document.getElementById('page').getBoundingClientRect().right + 1;
        return all.filter((element) => element.getBoundingClientRect().right > right).map(
            (element) => `${element.tagName}.${element.getAttribute('class')}`);
      });
      assert.deepEqual(wide, []);
      assert.equal(await page.locator('details:not([open])').count(), 0);
      assert.ok(await page.locator('.theme-toggle').isHidden());
      assert.equal(await page.locator('#ranking .choices label:visible').count(), 1);
      await page.emulateMedia({media: 'screen', colorScheme: 'dark'});
      await page.waitForFunction(() => !document.documentElement.classList.contains('printing'));
      assert.ok((await strokes(page, '#percentiles')).includes(kDark[0]));
    }, {colorScheme: 'dark'});
  }
});

test('names that are markup stay text', async () => {
  await on(hostile(), async (page) => {
    assert.equal(await page.evaluate(() => window.__attacked), undefined);
    assert.equal(await page.locator('main img, main b, main i:not([class]):not([style])').count(), 0);
    assert.ok((await page.locator('h1').textContent()).startsWith('</script><img'));
    // The tooltip, too, is made of elements.
    await page.locator('#series .chart').first().hover({position: {x: 400, y: 200}});
    await page.locator('.readout').first().waitFor();
    assert.ok((await page.locator('.readout').first().textContent()).includes('<img src=x'));
    assert.equal(await page.evaluate(() => window.__attacked), undefined);
  });
});
