// My changes: the list, the file they are saved to, and keeping them across a reload.

const KEPT_AS = `iqsd ${report.folder} ${report.made}`;

function setUpChanges() {
  const sheet = byId("changes");
  byId("open-changes").addEventListener("click", () => {
    drawChanges();
    sheet.showModal();
  });
  byId("changes-close").addEventListener("click", () => sheet.close());
  byId("discard").addEventListener("click", () => {
    const mine = [...changes.keys()].map((index) => photos[index]);
    changes.clear();
    changed(mine);
  });
  byId("export").addEventListener("click", save);
  bringBack();
  countChanges();
}

function drawChanges() {
  const items = [...changes.keys()].map((index) => photos[index]).map(drawChange);
  byId("change-list").replaceChildren(...items);
  byId("changes-how").replaceChildren(
    ...(items.length
      ? ["Save them, then ", element("code", {}, "iqsd apply report.json"), " writes them beside the photos, as yours."]
      : ["Choose a photo, then press 1 to 5 for stars, 0 for none, and a, p or r for accepted, pending or rejected."]),
  );
}

function drawChange(photo) {
  const change = changes.get(photo.index);
  const words = FIELDS.filter((field) => field in change).map((field) => {
    const [before, after] = [original(photo, field), change[field]].map((value) => inWords(field, value));
    return before === after ? `${after}, as iqsd says` : `${before} → ${after}`;
  });
  return element(
    "li",
    {},
    element("img", { alt: "", src: thumbnail(photo) }),
    element("span", { className: "what", dir: "auto" }, photo.path, element("small", {}, words.join(", "))),
    takeBackButton(photo),
  );
}

function countChanges() {
  byId("change-count").textContent = grouped(changes.size);
  byId("open-changes").classList.toggle("strong", changes.size > 0);
  byId("export").disabled = !changes.size;
  byId("discard").disabled = !changes.size;
  if (byId("changes").open) drawChanges();
  keep();
}

/** What `iqsd apply` reads; docs/report.md describes it. */
function exported() {
  return {
    iqsd_report: report.version,
    folder: report.folder,
    made: report.made,
    changes: [...changes].flatMap(([index, decision]) => {
      const shown = Object.fromEntries(FIELDS.map((field) => [field, original(photos[index], field)]));
      return photos[index].files.map((file) => ({ ...file, shown, decision }));
    }),
  };
}

function save() {
  const text = JSON.stringify(exported(), null, 1);
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
  link.download = "report.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A browser may forbid a page opened from a file to store anything; a reload then starts afresh. */
function keep() {
  try {
    const mine = Object.fromEntries([...changes].map(([index, change]) => [photos[index].file, change]));
    if (changes.size) localStorage.setItem(KEPT_AS, JSON.stringify(mine));
    else localStorage.removeItem(KEPT_AS);
  } catch {
    return;
  }
}

function bringBack() {
  let mine = {};
  try {
    mine = JSON.parse(localStorage.getItem(KEPT_AS) ?? "{}");
  } catch {
    return;
  }
  for (const photo of photos) if (Object.hasOwn(mine, photo.file)) changes.set(photo.index, mine[photo.file]);
}
