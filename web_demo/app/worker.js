// The detector's own thread, so that the page stays alive while the network runs. A classic worker, because LiteRT.js
// brings in its WebAssembly loader by importScripts, which a module worker does not have.

let queue = Promise.resolve(); // one request after the other: the network has one input

self.onmessage = ({ data }) => {
  queue = queue.then(() => answer(data));
};

async function answer({ id, kind, ...request }) {
  try {
    const requests = await loadRequests();
    self.postMessage({ id, value: await requests[kind](request) });
  } catch (error) {
    self.postMessage({ id, error: { name: error?.name ?? "Error", message: error?.message ?? String(error) } });
  }
}

async function loadRequests() {
  try {
    return await import("./requests.js");
  } catch (error) {
    throw new Error(`The detector's scripts cannot be loaded (${error.message}); restore web_demo/ and reload.`);
  }
}
