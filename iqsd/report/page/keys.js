// The keyboard. One table defines both what keys do and what the help says about them.

const now = () => (compare.open ? frames[frame] : chosen[current]);
const label = (value) => () => decide(now(), "pick_label", value);

const KEYS = [
  [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "← → ↑ ↓", "go from photo to photo", null],
  [["Home", "End"], "Home End", "the first, the last", null],
  [["1", "2", "3", "4", "5"], "1 2 3 4 5", "stars", (key) => decide(now(), "rating", Number(key))],
  [["0"], "0", "no stars", () => decide(now(), "rating", 0)],
  [["a"], "a", "accepted", label("accepted")],
  [["p"], "p", "pending", label("pending")],
  [["r"], "r", "rejected", label("rejected")],
  [["n"], "n", "no label", label("none")],
  [["x"], "x", "take back my change to this photo", () => takeBack(now())],
  [["Enter", " "], "Enter", "show it large, and go back", () => (loupe.open ? loupe.close() : openLoupe())],
  [["b"], "b", "compare the photos that are alike", () => openCompare(now())],
  [["z"], "z", "zoom; the pointer moves over it", zoomKey],
  [["s"], "s", "stack photos that are alike, or spread them out", () => byId("stack").click()],
  [["/"], "/", "search", () => byId("search").focus()],
  [["t"], "t", "light or dark", () => byId("theme").click()],
  [["?"], "?", "this help", () => byId("help").showModal()],
  [["Escape"], "Esc", "close; in the search, clear it", null],
];
const ON_A_PHOTO = new Set(["1", "2", "3", "4", "5", "0", "a", "p", "r", "n", "x", "b"]);
const LARGE = new Set([...ON_A_PHOTO, "z", "Enter"]);

function setUpKeys() {
  byId("keys").replaceChildren(
    ...KEYS.map(([, keys, meaning]) =>
      element("tr", {}, element("td", {}, element("kbd", {}, keys)), element("td", {}, meaning)),
    ),
  );
  document.addEventListener("click", backToPhotos);
  document.addEventListener("change", backToPhotos);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (byId("help").open || byId("changes").open) return;
    if (move(event.key, event.target) || act(event.key, event.target)) event.preventDefault();
  });
}

/** After a click in the bars around the photos the keyboard is with the photos; not if it was used there. */
function backToPhotos(event) {
  const held = document.activeElement;
  const isOpening = event.type === "click" && held.matches("select");
  if (held.closest(".filters, .bar") && !held.matches(":focus-visible") && !isOpening) focusCurrent();
}

function isTyping(event) {
  if (event.target.id === "search" && event.key === "Escape") {
    event.target.value = filters.text = "";
    showChoice();
    go(current);
  }
  return event.target.matches("input:not([type=checkbox]), select, textarea");
}

function move(key, target) {
  if (compare.open) return moveFrame(key);
  if (loupe.open) return moveLoupe(key);
  if (!chosen.length || target.closest(".filters, .bar")) return false;
  const steps = {
    ArrowLeft: () => current - 1,
    ArrowRight: () => current + 1,
    ArrowUp: () => vertically(-1),
    ArrowDown: () => vertically(1),
    Home: () => 0,
    End: () => chosen.length - 1,
    PageUp: () => current - columns * Math.max(1, pageRows()),
    PageDown: () => current + columns * Math.max(1, pageRows()),
  };
  if (!(key in steps)) return false;
  go(steps[key]());
  document.activeElement.scrollIntoView({ block: "nearest" }); // in a low window the page scrolls, too
  return true;
}

function pageRows() {
  return Math.floor(scroller.clientHeight / (cell.height + CAPTION + GAP));
}

function moveFrame(key) {
  const across = Number(compare.style.getPropertyValue("--columns"));
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[key];
  if (step !== undefined) goFrame(frame + step);
  return step !== undefined;
}

function moveLoupe(key) {
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
  if (step !== undefined) turn(step);
  return step !== undefined;
}

function act(key, target) {
  const found = KEYS.find(([keys]) => keys.includes(key));
  if (!found?.[3]) return false;
  if ((key === "Enter" || key === " ") && target.matches("button, a, summary, input")) return false;
  if (ON_A_PHOTO.has(key) && !now()) return false;
  if ((loupe.open || compare.open) && !LARGE.has(key)) return false;
  if (compare.open && (key === "Enter" || key === "b")) compare.close();
  else if (loupe.open && key === "b") {
    if (!now().burst) return false;
    loupe.close();
    openCompare(now());
  } else found[3](key);
  return true;
}

function zoomKey() {
  if (compare.open) zoom(compare, byId("compare-zoom"));
  else if (loupe.open) zoom(loupe, byId("loupe-zoom"));
}
