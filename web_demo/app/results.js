/** What was found, in words and as JSON. */

/** The status line, the picture's description and the JSON of the faces. */
export class Results {
  #status;
  #details;
  #json;
  #describe;
  #last = null; // {name, width, height, reduced, faces}

  /**
   * @param {{status: HTMLElement, details: HTMLDetailsElement, json: HTMLElement}} elements JSON is written only while
   *   `details` is open.
   * @param {(text: string) => void} describe takes what the picture shows, for those who cannot see it.
   */
  constructor({ status, details, json }, describe) {
    this.#status = status;
    this.#details = details;
    this.#json = json;
    this.#describe = describe;
    details.addEventListener("toggle", () => this.#writeJson());
  }

  /** Say something in the status line until the next result. */
  say(text) {
    if (this.#status.textContent !== text) this.#status.textContent = text; // a screen reader reads every change
  }

  /**
   * Show the faces of a picture.
   *
   * @param {{name: string, pixels: ImageData, reduced?: boolean}} picture
   * @param {Face[]} faces
   */
  show({ name, pixels, reduced = false }, faces) {
    this.#last = { name, width: pixels.width, height: pixels.height, reduced, faces };
    this.sayLast();
    this.#describe(`${count(faces)} in ${name}`);
    this.#writeJson();
  }

  /** Say again what was found last. */
  sayLast() {
    if (!this.#last) return this.say("");
    const { name, width, height, reduced, faces } = this.#last;
    return this.say(`${count(faces)} in ${name}, ${width} × ${height} pixels${reduced ? ", reduced from more" : ""}.`);
  }

  /** As `tools/detect.py --json` writes it, one face a line. */
  #writeJson() {
    if (!this.#details.open || !this.#last) return;
    const { name, width, height, faces } = this.#last;
    const lines = faces.map((face) => `\n  ${JSON.stringify(rounded(face))}`);
    const head = JSON.stringify({ image: name, width, height }).slice(0, -1);
    this.#json.textContent = `${head},"faces":[${lines.join(",")}]}`;
  }
}

function count(faces) {
  if (!faces.length) return "No face";
  return faces.length === 1 ? "1 face" : `${faces.length} faces`;
}

/** A face with coordinates to a hundredth of a pixel. */
function rounded({ box, score, landmarks }) {
  const hundredth = (value) => Number(value.toFixed(2));
  return {
    box: box.map(hundredth),
    score: Number(score.toFixed(4)),
    landmarks: landmarks.map((point) => point.map(hundredth)),
  };
}
