// The report of a small real study, as a reader sees it: node report_test.mjs CHANDELIER BROWSER FOLDER [SCREENSHOTS].
// The first failed check ends the test with a sentence.
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import {mkdirSync, readFileSync, renameSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {chromium} from "playwright-core";

const [program, browserPath, folder, screenshots] = process.argv.slice(2);

// ---------------------------------------------------------------- a study

// Ten classes of 8 x 8 pixels that are easy to tell apart: a bright row or column, plus noise.
function writeData(path) {
  mkdirSync(path);
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const head = (...numbers) => Buffer.concat(numbers.map((number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    return bytes;
  }));
  for (const [name, count] of [["train", 320], ["t10k", 100]]) {
    const pixels = Buffer.alloc(count * 64), labels = Buffer.alloc(count);
    for (let i = 0; i < count; ++i) {
      const label = labels[i] = i % 10;
      for (let p = 0; p < 64; ++p) {
        const lit = label < 5 ? Math.floor(p / 8) === label : p % 8 === label - 5;
        pixels[64 * i + p] = Math.min(255, (lit ? 140 : 20) + 90 * random());
      }
    }
    writeFileSync(join(path, `${name}-images-idx3-ubyte`), Buffer.concat([head(0x803, count, 8, 8), pixels]));
    writeFileSync(join(path, `${name}-labels-idx1-ubyte`), Buffer.concat([head(0x801, count), labels]));
  }
}

const NAME = `</script><script>alert("name")</script> <b>'bold'</b> & ü \u2028`;
const NOTES = `<img src=x onerror="alert('notes')">`;

function writePlan(path, data) {
  const conditions = ["ei", "ei-ln", "ei-ln-forward", "e-ln", "e-ln-forward", "inorm", "inorm-sub", "inorm-full",
                      "inorm-center",
                      "inorm-scale", "inorm-decorrelate", "inorm-lateral", "turned", "ei-error-full"];
  writeFileSync(path, `name = ${JSON.stringify(NAME)}
notes = ${JSON.stringify(NOTES)}
conditions = ${JSON.stringify(conditions)}
epsilons = [0, 0.75]
seeds = 1
[random]
draws = 4
lr = { log_uniform = [5e-3, 5e-2] }
lambda = { log_uniform = [1e-3, 1e-1] }
width = { integer = [12, 24] }
[condition.turned]
condition = "inorm-full"
error_part = "direction"
[settings]
data = ${JSON.stringify(data)}
epochs = 3
batch = 16
`);
}

const run = (...words) => execFileSync(program, words, {encoding: "utf8", maxBuffer: 1 << 28});

const data = join(folder, `data <i>"1"`), plan = join(folder, "plan.toml"), study = join(folder, "study");
writeData(data);
writePlan(plan, data);
run("study", "run", plan, "--out", study, "--jobs", "2");
try {
  run("report", study);
} catch (error) {
  if (/cannot draw the page/.test(String(error.stderr))) process.exit(77);
  throw error;
}
const table = run("study", "table", study, "--all-tests");
const report = JSON.parse(run("report", study, "--json"));
const set = report.data_sets[0];

// ---------------------------------------------------------------- the page

const browser = await chromium.launch({executablePath: browserPath, args: ["--no-sandbox"]});
const complaints = [], requests = [], opened = new Set();

async function open(options, file = join(study, "report.html")) {
  const context = await browser.newContext({acceptDownloads: true, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => { complaints.push(`a script ran: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => requests.push(request.url()));
  opened.add(pathToFileURL(file).href);
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => document.documentElement.dataset.drawn, null, {timeout: 200_000});
  return page;
}

async function saved(page, locator) {
  const [download] = await Promise.all([page.waitForEvent("download"), locator.click()]);
  return {name: download.suggestedFilename(), bytes: readFileSync(await download.path())};
}

const page = await open({viewport: {width: 1280, height: 900}, colorScheme: "light"});

// Every panel has marks, and a text alternative with its result.
const planned = set.figures.flatMap((figure) => figure.panels);
const drawn = await page.locator(".panel").evaluateAll((panels) => panels.map((panel) => ({
  title: panel.querySelector("h4").textContent,
  marks: panel.querySelectorAll("svg [class*=mark-] path, svg [class*=mark-] line, img").length,
  says: panel.querySelector("svg, img")?.getAttribute(panel.querySelector("svg") ? "aria-label" : "alt") ?? "",
  buttons: [...panel.querySelectorAll(".save button")].map((button) => button.getAttribute("aria-label")),
})));
assert.equal(drawn.length, planned.length, "every panel of the data is on the page");
for (const panel of drawn) {
  assert.ok(panel.marks > 0, `${panel.title}: something is drawn`);
  assert.ok(panel.says.length > 40, `${panel.title}: it has a text alternative`);
  assert.equal(panel.buttons.length, 3);
}
for (const id of ["figure-1", "figure-2", "figure-3", "figure-4", "figure-5", "figure-6", "figure-7", "differences",
                  "condition-matrix", "learning-curves", "measures", "factorial", "error-part", "other-luminosities", "by-luminosity", "hyper-parameters", "weights"]) {
  const figure = set.figures.find((one) => one.id === id);
  assert.ok(figure.panels.length > 0, `${id} has a panel: ${figure.missing}`);
  assert.ok(figure.caption.includes("n = ") ||
            ["figure-1", "differences", "measures", "other-luminosities", "hyper-parameters"].includes(id),
            `${id}: the caption states n`);
}

// Free texts of the plan are shown as text, not as HTML.
assert.equal(await page.locator("h1").textContent(), NAME);
assert.equal(await page.locator(".notes").textContent(), NOTES);
assert.equal(await page.locator("main script, main img[src=x], main b, main i").count(), 0);

// The page shows the numbers of the table.
const lines = table.split("\n").map((line) => line.trim().split(/\s{2,}/).join(" "));
const cells = await page.locator("section[aria-label=Differences] tbody tr").evaluateAll((rows) =>
  rows.map((row) => [...row.children].map((cell) => cell.textContent)));
assert.ok(cells.length >= 20);
for (const [difference, , n, mean, interval] of cells)
  assert.ok(lines.some((line) => line.startsWith(`${difference} ${n} ${mean} ${interval}`)),
            `${difference} ${n} ${mean} ${interval}`);
assert.equal(await page.locator(".claim").count(), 14);
for (const claim of set.claims) {
  const said = await page.locator(`#claim-${claim.id}`).textContent();
  for (const part of [claim.verdict, claim.statement, claim.at[0].text, claim.source])
    assert.ok(said.includes(part), `${claim.id}: ${part}`);
}

// Hover, and click.
const point = page.locator("#figure-5 .panel.scatter svg .mark-symbol.layer_1_marks path").first();
await point.scrollIntoViewIfNeeded();
await point.hover({force: true});
const tip = page.locator("#vg-tooltip-element.visible");
await tip.waitFor();
for (const word of ["epsilon", "lr", "width", "inorm-full (%)"])
  assert.ok((await tip.textContent()).includes(word), word);
await point.click({force: true});
const dialog = page.locator("dialog[open]");
await dialog.waitFor();
await page.waitForFunction(() => document.querySelector("dialog[open]").dataset.drawn);
assert.ok(await dialog.locator("svg").count() >= 3);
assert.ok((await dialog.textContent()).includes("inorm-full-eps"));
await page.keyboard.press("Escape");
await dialog.waitFor({state: "detached"});

// The same with the keyboard alone.
const summary = page.locator("#figure-5 .panel.scatter summary");
await summary.focus();
await page.keyboard.press("Enter");
await page.locator("#figure-5 .panel.scatter details table").waitFor();
await page.keyboard.press("Tab");
await page.keyboard.press("Tab");
assert.equal(await page.evaluate(() => document.activeElement.textContent), "curves");
await page.keyboard.press("Enter");
await dialog.waitFor();
await page.keyboard.press("Escape");

// Saving. A browser asks before it saves more than ten files from one page, and nobody answers here. So each panel is
// saved from a separate page.
for (const panel of ["#figure-5 .panel.scatter", "#figure-6 .panel.boxes", "#figure-1 .panel.image",
                    "#learning-curves .panel >> nth=0"]) {
  const own = await open({viewport: {width: 1280, height: 900}});
  const button = (label) => own.locator(panel).locator(".save button", {hasText: label});
  const csv = await saved(own, button("CSV")),
        svg = await saved(own, button("SVG")), png = await saved(own, button("PNG"));
  assert.ok(csv.name.endsWith(".csv") && svg.name.endsWith(".svg") && png.name.endsWith(".png"));
  assert.ok(csv.bytes.toString().trim().split("\n").length > 5, `${panel}: the CSV has rows`);
  assert.ok(svg.bytes.toString().startsWith("<svg") && !svg.bytes.includes("currentColor"),
            `${panel}: an SVG for paper`);
  assert.deepEqual([...png.bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47], `${panel}: a PNG`);
  assert.ok(png.bytes.length > 2000);
  await own.context().close();
}
const scatter = set.figures.find((figure) => figure.id === "figure-5").panels[0].table;
const csv = await saved(page, page.locator("#figure-5 .panel.scatter .save button", {hasText: "CSV"}));
assert.equal(csv.bytes.toString().trim().split("\n").length, scatter.rows.length + 1);
const runs = await saved(page, page.getByRole("button", {name: "Save the runs as CSV"}));
assert.equal(runs.bytes.toString().trim().split("\n").length, report.progress.planned + 1);

// Wide and narrow, light and dark, and in print.
for (const [width, colorScheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]]) {
  const other = await open({viewport: {width, height: 844}, colorScheme});
  const sideways = await other.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(sideways <= width, `at ${width} pixels the page is ${sideways} wide`);
  const paper = await other.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  assert.ok(colorScheme === "dark" ? paper[0] < 60 : paper[0] > 240, `${colorScheme}: ${paper}`);
  if (screenshots) {
    const height = await other.evaluate(() => document.body.scrollHeight);
    for (let y = 0, i = 0; y < height; y += 2400, ++i)
      await other.screenshot({path: join(screenshots, `${width}-${colorScheme}-${i}.png`), fullPage: true,
                              clip: {x: 0, y, width, height: Math.min(2400, height - y)}});
  }
  if (width === 1280 && colorScheme === "dark") {
    await other.emulateMedia({media: "print"});
    assert.equal(await other.evaluate(() => getComputedStyle(document.body).color), "rgb(0, 0, 0)");
  }
  await other.context().close();
}

// Several data sets: each has its own claims, figures and runs, with unique ids.
const others = ["first set", "second"].map((name) => join(folder, name.replace(" ", "_")));
others.forEach(writeData);
const planOfTwo = join(folder, "two.toml"), studyOfTwo = join(folder, "two");
writeFileSync(planOfTwo, `conditions = ["ei", "inorm", "inorm-full", "e-ln"]
epsilons = [0, 0.75]
seeds = 3
data = ${JSON.stringify(others)}
[settings]
width = 12
epochs = 2
batch = 16
`);
run("study", "run", planOfTwo, "--out", studyOfTwo, "--jobs", "2");
run("report", studyOfTwo);
const two = JSON.parse(run("report", studyOfTwo, "--json"));
assert.deepEqual(two.data_sets.map((one) => one.name), ["first_set", "second"]);
const both = await open({viewport: {width: 1280, height: 900}}, join(studyOfTwo, "report.html"));
const ids = await both.locator("[id]").evaluateAll((nodes) => nodes.map((node) => node.id));
assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i), [], "no id twice");
assert.equal(await both.locator("h2", {hasText: "Data set "}).count(), 2);
const panelsOfTwo = two.data_sets.flatMap((one) => one.figures.flatMap((figure) => figure.panels));
assert.equal(await both.locator(".panel").count(), panelsOfTwo.length);
for (const one of two.data_sets) {
  const name = one.name.replace("_", "-");
  for (const claim of one.claims)
    assert.ok((await both.locator(`#${name}-claim-${claim.id}`).textContent()).includes(claim.at[0].text),
              claim.at[0].text);
  const panels = both.locator(`#${name}-figure-4 .panel`);
  assert.ok(await panels.count() > 0 && await panels.first().locator("svg [class*=mark-] path").count() > 0, name);
}
const saidOfSecond = await saved(both, both.locator("#second-figure-4 .panel").first().locator(".save button",
                                                                                            {hasText: "CSV"}));
assert.ok(saidOfSecond.name.startsWith("second-"), saidOfSecond.name);
if (screenshots) await both.screenshot({path: join(screenshots, "two.png"), fullPage: true});

// Names with a meaning in JavaScript, and settings that are zero on a logarithmic axis.
const ODD = ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];
const odd = {
  random: `draws = 4\nlambda = { log_uniform = [1e-4, 1e-1] }`,
  grid: `lambda = [0, 0.001, 0.1]`,
};
for (const [source, draws] of Object.entries(odd)) {
  const folderOf = (name) => join(folder, `${name}-${source}`);
  writeFileSync(folderOf("odd.toml"), `conditions = ${JSON.stringify(["inorm", "inorm-full", "ei", "e-ln", ...ODD])}
epsilons = [0, 0.75]
seeds = 1
[${source}]
${draws}
${ODD.map((name) => `[condition.${JSON.stringify(name)}]\ncondition = "inorm-center"\n` +
                    (source === "random" ? "lambda = 0\n" : "")).join("")}
[settings]
data = ${JSON.stringify(data)}
width = 24
lr_wix = 0.01
epochs = 2
batch = 16
`);
  run("study", "run", folderOf("odd.toml"), "--out", folderOf("odd"), "--jobs", "2");
  run("report", folderOf("odd"));
  const {data_sets: [oddSet]} = JSON.parse(run("report", folderOf("odd"), "--json"));
  const page = await open({viewport: {width: 1280, height: 900}}, join(folderOf("odd"), "report.html"));
  assert.equal(await page.locator(".plot .missing").count(), 0, `${source}: no figure failed`);
  const panels = await page.locator(".panel").evaluateAll((all) => all.map((panel) =>
    [panel.querySelector("h4").textContent, panel.querySelectorAll("svg [class*=mark-] path, img").length]));
  assert.equal(panels.length, oddSet.figures.flatMap((figure) => figure.panels).length);
  for (const [title, marks] of panels) assert.ok(marks > 0, `${source}: ${title}: something is drawn`);
  for (const name of ODD) {
    const legend = page.locator("#learning-curves .panel >> nth=0").locator("svg .role-legend-label text");
    const names = (await legend.allTextContents()).map((text) => text.replace("\u2060", ""));
    assert.ok(names.includes(name), `${source}: ${name} is in the legend`);
  }

  // Each value has its own position, zero the first of them, and there are ticks to read it.
  const checked = [["#hyper-parameters .panel.parameter", "setting"]];
  if (source === "grid") checked.push(["#figure-s .panel.lambda", "lambda"]);
  for (const [panel, key] of checked) {
    const table = oddSet.figures.flatMap((figure) => figure.panels)
                  .find((one) => `.${one.kind}` === panel.slice(panel.lastIndexOf("."))).table;
    const values = [...new Set(table.rows.map((row) => row[table.columns.indexOf(key)]))].sort((a, b) => a - b);
    assert.equal(values[0], 0);
    const places = await page.locator(`${panel} svg .mark-symbol[class*=marks] path`).evaluateAll((marks) =>
      marks.map((mark) => Number(/translate\(([-\d.]+)/.exec(mark.getAttribute("transform"))[1])));
    const distinct = [...new Set(places)].sort((a, b) => a - b);
    assert.equal(distinct.length, values.length, `${source}, ${panel}: a place for each of ${values}`);
    distinct.slice(1).forEach((place, i) => assert.ok(place - distinct[i] > 5, `${source}, ${panel}: ${distinct}`));
    const ticks = await page.locator(`${panel} svg .role-axis-label text`).allTextContents();
    assert.ok(ticks.includes("0") && ticks.includes("0.01"), `${source}, ${panel}: ticks ${ticks}`);
  }

  // Clicking a name in the legend picks its condition.
  const entry = page.locator("#hyper-parameters svg .role-legend-symbol path").nth(
    oddSet.conditions.findIndex(({name}) => name === "__proto__"));
  await entry.click({force: true});
  const visible = await page.locator("#hyper-parameters svg .mark-symbol[class*=marks] path").evaluateAll((marks) =>
    marks.filter((mark) => Number(mark.getAttribute("opacity") ?? 1) > 0.5).length);
  const drawnIn = oddSet.figures.flatMap((figure) => figure.panels).find((one) => one.kind === "parameter").table;
  const ofThisName = drawnIn.rows.filter((row) => row[drawnIn.columns.indexOf("condition")] === "__proto__").length;
  assert.ok(ofThisName > 0 && ofThisName < drawnIn.rows.length);
  assert.equal(visible, ofThisName, `${source}: one condition is picked`);
  if (screenshots) await page.screenshot({path: join(screenshots, `odd-${source}.png`), fullPage: true});
  await page.context().close();
}

// A folder whose name is not UTF-8.
const strange = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]);
renameSync(join(folder, "odd-grid"), strange);
const shell = (words) => execFileSync("sh", ["-c", `"$0" ${words} "$1"/caf$(printf '\\351')`, program, folder]);
shell("report");
const html = readFileSync(Buffer.concat([strange, Buffer.from("/report.html")]));
assert.ok(html.includes("<title>caf\\xe9</title>"), "the title shows bytes that are not text");
new TextDecoder("utf-8", {fatal: true}).decode(html);

const left = requests.filter((url) => !/^(data|blob):/.test(url) && !opened.has(url));
assert.deepEqual(left, [], "no request leaves the page");
assert.deepEqual(complaints, [], "the console is quiet");
await browser.close();
console.log(`${drawn.length} panels were drawn, looked at, clicked and saved`);
