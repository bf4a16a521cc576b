/** Getting the demo's own files from the server that the page came from. */

import { UserError } from "../detector/index.js";

/**
 * The bytes of one of the demo's files.
 *
 * @param {URL} url
 * @param {string} repair what to do where it is missing, as the end of a sentence.
 * @returns {Promise<Uint8Array>}
 * @throws {UserError} the server does not give it.
 */
export async function fetchBytes(url, repair) {
  const name = url.pathname.split("/").at(-1);
  let reason;
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    reason = `the server answers ${response.status}`;
  } catch {
    reason = "the server does not answer";
  }
  throw new UserError(`${name} cannot be loaded, ${reason}; ${repair}.`);
}
