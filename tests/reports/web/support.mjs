// A browser without a network, and pages made as the command makes them.

import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'reports', 'web');
const modules = process.env.STEELYARD_NODE_MODULES || join(web, 'node_modules');

export const kChromium = process.env.CHROMIUM || '/usr/bin/chromium';
export const kTemplate = process.env.STEELYARD_REPORT_TEMPLATE || join(web, 'dist', 'report.html');
export const kBenchTemplate = join(dirname(kTemplate), 'bench.html');

const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
                '--disable-component-update', '--disable-sync', '--no-first-run'];

// As fill_page of reports/page.cc fills a template.
export function fill(results, template = kTemplate) {
  const json = JSON.stringify(results).replaceAll('<', '\\u003c');
  return readFileSync(template, 'utf8').replace('<!--STEELYARD:TITLE-->', 'report').replace(
      '<!--STEELYARD:RESULTS-->',
      () => `<script type="application/json" id="results">${json}</script>`);
}

export class Browser {
  static async start() {
    const {chromium} = createRequire(join(modules, 'steelyard'))('playwright-core');
    const browser = new Browser();
    browser.directory = mkdtempSync(join(tmpdir(), 'steelyard-report-'));
    browser.chromium = await chromium.launch({executablePath: kChromium, args: kFlags});
    return browser;
  }

  async stop() {
    await this.chromium?.close();
    rmSync(this.directory, {recursive: true, force: true});
  }

  // Opens the page of these results. page.problems collects whatever went wrong in it: errors,
  // warnings, and requests for anything but the page itself.
  async open(results, options = {}, template = kTemplate) {
    const file = join(this.directory, 'report.html');
    writeFileSync(file, fill(results, template));
    const context = await this.chromium.newContext({
      viewport: {width: 1200, height: 900}, colorScheme: 'light', offline: true, ...options});
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) page.problems.push(message.text());
    });
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:')) {
        page.problems.push(`asked for ${request.url()}`);
      }
    });
    await page.goto(url);
    await drawn(page);
    return page;
  }
}

// Charts draw themselves once they know how wide they are, that is a moment later.
export function drawn(page) {
  return page.waitForFunction(() => [...document.querySelectorAll('.chart')].filter(
      (chart) => chart.checkVisibility()).every((chart) => chart.querySelector('svg')));
}
