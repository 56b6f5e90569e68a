import assert from 'node:assert/strict';
import {test} from 'node:test';
import {layout} from '../../../reports/web/src/graph_layout.js';
import {manyVariants} from './fixtures/generate.mjs';

const graph = (...pairs) => ({
  nodes: [...new Set(pairs.flat())].map((id) => ({id})),
  edges: pairs.map(([from, to]) => ({from, to})),
});

test('callers stand left of what they call', () => {
  const {nodes, edges} = graph(['a', 'b'], ['b', 'c'], ['a', 'c'], ['c', 'd']);
  const {places, layers} = layout(nodes, edges);
  for (const {from, to} of edges) assert.ok(places.get(from).layer < places.get(to).layer);
  assert.equal(layers, 4);
});

test('boxes of a layer do not overlap', () => {
  const {nodes, edges} = manyVariants(1).scenario.graph;
  const {places} = layout(nodes, edges);
  const all = [...places.values()];
  all.forEach((a, i) => all.slice(0, i).forEach((b) => {
    if (a.layer === b.layer) assert.ok(Math.abs(a.row - b.row) > 1 - 1e-9, `${a.row} and ${b.row}`);
  }));
});

// Drawn in the order given, a-y and b-x would cross.
test('edges that need not cross do not', () => {
  const {nodes, edges} = graph(['root', 'a'], ['root', 'b'], ['b', 'x'], ['a', 'y']);
  const {places} = layout([...nodes].reverse(), edges);
  const row = (id) => places.get(id).row;
  assert.equal(Math.sign(row('a') - row('b')), Math.sign(row('y') - row('x')));
});

test('an edge over a layer goes around the box there', () => {
  const {nodes, edges} = graph(['a', 'b'], ['b', 'c'], ['a', 'c']);
  const {places, routes} = layout(nodes, edges);
  const route = routes.get(edges[2]);
  assert.equal(route.length, 3);
  assert.ok(Math.abs(route[1].row - places.get('b').row) >= 0.75 - 1e-9);
});

test('a cycle and a call to itself, which no scenario has, do not hang the page', () => {
  const {nodes, edges} = graph(['a', 'b'], ['b', 'a'], ['a', 'a']);
  assert.equal(layout(nodes, edges).places.size, 2);
});

test('one node alone has a place', () => {
  assert.deepEqual(layout([{id: 'a'}], []).places.get('a'), {layer: 0, row: 0.5});
});
