// A Vega-Lite specification for each kind of panel. All statistics are computed beforehand.
"use strict";

// A condition has the same colour and shape everywhere. The colours are those of Okabe and Ito and of Tol, which can be
// told apart with any colour vision. The reference, e-ln, is grey.
const LOOKS = new Map([
  ["ei", ["#E69F00", "circle"]], ["ei-ln", ["#CC79A7", "square"]], ["ei-ln-forward", ["#AA4499", "triangle-up"]],
  ["e-ln", ["#808080", "diamond"]], ["e-ln-forward", ["#B5A27A", "triangle-down"]],
  ["inorm", ["#D55E00", "circle"]], ["inorm-sub", ["#997700", "square"]],
  ["inorm-full", ["#0A7CC4", "diamond"]], ["inorm-center", ["#56B4E9", "triangle-up"]],
  ["inorm-scale", ["#C9B400", "triangle-down"]], ["inorm-decorrelate", ["#009E73", "square"]],
  ["inorm-lateral", ["#8F6BD1", "triangle-right"]],
]);
const OTHER_LOOKS = [
  ["#44AA99", "circle"], ["#CC6677", "square"], ["#999933", "diamond"], ["#5E78C9", "triangle-up"],
  ["#DD8866", "triangle-down"], ["#77AADD", "circle"], ["#AAAA00", "square"], ["#BB5599", "diamond"],
  ["#66BB77", "triangle-up"], ["#A0785A", "triangle-down"],
];

// Assigned for the whole data set, so that the look of a condition does not depend on the figure.
function looksOf(conditions) {
  const looks = new Map();
  let others = 0;
  for (const {name} of conditions) looks.set(name, LOOKS.get(name) ?? OTHER_LOOKS[others++ % OTHER_LOOKS.length]);
  return looks;
}

// Vega uses values as keys of plain objects, where a condition called "constructor" or "__proto__" would have another
// meaning. An invisible word joiner makes such names safe.
function forVega(value) {
  if (typeof value === "string") return value in Object.prototype ? `\u2060${value}` : value;
  if (Array.isArray(value)) return value.map(forVega);
  if (value instanceof Map) return new Map([...value].map(forVega));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, forVega(one)]));
}

// Epsilon 0 is always the lightest colour, 1 the darkest.
const EPSILON_SCALE = {type: "linear", domain: [0, 1], range: ["#B9E0F2", "#0B3A66"], interpolate: "lab", clamp: true};

const CONFIG = {
  background: null,
  font: "system-ui, sans-serif",
  view: {stroke: null},
  axis: {labelColor: "currentColor", titleColor: "currentColor", domainColor: "currentColor", tickColor: "currentColor",
         gridColor: "currentColor", gridOpacity: 0.12, labelFontSize: 12, titleFontSize: 13, titleFontWeight: 500,
         labelLimit: 160},
  header: {labelColor: "currentColor", titleColor: "currentColor", labelFontSize: 12, titleFontSize: 12},
  legend: {labelColor: "currentColor", titleColor: "currentColor", labelFontSize: 12, titleFontSize: 12,
           symbolStrokeWidth: 1.5, symbolOpacity: 1, labelLimit: 220},
  title: {color: "currentColor"},
};

// As many columns as fit.
const legendBelow = (context) => ({orient: "bottom", columns: Math.max(1, Math.floor(context.width / 170))});
const number = (field, title, format) => ({field, type: "quantitative", title, format});
const text = (field, title) => ({field, type: "nominal", title});
const scaled = {zero: false, nice: true};

