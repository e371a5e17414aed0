// SPDX-License-Identifier: Apache-2.0
// The list of devices.

import { get, post, getAll, query } from "/api.js";
import { h, table, fill, form, field, time, outcome, progress, deviceLink, button, notice } from "/page.js";

const pageSize = 100;

function cells(device) {
  const online = h("span", { class: device.online ? "good" : "soft" }, device.online ? "on line" : "off line");
  const hold = device.hold ? h("span", { class: "warn" }, `On hold: ${device.hold}. `) : null;
  return [
    deviceLink(device), online, device.version ? h("span", { class: "mono" }, device.version) : "–",
    device.product_name || "–", device.tags.join(", ") || "–",
    [hold, outcome(device.action)].flat().filter((part) => part != null),
    progress(device.action), time(device.last_at),
  ];
}

function filterForm(filter) {
  const text = h("input", { type: "text", value: filter, size: 50, spellcheck: "false", autocomplete: "off" });
  return form("Filter", [field("Filter", text,
    "For example: version < 03010102 and online = yes; name = \"Otter*\"; tag = beach; state = transferring", true)],
  "Show", async () => {
    location.hash = query("/devices", { filter: text.value });
  });
}

async function addForm(refresh) {
  const products = await getAll("products");
  const id = h("input", { type: "text", required: true, maxlength: 128, spellcheck: "false" });
  const product = h("select", {}, h("option", { value: "" }, "not known yet"),
    products.map((one) => h("option", { value: one.id }, one.name)));
  const add = form("Enter a device", [h("div", { class: "fields" },
    field("Controller id", id, "For example the MAC address as 12 hex digits"), field("Product", product))],
  "Enter", async () => {
    const body = { controller_id: id.value };
    if (product.value) {
      body.product = Number(product.value);
    }
    await post("devices", body);
    id.value = "";
    notice("The device is entered. Make a token for it on its page, or let it come with a claim code.");
    await refresh();
  });
  return h("details", {}, h("summary", {}, "Enter a device before its first contact"), add);
}

export async function show({ main, parameters, person }) {
  const filter = parameters.get("filter") ?? "";
  const list = table("Devices", ["Device", "Contact", "Version", "Product", "Tags", "Update", "Progress", "Last contact"]);
  const total = h("p", { class: "soft", role: "status" });
  let size = pageSize;
  const more = button("Show more", async () => {
    size = Math.min(size + pageSize, 1000);
    await refresh();
  });

  async function refresh() {
    const answer = await get(query("devices", { limit: size, filter }));
    fill(list, answer.items, cells, filter ? "No device matches this filter." : "No device has come yet.");
    total.textContent = `${answer.total} devices${filter ? " match" : ""}, ${answer.items.length} shown`;
    more.hidden = answer.next === null || size >= 1000;
  }

  main.append(filterForm(filter), total, list.element, h("div", { class: "row" }, more));
  if (person.role === "admin") {
    main.append(await addForm(refresh));
  }
  await refresh();
  let timer = 0;
  const soon = () => {
    if (!timer) {
      timer = setTimeout(() => {
        timer = 0;
        refresh().catch((error) => notice(error.message, true));
      }, 500);
    }
  };
  return { refresh, onEvent: soon };
}
