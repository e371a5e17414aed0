// SPDX-License-Identifier: Apache-2.0
// Calls of the REST interface. The session's cookie says who asks.

export class ApiError extends Error {
  constructor(status, text, request) {
    super(request ? `${text} (request ${request})` : text);
    this.status = status;
  }
}

async function readError(response) {
  try {
    const body = await response.json();
    return new ApiError(response.status, body.error, body.request);
  } catch {
    return new ApiError(response.status, `The server answered ${response.status}.`);
  }
}

export async function call(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers }, cache: "no-store" };
  if (body instanceof Blob) {
    options.body = body;
    options.headers["Content-Type"] = "application/octet-stream";
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, options);
  } catch {
    throw new ApiError(0, "The server cannot be reached.");
  }
  if (!response.ok) {
    throw await readError(response);
  }
  return response.json();
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const patch = (path, body, headers) => call("PATCH", path, body, headers);
export const remove = (path) => call("DELETE", path);

// "devices?limit=50&filter=..." without the parameters that are empty
export function query(path, parameters) {
  const filled = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(filled).toString();
  return text === "" ? path : `${path}?${text}`;
}

// Every page of a list that is short: products, firmware, deployments.
export async function getAll(path) {
  const items = [];
  let after = 0;
  do {
    const page = await get(query(path, { limit: 1000, after: after || "" }));
    items.push(...page.items);
    after = page.next;
  } while (after);
  return items;
}
