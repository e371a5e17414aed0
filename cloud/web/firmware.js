// SPDX-License-Identifier: Apache-2.0
// Firmware: the list, an upload, and the products that it is for.

import { call, post, getAll, query } from "/api.js";
import { h, table, fill, form, field, time, button, notice } from "/page.js";

const signatures = { good: ["good", "good"], unknown_key: ["unknown key", "bad"], none: ["unsigned", "warn"], bad: ["wrong", "bad"] };

function signature(firmware) {
  if (firmware.kind !== "otter") {
    return "–";
  }
  const [text, kind] = signatures[firmware.signature] ?? [firmware.signature, ""];
  return h("span", { class: kind }, text);
}

function cellsWith(products, refresh) {
  return (firmware) => {
    const product = products.find((one) => one.id === firmware.product);
    const isArchived = firmware.archived_at !== null;
    const archive = button(isArchived ? "Take back into use" : "Archive", async () => {
      await post(`firmware/${firmware.id}/${isArchived ? "unarchive" : "archive"}`);
      await refresh();
    });
    const deploy = isArchived ? null : h("a", { href: query("#/deploy", { firmware: firmware.id }) }, "Deploy");
    return [
      h("span", { class: "mono" }, firmware.version), [firmware.name, h("br"), h("span", { class: "soft" }, firmware.notes)],
      firmware.kind, product ? product.name : `${firmware.product}`, firmware.hardware || "any", signature(firmware),
      `${firmware.size} bytes`,
      firmware.proven_at ? h("span", { class: "good" }, "yes") : h("span", { class: "warn" }, "not yet"),
      time(firmware.created_at), h("div", { class: "row" }, [deploy, archive].filter((part) => part)),
    ];
  };
}

function productForm(refresh) {
  const name = h("input", { type: "text", required: true, maxlength: 64 });
  const hardware = h("input", { type: "text", maxlength: 8, size: 10 });
  const key = h("input", { type: "text", maxlength: 64, size: 66, spellcheck: "false", pattern: "[0-9a-fA-F]{64}" });
  const productKey = h("input", { type: "text", maxlength: 32, size: 34, spellcheck: "false" });
  const unsigned = h("input", { type: "checkbox" });
  return h("details", {}, h("summary", {}, "Make a product"), form("Make a product", [h("div", { class: "fields" },
    field("Product’s name", name), field("Hardware", hardware, "8 characters, as the MCU reports it"),
    field("Product key", productKey, "The vendor’s, 32 characters; it may be left out"),
    field("Public key", key, "Ed25519, 64 hex digits, as the bootloader has it", true),
    field("Takes unsigned firmware", unsigned))], "Make", async () => {
    const body = { name: name.value, unsigned_ok: unsigned.checked };
    for (const [member, control] of [["hardware", hardware], ["key1", key], ["product_key", productKey]]) {
      if (control.value) {
        body[member] = control.value;
      }
    }
    await post("products", body);
    notice(`The product ${name.value} is made.`);
    await refresh();
  }));
}

function uploadForm(refresh) {
  const file = h("input", { type: "file", required: true });
  const product = h("select", { required: true });
  const kind = h("select", {}, h("option", { value: "auto" }, "otter: version from its trailer"),
    h("option", { value: "plain" }, "plain .bin: version typed"), h("option", { value: "opaque" }, "opaque: .swu or anything"));
  const version = h("input", { type: "text", maxlength: 64, size: 12 });
  const hardware = h("input", { type: "text", maxlength: 8, size: 10 });
  const fromMin = h("input", { type: "text", maxlength: 8, size: 10 });
  const notes = h("input", { type: "text", maxlength: 1000 });
  const typed = h("div", { class: "fields", hidden: true }, field("Version", version, "8 letters or digits; opaque: any text"),
    field("Hardware", hardware, "8 letters or digits; opaque: may be left out"));
  kind.addEventListener("change", () => {
    typed.hidden = kind.value === "auto";
    version.required = !typed.hidden;
    hardware.required = kind.value === "plain";
  });
  const element = form("Upload", [h("div", { class: "fields" }, field("File", file), field("For product", product), field("Kind", kind)), typed,
    h("div", { class: "fields" }, field("Lowest version that may take it", fromMin, "8 characters; it may be left out"), field("Notes", notes, "", true))],
  "Upload", async () => {
    const chosen = file.files[0];
    const isTyped = kind.value !== "auto";
    const path = query("firmware", {
      product: product.value, name: chosen.name, kind: kind.value, from_min: fromMin.value, notes: notes.value,
      version: isTyped ? version.value : "", hardware: isTyped ? hardware.value : "",
    });
    await call("PUT", path, chosen);
    notice(`${chosen.name} is uploaded.`);
    await refresh();
  });
  const setProducts = (products) => {
    const before = product.value;
    product.replaceChildren(...products.map((one) => h("option", { value: one.id, selected: `${one.id}` === before }, one.name)));
  };
  return { element, setProducts };
}

export async function show({ main, person }) {
  const list = table("Firmware", ["Version", "File", "Kind", "Product", "Hardware", "Signature", "Size", "Proven on a device", "Uploaded", "Actions"]);
  const upload = uploadForm(refresh);
  const hint = h("p", { class: "soft", hidden: true }, "A firmware is for a product: make one first.");
  let productsText = "";

  async function refresh() {
    const [products, firmware] = await Promise.all([getAll("products"), getAll("firmware")]);
    if (JSON.stringify(products) !== productsText) { // else a choice that was made stays
      productsText = JSON.stringify(products);
      upload.setProducts(products);
    }
    hint.hidden = products.length > 0;
    fill(list, firmware.reverse(), cellsWith(products, refresh), "No firmware yet.");
  }

  main.append(list.element);
  if (person.role !== "viewer") {
    main.append(h("h2", {}, "Upload"), hint, upload.element);
  }
  if (person.role === "admin") {
    main.append(productForm(refresh));
  }
  await refresh();
  return { refresh };
}
