// SPDX-License-Identifier: Apache-2.0
// One device: what it is, what it does, and everything that happened to it.

import { get, post, patch, remove, query, getAll } from "/api.js";
import { h, table, fill, form, field, facts, time, outcome, progress, stateText, button, notice, secret } from "/page.js";

/* Lines of a timeline that are no states. */
const kinds = {
  "device.new": "first contact", "device.hold": "put on hold", "device.release": "off hold", "version": "version",
  "action.new": "update made", "action.note": "device says", "action.lost": "lost again",
};

const timelineSize = 200;

// What may be done with an action in a state.
function commandsOf(action) {
  if (!action) {
    return [];
  }
  if (action.state === "waiting_approval") {
    return [["Approve", "approve", "main"], ["Deny", "deny", "danger"]];
  }
  if (action.open && action.state !== "cancelling") {
    return [["Cancel", "cancel", "danger"]];
  }
  return ["failed", "timed_out", "cancelled", "rejected", "expired"].includes(action.state)
    ? [["Try again", "retry", ""]] : [];
}

function updateCard(device, firmware, refresh) {
  const action = device.action;
  if (!action) {
    return h("p", { class: "soft" }, "No update yet.");
  }
  const wanted = firmware.find((one) => one.id === action.firmware);
  const buttons = commandsOf(action).map(([text, command, kind]) => button(text, async () => {
    if (kind === "danger" && !window.confirm(`${text} this update?`)) {
      return;
    }
    await post(`actions/${action.id}/${command}`);
    await refresh();
  }, kind));
  return h("div", {},
    facts([
      ["To", wanted ? `${wanted.version} (${wanted.name})` : `firmware ${action.firmware}`],
      ["State", outcome(action)],
      ["Progress", progress(action) || "–"],
      ["Attempt", String(action.attempt)],
      ["Device’s reason", action.code ? `${action.code}: ${action.code_text ?? ""}` : "–"],
      ["Since", time(action.changed_at)],
      ["Deadline", action.open ? time(action.deadline_at) : "–"],
      ["Deployment", h("a", { href: `#/deployments/${action.deployment}` }, `${action.deployment}`)],
    ]),
    h("div", { class: "row" }, buttons));
}

function eventCells(event) {
  const what = event.kind === "action.state" ? stateText(event.state) : kinds[event.kind] ?? event.kind;
  const code = event.code ? ` (${event.code}: ${event.code_text ?? ""})` : "";
  const attempt = event.attempt ? `${event.action} / ${event.attempt}` : event.action ? `${event.action}` : "–";
  return [time(event.at), what, `${event.detail}${code}`, event.actor, attempt];
}

function holdForm(device, refresh) {
  if (device.hold) {
    return h("div", { class: "row" }, `On hold: ${device.hold}`, button("Release", async () => {
      await patch(`devices/${device.id}`, { hold: null });
      await refresh();
    }));
  }
  const reason = h("input", { type: "text", required: true, maxlength: 160, size: 40 });
  return form("Hold", [field("Reason", reason, "A device on hold is offered nothing.")], "Hold", async () => {
    await patch(`devices/${device.id}`, { hold: reason.value });
    await refresh();
  });
}

async function changeForm(device, refresh) {
  const products = await getAll("products");
  const name = h("input", { type: "text", maxlength: 64, value: device.name });
  const product = h("select", {}, h("option", { value: "" }, "not known yet"),
    products.map((one) => h("option", { value: one.id, selected: one.id === device.product }, one.name)));
  const addTag = h("input", { type: "text", maxlength: 64 });
  const removeTag = h("select", {}, h("option", { value: "" }, "none"), device.tags.map((tag) => h("option", { value: tag }, tag)));
  return form("Change", [h("div", { class: "fields" }, field("Name", name), field("Product", product),
    field("Add a tag", addTag), field("Remove a tag", removeTag))], "Change", async () => {
    const change = {};
    if (name.value !== device.name) {
      change.name = name.value;
    }
    if (product.value && Number(product.value) !== device.product) {
      change.product = Number(product.value);
    }
    if (addTag.value) {
      change.add_tag = addTag.value;
    }
    if (removeTag.value) {
      change.remove_tag = removeTag.value;
    }
    await patch(`devices/${device.id}`, change);
    await refresh();
  });
}

function adminCard(device, main) {
  const place = h("div");
  return h("section", {}, h("h2", {}, "Token and removal"), place, h("div", { class: "row" },
    button("Make a token", async () => {
      const made = await post(`devices/${device.id}/tokens`, { name: "console" });
      place.replaceChildren(secret("The device’s token", made.token, "It is shown once. A device has two at most, so that one can be replaced."));
    }),
    button("Delete this device", async () => {
      if (window.confirm("Delete this device, its tokens and its timeline?")) {
        await remove(`devices/${device.id}`);
        location.hash = "/devices";
        main.replaceChildren();
      }
    }, "danger")));
}

function describe(device) {
  return facts([
    ["Controller id", h("span", { class: "mono" }, device.controller_id)],
    ["Contact", h("span", { class: device.online ? "good" : "soft" }, device.online ? "on line" : "off line")],
    ["Last contact", time(device.last_at)],
    ["First contact", time(device.first_at)],
    ["Version", device.version || "never reported"],
    ["Hardware", device.hardware || "never reported"],
    ["Product", device.product_name || "not known yet"],
    ["Tags", device.tags.join(", ") || "–"],
  ]);
}

export async function show({ main, title, ids, person }) {
  const path = `devices/${ids[0]}`;
  const facts_ = h("div", { class: "card" }), update = h("div", { class: "card" }), hold = h("div"), change = h("div");
  const list = table("Timeline", ["When", "What", "Detail", "By", "Update / attempt"]);
  const firmware = await getAll("firmware");
  let last = "", lastChange = "";

  async function refresh() {
    const [device, timeline] = await Promise.all([get(path), get(query(`${path}/timeline`, { limit: timelineSize }))]);
    title.textContent = device.name || device.controller_id;
    fill(list, timeline.items, eventCells, "Nothing has happened yet.");
    facts_.replaceChildren(describe(device));
    if (JSON.stringify(device.action) !== last) { // a button in it may have the focus
      last = JSON.stringify(device.action);
      update.replaceChildren(updateCard(device, firmware, refresh));
    }
    const key = JSON.stringify([device.name, device.product, device.tags, device.hold]);
    if (key !== lastChange) { // somebody may be typing in it
      lastChange = key;
      hold.replaceChildren(holdForm(device, refresh));
      change.replaceChildren(await changeForm(device, refresh));
    }
    return device;
  }

  main.append(facts_, h("h2", {}, "Update"), update,
    h("p", {}, h("a", { href: query("#/deploy", { device: ids[0] }) }, "Deploy a firmware to this device")),
    h("h2", {}, "Timeline"), list.element, h("h2", {}, "Hold"), hold, h("h2", {}, "Name, product, tags"), change);
  const device = await refresh();
  if (person.role === "admin") {
    main.append(adminCard(device, main));
  }
  let timer = 0;
  const onEvent = (event) => {
    if (event.device === device.id && !timer) {
      timer = setTimeout(() => {
        timer = 0;
        refresh().catch((error) => notice(error.message, true));
      }, 200);
    }
  };
  return { refresh, onEvent };
}