// A logarithmic axis for non-negative values. If there are zeros, the scale is linear from zero to the smallest other
// value. Its ticks are then given explicitly, since Vega would use those of a linear axis.
function logarithmic(values, title) {
  const above = values.filter((value) => value > 0);
  const axis = {format: "~g", labelOverlap: true};
  if (above.length === 0) return {title, scale: scaled, axis: {}};
  if (above.length === values.length) return {title, scale: {type: "log", nice: false}, axis};
  const low = Math.min(...above), high = Math.max(...above);
  const powers = Array.from({length: Math.floor(Math.log10(high)) - Math.ceil(Math.log10(low)) + 1},
                            (_, i) => 10 ** (Math.ceil(Math.log10(low)) + i));
  return {title: `${title} (log scale, with 0 at the left)`, scale: {type: "symlog", constant: low, nice: false},
          axis: {...axis, values: [0, ...(powers.length > 1 ? powers : [...new Set([low, ...powers, high])])]}};
}

function conditionColour(looks, order, legend = {orient: "bottom", columns: 3}) {
  return {field: "condition", type: "nominal", sort: order, title: null, legend,
          scale: {domain: order, range: order.map((name) => looks.get(name)?.[0] ?? "#808080")}};
}
function conditionShape(looks, order, legend) {
  return {field: "condition", type: "nominal", sort: order, title: null, legend,
          scale: {domain: order, range: order.map((name) => looks.get(name)?.[1] ?? "circle")}};
}
function epsilonColour(epsilons) {
  return {field: "epsilon", type: "quantitative", title: "epsilon", scale: EPSILON_SCALE,
          legend: {type: "symbol", values: epsilons, orient: "bottom", labelExpr: "datum.value"}};
}

// The tooltip of a point.
function tooltip(context, ...fields) {
  return [...fields, ...context.varied.map((key) => ({field: `setting ${key}`, title: key}))];
}

const epochAxis = (last) =>
  last > 10 ? {format: "d"} : {format: "d", values: Array.from({length: last + 1}, (_, i) => i)};

const extent = (values, margin) => {
  const low = Math.min(...values), high = Math.max(...values), room = Math.max((high - low) * margin, 1e-6);
  return [low - room, high + room];
};

// Small panels side by side, as many as fit.
function columnsFor(width, count, least) {
  const columns = Math.max(1, Math.min(count, Math.floor(width / least)));
  return {columns, cell: Math.min(560, Math.max(120, Math.floor(width / columns) - 62))};
}

