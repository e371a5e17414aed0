// SPDX-License-Identifier: Apache-2.0
// A deployment, before it is one: which firmware, which devices, who gets it, who not and why.

import { get, post, getAll, query } from "/api.js";
import { h, field, form, deviceLink, attempt, notice } from "/page.js";

// What may be over soon: the server takes such a deployment, and the devices get it then.
const laterMaybe = ["busy", "on_hold"];

function verdictCard(verdict) {
  const devices = verdict.devices.flatMap((device, index) => [index > 0 ? ", " : "", deviceLink(device)].flat());
  const rest = verdict.count - verdict.devices.length;
  return h("tr", {},
    h("td", { class: verdict.gets_it ? "good" : "warn" }, verdict.gets_it ? "gets it" : "does not get it"),
    h("td", {}, verdict.text), h("td", { class: "number" }, `${verdict.count}`),
    h("td", {}, devices, rest > 0 ? ` and ${rest} more` : ""));
}

function resultOf(preflight) {
  const rows = preflight.verdicts.map(verdictCard);
  const lines = [h("p", {}, h("strong", {}, `${preflight.getting} of ${preflight.matching} devices get it now.`))];
  if (!preflight.firmware.gets_it) {
    lines.push(h("p", { class: "bad" }, `No device can take this firmware: ${preflight.firmware.text}.`));
  }
  if (preflight.one_first && preflight.getting > 0) {
    lines.push(h("p", { class: "warn" },
      "This firmware has not run on any device yet: one device gets it first, the others when that one has succeeded."));
  }
  if (rows.length > 0) {
    const head = ["", "Why", "Devices", "Which"].map((text) => h("th", { scope: "col" }, text));
    lines.push(h("div", { class: "scroll" },
      h("table", { "aria-label": "Who gets it" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows))));
  }
  return lines;
}

function toIso(control) {
  return control.value ? new Date(control.value).toISOString() : null;
}

async function firstFilter(parameters) {
  const id = parameters.get("device");
  if (id) {
    const device = await get(`devices/${id}`);
    return `id = "${device.controller_id}"`;
  }
  return parameters.get("filter") ?? "";
}

function controlsOf(firmware, chosen, filter) {
  const usable = firmware.filter((one) => one.archived_at === null).reverse();
  return {
    firmware: h("select", { required: true }, usable.map((one) =>
      h("option", { value: one.id, selected: `${one.id}` === chosen }, `${one.version} – ${one.name}`))),
    filter: h("input", { type: "text", value: filter, size: 50, spellcheck: "false", autocomplete: "off" }),
    name: h("input", { type: "text", maxlength: 64 }),
    silent: h("input", { type: "radio", name: "mode", value: "silent", checked: true }),
    manual: h("input", { type: "radio", name: "mode", value: "manual" }),
    starts: h("input", { type: "datetime-local" }),
    ends: h("input", { type: "datetime-local" }),
    from: h("input", { type: "time" }),
    to: h("input", { type: "time" }),
    attempts: h("input", { type: "number", min: 1, max: 15, value: 3 }),
  };
}

function bodyOf(controls) {
  const body = {
    firmware: Number(controls.firmware.value),
    filter: controls.filter.value,
    mode: controls.silent.checked ? "silent" : "manual",
    attempts: Number(controls.attempts.value),
    starts_at: toIso(controls.starts),
    ends_at: toIso(controls.ends),
  };
  if (controls.name.value) {
    body.name = controls.name.value;
  }
  if (controls.from.value && controls.to.value) {
    body.window = { from: controls.from.value, to: controls.to.value };
  }
  return body;
}

function fieldsOf(controls) {
  const modes = h("fieldset", {}, h("legend", {}, "Mode"),
    h("label", {}, controls.silent, " silent: devices install it without a question"),
    h("label", {}, controls.manual, " manual: each waits for an approval"));
  return [
    h("div", { class: "fields" }, field("Firmware", controls.firmware),
      field("Filter", controls.filter, "Which devices. Empty is every device.", true)),
    modes,
    h("details", {}, h("summary", {}, "Name, times, attempts"), h("div", { class: "fields" },
      field("Name", controls.name), field("Starts", controls.starts, "This computer’s time; empty is now"),
      field("Ends", controls.ends, "Empty is never"),
      field("Window from", controls.from, "Of the day, in UTC"), field("Window to", controls.to),
      field("Attempts", controls.attempts, "Of each device"))),
  ];
}

export async function show({ main, parameters }) {
  const firmware = await getAll("firmware");
  if (!firmware.some((one) => one.archived_at === null)) {
    main.append(h("p", {}, "There is no firmware to deploy. ", h("a", { href: "#/firmware" }, "Upload one"), "."));
    return {};
  }
  const controls = controlsOf(firmware, parameters.get("firmware"), await firstFilter(parameters));
  const result = h("div", { role: "status" });
  let turn = 0;

  async function check() {
    const mine = ++turn;
    const answer = await get(query(`firmware/${controls.firmware.value}/preflight`, { filter: controls.filter.value }))
      .catch((error) => error);
    if (mine !== turn) {
      return; // a later question has been asked
    }
    const isError = answer instanceof Error;
    deploy.querySelector("button[type=submit]").disabled = isError || !answer.verdicts.some((one) => one.gets_it || laterMaybe.includes(one.verdict));
    result.replaceChildren(...(isError ? [h("p", { class: "bad" }, answer.message)] : resultOf(answer)));
  }

  const deploy = form("Deploy", [fieldsOf(controls), h("h2", {}, "Who gets it"), result], "Deploy", async () => {
    const made = await post("deployments", bodyOf(controls));
    notice(`Deployment ${made.id} is made.`);
    location.hash = `/deployments/${made.id}`;
  });
  controls.firmware.addEventListener("change", () => attempt(null, check));
  let timer = 0;
  controls.filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => attempt(null, check), 300);
  });
  main.append(deploy);
  await check();
  return { refresh: check };
}
