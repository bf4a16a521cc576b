/** The page: what its controls do. */

import { UserError } from "../detector/index.js";
import { Engine } from "./engine.js";
import { ModelPicker } from "./model_picker.js";
import { fromFile, listModels } from "./models.js";
import { readPicture } from "./pictures.js";
import { Results } from "./results.js";
import { Stage } from "./stage.js";
import { Times } from "./times.js";
import { Webcam } from "./webcam.js";

const MODEL_SUFFIX = ".tflite";
const element = (id) => document.getElementById(id);
const named = (...ids) => Object.fromEntries(ids.map((id) => [id, element(id)]));
const threshold = element("threshold");
const webcamButton = element("webcam");
const cameraPicker = element("camera");

const engine = new Engine();
const webcam = new Webcam();
const stage = new Stage(named("stage", "frame", "picture", "marks", "invitation"));
const times = new Times(element("times"), element("rate"));
const picker = new ModelPicker(element("model"), element("model-facts"));
const results = new Results(named("status", "details", "json"), (text) => stage.describe(text));

let picture = null; // {name, pixels} of the one that is shown, or of the webcam's last frame
let thresholdIsOwn = false; // chosen by the user, and so kept when the model changes
let modelWish = 0; // counts the models that the user asked for: only the last one ends the waiting
let wish = 0; // counts what the user asked to see: a picture that is decoded too late is dropped
let turn = 0; // counts detections: an answer to any but the last is dropped

/** Do what the user asked for; a failure is one sentence below the picture, and the page goes on. */
async function attempt(action) {
  const line = element("error");
  line.textContent = "";
  try {
    await action();
  } catch (error) {
    const isKnown = error instanceof UserError;
    if (!isKnown) console.error(error);
    line.textContent = isKnown ? error.message : `Something failed (${error.message}); reload the page and try again.`;
  }
}

// Models

async function useModel(model) {
  const mine = ++modelWish;
  results.say(`Loading ${model.name}…`);
  picker.setBusy(true);
  try {
    const record = await engine.load(await model.read(), model.name);
    picker.use(model, record);
    if (!thresholdIsOwn) setThreshold(record.score_threshold);
  } finally {
    if (mine === modelWish) {
      picker.setBusy(false);
      results.sayLast();
    }
  }
  if (picture && !webcam.isRunning && mine === modelWish) await detectPicture();
}

// Pictures

async function showPicture(file) {
  const mine = ++wish;
  const read = await readPicture(file);
  if (mine !== wish) return;
  stopWebcam();
  picture = read;
  stage.show(picture.canvas, []);
  await detectPicture();
}

function detectPicture() {
  return showFaces(() => engine.detect(picture.pixels, scoreThreshold()));
}

async function decodeAgain() {
  const seen = await showFaces(() => engine.decodeAgain(scoreThreshold()));
  if (!seen) await detectPicture();
}

/** Show the answer about the still picture, unless something else is shown by then; false where there is none. */
async function showFaces(ask) {
  const mine = ++turn;
  const shown = picture;
  const answer = await timed(ask);
  if (mine !== turn) return true;
  if (!answer) return false;
  const draw = timedDrawing(() => stage.mark(answer.faces));
  times.showOne({ ...answer.milliseconds, draw, all: sum(answer.milliseconds) + draw });
  results.show(shown, answer.faces);
  return true;
}

/** A detection whose milliseconds include the way to the worker and back. */
async function timed(ask) {
  const started = performance.now();
  const answer = await ask();
  if (!answer) return null;
  const handOver = Math.max(0, performance.now() - started - sum(answer.milliseconds));
  return { faces: answer.faces, milliseconds: { handOver, ...answer.milliseconds } };
}

function sum(milliseconds) {
  return Object.values(milliseconds).reduce((total, value) => total + value, 0);
}

function timedDrawing(draw) {
  const started = performance.now();
  draw();
  return performance.now() - started;
}

// Webcam

async function startWebcam(deviceId = "") {
  if (webcam.isStarting) return; // the browser is asking the user
  const mine = ++wish;
  try {
    await webcam.start(deviceId, (error) => {
      stopWebcam();
      attempt(() => Promise.reject(error));
    });
  } catch (error) {
    showStopped();
    throw error;
  }
  if (mine !== wish) {
    webcam.stop();
    return;
  }
  webcamButton.textContent = "Stop webcam";
  await listCameras();
  await followWebcam();
}

async function listCameras() {
  const cameras = await webcam.list();
  const options = cameras.map(({ deviceId, label }, index) => new Option(label || `Camera ${index + 1}`, deviceId));
  cameraPicker.replaceChildren(...options);
  cameraPicker.value = webcam.deviceId;
  element("camera-control").hidden = cameras.length < 2;
}

/** Show frame after frame with its own faces, until something else is asked for. The last one stays. */
async function followWebcam() {
  const mine = ++turn;
  try {
    while (mine === turn) {
      await webcam.nextFrame();
      if (mine !== turn) return;
      const started = performance.now();
      const frame = webcam.read();
      if (!frame) continue;
      const read = performance.now() - started;
      const { faces, milliseconds } = await timed(() => engine.detect(frame.pixels, scoreThreshold()));
      if (mine !== turn) return;
      const draw = timedDrawing(() => stage.show(frame.canvas, faces, webcam.isMirror));
      const isTold = times.addFrame({ read, ...milliseconds, draw, all: performance.now() - started });
      picture = { name: "the webcam's picture", pixels: frame.pixels };
      if (isTold) results.show(picture, faces);
    }
  } catch (error) {
    stopWebcam();
    throw error;
  }
}

function stopWebcam() {
  webcam.stop();
  turn++;
  showStopped();
}

function showStopped() {
  webcamButton.textContent = "Start webcam";
  element("camera-control").hidden = true;
}

// Controls

function scoreThreshold() {
  return Number(threshold.value);
}

function setThreshold(value) {
  threshold.value = value;
  element("threshold-value").textContent = scoreThreshold().toFixed(2);
}

function openFile(file) {
  if (!file) return;
  const isModel = file.name.toLowerCase().endsWith(MODEL_SUFFIX);
  attempt(() => (isModel ? useModel(fromFile(file)) : showPicture(file)));
}

function bindFileButton(button, input) {
  element(button).addEventListener("click", () => element(input).click());
  element(input).addEventListener("change", ({ target }) => {
    openFile(target.files[0]);
    target.value = ""; // the same file can be opened again
  });
}

function bindDrop() {
  const mark = (isOver) => element("stage").classList.toggle("dragging", isOver);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(false); // out of the window
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    openFile(event.dataTransfer.files[0]);
  });
}

bindFileButton("open-picture", "picture-file");
bindFileButton("open-model", "model-file");
bindDrop();
webcamButton.addEventListener("click", () => attempt(() => (webcam.isRunning ? stopWebcam() : startWebcam())));
cameraPicker.addEventListener("change", () => attempt(() => startWebcam(cameraPicker.value)));
element("model").addEventListener("change", () => attempt(() => useModel(picker.chosen)));
threshold.addEventListener("input", () => {
  thresholdIsOwn = true;
  setThreshold(threshold.value);
  if (picture && !webcam.isRunning) attempt(decodeAgain);
});

attempt(async () => {
  for (const model of await listModels()) picker.add(model);
  await useModel(picker.chosen);
});
