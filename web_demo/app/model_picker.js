/** The list of models, and what the one in use says about itself. */

const NETWORKS = { v1: "FeatherFace V1", v2_ultra: "V2 Ultra", nano_b: "Nano-B" };

/** A `<select>` of models; one of them is in use. */
export class ModelPicker {
  #select;
  #facts;
  #models = []; // as in the list, in its order
  #current = null;

  /**
   * @param {HTMLSelectElement} select
   * @param {HTMLElement} facts shows the record of the model in use.
   */
  constructor(select, facts) {
    this.#select = select;
    this.#facts = facts;
  }

  /** The model that the user has chosen in the list. */
  get chosen() {
    return this.#models[this.#select.selectedIndex];
  }

  /** Add a model to the list. */
  add(model) {
    this.#models.push(model);
    this.#select.add(new Option(model.name.replace(/(_web)?\.tflite$/, "")));
  }

  /** Whether a model is being loaded; afterwards the list shows the model in use, whatever was tried. */
  setBusy(isBusy) {
    this.#select.setAttribute("aria-busy", String(isBusy));
    if (!isBusy) this.#select.selectedIndex = this.#models.indexOf(this.#current);
  }

  /**
   * Take a model as the one in use, and show its facts.
   *
   * @param {Model} model
   * @param {Object} record of its file.
   */
  use(model, record) {
    if (!this.#models.includes(model)) this.add(model);
    this.#current = model;
    const [height, width] = record.image_size;
    const arithmetic = record.quantization === "int8" ? "int8" : "float32";
    const facts = [NETWORKS[record.network], `${width} × ${height}`, arithmetic, record.license];
    this.#facts.textContent = facts.join(" · ");
  }
}
