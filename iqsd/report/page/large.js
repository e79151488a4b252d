// One photo large, and the frames of a burst side by side; zooming moves all of them together.

const loupe = byId("loupe");
const compare = byId("compare");
let frames = [];
let frame = 0;

function setUpLarge() {
  byId("loupe-close").addEventListener("click", () => loupe.close());
  byId("compare-close").addEventListener("click", () => compare.close());
  byId("loupe-back").addEventListener("click", () => turn(-1));
  byId("loupe-next").addEventListener("click", () => turn(1));
  for (const [dialog, button] of [[loupe, byId("loupe-zoom")], [compare, byId("compare-zoom")]]) {
    button.addEventListener("click", () => zoom(dialog, button));
    dialog.addEventListener("click", (event) => {
      if (event.target.classList.contains("zoomable")) zoom(dialog, button, event);
    });
    dialog.addEventListener("pointermove", (event) => point(dialog, event));
    dialog.addEventListener("close", () => {
      dialog.classList.remove("zoomed");
      button.setAttribute("aria-pressed", false);
      go(current);
    });
  }
}

function zoom(dialog, button, event) {
  const zoomed = dialog.classList.toggle("zoomed");
  button.setAttribute("aria-pressed", zoomed);
  if (event) point(dialog, event);
  else if (zoomed) aim(dialog, 50, 50);
}

/** All pictures show the place where the pointer is in one of them. */
function point(dialog, event) {
  const box = event.target.closest?.(".stage, .pane")?.getBoundingClientRect();
  if (!box || !dialog.classList.contains("zoomed")) return;
  aim(dialog, (100 * (event.clientX - box.left)) / box.width, (100 * (event.clientY - box.top)) / box.height);
}

function aim(dialog, x, y) {
  dialog.style.setProperty("--x", `${x}%`);
  dialog.style.setProperty("--y", `${y}%`);
}

/** The focus goes to the dialog itself: a focused button would swallow keys that mean something here. */
function showDialog(dialog) {
  dialog.showModal();
  dialog.focus();
}

function openLoupe() {
  if (!chosen.length) return;
  fillLoupe();
  showDialog(loupe);
}

function fillLoupe() {
  const photo = chosen[current];
  const image = byId("loupe-picture");
  const trouble = byId("loupe-trouble");
  byId("loupe-name").textContent = fullName(photo);
  image.hidden = !photo.thumb;
  image.alt = photo.name;
  trouble.hidden = Boolean(photo.thumb);
  trouble.textContent = photo.error ?? "";
  if (photo.thumb) showLarge(image, photo);
  renewChoice(byId("loupe-choice"), photo);
  byId("loupe-facts").replaceChildren(...facts(photo));
  byId("loupe-back").disabled = current === 0;
  byId("loupe-next").disabled = current === chosen.length - 1;
}

function turn(step) {
  go(current + step, false);
  fillLoupe();
}

function openCompare(photo) {
  if (!photo?.burst) return;
  frames = bursts.get(photo.burst.id);
  frame = frames.indexOf(photo);
  byId("compare-title").textContent = `${frames.length} ${KINDS[photo.burst.kind]}`;
  compare.style.setProperty("--columns", columnsFor(frames.length));
  byId("frames").replaceChildren(...frames.map(drawFrame));
  showDialog(compare);
  goFrame(frame);
}

/** The number of columns that makes the pictures largest; more than three rows have to be scrolled. */
function columnsFor(count) {
  const size = (across) => {
    const down = Math.min(3, Math.ceil(count / across));
    return Math.min(innerWidth / across, 1.5 * (innerHeight / down - 110));
  };
  const choices = Array.from({ length: count }, (_, at) => at + 1);
  return choices.reduce((best, across) => (size(across) > size(best) ? across : best));
}

function drawFrame(photo, number) {
  const image = element("img", { alt: photo.name, className: "zoomable" });
  if (photo.thumb) {
    image.src = thumbnail(photo);
    whenSeen(image, () => showLarge(image, photo));
  }
  const box = element("div", { className: "frame", tabIndex: -1, role: "group" });
  box.addEventListener("focusin", () => markFrame(number));
  box.append(
    element("div", { className: "pane" }, photo.thumb ? image : element("p", {}, photo.error ?? "no picture")),
    element(
      "div",
      { className: "row" },
      element("span", { className: "name", dir: "auto", title: photo.path }, photo.name),
      element("span", { className: "best" }, "the best"),
      element("span", { className: "whose" }, photo.score === null ? "" : `score ${figure(photo.score)}`),
    ),
    element("div", { className: "whose" }, photo.named.map((fault) => report.faults[fault] ?? fault).join("; ")),
    element("div", { className: "holder" }, choice(photo)),
  );
  tellFrame(box, photo);
  return box;
}

/** What a decision about any of the frames may change. */
function tellFrame(box, photo) {
  box.setAttribute("aria-label", describe(photo));
  box.querySelector(".best").hidden = !isBest(photo);
}

/** Wait until it is seen: the originals of hundreds of frames together would exceed a browser's memory. */
function whenSeen(made, act) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(made);
}

function isBest(photo) {
  return photo.burst.kind === "burst" && frames.every((other) => isBetter(photo, other));
}

function markFrame(number) {
  frame = number;
  [...byId("frames").children].forEach((box, at) => box.setAttribute("aria-current", at === number));
}

function goFrame(number) {
  markFrame(Math.max(0, Math.min(frames.length - 1, number)));
  byId("frames").children[frame].focus();
}

/** After a change, the controls that are open show it too. */
function redrawLarge(photo) {
  if (loupe.open && chosen[current] === photo) {
    renewChoice(byId("loupe-choice"), photo);
    byId("loupe-facts").replaceChildren(...facts(photo));
  }
  if (compare.open) {
    const boxes = byId("frames").children;
    const box = boxes[frames.indexOf(photo)];
    if (box) renewChoice(box.querySelector(".holder"), photo);
    frames.forEach((other, at) => tellFrame(boxes[at], other));
  }
}
