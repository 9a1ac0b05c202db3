// Builds the page of the report: text, tables, figures (specified in figures.js) and the learning curves of runs that a
// reader clicks. Data become text nodes only; nothing in them is read as HTML.
"use strict";

const report = JSON.parse(document.getElementById("report").textContent);

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
  node.append(...children.filter((child) => child != null && child !== ""));
  return node;
}

// Columns and rows as objects.
function objects({columns, rows}) {
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

const shown = (value) => value == null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

function table(columns, rows, attributes = {}) {
  return element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": attributes.caption ?? "table"},
    element("table", {},
      attributes.caption ? element("caption", {}, attributes.caption) : null,
      element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", {scope: "col"}, column)))),
      element("tbody", {}, ...rows.map((row) =>
        element("tr", {}, ...row.map((cell) => element("td", {}, cell instanceof Node ? cell : shown(cell))))))));
}

function details(summary, build) {
  const node = element("details", {}, element("summary", {}, summary));
  node.addEventListener("toggle", () => {
    if (node.open && node.childElementCount === 1) node.append(build());
  });
  return node;
}

// ---------------------------------------------------------------- saving

function save(name, content, type) {
  const url = content instanceof Blob || typeof content !== "string" || !content.startsWith("data:")
    ? URL.createObjectURL(new Blob([content], {type})) : content;
  const link = element("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function csv({columns, rows}) {
  const field = (value) => /[",\r\n]/.test(shown(value)) ? `"${shown(value).replaceAll('"', '""')}"` : shown(value);
  return [columns, ...rows].map((row) => row.map(field).join(",")).join("\n") + "\n";
}

// A file name that is valid on every file system.
const fileName = (...parts) =>
  parts.filter(Boolean).join("-")
  .toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

// ---------------------------------------------------------------- figures

const EMBED = {actions: false, renderer: "svg", ast: true, config: CONFIG, tooltip: {theme: "custom"}};

function specification(panel, context, rows, alt) {
  return {...PANELS[panel.kind](forVega(panel), forVega(rows), forVega(context)), description: alt};
}

class Panel {
  constructor(panel, set, figure) {
    this.panel = panel;
    this.set = set;
    this.name = fileName(set.name, figure.id, panel.title);
    this.alt = `${figure.title}. ${panel.title}. ${panel.alt ?? figure.alt ?? ""}`;
    const button = (label, action) =>
      element("button", {type: "button", "aria-label": `Save ${panel.title} as ${label}`, onclick: action}, label);
    this.place = element("div", {class: "plot"});
    this.node = element("div", {class: `panel ${panel.kind}`},
      element("div", {class: "panel-head"}, element("h4", {}, panel.title),
        element("div", {class: "save"}, button("CSV", () => save(`${this.name}.csv`, csv(panel.table), "text/csv")),
          button("SVG", () => this.saveSvg()), button("PNG", () => this.savePng()))),
      this.place,
      details("Data as a table", () => this.dataTable()));
  }

  dataTable() {
    const {columns, rows} = this.panel.table;
    const runs = columns.indexOf("runs");
    return table(columns, rows.map((row) => row.map((cell, i) => i !== runs ? cell
      : element("button", {type: "button", onclick: () => openRuns(this.set, cell)}, "curves"))),
      {caption: `${this.panel.title}: ${rows.length} rows`});
  }

  rows() {
    return objects(this.panel.table).map((row) => {
      if (row.runs) for (const key of this.set.varied) row[`setting ${key}`] = this.set.runRows[row.runs[0]][key];
      return row;
    });
  }

  context(width) {
    return {width, looks: this.set.looks, order: this.set.conditions.map(({name}) => name), unit: this.set.unit,
            epsilons: this.set.epsilons, varied: this.set.varied};
  }

  async draw() {
    if (this.panel.kind === "image") {
      this.place.replaceChildren(element("img", {src: `data:image/png;base64,${this.panel.png}`, alt: this.alt}));
      return;
    }
    const width = Math.max(240, this.place.clientWidth);
    if (width === this.width) return;
    this.width = width;
    this.view?.finalize();
    this.view = (await vegaEmbed(this.place,
                                 specification(this.panel, this.context(width), this.rows(), this.alt), EMBED)).view;
    const svg = this.place.querySelector("svg");
    svg?.setAttribute("role", "img");
    svg?.setAttribute("aria-label", this.alt);
    this.view.addEventListener("click", (event, item) => {
      if (item?.datum?.runs) openRuns(this.set, item.datum.runs);
    });
  }

  // For saving and print: black on white, whatever the colours of the page.
  async forPaper() {
    const place = element("div", {style: "position:absolute;left:-9999px;color:black"});
    document.body.append(place);
    const config = JSON.parse(JSON.stringify(CONFIG).replaceAll("currentColor", "black"));
    const text = JSON.stringify(specification(this.panel,
                                              this.context(Math.max(this.width ?? 0, 640)), this.rows(), this.alt));
    const spec = {...JSON.parse(text.replaceAll('"currentColor"', '"black"')), background: "white", padding: 12};
    const {view} = await vegaEmbed(place, spec, {...EMBED, config});
    return {view, done: () => { view.finalize(); place.remove(); }};
  }

  async saveSvg() {
    if (this.panel.kind === "image") {
      const image = this.place.querySelector("img");
      const [width, height] = [image.naturalWidth, image.naturalHeight];
      save(`${this.name}.svg`, `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image ` +
        `width="${width}" height="${height}" href="${image.src}"/></svg>`, "image/svg+xml");
      return;
    }
    const {view, done} = await this.forPaper();
    save(`${this.name}.svg`, await view.toSVG(), "image/svg+xml");
    done();
  }

  async savePng() {
    if (this.panel.kind === "image") {
      save(`${this.name}.png`, this.place.querySelector("img").src);
      return;
    }
    const {view, done} = await this.forPaper();
    save(`${this.name}.png`, await view.toImageURL("png", 2));
    done();
  }
}

const panels = [];

function figureNode(figure, set) {
  const own = figure.panels.map((panel) => new Panel(panel, set, figure));
  panels.push(...own);
  const id = fileName(set.name, figure.id);
  return element("section", {class: "figure", id, "aria-labelledby": `${id}-title`},
    element("h3", {id: `${id}-title`}, figure.title),
    figure.alt ? element("p", {class: "result"}, figure.alt) : null,
    element("div", {class: `panels of-${own.length}`}, ...own.map(({node}) => node)),
    figure.caption ? element("p", {class: "caption"}, figure.caption) : null,
    ...figure.missing.map((sentence) => element("p", {class: "missing"}, sentence)));
}

// Figures with data, then a list of those for which the study lacks conditions.
function figureNodes(figures, set) {
  const empty = figures.filter((figure) => figure.panels.length === 0);
  return [
    ...figures.filter((figure) => figure.panels.length > 0).map((figure) => figureNode(figure, set)),
    empty.length === 0 ? null
      : details(`Figures for which this study has no data: ${empty.length}`, () =>
          element("ul", {}, ...empty.map(({title, missing}) => element("li", {}, `${title}. ${missing.join(" ")}`)))),
  ];
}

// One after the other, so that the page stays responsive.
let drawing = Promise.resolve();
function drawAll() {
  drawing = drawing.then(async () => {
    for (const panel of panels) {
      try {
        await panel.draw();
      } catch (error) {
        panel.place.replaceChildren(
          element("p", {class: "missing"}, `This figure could not be drawn: ${error.message}. Its data are below.`));
        console.error(error);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    document.documentElement.dataset.drawn = panels.length;
  });
  return drawing;
}

// ---------------------------------------------------------------- runs

const ACCURACY = {"test_accuracy": "test", "train_accuracy": "training", "validation_accuracy": "validation"};
const LOSS = {"test_loss": "test", "train_loss": "training", "validation_loss": "validation"};
const ALIGNMENT = {"output_alignment": "output", "gradient_alignment": "gradient", "task_gradient_alignment": "update",
                   "uniform_share": "uniform share of the error"};
const MOMENTS = {"mean": "mean", "variance": "variance"};

async function openRuns(set, numbers) {
  const runs = numbers.map((number) => ({...set.runRows[number], series: set.series[number]}));
  const dialog = element("dialog", {"aria-label": "Learning curves"});
  const keys = ["condition", "epsilon", "draw", "seed", "status", "test accuracy", "why", ...set.varied];
  const places = [];
  const close = element("button",
                        {type: "button", class: "close", autofocus: true, onclick: () => dialog.close()}, "Close");
  dialog.append(element("div", {class: "dialog-head"}, element("h2", {}, "Learning curves"), close),
    table(["", ...runs.map((run) => run.run)],
          keys.map((key) => [key, ...runs.map((run) => run[key])]), {caption: "Settings and results of these runs"}));
  const charts = [["Accuracy (%)", ACCURACY], ["Loss", LOSS],
                  ["Alignment", ALIGNMENT], ["Moments of activity", MOMENTS]];
  for (const [axis, names] of charts) {
    // Keep missing values, which break the line, but leave out series without any value.
    const rows = runs.flatMap((run) => Object.entries(names).flatMap(([key, name]) => {
      const values = run.series[key] ?? [];
      return values.every((value) => value == null) ? [] : values.map((value, i) => (
        {run: run.run, condition: run.condition, series: name, epoch: run.series.epoch[i], value}));
    }));
    if (rows.length === 0) continue;
    const place = element("div", {class: "plot"});
    dialog.append(element("h3", {}, axis), place);
    places.push([place, axis, rows]);
  }
  if (places.length === 0) dialog.append(element("p", {class: "missing"}, "These runs have no recorded values yet."));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  for (const [place, axis, rows] of places) {
    const context = {width: place.clientWidth, looks: set.looks, order: set.conditions.map(({name}) => name)};
    await vegaEmbed(place, specification({kind: "run", axis}, context, rows, `${axis} over epochs`), EMBED);
    place.querySelector("svg")?.setAttribute("role", "img");
  }
  dialog.dataset.drawn = places.length;
}

// ---------------------------------------------------------------- the page

const atEpsilon = (epsilon) => epsilon == null ? "all epsilons" : `epsilon ${epsilon}`;

function claimNode(claim, set) {
  const badge = (verdict) => element("strong", {class: `verdict ${verdict.replaceAll(" ", "-")}`}, verdict);
  const [first, ...others] = claim.at;
  return element("li", {class: "claim", id: [fileName(set.name), `claim-${claim.id}`].filter(Boolean).join("-")},
    element("p", {class: "statement"}, badge(claim.verdict), ` ${claim.statement}.`),
    element("p", {class: "numbers"}, `${first.text}, ${atEpsilon(first.epsilon)}.`),
    claim.note ? element("p", {class: "note"}, `${claim.note}.`) : null,
    element("p", {class: "published"}, `Source: ${claim.source}. Published: ${claim.published}.`),
    claim.paper_test ? element("p", {class: "published"},
      `The paper's test on this study (unpaired Mann-Whitney, not corrected): ${claim.paper_test}.`) : null,
    details("Rule and results by epsilon", () => element("div", {},
      element("p", {}, `Shown if ${claim.rule}.`),
      element("ul", {},
        ...others.map((at) => element("li", {}, badge(at.verdict), ` ${atEpsilon(at.epsilon)}: ${at.text}.`)),
        others.length === 0 ? element("li", {}, "This study tests it only as shown above.") : null))));
}

function differencesTable(set) {
  return table(["difference", "epsilon", "n", "mean (points)", "95 % interval", "p Holm", "effect"],
    objects(set.differences).map((row) => [row.difference, row.epsilon ?? "all", row.n, ...row.text]),
    {caption: "Paired differences in test accuracy: mean, simultaneous 95 % interval, sign-flip test corrected by " +
              "Holm's method, effect size (matched-pairs rank-biserial correlation). jitter: the difference at the " +
              "largest epsilon minus that at the smallest"});
}

function runsTable(set) {
  const columns = set.runs.columns;
  return table(["curves", ...columns], set.runs.rows.map((row, i) =>
    [element("button", {type: "button", "aria-label": `Learning curves of ${row[0]}`,
                       onclick: () => openRuns(set, [i])}, "show"),
     ...row]), {caption: `${set.runs.rows.length} runs`});
}

function setNodes(set, single) {
  const bad = set.runRows.filter((run) => (run.status !== "finished" && run.status !== "repeats") || run.collapsed);
  const repeats = set.runRows.filter((run) => run.status === "repeats");
  const claims = set.claims.length > 0
    ? [element("ol", {class: "claims"}, ...set.claims.map((claim) => claimNode(claim, set)))]
    : [element("p", {class: "missing"}, "Every claim needs a condition that this study lacks.")];
  return [
    single ? null : element("h2", {}, `Data set ${set.name || "(unnamed)"}`),
    element("section", {"aria-label": "Claims"}, element("h2", {}, "The claims in this study"),
      element("p", {class: "how"}, `Test accuracy after the last epoch, in percentage points; ${set.units} ` +
        "A difference is shown if its corrected p is below .05 and its 90 % interval is not within half a point of " +
        "zero. Equality is shown if that interval is within half a point of zero. A difference with a corrected p " +
        "below .05 and an interval within half a point is real but negligible."),
      ...claims,
      set.untested.length > 0
        ? details(`Claims for which this study lacks conditions: ${set.untested.length}`,
                  () => element("ul", {}, ...set.untested.map((one) => element("li", {}, one)))) : null),
    element("section", {"aria-label": "Differences"},
      element("h2", {}, report.study.compare ? "Differences declared by the plan" : "Differences of the claims"),
      set.differences.rows.length > 0 ? differencesTable(set)
        : element("p", {class: "missing"}, "The plan declares no differences, and every claim needs a condition that this study lacks."),
      details("Full output of chandelier study table --all-tests", () =>
              element("pre", {tabindex: 0}, set.table))),
    element("section", {"aria-label": "Figures"}, element("h2", {}, "Figures"),
      element("p", {class: "how"}, "Hover over a mark for its settings; click it for the learning curves of its runs."),
      ...figureNodes(set.figures.filter((figure) => figure.id.startsWith("figure-")), set),
      element("h2", {}, "Beyond the paper"),
      ...figureNodes(set.figures.filter((figure) => !figure.id.startsWith("figure-")), set)),
    element("section", {class: "manifest", "aria-label": "Conditions and runs"},
      element("h2", {}, "Conditions and runs"),
      table(["condition", "what it is"],
            set.conditions.map(({name, summary}) => [name, summary]), {caption: "Conditions"}),
      details("Settings shared by all runs", () => table(["setting", "value"], Object.entries(set.settings))),
      element("p", {}, bad.length === 0 ? "Every run has finished; none is excluded."
        : `${bad.length} runs did not finish or collapsed. Diverged runs count at chance accuracy, collapsed runs ` +
          "with their accuracy. All others are not included in any number."),
      repeats.length > 0 ? details(`${repeats.length} runs repeat another run and are counted once`,
        () => table(["run", "why"], repeats.map((run) => [run.run, run.why]))) : null,
      bad.length > 0 ? details("List of these runs", () => table(["run", "status", "why"],
        bad.map((run) => [run.run, run.collapsed ? "collapsed" : run.status, run.why]))) : null,
      details(`All runs (${set.runs.rows.length})`, () => runsTable(set)),
      element("button",
              {type: "button", onclick: () => save(`${fileName(set.name, "runs")}.csv`, csv(set.runs), "text/csv")},
              "Save the runs as CSV")),
  ];
}

function build() {
  const {study, made, progress} = report;
  const sets = report.data_sets;
  for (const set of sets) {
    set.looks = looksOf(set.conditions);
    set.runRows = objects(set.runs);
  }
  const page = document.getElementById("page");
  page.append(...[
    element("header", {},
      element("h1", {}, study.name || study.short),
      study.notes ? element("p", {class: "notes"}, study.notes) : null,
      element("p", {class: progress.complete ? "progress" : "progress incomplete", role: "status"}, progress.text),
      ...sets.filter((set) => set.summary).map((set) => element("p", {class: "summary"},
        sets.length > 1 ? `Data set ${set.name}: ${set.summary}` : set.summary))),
    ...sets.flatMap((set) => setNodes(set, sets.length === 1)),
    element("section", {class: "manifest", "aria-label": "Origin"}, element("h2", {}, "Origin"),
      element("p", {},
        `Report made by Chandelier ${made.version} (${made.commit}) at ${made.time} from the study in ` +
        `${study.folder}.`),
      table(report.machines.columns, report.machines.rows, {caption: "Versions and machines that made the runs"}),
      details("Plan of the study (study.toml)", () => element("pre", {tabindex: 0}, study.plan)),
      report.problems.length > 0
        ? details(`${report.problems.length} files that could not be read`,
                  () => element("ul", {}, ...report.problems.map((one) => element("li", {}, one)))) : null,
      element("button",
              {type: "button", onclick: () => save("report.json", JSON.stringify(report), "application/json")},
              "Save all numbers as JSON")),
  ].filter(Boolean));
}

build();
document.documentElement.dataset.built = "yes";
drawAll();

let settled;
addEventListener("resize", () => {
  clearTimeout(settled);
  settled = setTimeout(drawAll, 200);
});
if (RELOAD_SECONDS > 0)
  setInterval(() => { if (!document.querySelector("dialog[open]")) location.reload(); }, 1000 * RELOAD_SECONDS);
