// Bundles src/ into template.html, once for report.html and once for bench.html: files that need
// nothing else. What remains to be filled in are the marks STEELYARD:TITLE and STEELYARD:RESULTS.
//
//   node build.mjs [--out DIRECTORY] [--modules NODE_MODULES] [--cc FILE]
//
// --cc also writes the pages as the C++ constants that reports/report_template.h declares.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const {values: options} = parseArgs({options: {
  out: {type: 'string', default: join(here, 'dist')},
  modules: {type: 'string', default: join(here, 'node_modules')},
  cc: {type: 'string'},
}});
const modules = resolve(options.modules);
const esbuild = createRequire(join(modules, 'steelyard'))('esbuild');

// What the licences of the bundled libraries ask for.
const kNotice = 'Contains Apache ECharts (Apache License 2.0, The Apache Software Foundation), ' +
    'ZRender (BSD 3-Clause, Copyright (c) 2017 Baidu Inc.), tslib (0BSD, Microsoft Corporation).';

async function bundle(entry, more) {
  const built = await esbuild.build({
    entryPoints: [join(here, 'src', entry)], bundle: true, minify: true, write: false,
    nodePaths: [modules], target: ['es2021'], charset: 'utf8', legalComments: 'none', ...more});
  return built.outputFiles[0].text.trim();
}

// The parts are inserted by function: '$&' in a bundle must not be taken for a pattern.
function insert(page, mark, text) {
  if (page.split(mark).length !== 2) throw new Error(`template.html: expected one ${mark}`);
  return page.replace(mark, () => text);
}

// Inside <script>, '</script' would end the element and '<!--' may hide its end.
function checkScript(script) {
  const trap = /<\/script|<!--|<script/i.exec(script);
  if (trap) throw new Error(`the bundle holds '${trap[0]}', which HTML reads as markup`);
  return script;
}

function cppString(bytes) {
  const lines = [];
  let line = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
    line += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    if (line.length >= 4000) {
      lines.push(line);
      line = '';
    }
  }
  lines.push(line);
  return lines.map((text) => `    "${text}"`).join('\n');
}

function write(file, text) {
  mkdirSync(dirname(resolve(file)), {recursive: true});
  writeFileSync(file, text);
}

// One page: src/ENTRY and src/STYLE in the template.
async function page({entry, style, notice}) {
  const script = checkScript(await bundle(entry, {format: 'iife'}));
  const css = await bundle(style, {loader: {'.css': 'css'}});
  let text = readFileSync(join(here, 'template.html'), 'utf8');
  text = insert(text, '<!--STEELYARD:STYLE-->', `<style>${css}</style>`);
  text = insert(text, '<!--STEELYARD:BUNDLE-->', `<script>${notice}${script}</script>`);
  for (const mark of ['<!--STEELYARD:TITLE-->', '<!--STEELYARD:RESULTS-->']) insert(text, mark, '');
  return text;
}

const kPages = [
  {name: 'report', constant: 'kReportTemplate', entry: 'main.js', style: 'style.css', notice: `/* ${kNotice} */`},
  {name: 'bench', constant: 'kBenchTemplate', entry: 'bench/main.js', style: 'bench/style.css', notice: ''},
];

const constants = [];
for (const made of kPages) {
  const text = await page(made);
  write(join(options.out, `${made.name}.html`), text);
  constants.push(`// The length is given: counting it at compile time would be many steps.
const std::string_view ${made.constant}{
${cppString(Buffer.from(text))},
    ${Buffer.byteLength(text)}};
`);
  console.log(`${made.name} page: ${Math.round(Buffer.byteLength(text) / 1024)} KiB without data`);
}
if (options.cc) {
  write(options.cc, `// Written by reports/web/build.mjs.
#include "reports/report_template.h"

namespace steelyard {

${constants.join('\n')}
}  // namespace steelyard
`);
}
