// A restricted Boltzmann machine that fills in the part of a picture that is not clamped.

// numbers: weights of the hidden units, row by row, biases of the visible, biases of the hidden.
function makeMachine(numbers, n) {
  const nHidden = (numbers.length - n) / (n + 1);
  const weights = numbers.subarray(0, nHidden * n);
  const b = Array.from(numbers.subarray(nHidden * n, nHidden * n + n));
  const c = Array.from(numbers.subarray(nHidden * n + n));
  const fires = (field, random) => {
    const u = random.uniform();
    return field > Math.log(u / (1 - u)) ? 1 : 0;
  };
  return {
    nHidden,
    drawHidden: (v, random) =>
      c.map((bias, k) => {
        let field = bias;
        for (let i = 0; i < n; i++) {
          field += weights[k * n + i] * v[i];
        }
        return fires(field, random);
      }),
    fields: (h) =>
      b.map((bias, i) => {
        let field = bias;
        for (let k = 0; k < nHidden; k++) {
          field += weights[k * n + i] * h[k];
        }
        return field;
      }),
    fires,
  };
}

// A picture whose free pixels are pale and blue.
function paintClamped(canvas, pixels, clamped) {
  paint(
    canvas,
    pixels.map((pixel, i) => (clamped[i] ? pixel : 0.4 * pixel)),
  );
  const context = canvas.getContext("2d");
  context.fillStyle = "#0072b24d";
  clamped.forEach((is, i) => {
    if (!is) {
      context.fillRect(i % canvas.width, Math.floor(i / canvas.width), 1, 1);
    }
  });
}

function draw(model, el) {
  const shape = model.get("shape");
  const [height, width] = shape;
  const n = height * width;
  const machine = makeMachine(halfFloats(model.get("weights")), n);
  const pictures = makeRows(halfFloats(model.get("pictures")), n);

  const change = makeChange(model);

  function start(picture = model.get("picture"), clamped = model.get("clamped")) {
    const random = makeRandom(model.get("random"));
    const shown = pictures[picture];
    const coins = shown.map(() => (random.uniform() < 0.5 ? 1 : 0));
    const fill = (free) => shown.map((pixel, i) => (clamped[i] ? pixel : free(i)));
    const [v, mean] = [fill((i) => coins[i]), fill(() => 0.5)];
    const h = Array(machine.nHidden).fill(0);
    change({ picture, clamped, v, h, mean, steps: 0, random: random.state });
  }

  function step(count) {
    const random = makeRandom(model.get("random"));
    const clamped = model.get("clamped");
    let [v, h, mean] = [model.get("v"), model.get("h"), model.get("mean")];
    let steps = model.get("steps");
    for (let k = 0; k < count; k++) {
      steps += 1;
      h = machine.drawHidden(v, random);
      const fields = machine.fields(h);
      const drawn = fields.map((field) => machine.fires(field, random));
      mean = mean.map((old, i) => {
        const now = clamped[i] ? v[i] : 1 / (1 + Math.exp(-fields[i]));
        return old + (now - old) / steps;
      });
      v = v.map((old, i) => (clamped[i] ? old : drawn[i]));
    }
    change({ v, h, mean, steps, random: random.state });
  }

  const loop = makeLoop(el, () => step(1), isCalm() ? 1000 : 100);

  const { cells, picture, spoken } = makeCells(shape, "Picture, of which pixels are clamped", {
    value: (i) => 1 - model.get("clamped")[i],
    put(line, value) {
      const clamped = model.get("clamped").map((old, i) => (line.includes(i) ? value : old));
      start(undefined, clamped);
    },
    say(i) {
      const colour = pictures[model.get("picture")][i] ? "black" : "white";
      return `${colour}, ${model.get("clamped")[i] ? "clamped" : "free"}`;
    },
  });
  const state = makePicture(shape);
  const mean = makePicture(shape);
  const side = Math.ceil(Math.sqrt(machine.nHidden));
  const hidden = makePicture([Math.ceil(machine.nHidden / side), side]);
  const words = {
    state: "State of the visible units",
    mean: "Mean of the visible units' probabilities over all steps",
    hidden: "States of the hidden units",
  };
  Object.entries({ state, mean, hidden }).forEach(([name, canvas]) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words[name]);
  });
  const thumbs = pictures.map((shown, p) =>
    makeButton(`Picture ${p + 1}`, () => start(p), makePicture(shape, shown)),
  );
  const mask = (name, inside) => {
    const clamped = Array.from({ length: n }, (_, i) => (inside(i) ? 1 : 0));
    return makeButton(name, () => start(undefined, clamped));
  };
  const count = make("p", { class: "mml-result" });
  const voice = makeVoice();
  const help = make("p", { id: `help-${Math.random().toString(36).slice(2)}` });
  help.textContent =
    "Pale blue pixels are free. Draw on the picture to clamp and to free; or go through it with the " +
    "arrow keys, and press the space bar.";
  cells.setAttribute("aria-describedby", help.id);

  const figure = make("div", { class: "mml-live mml-four", role: "group", "aria-label": model.get("label") });
  figure.append(
    makePanel("Picture", cells, spoken),
    makePanel("State", state),
    makePanel("Mean", mean),
    makePanel("Hidden units", hidden),
    make(
      "div",
      { class: "mml-controls" },
      make("div", { class: "mml-row" }, "Pictures:", ...thumbs),
      make(
        "div",
        { class: "mml-row" },
        "Clamp:",
        mask("Upper half", (i) => i < Math.floor(height / 2) * width),
        mask("Left half", (i) => i % width < Math.floor(width / 2)),
        mask("Nothing", () => false),
      ),
      make(
        "div",
        { class: "mml-row" },
        makeButton("Step", () => step(1)),
        makeButton("100 steps", () => step(100)),
        loop.button,
        makeButton("Start again", () => start()),
      ),
      count,
      voice.heard,
      help,
    ),
  );
  el.replaceChildren(figure);

  function redraw() {
    const clamped = model.get("clamped");
    const shown = pictures[model.get("picture")];
    paintClamped(picture, shown, clamped);
    paint(state, model.get("v"));
    paint(mean, model.get("mean"));
    paint(hidden, model.get("h"));
    thumbs.forEach((thumb, p) => thumb.setAttribute("aria-pressed", p === model.get("picture")));
    count.textContent = `Steps: ${model.get("steps")}`;
    voice.say(count.textContent);
  }

  redraw();
  const unfollow = followAll(model, el, ["v", "mean", "h", "clamped", "picture", "steps"], redraw);
  return () => {
    loop.stop();
    unfollow();
  };
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
