// A layered drawing of the service graph, callers left of what they call: layers by longest path,
// order within a layer by barycentres, then rows. [Sugiyama, Tagawa, Toda 1981]

const kSweeps = 12;

// nodes: [{id}], edges: [{from, to}]. Returns {places: Map id -> {layer, row}, layers, rows,
// routes: Map edge -> [{layer, row}, …]}; rows are real numbers, at least 1 apart in a layer
// (edges that pass through a layer take 0.5).
export function layout(nodes, edges) {
  const depth = layersOf(nodes, edges);
  const vertices = nodes.map((node) => ({id: node.id, layer: depth.get(node.id), height: 1,
                                         left: [], right: []}));
  const byId = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const chains = new Map();
  for (const edge of edges) {
    chains.set(edge, chain(byId.get(edge.from), byId.get(edge.to), vertices));
  }
  const layers = [];
  for (const vertex of vertices) (layers[vertex.layer] ??= []).push(vertex);
  const ordered = reorder(layers);
  straighten(ordered);
  const lowest = Math.min(...vertices.map((v) => v.row - v.height / 2));
  for (const vertex of vertices) vertex.row -= lowest;
  return {
    places: new Map(vertices.filter((v) => v.id).map((v) => [v.id, {layer: v.layer, row: v.row}])),
    layers: ordered.length,
    rows: Math.max(...vertices.map((v) => v.row + v.height / 2)),
    routes: new Map([...chains].map(([edge, list]) => [edge, list.map(
        ({layer, row}) => ({layer, row}))])),
  };
}

// Longest path from a source. The loader refuses cycles; the bound keeps foreign files from
// hanging the page.
function layersOf(nodes, edges) {
  const depth = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; ++round) {
    let moved = false;
    for (const {from, to} of edges) {
      if (from !== to && depth.get(to) < depth.get(from) + 1 && depth.get(from) + 1 < nodes.length) {
        depth.set(to, depth.get(from) + 1);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return depth;
}

// An edge over several layers gets a small vertex in each, so that it goes around boxes.
function chain(from, to, vertices) {
  const list = [from];
  for (let layer = from.layer + 1; layer < to.layer; ++layer) {
    const pass = {id: null, layer, height: 0.5, left: [], right: []};
    vertices.push(pass);
    list.push(pass);
  }
  list.push(to);
  for (let i = 1; i < list.length; ++i) {
    list[i - 1].right.push(list[i]);
    list[i].left.push(list[i - 1]);
  }
  return list;
}

// Sweeps left to right and back, each layer sorted by the mean place of its neighbours; the best
// order seen wins.
function reorder(layers) {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(best);
  let current = best;
  for (let sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
    const forward = sweep % 2 === 0;
    const side = forward ? 'left' : 'right';
    current = current.map((layer) => [...layer]);
    const order = forward ? current : [...current].reverse();
    for (const layer of order) {
      index(current);
      const wish = new Map(layer.map((v) => [v, v[side].length > 0 ? mean(v[side], 'at') : v.at]));
      layer.sort((a, b) => wish.get(a) - wish.get(b));
    }
    const now = crossings(current);
    if (now < fewest) [fewest, best] = [now, current];
  }
  index(best);
  return best;
}

function index(layers) {
  for (const layer of layers) layer.forEach((vertex, i) => { vertex.at = i; });
}

function mean(vertices, key) {
  return vertices.reduce((sum, vertex) => sum + vertex[key], 0) / vertices.length;
}

function crossings(layers) {
  index(layers);
  let total = 0;
  for (const layer of layers) {
    const pairs = layer.flatMap((v) => v.right.map((to) => [v.at, to.at]));
    for (let i = 0; i < pairs.length; ++i) {
      for (let j = 0; j < i; ++j) {
        if ((pairs[i][0] - pairs[j][0]) * (pairs[i][1] - pairs[j][1]) < 0) ++total;
      }
    }
  }
  return total;
}

// Rows: every vertex drifts towards the middle of its neighbours as far as its own layer lets it.
function straighten(layers) {
  for (const layer of layers) {
    const total = layer.reduce((sum, v) => sum + v.height, 0);
    let row = -total / 2;
    for (const vertex of layer) {
      vertex.row = row + vertex.height / 2;
      row += vertex.height;
    }
  }
  for (let sweep = 0; sweep < 2 * kSweeps; ++sweep) {
    const order = sweep % 2 === 0 ? layers : [...layers].reverse();
    for (const layer of order) settle(layer);
  }
}

function settle(layer) {
  const wish = layer.map((v) => {
    const neighbours = [...v.left, ...v.right];
    return neighbours.length > 0 ? mean(neighbours, 'row') : v.row;
  });
  // Pushed apart downwards, then upwards: the mean of both keeps the wishes centred.
  const down = [...wish];
  for (let i = 1; i < layer.length; ++i) down[i] = Math.max(down[i], down[i - 1] + gap(layer, i));
  const up = [...wish];
  for (let i = layer.length - 2; i >= 0; --i) up[i] = Math.min(up[i], up[i + 1] - gap(layer, i + 1));
  layer.forEach((vertex, i) => { vertex.row = (down[i] + up[i]) / 2; });
}

function gap(layer, i) {
  return (layer[i - 1].height + layer[i].height) / 2;
}
