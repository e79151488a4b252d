// Stars and label of one photo as buttons, and what iqsd says about it in words.

const CHOICES = ["accepted", "pending", "rejected", "none"];

/** The controls with which a person decides about a photo. */
function choice(photo) {
  if (photo.error) return element("p", { className: "whose" }, photo.error);
  const label = labelOf(photo);
  const count = starsOf(photo);
  const starButtons = [1, 2, 3, 4, 5].map((value) =>
    press(value <= count ? "★" : "☆", `${plural(value, "star", "stars")} for ${photo.name}`, value === count, () =>
      decide(photo, "rating", value === count ? 0 : value),
    ),
  );
  const labelButtons = CHOICES.map((value) =>
    press(labelFace(value), `${LABEL_WORDS[value]}: ${photo.name}`, value === label, () =>
      decide(photo, "pick_label", value),
    ),
  );
  const box = element(
    "div",
    { className: "choice" },
    element("span", { className: "star-buttons" }, ...starButtons),
    ...labelButtons,
    ...(changes.has(photo.index) ? [takeBackButton(photo)] : []),
  );
  box.dataset.photo = photo.index;
  return box;
}

/** The sign, and the word where there is room for it. */
function labelFace(label) {
  return element("span", {}, `${LABEL_SIGNS[label]} `, element("span", { className: "word" }, LABEL_WORDS[label]));
}

function press(face, name, pressed, act) {
  const button = element("button", { type: "button", "aria-label": name, "aria-pressed": pressed, title: name }, face);
  return onClick(button, act);
}

/** After a click with a pointer, the focus does not stay on the button, where Enter would press it again. */
function onClick(button, act) {
  button.addEventListener("click", (event) => {
    if (event.detail > 0) button.closest(".frame, dialog")?.focus();
    act();
  });
  return button;
}

function takeBackButton(photo) {
  const button = element("button", { type: "button", className: "take-back" }, "Take back");
  button.setAttribute("aria-label", `Take back my change to ${photo.name}`);
  return onClick(button, () => takeBack(photo));
}

/** Redraw the controls in place, and keep the focus where it was in them. */
function renewChoice(holder, photo) {
  const at = [...holder.querySelectorAll("button")].indexOf(document.activeElement);
  holder.replaceChildren(choice(photo));
  if (at >= 0) ([...holder.querySelectorAll("button")][at] ?? holder.querySelector("button"))?.focus();
}

/** Who decided what, in a sentence. */
function whose(photo) {
  const [rating, label] = FIELDS.map((field) => sayWhose(photo, field));
  const said = rating === label && rating ? [`Stars and label ${rating}.`] : [sentenceOf("Stars", rating), sentenceOf("Label", label)];
  return element("p", { className: "whose" }, said.join(" "));
}

function sentenceOf(noun, said) {
  return said ? `${noun} ${said}.` : "";
}

function sayWhose(photo, field) {
  const [stands, would] = [photo.stands[field], photo[field]];
  switch (owner(photo, field)) {
    case "mine":
      return `my change (was ${inWords(field, original(photo, field))})`;
    case "person":
      return `set by a person${would === null ? "" : ` (iqsd would say ${inWords(field, would)})`}`;
    case "would":
      return `not written yet${stands === null ? "" : ` (${inWords(field, stands)} is there now)`}`;
    case "iqsd":
      return `from iqsd${would === null || would === stands ? "" : ` (now it would say ${inWords(field, would)})`}`;
    default:
      return "";
  }
}

function inWords(field, value) {
  if (field === "pick_label") return LABEL_WORDS[value ?? "none"].toLowerCase();
  return value < 0 ? "rejected" : starTitle(value ?? 0).toLowerCase();
}

/** Figures and reasons. */
function facts(photo) {
  const parts = [whose(photo)];
  if (photo.trouble) parts.push(element("p", {}, photo.trouble));
  const list = tellingReasons(photo).map((reason) => element("li", {}, reason));
  if (list.length) parts.push(element("ul", { className: "reasons" }, ...list));
  if (photo.score !== null) parts.push(figures(photo));
  parts.push(data(photo));
  return parts;
}

function figures(photo) {
  const box = element("div", { className: "facts" });
  const add = (name, value, least, most, digits, className = "") => {
    if (value === null || value === undefined) return;
    const meter = element("meter", { min: least, max: most, value, className, "aria-label": name });
    box.append(name, meter, element("span", { className: "number" }, figure(value, digits)));
  };
  add("Score", photo.score, 0, 100, 0);
  add("Quality", photo.quality, 1, 5, 1);
  add("Aesthetic", photo.aesthetic, 1, 10, 1);
  for (const [fault, value] of Object.entries(photo.faults)) {
    add(sentence(fault.replace("_", " ")), value, 0, 1, 2, photo.named.includes(fault) ? "named" : "");
  }
  return box;
}

function data(photo) {
  const list = element("dl", { className: "data" });
  const add = (name, ...value) => list.append(element("dt", {}, name), element("dd", { dir: "auto" }, ...value));
  if (photo.taken) add("Taken", photo.taken.replace("T", " "));
  if (photo.folder) add("Folder", photo.folder);
  if (photo.burst) add("Alike", `number ${photo.burst.place} of ${photo.burst.size}`);
  if (photo.model) add("Model", photo.model);
  const link = element("a", { href: place(photo), target: "_blank", rel: "noopener" }, "open it");
  add("File", link);
  return list;
}
