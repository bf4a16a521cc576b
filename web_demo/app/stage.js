/** The picture with its faces: one canvas of the picture's size, and marks above it in the screen's own pixels. */

const BOX_COLOUR = "rgb(60, 220, 80)";
const OUTLINE_COLOUR = "rgba(0, 0, 0, 0.65)"; // keeps marks apart from bright pictures
const TEXT_COLOUR = "#000";
const LANDMARK_COLOURS = [
  "rgb(0, 120, 255)", // left eye, right eye, nose, left and right mouth corner
  "rgb(0, 230, 255)",
  "rgb(255, 200, 0)",
  "rgb(255, 60, 60)",
  "rgb(230, 80, 230)",
];
const FONT_SIZE = 12; // CSS pixels, as below
const SMALL = 36; // width of a box with thin lines and no score: both would hide the face and its neighbours
const LINES = { small: 1, large: 2 };
const LANDMARK_SHARE = 0.035; // radius of a landmark in widths of the box
const LANDMARK_RADII = [0.8, 3.5]; // least and largest

/** Shows pictures and draws faces in place. */
export class Stage {
  #stage;
  #frame;
  #picture;
  #marks;
  #invitation;
  #mirrored = false;
  #faces = [];

  /** @param {{stage, frame, picture, marks, invitation}} elements of the page. */
  constructor({ stage, frame, picture, marks, invitation }) {
    this.#stage = stage;
    this.#frame = frame;
    this.#picture = picture;
    this.#marks = marks;
    this.#invitation = invitation;
    new ResizeObserver(() => this.#draw()).observe(picture);
  }

  /**
   * Show a picture with its faces.
   *
   * @param {HTMLCanvasElement} canvas the picture, which is copied.
   * @param {Face[]} faces in pixels of the picture.
   * @param {boolean} mirrored show left and right exchanged.
   */
  show(canvas, faces, mirrored = false) {
    const { width, height } = canvas;
    const picture = this.#picture;
    if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
    const context = picture.getContext("2d", { alpha: false });
    context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
    context.drawImage(canvas, 0, 0);
    this.#mirrored = mirrored;
    this.#stage.classList.add("filled");
    this.#frame.hidden = false;
    this.#invitation.hidden = true;
    this.mark(faces);
  }

  /** Draw other faces on the picture that is shown. */
  mark(faces) {
    this.#faces = faces;
    this.#draw();
  }

  /** What the picture shows, for those who cannot see it. */
  describe(text) {
    this.#picture.setAttribute("aria-label", text);
  }

  #draw() {
    const density = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.#picture;
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * density));
    const marks = this.#marks;
    if (marks.width !== width || marks.height !== height) Object.assign(marks, { width, height });
    const context = marks.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    const scale = clientWidth / this.#picture.width;
    for (const face of [...this.#faces].reverse()) this.#drawFace(context, face, scale); // the best on top
  }

  #drawFace(context, { box, score, landmarks }, scale) {
    const x = (value) => (this.#mirrored ? this.#picture.width - value : value) * scale;
    const [left, right] = [x(box[0]), x(box[2])].sort((a, b) => a - b);
    const [top, bottom] = [box[1] * scale, box[3] * scale];
    const isSmall = right - left < SMALL;
    strokeBox(context, isSmall ? LINES.small : LINES.large, left, top, right - left, bottom - top);
    const radius = Math.min(Math.max((right - left) * LANDMARK_SHARE, LANDMARK_RADII[0]), LANDMARK_RADII[1]);
    landmarks.forEach((point, index) => dot(context, x(point[0]), point[1] * scale, radius, LANDMARK_COLOURS[index]));
    if (!isSmall) label(context, score.toFixed(2), left, top);
  }
}

function strokeBox(context, line, ...rectangle) {
  context.lineWidth = 2 * line;
  context.strokeStyle = OUTLINE_COLOUR;
  context.strokeRect(...rectangle);
  context.lineWidth = line;
  context.strokeStyle = BOX_COLOUR;
  context.strokeRect(...rectangle);
}

function dot(context, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.lineWidth = radius / 2;
  context.strokeStyle = OUTLINE_COLOUR;
  context.stroke();
  context.fillStyle = colour;
  context.fill();
}

/** A score above a box, or inside one that begins at the picture's top. */
function label(context, text, left, top) {
  context.font = `600 ${FONT_SIZE}px system-ui, sans-serif`;
  const [width, height] = [context.measureText(text).width + 8, FONT_SIZE + 6];
  const [start, bottom] = [left - LINES.large / 2, Math.max(top, height)];
  context.fillStyle = BOX_COLOUR;
  context.fillRect(start, bottom - height, width, height);
  context.fillStyle = TEXT_COLOUR;
  context.textBaseline = "middle";
  context.fillText(text, start + 4, bottom - height / 2);
}
