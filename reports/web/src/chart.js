// ECharts, with what this page needs of it and nothing more.

import {BarChart, HeatmapChart, LineChart} from 'echarts/charts';
import {GridComponent, MarkAreaComponent, TooltipComponent,
        VisualMapContinuousComponent} from 'echarts/components';
import * as echarts from 'echarts/core';
import {SVGRenderer} from 'echarts/renderers';
import {h} from './dom.js';
import {kDashes, kMarkers} from './palette.js';
import {theme} from './theme.js';

echarts.use([BarChart, HeatmapChart, LineChart, GridComponent, MarkAreaComponent, TooltipComponent,
             VisualMapContinuousComponent, SVGRenderer]);

const charts = new Set();

// Two charts and their text fit on a page.
const kPaperHeight = 300;

// A figure whose picture is option(theme, width). SVG throughout: it stays sharp on paper, where a
// canvas that was redrawn for printing comes out empty. `label` is the text alternative.
export class Chart {
  constructor({label, height, option, onHover = null}) {
    this.option = option;
    this.height = height;
    this.onHover = onHover;
    this.instance = null;
    this.element = h('div', {class: 'chart', role: 'img', 'aria-label': label,
                             style: {height: `${this.pixels()}px`}});
    charts.add(this);
    new ResizeObserver(() => this.resize()).observe(this.element);
  }

  pixels() {
    return typeof this.height === 'function' ? this.height() : this.height;
  }

  // Not while printing: paper has a width of its own, and draw() has been called for it.
  resize() {
    if (theme().printing) return;
    const width = this.element.clientWidth;
    if (width === 0 || (this.instance && this.instance.getWidth() === width)) return;
    this.draw();
  }

  draw() {
    const width = this.element.clientWidth;
    if (width === 0) return;
    const height = Math.min(this.pixels(), theme().printing ? kPaperHeight : Infinity);
    this.element.style.height = `${height}px`;
    if (!this.instance) this.create(width, height);
    this.instance.resize({width, height});
    // From nothing: markers drawn again while another line is highlighted would stay faint.
    this.instance.clear();
    this.instance.setOption(this.option(theme(), width));
  }

  create(width, height) {
    this.instance = echarts.init(this.element, null, {renderer: 'svg', width, height});
    if (!this.onHover) return;
    this.instance.on('mouseover', {seriesType: 'line'}, (event) => this.onHover(event.seriesId));
    this.instance.on('mouseout', {seriesType: 'line'}, () => this.onHover(null));
  }

  // Brings one series to the front of attention, or with null none.
  highlight(seriesId) {
    if (!this.instance) return;
    this.instance.dispatchAction({type: 'downplay'});
    if (seriesId !== null) this.instance.dispatchAction({type: 'highlight', seriesId});
  }
}

export function redrawCharts() {
  for (const chart of charts) if (chart.instance) chart.draw();
}

// How a line of this look is drawn; without a look it is one of the grey rest. Broken lines lie on
// top of solid ones, so that two that coincide are both seen.
export function slotStyle(slot, colours) {
  if (slot === null) {
    return {z: 1, silent: true, showSymbol: false, symbol: 'none', color: colours.rest,
            lineStyle: {color: colours.rest, width: 1, opacity: 0.8}};
  }
  const colour = colours.series[slot];
  const {shape, hollow} = kMarkers[slot];
  return {z: kDashes[slot] === 'solid' ? 3 : 4, symbol: shape, showAllSymbol: true,
          triggerLineEvent: true, lineStyle: {color: colour, width: 2, type: kDashes[slot]},
          itemStyle: hollow ? {color: colours.background, borderColor: colour, borderWidth: 2}
                            : {color: colour},
          emphasis: {focus: 'series', lineStyle: {width: 3}}, blur: {lineStyle: {opacity: 0.15}}};
}

export function lineStyle(store, variant, colours) {
  return slotStyle(store.slot(variant), colours);
}

// The variants to draw, the coloured ones last, that is on top.
export function drawn(store) {
  const focused = store.focused();
  if (store.rest === 'hidden') return focused;
  return [...store.model.variants.filter((variant) => store.slot(variant) === null), ...focused];
}

export function axisStyle(colours) {
  return {
    axisLine: {lineStyle: {color: colours.line}}, axisTick: {lineStyle: {color: colours.line}},
    axisLabel: {color: colours.muted, fontSize: 12, fontFamily: colours.font, hideOverlap: true},
    splitLine: {lineStyle: {color: colours.line, opacity: 0.6}},
    nameTextStyle: {color: colours.muted, fontSize: 12, fontFamily: colours.font},
  };
}

// A tooltip of elements: names never pass through markup.
export function tooltip(colours, build) {
  return {
    trigger: 'axis', confine: true, transitionDuration: 0, formatter: build,
    backgroundColor: colours.background, borderColor: colours.line, padding: [8, 10],
    textStyle: {color: colours.text, fontSize: 12.5, fontFamily: colours.font},
    axisPointer: {lineStyle: {color: colours.muted, type: 'solid'}},
  };
}