const PANELS = {
  scatter(panel, rows, context) {
    const values = rows.map((row) => ({...row, x: row[panel.x], y: row[panel.y]}));
    const domain = extent(values.flatMap((row) => [row.x, row.y]), 0.05);
    const size = Math.min(context.width - 70, 420);
    const axis = (name) => ({type: "quantitative", title: `${name}: test accuracy (%)`,
                             axis: {tickCount: 7}, scale: {domain, nice: false, zero: false}});
    return {
      width: size, height: size,
      layer: [
        {data: {values: [{low: domain[0], high: domain[1]}]},
         mark: {type: "rule", color: "currentColor", opacity: 0.5, strokeDash: [4, 4]},
         encoding: {x: {field: "low", ...axis(panel.x)}, y: {field: "low", ...axis(panel.y)}, x2: {field: "high"},
                    y2: {field: "high"}}},
        {data: {values},
         mark: {type: "point", filled: true, size: 70, stroke: "currentColor", strokeWidth: 0.7, opacity: 0.9,
                cursor: "pointer"},
         encoding: {
           x: {field: "x", ...axis(panel.x)}, y: {field: "y", ...axis(panel.y)},
           color: epsilonColour(context.epsilons),
           shape: {condition: {test: "datum.diverged > 0", value: "cross"}, value: "circle"},
           tooltip: tooltip(context, text(context.unit, context.unit), number("epsilon", "epsilon"),
                            number("x", `${panel.x} (%)`, ".2f"), number("y", `${panel.y} (%)`, ".2f"),
                            number("diverged", "diverged runs"))}},
      ],
    };
  },

  // Conditions side by side, or side by side within each epsilon. Positions on the x axis are computed here, so that
  // points can be spread out.
  boxes(panel, rows, context) {
    const grouped = panel.by_epsilon, count = panel.order.length, stride = grouped ? count + 0.6 : 1;
    const group = (row) => grouped ? context.epsilons.indexOf(row.epsilon) : panel.order.indexOf(row.condition);
    const centre = (row) => grouped ? group(row) * stride + panel.order.indexOf(row.condition) : group(row);
    const boxes = objects(panel.boxes).map((row) => ({...row, middle: centre(row), left: centre(row) - 0.33,
                                                      right: centre(row) + 0.33}));
    const lines = objects(panel.lines).map((row) => ({...row, name: `median of ${panel.reference}`,
                                                      left: group(row) * stride - 0.5,
                                                      right: group(row) * stride + count - 0.5}));
    const dots = rows.map((row, i) => ({...row, middle: centre(row) + (((i * 0.618) % 1) - 0.5) * 0.5}));
    const labels = grouped ? context.epsilons.map(String) : panel.order;
    const values = labels.map((_, i) => grouped ? i * stride + (count - 1) / 2 : i);
    const x = (field) => ({
      field, type: "quantitative", title: grouped ? "epsilon" : null,
      scale: {domain: [-0.6, (labels.length - 1) * stride + (grouped ? count : 1) - 0.4], nice: false, zero: false},
      axis: {values, grid: false, labelAngle: !grouped && context.width < 480 ? -30 : 0,
             labelExpr: `${JSON.stringify(labels)}[round((datum.value - ${values[0]}) / ${stride})]`}});
    // If a few values are far out, use a scale that still shows the rest. No value is left out.
    const reach = Math.max(...boxes.map((row) => row.high)) - Math.min(...boxes.map((row) => row.low));
    const box = Math.max(...boxes.map((row) => row.q3 - row.q1));
    const far = box > 0 && reach > 30 * box;
    const y = (field) => ({...number(field, far ? `${panel.axis} (symmetric log scale)` : panel.axis),
                           scale: far ? {type: "symlog", constant: box} : scaled});
    const colour = conditionColour(context.looks, panel.order, grouped ? {orient: "bottom", columns: 2} : null);
    const tips = [text("condition", "condition"), ...(grouped ? [number("epsilon", "epsilon")] : []),
                  number("n", "n"), number("high", "highest", ".3f"), number("q3", "upper quartile", ".3f"),
                  number("median", "median", ".3f"), number("q1", "lower quartile", ".3f"),
                  number("low", "lowest", ".3f")];
    const layer = [
      {data: {values: boxes}, mark: {type: "rule", strokeWidth: 1.5},
       encoding: {x: x("middle"), y: y("low"), y2: {field: "high"}, color: colour}},
      {data: {values: boxes}, mark: {type: "rect", opacity: 0.4},
       encoding: {x: x("left"), x2: {field: "right"}, y: y("q1"), y2: {field: "q3"}, color: colour, tooltip: tips}},
      {data: {values: boxes}, mark: {type: "rule", strokeWidth: 3},
       encoding: {x: x("left"), x2: {field: "right"}, y: y("median"), color: colour, tooltip: tips}},
      {data: {values: dots},
       mark: {type: "point", filled: true, size: grouped ? 26 : 34, opacity: 0.85, stroke: "currentColor",
              strokeWidth: 0.5, cursor: "pointer"},
       encoding: {x: x("middle"), y: y("value"),
                  ...(grouped ? {color: colour} : {fill: epsilonColour(context.epsilons)}),
                  shape: {condition: {test: "datum.diverged > 0", value: "cross"}, value: "circle"},
                  tooltip: tooltip(context, text("condition", "condition"), text(context.unit, context.unit),
                                   number("epsilon", "epsilon"), number("value", panel.axis, ".3f"),
                                   number("diverged", "diverged runs"))}},
    ];
    if (lines.length > 0)
      layer.push({data: {values: lines},
                  mark: {type: "rule", strokeWidth: 2, strokeDash: [6, 3],
                         color: context.looks.get(panel.reference)[0]},
                  encoding: {x: x("left"), x2: {field: "right"}, y: y("median"),
                             tooltip: [text("name", "line"), number("epsilon", "epsilon"),
                                       number("median", "median", ".2f")]}});
    return {width: Math.min(context.width - 70, 60 + 150 * boxes.length), height: 340, layer};
  },

  histogram(panel, rows, context) {
    const order = panel.order.filter((name) => rows.some((row) => row.condition === name));
    const chart = {
      width: context.width - 70, height: order.length > 1 ? 90 : 165,
      mark: {type: "bar", stroke: "currentColor", strokeWidth: 0.5},
      encoding: {
        x: {...number("value", panel.axis), bin: {maxbins: 24}},
        y: {aggregate: "count", type: "quantitative", title: `${context.unit}s`,
            axis: {labelExpr: "datum.value % 1 === 0 ? format(datum.value, 'd') : ''"}},
        color: conditionColour(context.looks, order, null),
        tooltip: [text("condition", "condition"), {field: "value", bin: {maxbins: 24}, title: panel.axis},
                  {aggregate: "count", title: `${context.unit}s`}]},
    };
    if (order.length < 2) return {data: {values: rows}, ...chart};
    const {width, height, ...unit} = chart;
    return {data: {values: rows}, facet: {row: {...text("condition", null), sort: order,
                                                header: {labelAngle: 0, labelAlign: "left", labelOrient: "top"}}},
            spec: {width, height, ...unit}, resolve: {scale: {y: "independent"}}, spacing: 6};
  },

  curves(panel, rows, context) {
    const epsilons = [...new Set(rows.map((row) => row.epsilon))];
    const {columns, cell} = columnsFor(context.width, epsilons.length, 300);
    const epochs = Math.max(...rows.map((row) => row.epoch));
    const step = Math.max(1, Math.ceil(epochs / 12));
    const colour = conditionColour(context.looks, context.order, legendBelow(context));
    const picked = {condition: {param: "picked", value: 1}, value: 0.08};
    const x = {...number("epoch", "epoch"), axis: epochAxis(epochs)};
    return {
      data: {values: rows},
      facet: {field: "epsilon", type: "ordinal", title: "epsilon"}, columns,
      spec: {
        width: cell, height: 220,
        layer: [
          {mark: {type: "area"},
           encoding: {x, y: {...number("q1", panel.axis), scale: scaled}, y2: {field: "q3"}, color: colour,
                      opacity: {condition: {param: "picked", value: 0.15}, value: 0.02}}},
          {params: [{name: "picked", select: {type: "point", fields: ["condition"]}, bind: "legend"}],
           mark: {type: "line", strokeWidth: 2},
           encoding: {x, y: {...number("median", panel.axis), scale: scaled}, color: colour, opacity: picked}},
          {transform: [{filter: `datum.epoch % ${step} === 0 || datum.epoch === ${epochs}`}],
           mark: {type: "point", filled: true, size: 34},
           encoding: {x, y: {...number("median", panel.axis), scale: scaled}, color: colour,
                      shape: conditionShape(context.looks, context.order, legendBelow(context)), opacity: picked,
                      tooltip: [text("condition", "condition"), number("epsilon", "epsilon"), number("epoch", "epoch"),
                                number("n", `${context.unit}s`), number("median", "median"),
                                number("q1", "lower quartile"), number("q3", "upper quartile")]}},
        ],
      },
    };
  },

  luminosity(panel, rows, context) {
    const epsilons = [...new Set(rows.map((row) => row.epsilon))];
    const {columns, cell} = columnsFor(context.width, epsilons.length, 300);
    const colour = conditionColour(context.looks, context.order, legendBelow(context));
    const picked = {condition: {param: "picked", value: 1}, value: 0.1};
    const at = {x: {...number("luminosity", "luminosity of the image"), scale: scaled},
                y: {...number("value", "Test accuracy (%)"), scale: scaled}, color: colour, opacity: picked};
    return {
      data: {values: rows}, facet: {field: "epsilon", type: "ordinal", title: "epsilon"}, columns,
      resolve: {scale: {x: "independent"}},
      spec: {width: cell, height: 240, layer: [
        {params: [{name: "picked", select: {type: "point", fields: ["condition"]}, bind: "legend"}],
         mark: {type: "line", strokeWidth: 2}, encoding: at},
        {mark: {type: "point", filled: true, size: 44},
         encoding: {...at, shape: conditionShape(context.looks, context.order, legendBelow(context)),
                    tooltip: [text("condition", "condition"), number("epsilon", "epsilon"),
                              number("luminosity", "centre of the bin"), number("value", "accuracy (%)", ".2f"),
                              number("n", `${context.unit}s`)]}},
      ]},
    };
  },

  heatmap(panel, rows, context) {
    const order = panel.order.filter((name) => rows.some((row) => row.condition === name));
    const {columns, cell} = columnsFor(context.width, order.length, 290);
    const [low, high] = extent(rows.map((row) => row.value), 0);
    return {
      data: {values: rows}, facet: {...text("condition", null), sort: order}, columns,
      spec: {
        width: cell, height: 30 * new Set(rows.map((row) => row.epsilon)).size,
        encoding: {x: {field: "shift", type: "ordinal", title: "shift of the test images", axis: {labelAngle: 0}},
                   y: {field: "epsilon", type: "ordinal", title: "epsilon"}},
        layer: [
          {mark: {type: "rect"},
           encoding: {color: {...number("value", "accuracy (%)"), scale: {scheme: "cividis", domain: [low, high]},
                              legend: {orient: "bottom"}},
                      tooltip: [text("condition", "condition"), number("epsilon", "trained at epsilon"),
                                number("shift", "shift"), number("value", "accuracy (%)", ".2f"),
                                number("n", `${context.unit}s`)]}},
          {mark: {type: "text", fontSize: 10},
           encoding: {text: {...number("value"), format: ".0f"},
                      color: {condition: {test: `datum.value < ${(low + high) / 2}`, value: "white"}, value: "black"}}},
        ],
      },
    };
  },

  // Any two ways of telling conditions apart, as rows and columns.
  matrix(panel, rows, context) {
    const inOrder = (key) => [...new Set(rows.map((row) => row[key]))];
    const rowNames = panel.order ? panel.order.filter((name) => rows.some((row) => row.row === name)) : inOrder("row");
    const columnNames = inOrder("column"), epsilons = inOrder("epsilon");
    const {columns, cell} = columnsFor(context.width - 100, epsilons.length, 150 + 70 * columnNames.length);
    const [low, high] = extent(rows.map((row) => row.value), 0);
    return {
      data: {values: rows}, facet: {field: "epsilon", type: "ordinal", title: "epsilon"}, columns,
      spec: {
        width: Math.max(60, Math.min(cell - 60, 90 * columnNames.length)), height: {step: 28},
        encoding: {x: {...text("column", null), sort: columnNames, axis: {labelAngle: -35, labelLimit: 200}},
                   y: {...text("row", null), sort: rowNames}},
        layer: [
          {mark: {type: "rect"},
           encoding: {color: {...number("value", "accuracy (%)"), scale: {scheme: "cividis", domain: [low, high]},
                              legend: {orient: "bottom"}},
                      tooltip: [text("condition", "condition"), text("column", "column"), number("epsilon", "epsilon"),
                                number("value", "mean (%)", ".2f"), number("n", `${context.unit}s`)]}},
          {mark: {type: "text", fontSize: 11},
           encoding: {text: {...number("value"), format: ".1f"},
                      color: {condition: {test: `datum.value < ${(low + high) / 2}`, value: "white"}, value: "black"}}},
        ],
      },
    };
  },

  // Differences with their intervals; the band is what is taken not to matter.
  contrasts(panel, rows, context) {
    const names = [...new Set(rows.map((row) => row.difference))];
    const places = [...new Set(rows.map((row) => row.epsilon))];
    const {columns, cell} = columnsFor(context.width - 120, places.length, 300);
    const y = {...text("difference", null), sort: names, axis: {labelLimit: 260}};
    const x = (field) => ({...number(field, panel.title), title: "percentage points"});
    const tips = [text("difference", "difference"), text("epsilon", "at"), number("mean", "mean", "+.2f"),
                  number("low", "low", "+.2f"), number("high", "high", "+.2f"), number("p", "p (Holm)", ".2g"),
                  number("n", `${context.unit}s`)];
    const values = rows.map((row) => ({...row, below: -panel.margin, above: panel.margin, zero: 0}));
    return {
      data: {values}, facet: {...text("epsilon", null), sort: places}, columns,
      spec: {
        width: places.length > 1 ? Math.max(120, cell - 100) : Math.min(cell, 520), height: {step: 26},
        layer: [
          {mark: {type: "rect", color: "#808080", opacity: 0.18},
           encoding: {x: {...x("below"), aggregate: "min"}, x2: {field: "above", aggregate: "min"}}},
          {mark: {type: "rule", color: "currentColor"}, encoding: {x: {...x("zero"), aggregate: "min"}}},
          {mark: {type: "rule", strokeWidth: 2, color: "#0A7CC4"},
           encoding: {x: x("low"), x2: {field: "high"}, y, tooltip: tips}},
          {mark: {type: "point", size: 70, stroke: "#0A7CC4", strokeWidth: 2, opacity: 1},
           encoding: {x: x("mean"), y, tooltip: tips,
                      fill: {condition: {test: "datum.p !== null && datum.p < 0.05", value: "#0A7CC4"},
                             value: "white"}}},
        ],
      },
    };
  },

  factorial(panel, rows, context) {
    const values = rows.map((row) => ({...row, activity: `${row.circuit}, ${row.activity}`}));
    const epsilons = [...new Set(rows.map((row) => row.epsilon))];
    const errors = [...new Set(rows.map((row) => row.error))];
    const {columns, cell} = columnsFor(context.width - 60, epsilons.length, 130 + 62 * errors.length);
    const [low, high] = extent(rows.map((row) => row.value), 0);
    const ofErrors = {field: "error", type: "nominal", title: "normalization of errors",
                      sort: ["none", "own", "center", "scale", "decorrelate", "full", "jacobian", "lateral"]},
          ofActivity = {field: "activity", type: "nominal", title: null,
                        sort: ["E, none", "E-I, none", "E-I, mean", "E-I, variance", "E-I, layer"]};
    const narrow = context.width < 480;  // too narrow for the longer names next to the cells
    return {
      data: {values}, facet: {field: "epsilon", type: "ordinal", title: "epsilon"}, columns: narrow ? 1 : columns,
      spec: {
        width: narrow ? context.width - 130 : Math.max(60, Math.min(cell - 60, 90 * errors.length)),
        height: {step: narrow ? 30 : 42},
        encoding: narrow ? {x: {...ofActivity, axis: {labelAngle: -60}}, y: ofErrors}
                         : {x: {...ofErrors, axis: {labelAngle: -35}}, y: ofActivity},
        layer: [
          {mark: {type: "rect"},
           encoding: {color: {...number("value", "accuracy (%)"), scale: {scheme: "cividis", domain: [low, high]},
                              legend: {orient: "bottom"}},
                      tooltip: [text("condition", "condition"), text("activity", "activity"), text("error", "error"),
                                number("epsilon", "epsilon"), number("value", "median (%)", ".2f"),
                                number("n", `${context.unit}s`)]}},
          {mark: {type: "text", fontSize: 12},
           encoding: {text: {...number("value"), format: ".1f"},
                      color: {condition: {test: `datum.value < ${(low + high) / 2}`, value: "white"}, value: "black"}}},
        ],
      },
    };
  },

  parameter(panel, rows, context) {
    const order = context.order.filter((name) => rows.some((row) => row.condition === name));
    return {
      data: {values: rows}, width: context.width - 70, height: 280,
      params: [{name: "picked", select: {type: "point", fields: ["condition"]}, bind: "legend"}],
      mark: {type: "point", filled: true, size: 45, cursor: "pointer"},
      encoding: {
        x: {...number("setting", panel.axis),
            ...(panel.logarithmic ? logarithmic(rows.map((row) => row.setting), panel.axis) : {scale: scaled})},
        y: {...number("value", "Test accuracy (%)"), scale: scaled},
        color: conditionColour(context.looks, order, legendBelow(context)),
        shape: conditionShape(context.looks, order, legendBelow(context)),
        opacity: {condition: {param: "picked", value: 0.85}, value: 0.05},
        tooltip: tooltip(context, text("condition", "condition"), text("draw", "draw"),
                         number("value", "accuracy (%)", ".2f"))},
    };
  },

  weights(panel, rows, context) {
    const order = panel.order.filter((name) => rows.some((row) => row.condition === name));
    const {columns, cell} = columnsFor(context.width, order.length, 250);
    const values = rows.map((row) => ({...row, place: row["log10 weight"],
                                       series: row.when === "before" ? "before" : row.condition}));
    return {
      data: {values}, facet: {...text("condition", null), sort: order}, columns,
      spec: {
        width: cell, height: 130,
        layer: [
          {transform: [{filter: "datum.when === 'before'"}], mark: {type: "area", color: "#808080", opacity: 0.35}},
          {transform: [{filter: "datum.when === 'after'"}], mark: {type: "line", strokeWidth: 2},
           encoding: {color: conditionColour(context.looks, order, null)}},
          {transform: [{filter: "datum.when === 'after'"}],
           mark: {type: "point", filled: true, size: 40, opacity: 0.001},
           encoding: {tooltip: [text("condition", "condition"), text("when", "weights"),
                                number("place", "log10 weight"),
                                number("density", "density")]}},
        ],
        encoding: {x: number("place", "log10 of the weight"), y: number("density", "density")},
      },
    };
  },

  lambda(panel, rows, context) {
    return {
      data: {values: rows}, width: context.width - 70, height: 300,
      encoding: {x: {...number("lambda", "lambda"), ...logarithmic(rows.map((row) => row.lambda), "lambda")},
                 y: {...number("value", "Output alignment"), scale: scaled}},
      layer: [
        {mark: {type: "line", color: context.looks.get("inorm")?.[0]},
         encoding: {y: {...number("value", "Output alignment"), aggregate: "mean"}}},
        {mark: {type: "point", filled: true, size: 60, stroke: "currentColor", strokeWidth: 0.6, cursor: "pointer"},
         encoding: {color: epsilonColour(context.epsilons),
                    tooltip: tooltip(context, number("lambda", "lambda", "~e"), number("epsilon", "epsilon"),
                                     text("seed", "seed"), number("value", "output alignment", ".4f"))}},
      ],
    };
  },

  // Learning curves of single runs, in the dialog.
  run(panel, rows, context) {
    return {
      data: {values: rows}, width: context.width - 60, height: 200,
      mark: {type: "line", strokeWidth: 2, point: {size: 28}},
      encoding: {
        x: {...number("epoch", "epoch"), axis: epochAxis(Math.max(...rows.map((row) => row.epoch)))},
        y: {...number("value", panel.axis), scale: scaled},
        color: conditionColour(context.looks,
                               context.order.filter((name) => rows.some((row) => row.condition === name))),
        strokeDash: {field: "series", type: "nominal", title: null, legend: {orient: "bottom"}},
        detail: {field: "run"},
        tooltip: [text("run", "run"), text("series", "series"), number("epoch", "epoch"), number("value", "value")]},
    };
  },
};
