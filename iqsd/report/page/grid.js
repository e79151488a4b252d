// The sheet: rows of photos, of which only those near the window exist as elements.

const GAP = 14;
const CAPTION = 50;
const HEAD = 46;
const MARKS = { mine: "◆", person: "●", would: "○" };
const SPARE = 600; // pixels above and below the window that are kept ready

const scroller = byId("scroller");
const grid = byId("grid");
let rows = []; // {top, height, title, count} or {top, height, photos, first}
let chosen = [];
let current = 0; // which of the chosen has the keyboard
let columns = 1;
let cell = { width: 240, height: 168 };
const drawn = new Map(); // row number to its element
let onPaper = false;

function measure() {
  const style = getComputedStyle(scroller);
  const width = scroller.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const wanted = Math.min(Number(byId("size").value), (width - GAP) / 2);
  columns = Math.max(1, Math.floor((width + GAP) / (wanted + GAP)));
  const across = Math.floor((width - GAP * (columns - 1)) / columns);
  cell = { width: across, height: Math.round((across * 2) / 3) };
  grid.classList.toggle("small", across < 200);
}

function layOut() {
  measure();
  rows = [];
  let [top, first] = [0, 0];
  for (const [title, members] of sections(chosen)) {
    if (title) {
      rows.push({ top, height: HEAD, title, count: members.length });
      top += HEAD;
    }
    for (let at = 0; at < members.length; at += columns) {
      const height = cell.height + CAPTION + GAP;
      const inRow = members.slice(at, at + columns);
      rows.push({ top, height, photos: inRow, first });
      top += height;
      first += inRow.length;
    }
  }
  grid.style.height = `${top}px`;
  grid.setAttribute("aria-rowcount", rows.length);
  const hadFocus = grid.contains(document.activeElement);
  drawn.forEach((made) => made.remove());
  drawn.clear();
  draw();
  if (hadFocus) focusCurrent();
}

/** Show another selection, and keep the focus on the photo that had it. */
function refresh() {
  const held = chosen[current];
  chosen = select();
  const at = chosen.indexOf(held);
  current = at >= 0 ? at : 0;
  if (at < 0) scroller.scrollTop = 0;
  byId("empty").hidden = chosen.length > 0;
  scroller.hidden = !chosen.length;
  layOut();
  tellHowMany();
}

function tellHowMany() {
  const hidden = order.stack && order.sort !== "burst" ? photos.filter(matches).length - chosen.length : 0;
  const stacks = hidden ? `, ${grouped(hidden)} more like them in the stacks` : "";
  byId("status").textContent = `${plural(chosen.length, "photo", "photos")} of ${grouped(photos.length)}${stacks}`;
}

function draw() {
  const [from, to] = onPaper
    ? [0, Infinity]
    : [scroller.scrollTop - SPARE, scroller.scrollTop + scroller.clientHeight + SPARE];
  const wanted = new Set([rowOf(current)]);
  for (let at = firstRowBelow(from); at < rows.length && rows[at].top < to; at++) wanted.add(at);
  for (const [at, made] of drawn) {
    if (!wanted.has(at)) {
      made.remove();
      drawn.delete(at);
    }
  }
  for (const at of [...wanted].sort((a, b) => a - b)) {
    if (rows[at] && !drawn.has(at)) insert(at, drawRow(at));
  }
}

/** In the order of the sheet, because a screen reader follows the order of elements. */
function insert(at, made) {
  const after = [...drawn.keys()].filter((other) => other > at).sort((a, b) => a - b)[0];
  grid.insertBefore(made, after === undefined ? null : drawn.get(after));
  drawn.set(at, made);
}

function firstRowBelow(top) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowOf(number) {
  return rows.findIndex((row) => row.photos && number >= row.first && number < row.first + row.photos.length);
}

function drawRow(at) {
  const row = rows[at];
  const made = element("div", { role: "row", "aria-rowindex": at + 1 });
  made.style.transform = `translateY(${row.top}px)`;
  made.style.height = `${row.height}px`;
  if (row.title) {
    made.classList.add("section");
    made.append(element("div", { role: "gridcell" }, `${row.title} `, element("small", {}, grouped(row.count))));
  } else {
    row.photos.forEach((photo, index) => made.append(drawCell(photo, row.first + index)));
  }
  return made;
}

