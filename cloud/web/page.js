// SPDX-License-Identifier: Apache-2.0
// What all pages are made of. Text gets into the page by text nodes only.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (typeof value === "boolean") {
      element.toggleAttribute(name, value);
    } else if (value != null) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child != null));
  return element;
}

export function notice(text, isBad = false) {
  const element = document.getElementById("notice");
  element.hidden = text === "";
  element.className = isBad ? "bad" : "";
  element.textContent = text;
}

// Run what a button or form does: once at a time, and say what went wrong.
export async function attempt(button, work) {
  notice("");
  if (button) {
    button.disabled = true;
  }
  try {
    await work();
  } catch (error) {
    notice(error.message, true);
  } finally {
    if (button) {
      button.disabled = false;
    }
  }
}

export function button(text, work, kind = "") {
  const element = h("button", { type: "button", class: kind }, text);
  element.addEventListener("click", () => attempt(element, work));
  return element;
}

// A form whose button runs `work(form)`.
export function form(heading, fields, buttonText, work) {
  const submit = h("button", { type: "submit", class: "main" }, buttonText);
  const element = h("form", { "aria-label": heading }, fields, h("div", { class: "row" }, submit));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(submit, () => work(element));
  });
  return element;
}

let fieldCount = 0;

// A label, what it labels, and a hint that is read out with it.
export function field(label, control, hint, isWide = false) {
  const id = `field-${++fieldCount}`;
  control.id = id;
  const parts = [h("label", { for: id }, label), control];
  if (hint) {
    control.setAttribute("aria-describedby", `${id}-hint`);
    parts.push(h("p", { class: "hint", id: `${id}-hint` }, hint));
  }
  return h("div", { class: isWide ? "field wide" : "field" }, parts);
}

export function table(caption, headings) {
  const body = h("tbody");
  const head = h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col" }, text))));
  const element = h("div", { class: "scroll" }, h("table", { "aria-label": caption }, head, body));
  return { element, body, columns: headings.length };
}

// Put rows into a table. A row whose item is as it was stays, and with it the focus in it.
export function fill(target, items, cellsOf, emptyText) {
  const old = new Map([...target.body.children].map((row) => [row.dataset.key, row]));
  const rows = items.map((item, index) => {
    const key = `${item.id ?? index}`;
    const text = JSON.stringify(item);
    let row = old.get(key);
    if (!row || row.itemText !== text) {
      row = h("tr", { "data-key": key }, cellsOf(item).map(toCell));
      row.itemText = text;
    }
    return row;
  });
  if (rows.length === 0) {
    rows.push(h("tr", {}, h("td", { colspan: target.columns, class: "soft" }, emptyText)));
  }
  const same = rows.length === target.body.children.length &&
    rows.every((row, index) => row === target.body.children[index]);
  if (!same) {
    target.body.replaceChildren(...rows);
  }
}

function toCell(content) {
  const isNumber = typeof content === "number";
  return h("td", isNumber ? { class: "number" } : {}, isNumber ? String(content) : content);
}

export function facts(pairs) {
  return h("dl", {}, pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value ?? "–")]));
}

// The moment with its zone; how long ago stands beside it.
export function time(text) {
  if (!text) {
    return "–";
  }
  const date = new Date(text);
  const shown = date.toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
  return h("time", { datetime: text, title: text }, `${shown} (${ago(date)})`);
}

function ago(date) {
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  const size = Math.abs(seconds);
  const [number, unit] = size < 90 ? [size, "s"]
    : size < 5400 ? [Math.round(size / 60), "min"]
      : size < 129600 ? [Math.round(size / 3600), "h"] : [Math.round(size / 86400), "days"];
  return seconds < 0 ? `in ${number} ${unit}` : `${number} ${unit} ago`;
}

const states = {
  waiting_approval: ["waits for approval", "warn"],
  queued: ["queued", ""],
  offered: ["offered", ""],
  downloading: ["downloading", ""],
  downloaded: ["downloaded", ""],
  transferring: ["transferring", ""],
  installed: ["installed, not confirmed yet", ""],
  cancelling: ["cancelling", "warn"],
  confirmed: ["confirmed", "good"],
  failed: ["failed", "bad"],
  timed_out: ["timed out", "bad"],
  cancelled: ["cancelled", "warn"],
  rejected: ["rejected", "warn"],
  expired: ["expired", "warn"],
};

export function stateText(state) {
  const [text, kind] = states[state] ?? [state ?? "–", ""];
  return h("span", { class: kind }, text);
}

// The state of an action, with its reason.
export function outcome(action) {
  if (!action) {
    return "–";
  }
  const notes = [];
  if (action.reason) {
    notes.push(action.reason);
  }
  if (action.by_word) {
    notes.push("by the client’s word");
  }
  if (action.late) {
    notes.push("late");
  }
  const parts = [stateText(action.state)];
  if (notes.length > 0) {
    parts.push(h("span", { class: "soft" }, ` – ${notes.join("; ")}`));
  }
  return parts;
}

export function progress(action) {
  if (!action || !action.open || !(action.of > 0)) {
    return "";
  }
  const text = `${action.count} of ${action.of}`;
  return [h("progress", { max: action.of, value: action.count, "aria-label": text }), ` ${text}`];
}

export function deviceLink(device) {
  const link = h("a", { href: `#/devices/${device.id}` }, device.name || device.controller_id);
  return device.name ? [link, h("span", { class: "soft mono" }, ` ${device.controller_id}`)] : link;
}

// A secret that is shown once.
export function secret(heading, text, explanation) {
  return h("section", { class: "card" }, h("h2", {}, heading),
    h("p", { class: "secret" }, text), h("p", { class: "hint" }, explanation));
}
