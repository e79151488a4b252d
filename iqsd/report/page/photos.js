// The photos as Python gathered them, what the person changed, and what is therefore shown.

const report = JSON.parse(document.getElementById("report-data").textContent);

const LABELS = ["accepted", "pending", "none", "rejected"]; // the best first
const LABEL_WORDS = { accepted: "Accepted", pending: "Pending", none: "No label", rejected: "Rejected" };
const LABEL_SIGNS = { accepted: "✓", pending: "–", none: "·", rejected: "✕" };
const FIELDS = ["rating", "pick_label"];
const SHOWN_BY_BROWSERS = /\.(jpe?g|jpe|jfif|png|webp|avif|gif)$/i;

const suffixOf = (file) => file.slice(file.lastIndexOf(".") + 1);
/** Letters as they are typed: a Mac may have written ü as two characters. */
const searchable = (text) => text.normalize("NFC").toLowerCase();

const photos = report.rows.map((row, index) => ({
  ...row,
  index,
  name: row.path.slice(row.path.lastIndexOf("/") + 1),
  suffixes: row.files.slice(1).map(({ file }) => suffixOf(file)), // of a RAW file beside a JPEG
  folder: row.path.includes("/") ? row.path.slice(0, row.path.lastIndexOf("/")) : "",
  haystack: searchable(
    [row.path, ...row.files.map(({ file }) => suffixOf(file)), ...row.reasons, row.error ?? row.trouble ?? ""].join("\n"),
  ),
}));

const bursts = new Map();
for (const photo of photos) {
  if (photo.burst) {
    bursts.set(photo.burst.id, [...(bursts.get(photo.burst.id) ?? []), photo]);
  }
}
for (const frames of bursts.values()) {
  frames.sort((a, b) => compareTexts(a.taken, b.taken)); // those of one moment stay in the order of their names
}

// What the person changed, by photo: a Map of index to {rating?, pick_label?}.
const changes = new Map();
const NONE = { rating: 0, pick_label: "none" };

/** What is in the sidecar, or what iqsd would write; without the changes made here. */
function original(photo, field) {
  const stands = photo.stands[field];
  if (photo.whose[field] === "person") return stands ?? NONE[field];
  return (report.dry_run ? photo[field] ?? stands : stands ?? photo[field]) ?? NONE[field];
}

function shown(photo, field) {
  return changes.get(photo.index)?.[field] ?? original(photo, field);
}

function starsOf(photo) {
  return Math.max(0, shown(photo, "rating"));
}

function labelOf(photo) {
  return shown(photo, "pick_label");
}

/** Whose a field is: "mine" (changed here), "person", "would" (not written yet), "iqsd", or "" for nobody's. */
function owner(photo, field) {
  if (changes.get(photo.index)?.[field] !== undefined) return "mine";
  if (photo.whose[field] === "person") return "person";
  const value = original(photo, field);
  if (value === NONE[field]) return "";
  return value === photo.stands[field] ? "iqsd" : "would";
}

/** The most important mark of a photo. */
function markOf(photo) {
  const owners = FIELDS.map((field) => owner(photo, field));
  return ["mine", "person", "would"].find((mark) => owners.includes(mark)) ?? "";
}

/** Note a decision; repeating a person's value is no change, repeating iqsd's makes it the person's. */
function decide(photo, field, value) {
  if (photo.error) return;
  const change = { ...changes.get(photo.index), [field]: value };
  if (photo.whose[field] === "person" && value === original(photo, field)) delete change[field];
  if (Object.keys(change).length) changes.set(photo.index, change);
  else changes.delete(photo.index);
  changed([photo]);
}

function takeBack(photo) {
  changes.delete(photo.index);
  changed([photo]);
}

const ofEach = [];
const ofAll = [];

/** Redraw what shows these photos and then, once, what counts them. */
function changed(mine) {
  mine.forEach((photo) => ofEach.forEach((listener) => listener(photo)));
  ofAll.forEach((listener) => listener());
}

// Thumbnails: lines of base64 in blocks, each split when one of its thumbnails is first needed.
const blocks = document.querySelectorAll("script.thumbs");
const lines = [];

function thumbnail(photo) {
  if (!photo.thumb) return "";
  const block = Math.floor(photo.index / report.thumbs_a_block);
  lines[block] ??= blocks[block].textContent.split("\n");
  return `data:image/webp;base64,${lines[block][photo.index % report.thumbs_a_block]}`;
}

/** Where the photo itself is, relative to the report. */
function place(photo) {
  return report.base + photo.file;
}

/** Show the thumbnail at once, and the photo itself as soon as it is loaded, if the browser can show it. */
function showLarge(image, photo) {
  image.src = thumbnail(photo);
  image.dataset.photo = photo.index;
  if (!SHOWN_BY_BROWSERS.test(photo.name)) return;
  const large = new Image();
  large.onload = () => {
    if (image.dataset.photo === String(photo.index)) image.src = large.src;
  };
  large.src = place(photo);
}

/** The reasons that say more than the score. */
function tellingReasons(photo) {
  return photo.reasons.filter((reason) => !reason.startsWith("score "));
}

/** With the suffixes of its other files: "DSC_1.JPG + NEF". */
function fullName(photo) {
  return [photo.name, ...photo.suffixes].join(" + ");
}

function plural(count, one, many) {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A number as the terminal prints it: 1,000. */
function grouped(count) {
  return count.toLocaleString("en");
}

/** Rounded as in the reasons, where a half becomes the even number. */
function figure(value, digits = 0) {
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: "halfEven" });
}

function stars(count) {
  return "★".repeat(count) + "☆".repeat(5 - count);
}

/** An element with properties and children; text goes in as text, never as markup. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function byId(id) {
  return document.getElementById(id);
}
