// Runs the tests of the report's page; what ctest calls. Exit code 77 means skipped.

import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {kChromium, kTemplate} from './support.mjs';

if (!existsSync(kChromium)) {
  console.log(`skipped: no Chromium at ${kChromium} (Debian: apt-get install chromium)`);
  process.exit(77);
}
if (!existsSync(kTemplate)) {
  console.error(`${kTemplate} is missing: build the target steelyard_report_template first`);
  process.exit(1);
}
const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort();
const {status} = spawnSync(process.execPath, ['--test', ...files.map((name) => join(here, name))],
                           {stdio: 'inherit'});
process.exit(status ?? 1);
