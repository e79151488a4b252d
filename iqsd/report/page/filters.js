// The panel with the filters, and the histogram.

const BINS = 40;
const [WIDTH, HEIGHT] = [240, 76];
const SVG = "http://www.w3.org/2000/svg";

function setUpFilters() {
  fillChoice(byId("sort"), Object.entries(SORTS).map(([key, [title]]) => [key, title]));
  fillChoice(byId("only"), Object.entries(ONLY).map(([key, [title]]) => [key, title]));
  const folders = [...new Set(photos.map((photo) => photo.folder))].sort();
  fillChoice(byId("folder"), [["", "all"], ...folders.filter(Boolean).map((folder) => [folder, folder])]);
  byId("folder-choice").hidden = folders.length < 2;
  bind("sort", "change", (field) => (order.sort = field.value));
  bind("stack", "change", (field) => (order.stack = field.checked));
  bind("only", "change", (field) => (filters.only = field.value));
  bind("folder", "change", (field) => (filters.folder = field.value));
  bind("search", "input", (field) => (filters.text = field.value.trim()));
  bind("low", "change", (field) => (filters.low = Number(field.value)));
  bind("high", "change", (field) => (filters.high = field.value === "" ? 100 : Number(field.value)));
  bind("clear", "click", clearFilters);
  bind("reverse", "click", (button) => {
    order.reverse = !order.reverse;
    button.setAttribute("aria-pressed", order.reverse);
  });
  byId("size").addEventListener("input", () => {
    layOut();
    go(current, false);
  });
  setUpBrush();
}

function fillChoice(field, options) {
  field.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
}

/** When a control is used, note its value and show what it asks for. */
function bind(id, event, note) {
  byId(id).addEventListener(event, () => {
    note(byId(id));
    showChoice();
  });
}

function showChoice() {
  drawChips();
  drawHistogram();
  refresh();
}

function clearFilters() {
  filters = everything();
  byId("search").value = "";
  byId("folder").value = "";
  byId("only").value = "all";
}

function drawChips() {
  const readable = photos.filter((photo) => !photo.error);
  chips("labels", filters.labels, LABELS.map((label) => [label, LABEL_WORDS[label], tally(readable, (p) => labelOf(p) === label), LABEL_SIGNS[label]]));
  chips("stars", filters.stars, [5, 4, 3, 2, 1, 0].map((count) => [count, count ? `${count} ★` : "none", tally(readable, (p) => starsOf(p) === count), ""]));
  const names = Object.keys(report.faults).filter((fault) => photos.some((photo) => photo.named.includes(fault)));
  chips("faults", filters.faults, names.map((fault) => [fault, report.faults[fault], tally(photos, (p) => p.named.includes(fault)), ""]));
  byId("faults").parentElement.hidden = !names.length;
}

function tally(among, test) {
  return among.reduce((count, photo) => count + Boolean(test(photo)), 0);
}

function chips(id, wanted, options) {
  const box = byId(id);
  const held = box.contains(document.activeElement) ? document.activeElement.dataset.value : null;
  box.replaceChildren(
    ...options
      .filter(([value, , count]) => count || wanted.has(value))
      .map(([value, text, count, sign]) => chip(wanted, value, text, count, sign)),
  );
  if (held !== null) box.querySelector(`[data-value="${held}"]`)?.focus();
}

function chip(wanted, value, text, count, sign) {
  const button = element(
    "button",
    { type: "button", className: `chip ${value}`, "aria-pressed": wanted.has(value) },
    ...(sign ? [element("span", { className: "dot", "aria-hidden": true }, sign)] : []),
    text,
    element("span", { className: "count" }, grouped(count)),
  );
  button.dataset.value = value;
  button.addEventListener("click", () => {
    if (!wanted.delete(value)) wanted.add(value);
    showChoice();
  });
  return button;
}

function drawHistogram() {
  const scored = photos.filter((photo) => photo.score !== null);
  const bins = Array.from({ length: BINS }, () => Object.fromEntries(LABELS.map((label) => [label, 0])));
  for (const photo of scored) bins[binOf(photo.score)][labelOf(photo)] += 1;
  const highest = Math.max(1, ...bins.map((bin) => LABELS.reduce((sum, label) => sum + bin[label], 0)));
  const picture = byId("histogram");
  const cuts = report.thresholds ? [report.thresholds.reject_below, report.thresholds.accept_from] : [];
  picture.replaceChildren(
    ...bins.flatMap((bin, at) => bar(bin, at, (HEIGHT - 8) / highest)),
    shape("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }),
    ...cuts.map((score) =>
      shape("line", { class: "threshold", x1: (score / 100) * WIDTH, x2: (score / 100) * WIDTH, y1: 0, y2: HEIGHT }),
    ),
  );
  const said = cuts.length ? ` Below ${cuts[0]} a photo is rejected, from ${cuts[1]} accepted.` : "";
  picture.setAttribute("aria-label", `Histogram of ${grouped(scored.length)} scores.${said}`);
  byId("low").value = Math.floor(filters.low);
  byId("high").value = Math.ceil(filters.high);
}

function binOf(score) {
  return Math.min(BINS - 1, Math.floor((score / 100) * BINS));
}

function bar(bin, at, scale) {
  const wide = WIDTH / BINS;
  const outside = ((at + 1) * 100) / BINS <= filters.low || (at * 100) / BINS >= filters.high ? " out" : "";
  let floor = HEIGHT - 1;
  return LABELS.filter((label) => bin[label]).map((label) => {
    const height = bin[label] * scale;
    floor -= height;
    return shape("rect", { class: label + outside, x: at * wide + 0.4, width: wide - 0.8, y: floor, height });
  });
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Drag over the histogram to choose scores; a click chooses one bar and its neighbours, a double click all again. */
function setUpBrush() {
  const picture = byId("histogram");
  const score = (event) => {
    const box = picture.getBoundingClientRect();
    return Math.max(0, Math.min(100, (100 * (event.clientX - box.left)) / box.width));
  };
  let from = null;
  picture.addEventListener("pointerdown", (event) => {
    from = score(event);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (from !== null && Math.abs(score(event) - from) > 1) between(from, score(event));
  });
  picture.addEventListener("pointerup", (event) => {
    if (from !== null && Math.abs(score(event) - from) <= 1) between(from - 2.5, from + 2.5);
    from = null;
  });
  picture.addEventListener("dblclick", () => between(0, 100));
}

function between(one, other) {
  filters.low = Math.max(0, Math.floor(Math.min(one, other)));
  filters.high = Math.min(100, Math.ceil(Math.max(one, other)));
  showChoice();
}
