// Put it all together.

function setUpGrid() {
  scroller.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  let width = scroller.clientWidth;
  new ResizeObserver(() => {
    if (scroller.clientWidth && scroller.clientWidth !== width) layOut();
    else draw();
    width = scroller.clientWidth;
  }).observe(scroller);
  for (const moment of ["beforeprint", "afterprint"]) {
    addEventListener(moment, () => {
      onPaper = moment === "beforeprint";
      draw();
    });
  }
  grid.addEventListener("click", (event) => {
    const made = event.target.closest(".cell");
    if (!made) return;
    go(Number(made.dataset.number));
    if (event.target.closest(".badge")) openCompare(chosen[current]);
    else if (event.pointerType === "touch") openLoupe();
  });
  grid.addEventListener("dblclick", (event) => {
    if (event.target.closest(".cell")) openLoupe();
  });
}

function setUpPanels() {
  const help = byId("help");
  byId("open-help").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
  byId("theme").addEventListener("click", () => {
    const dark = getComputedStyle(document.documentElement).colorScheme;
    const isDark = dark === "dark" || (dark !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.style.colorScheme = isDark ? "light" : "dark";
  });
  byId("open-filters").addEventListener("click", (event) => {
    const open = byId("filters").classList.toggle("open");
    event.currentTarget.setAttribute("aria-expanded", open);
    if (!open) refresh();
  });
}

function summarize() {
  const times = photos.map((photo) => photo.taken).filter(Boolean).sort();
  const [first, last] = [times[0], times.at(-1)].map((time) => time?.slice(0, 10));
  const days = !first ? [] : [first === last ? first : `${first} to ${last}`];
  byId("summary").textContent = [plural(photos.length, "photo", "photos"), ...days, report.model].join(" · ");
  const waiting = tally(photos, ONLY.would[1]);
  const said = report.dry_run
    ? `A dry run: nothing has been written. ${plural(waiting, "photo", "photos")} would be rated like this by `
    : `Nothing has been written yet for ${plural(waiting, "photo", "photos")}. To write what is shown here, run `;
  byId("notice").replaceChildren(said, element("code", {}, "iqsd rescan"), ".");
  // If nothing is written yet, a mark on every photo says nothing.
  if (!photos.some((photo) => FIELDS.some((field) => photo.stands[field] !== null))) MARKS.would = undefined;
  byId("notice").hidden = !report.dry_run && !waiting;
}

ofEach.push(redraw, redrawLarge);
ofAll.push(countChanges, drawChips, drawHistogram);
setUpFilters();
setUpChanges();
setUpGrid();
setUpLarge();
setUpPanels();
setUpKeys();
summarize();
showChoice();
go(0);
