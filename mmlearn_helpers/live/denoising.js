// A picture that is spoiled or drawn on, and what an autoencoder makes of it again and again.

const KINDS = ["normal", "masking", "salt and pepper"];
const STILL = 1e-4;

// Add noise to numbers, as denoising.py does.
export function spoiledBy(kind, amount, x, random) {
  const first = x.map(() => random.uniform());
  const second = x.map(() => random.uniform());
  const change = {
    normal(value, i) {
      const length = Math.sqrt(-2 * Math.log(first[i]));
      return value + amount * length * Math.cos(2 * Math.PI * second[i]);
    },
    masking: (value, i) => (first[i] < amount ? 0 : value),
    "salt and pepper"(value, i) {
      const extreme = second[i] < 0.5 ? 1 : 0;
      return first[i] < amount ? extreme : value;
    },
  };
  return x.map(change[kind]);
}

function distance(x, y) {
  return x.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
}

function draw(model, el) {
  const shape = model.get("shape");
  const n = shape[0] * shape[1];
  const numbers = halfFloats(model.get("weights"));
  const { autoencoder } = makeNetworks(model.get("parts"), numbers, "autoencoder");
  const reconstruct = (x) => Array.from(autoencoder(x));
  const pictures = makeRows(halfFloats(model.get("pictures")), n);

  const change = makeChange(model);

  function begin(x, others = {}) {
    loop.stop();
    change({ ...others, x, steps: 0 });
  }

  function spoil() {
    const random = makeRandom(model.get("random"));
    const x = spoiledBy(model.get("kind"), model.get("amount"), model.get("x"), random);
    begin(x, { random: random.state });
  }

  function step() {
    const before = model.get("x");
    const x = reconstruct(before);
    change({ x, steps: model.get("steps") + 1 });
    return distance(x, before) > STILL;
  }

  const loop = makeLoop(el, step, isCalm() ? 1000 : 250);
  const one = () => {
    loop.stop();
    step();
  };

  const { cells, picture, spoken } = makeCells(shape, "Picture to draw on", {
    value: (i) => (model.get("x")[i] > 0.5 ? 0 : 1),
    put: (line, ink) => begin(model.get("x").map((old, i) => (line.includes(i) ? ink : old))),
    say: (i) => `${Math.round(100 * Math.min(1, Math.max(0, model.get("x")[i])))} % black`,
  });
  const clean = makePicture(shape);
  const next = makePicture(shape);
  const words = { clean: "Clean picture", next: "Reconstruction of the picture" };
  Object.entries({ clean, next }).forEach(([name, canvas]) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words[name]);
  });
  const thumbs = pictures.map((shown, p) =>
    makeButton(`Picture ${p + 1}`, () => begin([...shown], { picture: p }), makePicture(shape, shown)),
  );
  const kinds = KINDS.map((kind) => makeButton(kind, () => change({ kind })));
  const amount = makeSlider("Amount", { min: 0, max: 1, step: 0.05 }, (value) => change({ amount: value }));
  const result = make("p", { class: "mml-result" });
  const voice = makeVoice();
  const help = make("p", { id: `help-${Math.random().toString(36).slice(2)}` });
  help.textContent =
    "Draw on the picture in the middle; or go through it with the arrow keys, and press the space bar.";
  cells.setAttribute("aria-describedby", help.id);

  const figure = make("div", { class: "mml-live mml-four", role: "group", "aria-label": model.get("label") });
  figure.append(
    makePanel("Clean", clean),
    makePanel("Picture x", cells, spoken),
    makePanel("Reconstruction r(x)", next),
    make(
      "div",
      { class: "mml-controls" },
      make("div", { class: "mml-row" }, "Pictures:", ...thumbs),
      make("div", { class: "mml-row" }, "Noise:", ...kinds),
      amount.label,
      make(
        "div",
        { class: "mml-row" },
        makeButton("Spoil", spoil),
        makeButton("Step", one),
        loop.button,
        makeButton("Clear", () => begin(Array(n).fill(0))),
      ),
      result,
      voice.heard,
      help,
    ),
  );
  el.replaceChildren(figure);

  function redraw() {
    const x = model.get("x");
    const r = reconstruct(x);
    const original = pictures[model.get("picture")];
    paint(clean, original);
    paint(picture, x);
    paint(next, r);
    thumbs.forEach((thumb, p) => thumb.setAttribute("aria-pressed", p === model.get("picture")));
    kinds.forEach((button, k) => button.setAttribute("aria-pressed", KINDS[k] === model.get("kind")));
    amount.show(model.get("amount"), model.get("amount").toFixed(2));
    const [far, farther] = [distance(x, original), distance(r, original)].map((d) => d.toFixed(2));
    result.textContent = `Steps: ${model.get("steps")}. Squared distance to the clean picture: x ${far}, r(x) ${farther}.`;
    voice.say(result.textContent);
  }

  redraw();
  const unfollow = followAll(model, el, ["x", "steps", "picture", "kind", "amount"], redraw);
  return () => {
    loop.stop();
    unfollow();
  };
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
