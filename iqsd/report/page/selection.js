// Which photos are shown, and in what order.

const everything = () => ({
  labels: new Set(), stars: new Set(), faults: new Set(), folder: "", only: "all", text: "", low: 0, high: 100,
});
let filters = everything();
const order = { sort: "best", reverse: false, stack: true };

const ONLY = {
  all: ["all photos", () => true],
  bursts: ["only photos that are alike", (photo) => photo.burst],
  person: ["only what a person set", (photo) => FIELDS.some((field) => photo.whose[field] === "person")],
  would: ["only what is not written yet", (photo) => FIELDS.some((field) => owner(photo, field) === "would")],
  mine: ["only my changes", (photo) => changes.has(photo.index)],
  failed: ["only what is not in order", (photo) => photo.error ?? photo.trouble],
};

function matches(photo) {
  const text = searchable(filters.text);
  return (
    (!filters.labels.size || (filters.labels.has(labelOf(photo)) && !photo.error)) &&
    (!filters.stars.size || (filters.stars.has(starsOf(photo)) && !photo.error)) &&
    (!filters.faults.size || photo.named.some((fault) => filters.faults.has(fault))) &&
    (!filters.folder || photo.folder === filters.folder || photo.folder.startsWith(`${filters.folder}/`)) &&
    isWithinScores(photo) &&
    (!text || text.split(/\s+/).every((word) => photo.haystack.includes(word))) &&
    ONLY[filters.only][1](photo)
  );
}

function isWithinScores(photo) {
  if (filters.low <= 0 && filters.high >= 100) return true;
  return photo.score !== null && photo.score >= filters.low && photo.score <= filters.high;
}

const LAST = "\uffff";

function compareTexts(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

const byName = (a, b) => compareTexts(a.path, b.path);
const byScore = (a, b) => (b.score ?? -1) - (a.score ?? -1);
const byStars = (a, b) => starsOf(b) - starsOf(a);
const byPerson = (a, b) => isPersons(b) - isPersons(a);
const byLabel = (a, b) => rank(a) - rank(b);
const byTime = (a, b) => compareTexts(a.taken, b.taken);
const byBurst = (a, b) => compareTexts(a.burst?.id ?? LAST, b.burst?.id ?? LAST);
const byFault = (a, b) => worst(b) - worst(a);
const byFolder = (a, b) => compareTexts(a.folder, b.folder);

function rank(photo) {
  return photo.error ? LABELS.length : LABELS.indexOf(labelOf(photo));
}

/** Of photos with equal verdicts, those that a person decided on come first. */
function isPersons(photo) {
  return FIELDS.some((field) => ["mine", "person"].includes(owner(photo, field)));
}

function worst(photo) {
  return photo.named.length ? photo.faults[photo.named[0]] : 0;
}

const BEST = [byLabel, byStars, byPerson, byScore];
const FAILED = "Could not be read";
const SORTS = {
  best: ["best first", BEST, (photo) => (photo.error ? FAILED : LABEL_WORDS[labelOf(photo)])],
  stars: ["stars", [byStars, byPerson, byScore], (photo) => (photo.error ? FAILED : starTitle(starsOf(photo)))],
  score: ["score", [byScore], () => ""],
  time: ["time taken", [byTime], (photo) => day(photo.taken)],
  name: ["name", [], () => ""],
  folder: ["folder", [byFolder, ...BEST], (photo) => photo.folder || report.title],
  fault: ["fault", [faultOrder, byFault, ...BEST], (photo) => (photo.error ? FAILED : faultTitle(photo.named[0]))],
  burst: ["burst", [byBurst, byPlace, ...BEST], burstTitle],
};

function faultOrder(a, b) {
  return compareTexts(...[a, b].map((photo) => (photo.error ? LAST + LAST : photo.named[0] ?? LAST)));
}

function byPlace(a, b) {
  return (a.burst?.place ?? 0) - (b.burst?.place ?? 0);
}

function starTitle(count) {
  return count ? plural(count, "star", "stars") : "No stars";
}

function faultTitle(fault) {
  return fault ? sentence(report.faults[fault] ?? fault) : "No fault";
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1);
}

function day(taken) {
  return taken ? taken.slice(0, 10) : "Time not known";
}

const KINDS = { burst: "alike", bracket: "in a bracket", panorama: "in a panorama" };

function burstTitle(photo) {
  if (!photo.burst) return "Single photos";
  const [first] = bursts.get(photo.burst.id);
  return `${photo.burst.size} ${KINDS[photo.burst.kind]}, from ${first.name}`;
}

/** The photos to show, in order; with stacking, one photo stands for each burst. */
function select() {
  const [, comparisons] = SORTS[order.sort];
  const sign = order.reverse ? -1 : 1;
  const found = photos.filter(matches).sort((a, b) => sign * compareBy(comparisons, a, b));
  return order.stack && order.sort !== "burst" ? stacked(found) : found;
}

function compareBy(comparisons, a, b) {
  for (const compare of comparisons) {
    const difference = compare(a, b);
    if (difference) return difference;
  }
  return byName(a, b);
}

function stacked(found) {
  const best = new Map();
  for (const photo of found) {
    if (photo.burst && !(best.has(photo.burst.id) && isBetter(best.get(photo.burst.id), photo))) {
      best.set(photo.burst.id, photo);
    }
  }
  return found.filter((photo) => !photo.burst || best.get(photo.burst.id) === photo);
}

function isBetter(one, other) {
  return compareBy(BEST, one, other) <= 0;
}

/** The shown photos by section: [title, photos]. */
function sections(chosen) {
  const title = SORTS[order.sort][2];
  const parts = [];
  for (const photo of chosen) {
    const name = title(photo);
    if (!parts.length || parts.at(-1)[0] !== name) parts.push([name, []]);
    parts.at(-1)[1].push(photo);
  }
  return parts;
}
