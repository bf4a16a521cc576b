/** Frames of a webcam as pixels, and its failures as sentences. */

import { UserError } from "../detector/index.js";

const WISHED = { width: { ideal: 640 }, height: { ideal: 480 } };
const SENTENCES = {
  NotAllowedError: "The webcam is denied to this page; allow it beside the address, then start it again.",
  NotFoundError: "There is no webcam; connect one and start it again, or open a picture.",
  OverconstrainedError: "That camera is no longer there; choose another one, or open a picture.",
  NotReadableError: "The webcam gives no picture, another program may be using it; close that and start again.",
};

/** One camera at a time. */
export class Webcam {
  #video = document.createElement("video");
  #canvas = document.createElement("canvas");
  #context = this.#canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  #stream = null;

  /** Whether `start` has not come to its end. */
  isStarting = false;

  constructor() {
    this.#video.muted = true;
    this.#video.playsInline = true;
  }

  /**
   * Start a camera, in the place of the last one.
   *
   * @param {string} deviceId of `list`; empty takes the one that faces the user.
   * @param {(error: UserError) => void} onLost called when the camera goes away by itself.
   * @throws {UserError} denied, missing, in use, or a page that may not ask for it.
   */
  async start(deviceId, onLost) {
    this.stop();
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new UserError("Browsers give a webcam to https pages and to this machine's own address alone; use one.");
    }
    const choice = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
    this.isStarting = true;
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { ...WISHED, ...choice } });
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      this.stop();
      throw new UserError(SENTENCES[error.name] ?? `The webcam cannot be started (${error.message}); try again.`);
    } finally {
      this.isStarting = false;
    }
    this.#track.onended = () => onLost(new UserError("The webcam has gone; connect it and start it again."));
  }

  /** Let go of the camera. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** Whether a camera was started and not stopped. */
  get isRunning() {
    return this.#stream !== null;
  }

  get #track() {
    return this.#stream.getVideoTracks()[0];
  }

  /** Whether people see themselves in it, and expect a mirror. */
  get isMirror() {
    return this.#track.getSettings().facingMode !== "environment";
  }

  /** The id of the camera that runs. */
  get deviceId() {
    return this.#track.getSettings().deviceId;
  }

  /** All cameras, as `{deviceId, label}`; browsers tell once one was allowed. */
  async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput");
  }

  /** Wait for the next frame. */
  nextFrame() {
    return new Promise((resolve) => {
      if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
    });
  }

  /** The frame that is there, `{canvas, pixels}`; null before the first. The canvas is the same each time. */
  read() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (!width || !height) return null;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.#context.drawImage(this.#video, 0, 0);
    return { canvas: this.#canvas, pixels: this.#context.getImageData(0, 0, width, height) };
  }
}
