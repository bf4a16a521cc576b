/** Milliseconds per step and frames per second, as the page shows them. */

const STEPS = {
  read: "Read the pixels",
  handOver: "Hand over to the worker",
  letterbox: "Letterbox",
  network: "Network",
  decode: "Decode, suppress overlaps",
  draw: "Draw",
  all: "In all",
};
const WINDOW = 2000; // milliseconds over which frames are counted, and times averaged
const REFRESH = 250; // milliseconds between two changes of the numbers, to let them be read

/** The table of times, and the rate above it. */
export class Times {
  #cells = {};
  #rate;
  #idleText;
  #frames = []; // {at, milliseconds} within WINDOW
  #shownAt = -Infinity;

  /**
   * @param {HTMLTableSectionElement} body gets a row for each step.
   * @param {HTMLElement} rate shows frames per second; what it holds now is shown while none are counted.
   */
  constructor(body, rate) {
    this.#rate = rate;
    this.#idleText = rate.textContent;
    for (const [step, title] of Object.entries(STEPS)) {
      const row = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = title;
      row.append(head);
      this.#cells[step] = row.insertCell();
    }
    this.#fill({});
  }

  /** Show what one picture took; a step that did not run has no number. */
  showOne(milliseconds) {
    this.#frames = [];
    this.#rate.textContent = this.#idleText;
    this.#rate.classList.remove("counting");
    this.#fill(milliseconds);
  }

  /** Count one frame of a stream; shows means of the last two seconds, and returns whether the numbers changed. */
  addFrame(milliseconds) {
    const at = performance.now();
    this.#frames = [...this.#frames.filter((frame) => at - frame.at <= WINDOW), { at, milliseconds }];
    if (at - this.#shownAt < REFRESH || this.#frames.length < 2) return false;
    this.#shownAt = at;
    const perSecond = ((this.#frames.length - 1) / (at - this.#frames[0].at)) * 1000;
    this.#rate.textContent = `${perSecond.toFixed(1)} frames per second`;
    this.#rate.classList.add("counting");
    const mean = (step) => this.#frames.reduce((sum, frame) => sum + frame.milliseconds[step], 0) / this.#frames.length;
    this.#fill(Object.fromEntries(Object.keys(STEPS).map((step) => [step, mean(step)])));
    return true;
  }

  #fill(milliseconds) {
    for (const [step, cell] of Object.entries(this.#cells)) {
      cell.textContent = step in milliseconds ? milliseconds[step].toFixed(1) : "–";
    }
  }
}
