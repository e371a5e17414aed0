// SPDX-License-Identifier: Apache-2.0
// The switch that stops all offers, claim codes and other tokens, settings, signing out.

import { get, post, patch, remove, getAll } from "/api.js";
import { h, table, fill, form, field, time, button, notice, secret } from "/page.js";

const lifetimes = [["86400", "a day"], ["604800", "a week"], ["2592000", "30 days"], ["31536000", "a year"], ["", "no end"]];

function stopSwitch(refresh) {
  const text = h("p");
  const place = h("div", { class: "row" });
  const set = (settings, showStopped) => {
    text.textContent = settings.offers_stopped
      ? "All offers are stopped: no device is offered an update."
      : "Devices are offered the updates that wait for them.";
    place.replaceChildren(button(settings.offers_stopped ? "Offer updates again" : "Stop all offers", async () => {
      await patch("settings", { offers_stopped: !settings.offers_stopped });
      await showStopped();
      await refresh();
    }, settings.offers_stopped ? "main" : "danger"));
  };
  return { element: h("section", { class: "card" }, text, place), set };
}

function tokenForm(refresh) {
  const kind = h("select", {}, h("option", { value: "claim" }, "claim code: unknown devices come in with it"),
    h("option", { value: "api" }, "API: people and programs"), h("option", { value: "gateway" }, "gateway: speaks for all devices"));
  const name = h("input", { type: "text", required: true, maxlength: 64 });
  const role = h("select", {}, ["viewer", "operator", "admin"].map((word) => h("option", { value: word }, word)));
  const uses = h("input", { type: "number", min: 1, max: 1000000, value: 1 });
  const life = h("select", {}, lifetimes.map(([value, text]) => h("option", { value }, text)));
  const roleField = field("Role", role), usesField = field("Devices that may use it", uses), place = h("div");
  const update = () => {
    roleField.hidden = kind.value !== "api";
    usesField.hidden = kind.value !== "claim";
  };
  kind.addEventListener("change", update);
  update();
  const element = form("Make a token", [h("div", { class: "fields" }, field("Kind", kind), field("Name", name, "Who or what it is for"),
    roleField, usesField, field("Good for", life))], "Make", async () => {
    const body = { kind: kind.value, name: name.value };
    if (life.value) {
      body.expires_in_s = Number(life.value);
    }
    if (kind.value === "api") {
      body.role = role.value;
    } else if (kind.value === "claim") {
      body.uses = Number(uses.value);
    }
    const made = await post("tokens", body);
    place.replaceChildren(secret(`Token “${name.value}”`, made.token, "It is shown once and kept nowhere."));
    await refresh();
  });
  return [element, place];
}

function tokenCells(refresh) {
  return (token) => [
    token.name || "–", token.kind, token.kind === "api" || token.kind === "session" ? token.role : "–",
    token.device ? h("a", { href: `#/devices/${token.device}` }, `Device ${token.device}`) : "–",
    token.uses_left === null ? "any number" : token.uses_left, time(token.created_at),
    token.expires_at ? time(token.expires_at) : "no end",
    token.revoked_at ? ["revoked ", time(token.revoked_at)] : button("Revoke", async () => {
      if (window.confirm(`Revoke the token “${token.name}”?`)) {
        await remove(`tokens/${token.id}`);
        await refresh();
      }
    }, "danger"),
  ];
}

function settingsForm(settings, refresh) {
  const registration = h("select", {}, [["closed", "closed: nobody new"],
    ["allow-list", "allow-list: devices that were entered, with a claim code"], ["claim", "claim: who shows a claim code"],
    ["open", "open: anyone, without a token"]].map(([value, text]) =>
    h("option", { value, selected: value === settings.registration }, text)));
  const number = (name, max) => h("input", { type: "number", min: 1, max, required: true, value: settings[name] });
  const interval = number("poll_interval_s", 86399), fast = number("poll_fast_s", 86399);
  const tries = number("tries_max", 15), days = number("retention_days", 36500);
  return form("Settings", [h("div", { class: "fields" }, field("Registration", registration),
    field("Poll interval, s", interval), field("… while an update is open, s", fast),
    field("Tries of a firmware on a device", tries), field("Timelines are kept, days", days))], "Save", async () => {
    await patch("settings", {
      registration: registration.value, poll_interval_s: Number(interval.value), poll_fast_s: Number(fast.value),
      tries_max: Number(tries.value), retention_days: Number(days.value),
    });
    notice("The settings are saved.");
    await refresh();
  });
}

const webhookEvents = ["action.failed", "action.timed_out", "action.rejected", "action.expired", "action.lost",
  "action.corrected", "action.cancelled", "action.confirmed", "deployment.paused", "deployment.ended"];

function webhookForm(settings, refresh) {
  const url = h("input", { type: "url", maxlength: 512, value: settings.webhook_url });
  const key = h("input", { type: "password", minlength: 16, maxlength: 128, autocomplete: "off" });
  const events = webhookEvents.map((name) => h("option", { value: name, selected: settings.webhook_events.includes(name) }, name));
  const list = h("select", { multiple: true, size: events.length }, events);
  return form("Webhook", [h("div", { class: "fields" }, field("Address", url, "http or https; empty: off"),
    field("Signing key", key, settings.webhook_has_secret ? "There is one; empty: it stays" : "Empty: messages are not signed"),
    field("Told of", list))], "Save", async () => {
    const body = { webhook_url: url.value, webhook_events: events.filter((one) => one.selected).map((one) => one.value) };
    if (key.value) {
      body.webhook_secret = key.value;
    }
    await patch("settings", body);
    key.value = "";
    notice("The webhook is saved.");
    await refresh();
  });
}

function webhookState(refresh) {
  const text = h("p");
  const set = (one) => {
    text.textContent = `${one.waiting} wait. Since the start: ${one.sent} sent, ${one.failed} tries failed, ${one.given_up} given up, `
      + `${one.dropped} dropped.${one.reason ? ` The last try: ${one.reason}.` : ""}`;
  };
  const test = button("Send a test message", async () => {
    await post("settings/webhook/test");
    notice("The test message is queued.");
    await refresh();
  });
  return { element: h("section", { class: "card" }, text, h("div", { class: "row" }, test)), set };
}

export async function show({ main, person, showStopped, signIn }) {
  const offers = stopSwitch(refresh);
  const list = table("Tokens", ["Name", "Kind", "Role", "Device", "Uses left", "Made", "Ends", "Actions"]);
  const webhook = webhookState(refresh);
  const isAdmin = person.role === "admin";

  async function refresh() {
    offers.set(await get("settings"), showStopped);
    if (isAdmin) {
      webhook.set((await get("counts")).webhook);
      fill(list, (await getAll("tokens")).reverse(), tokenCells(refresh), "No token.");
    }
  }

  main.append(h("h2", {}, "Offers"), offers.element);
  if (isAdmin) {
    const settings = await get("settings");
    main.append(h("h2", {}, "Claim codes and tokens"), ...tokenForm(refresh), list.element,
      h("h2", {}, "Settings"), settingsForm(settings, refresh),
      h("h2", {}, "Webhook"), webhookForm(settings, refresh), webhook.element,
      h("p", {}, h("a", { href: "/api/v1/audit?format=jsonl", download: "" }, "Export the audit log")));
  }
  main.append(h("h2", {}, "Session"), h("div", { class: "row" }, button("Sign out", async () => {
    await remove("session");
    signIn(true);
  })));
  await refresh();
  return { refresh };
}