function drawCell(photo, number) {
  const made = element("div", { role: "gridcell", className: "cell", tabIndex: number === current ? 0 : -1 });
  made.dataset.number = number;
  made.style.width = `${cell.width}px`;
  fillCell(made, photo);
  return made;
}

function fillCell(made, photo) {
  const stack = photo.burst && order.stack && order.sort !== "burst";
  made.className = `cell tone-${photo.error ? "none" : labelOf(photo)}${stack ? " stacked" : ""}`;
  made.setAttribute("aria-label", describe(photo));
  made.title = `${photo.path}\n${photo.reasons.join("; ") || photo.error || ""}`;
  made.replaceChildren(mat(photo), ...(photo.error ? [line("why", photo.name)] : [caption(photo), why(photo)]));
}

function mat(photo) {
  const box = element("div", { className: "mat" });
  box.style.height = `${cell.height}px`;
  if (photo.thumb) {
    const image = element("img", { alt: "", src: thumbnail(photo), decoding: "async", className: "fill" });
    box.append(image);
  } else {
    box.append(element("span", { className: "trouble" }, photo.error ?? "no picture"));
  }
  if (photo.burst) {
    box.append(element("span", { className: "badge" }, `${photo.burst.size} ${KINDS[photo.burst.kind]}`));
  }
  return box;
}

function caption(photo) {
  const label = labelOf(photo);
  const mark = MARKS[markOf(photo)];
  return element(
    "div",
    { className: "caption" },
    element("span", { className: "stars" }, stars(starsOf(photo))),
    element("span", { className: `dot ${label}` }, LABEL_SIGNS[label]),
    element("span", { className: "word" }, LABEL_WORDS[label].toLowerCase()),
    ...(mark ? [element("span", { className: `mark ${markOf(photo)}` }, mark)] : []),
    element("span", { className: "score" }, photo.score === null ? "" : figure(photo.score)),
  );
}

/** What speaks for or against it; the name if nothing does. */
function why(photo) {
  return line("why", photo.trouble ?? (tellingReasons(photo).join("; ") || fullName(photo)));
}

function line(className, text) {
  return element("div", { className, dir: "auto" }, text);
}

function describe(photo) {
  if (photo.error) return `${photo.name}: ${photo.error}`;
  const whose = { mine: "my change", person: "set by a person", would: "not written yet" }[markOf(photo)];
  return [
    photo.name,
    LABEL_WORDS[labelOf(photo)].toLowerCase(),
    starTitle(starsOf(photo)).toLowerCase(),
    ...(photo.score === null ? [] : [`score ${figure(photo.score)}`]),
    ...(photo.burst ? [`one of ${photo.burst.size} ${KINDS[photo.burst.kind]}`] : []),
    ...photo.named.map((fault) => report.faults[fault] ?? fault),
    ...(whose ? [whose] : []),
  ].join(", ");
}

/** Redraw one photo where it is; it stays there until the next selection, even if it no longer belongs there. */
function redraw(photo) {
  const number = chosen.indexOf(photo);
  const made = grid.querySelector(`[data-number="${number}"]`);
  if (made) fillCell(made, photo);
}

/** Move the focus to a photo and scroll it into view. */
function go(number, focus = true) {
  const before = current;
  current = Math.max(0, Math.min(chosen.length - 1, number));
  const row = rows[rowOf(current)];
  if (!row) return;
  const above = current < columns ? 0 : row.top - 8;
  if (row.top - 8 < scroller.scrollTop) scroller.scrollTop = above;
  const low = row.top + row.height - scroller.clientHeight;
  if (low > scroller.scrollTop) scroller.scrollTop = low;
  draw();
  for (const at of [before, current]) {
    const made = grid.querySelector(`[data-number="${at}"]`);
    if (made) made.tabIndex = at === current ? 0 : -1;
  }
  if (focus) focusCurrent();
}

function focusCurrent() {
  grid.querySelector(`[data-number="${current}"]`)?.focus({ preventScroll: true });
}

/** The photo a row above (-1) or below (1), as near as possible to the same column; sections break rows. */
function vertically(step) {
  const at = rowOf(current);
  const column = current - rows[at].first;
  for (let next = at + step; rows[next]; next += step) {
    if (rows[next].photos) return rows[next].first + Math.min(column, rows[next].photos.length - 1);
  }
  return current;
}
