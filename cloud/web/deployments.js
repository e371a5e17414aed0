// SPDX-License-Identifier: Apache-2.0
// Deployments, and one of them with the updates of its devices.

import { get, post, getAll } from "/api.js";
import { h, table, fill, facts, time, outcome, progress, stateText, button, notice } from "/page.js";

function firmwareText(firmware, id) {
  const one = firmware.find((item) => item.id === id);
  return one ? `${one.version} – ${one.name}` : `${id}`;
}

export async function show({ main }) {
  const list = table("Deployments", ["Deployment", "Firmware", "Devices", "Mode", "State", "By", "Made"]);

  async function refresh() {
    const [deployments, firmware] = await Promise.all([getAll("deployments"), getAll("firmware")]);
    fill(list, deployments.reverse(), (one) => [
      h("a", { href: `#/deployments/${one.id}` }, one.name || `Deployment ${one.id}`),
      firmwareText(firmware, one.firmware), h("span", { class: "mono" }, one.filter || "every device"),
      one.mode, one.state, one.created_by, time(one.created_at),
    ], "No deployment yet.");
  }

  main.append(h("p", {}, h("a", { href: "#/deploy" }, "Make a deployment")), list.element);
  await refresh();
  return { refresh };
}

function stateButtons(deployment, refresh) {
  const set = (text, word, kind) => button(text, async () => {
    if (kind === "danger" && !window.confirm("Cancel this deployment and its open updates?")) {
      return;
    }
    await post(`deployments/${deployment.id}/${word}`);
    await refresh();
  }, kind);
  if (deployment.state === "active") {
    return [set("Pause", "pause", ""), set("Cancel", "cancel", "danger")];
  }
  return deployment.state === "paused" ? [set("Resume", "resume", "main"), set("Cancel", "cancel", "danger")] : [];
}

function describe(deployment, firmware) {
  const counts = Object.entries(deployment.actions).filter(([, count]) => count > 0)
    .flatMap(([state, count], index) => [index > 0 ? ", " : "", `${count} `, stateText(state)]);
  const window_ = deployment.window ? `${deployment.window.from} to ${deployment.window.to} UTC` : "always";
  const first = deployment.groups.find((group) => group.ordinal === 0);
  const gate = !first ? "no" : first.state === "has_succeeded" ? "yes, and it has succeeded" : "yes, and it has not succeeded yet";
  return facts([
    ["Firmware", firmwareText(firmware, deployment.firmware)],
    ["Devices", h("span", { class: "mono" }, deployment.filter || "every device")],
    ["Mode", deployment.mode], ["State", deployment.state],
    ["Updates", counts.length > 0 ? counts : "none yet"],
    ["One device first", gate],
    ["Starts", time(deployment.starts_at)], ["Ends", time(deployment.ends_at)], ["Window", window_],
    ["Attempts", `${deployment.attempts}`], ["Made", [time(deployment.created_at), ` by ${deployment.created_by}`]],
  ]);
}

function actionCells(refresh) {
  return (action) => {
    const command = (text, word, kind) => button(text, async () => {
      await post(`actions/${action.id}/${word}`);
      await refresh();
    }, kind);
    const buttons = action.state === "waiting_approval"
      ? [command("Approve", "approve", "main"), command("Deny", "deny", "danger")] : [];
    return [
      h("a", { href: `#/devices/${action.device}` }, `Device ${action.device}`), outcome(action), progress(action),
      action.attempt, time(action.changed_at), h("div", { class: "row" }, buttons),
    ];
  };
}

export async function showOne({ main, title, ids }) {
  const path = `deployments/${ids[0]}`;
  const about = h("div", { class: "card" }), buttons = h("div", { class: "row" });
  const list = table("Updates", ["Device", "State", "Progress", "Attempt", "Since", "Actions"]);
  const firmware = await getAll("firmware");
  let shownState = "";

  async function refresh() {
    const [deployment, actions] = await Promise.all([get(path), get(`${path}/actions?limit=1000`)]);
    title.textContent = deployment.name || `Deployment ${deployment.id}`;
    about.replaceChildren(describe(deployment, firmware));
    if (deployment.state !== shownState) {
      shownState = deployment.state;
      buttons.replaceChildren(...stateButtons(deployment, refresh));
    }
    fill(list, actions.items, actionCells(refresh), "No update has begun.");
  }

  main.append(about, buttons, h("h2", {}, "Updates"), list.element);
  await refresh();
  let timer = 0;
  const onEvent = () => {
    if (!timer) {
      timer = setTimeout(() => {
        timer = 0;
        refresh().catch((error) => notice(error.message, true));
      }, 500);
    }
  };
  return { refresh, onEvent };
}
