// The state of a Hopfield network as cells to draw on, its memories, and its energy.

const CURVE = [288, 130];

// The network: fields, energies and updates.
function makeNetwork(weights, n) {
  const field = (s, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) {
      sum += weights[i * n + j] * s[j];
    }
    return sum;
  };
  const next = (s, i) => Math.sign(field(s, i)) || s[i];
  return {
    field,
    energy: (s) => -s.reduce((sum, state, i) => sum + state * field(s, i), 0) / 2,
    together: (s) => s.map((_, i) => next(s, i)),
    atRest: (s) => s.every((state, i) => next(s, i) === state),
  };
}

function verdict(network, s, memories) {
  if (!network.atRest(s)) {
    const after = network.together(network.together(s));
    const back = after.every((state, i) => state === s[i]);
    return back ? "Not at rest: all at once, it goes to and fro between two states." : "Not at rest.";
  }
  const product = (memory) => memory.reduce((sum, state, i) => sum + state * s[i], 0);
  const found = memories.findIndex((memory) => Math.abs(product(memory)) === s.length);
  if (found < 0) {
    return "At rest, but in none of the memories.";
  }
  const negative = product(memories[found]) < 0 ? "the negative of " : "";
  return `At rest in ${negative}memory ${found + 1}.`;
}

function write(number) {
  return number.toFixed(2).replace("-", "−");
}

function drawCurve(curve, energies) {
  const [width, height] = CURVE;
  const [low, high] = [Math.min(...energies), Math.max(...energies)];
  const last = energies.length - 1;
  const place = (energy, i) => {
    const x = 8 + ((width - 16) * i) / Math.max(1, last);
    const y = 22 + ((height - 44) * (high - energy)) / (high - low || 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const [x, y] = place(energies[last], last).split(",");
  const edge = { x: width - 6, "text-anchor": "end" };
  curve.replaceChildren(
    make("polyline", { points: energies.map(place).join(" ") }),
    make("circle", { cx: x, cy: y, r: 4 }),
    make("text", { x: 6, y: 14 }, `highest ${write(high)}`),
    make("text", { x: 6, y: height - 6 }, `lowest ${write(low)}`),
    make("text", { ...edge, y: height - 6 }, `updates: ${last}`),
  );
  const words = `Energy over ${last} updates: ${write(energies[0])} at first, now ${write(energies[last])}`;
  curve.setAttribute("aria-label", words);
}

function draw(model, el) {
  const shape = model.get("shape");
  const n = shape[0] * shape[1];
  const network = makeNetwork(halfFloats(model.get("weights")), n);
  const memories = makeRows(halfFloats(model.get("memories")), n);
  const dark = (s) => s.map((state) => (1 + state) / 2);

  const change = makeChange(model);

  function begin(s, others = {}) {
    loop.stop();
    change({ ...others, s, energies: [network.energy(s)] });
  }

  function spoil() {
    const random = makeRandom(model.get("random"));
    const flipped = random.shuffled(n).slice(0, Math.floor(model.get("spoiled") * n + 0.5));
    const s = [...model.get("s")];
    flipped.forEach((i) => (s[i] *= -1));
    begin(s, { random: random.state });
  }

  function update(count, goOn) {
    const random = makeRandom(model.get("random"));
    let order = [...model.get("order")];
    const s = [...model.get("s")];
    const energies = [...model.get("energies")];
    for (let k = 0; k < count && goOn(s); k++) {
      order = order.length ? order : random.shuffled(n);
      const i = order.shift();
      const field = network.field(s, i);
      const turns = field * s[i] < 0;
      s[i] *= turns ? -1 : 1;
      energies.push(energies[energies.length - 1] - (turns ? 2 * Math.abs(field) : 0));
    }
    change({ s, energies, order, random: random.state });
  }

  const loop = makeLoop(el, () => {
    update(isCalm() ? Infinity : Math.ceil(n / 60), (s) => !network.atRest(s));
    return !network.atRest(model.get("s"));
  });

  function allAtOnce() {
    loop.stop();
    const s = network.together(model.get("s"));
    change({ s, energies: [...model.get("energies"), network.energy(s)] });
  }

  const { cells, picture, spoken } = makeCells(shape, "State of the network", {
    value: (i) => -model.get("s")[i],
    put: (line, ink) => begin(model.get("s").map((state, i) => (line.includes(i) ? ink : state))),
    say: (i) => (model.get("s")[i] > 0 ? "black" : "white"),
  });
  const curve = make("svg", { viewBox: `0 0 ${CURVE[0]} ${CURVE[1]}`, role: "img" });
  curve.classList.add("mml-curve");
  const energy = make("span", { class: "mml-number" });
  const thumbs = memories.map((memory, p) =>
    makeButton(`Memory ${p + 1}`, () => begin([...memory]), makePicture(shape, dark(memory))),
  );
  const share = makeSlider("Share to flip", { min: 0, max: 1, step: 0.05 }, (spoiled) => change({ spoiled }));
  const one = () => {
    loop.stop();
    update(1, () => true);
  };
  const result = make("p", { class: "mml-result", "aria-live": "polite" });
  const help = make("p", { id: `help-${Math.random().toString(36).slice(2)}` });
  help.textContent =
    "Draw on the state; or go through it with the arrow keys, and flip cells with the space bar.";
  cells.setAttribute("aria-describedby", help.id);

  const figure = make("div", { class: "mml-live", role: "group", "aria-label": model.get("label") });
  figure.append(
    makePanel("State", cells, spoken),
    makePanel("Energy: ", curve, make("div", { class: "mml-row" }, "Memories:", ...thumbs)),
    make(
      "div",
      { class: "mml-controls" },
      share.label,
      make(
        "div",
        { class: "mml-row" },
        makeButton("Spoil", spoil),
        makeButton("One unit", one),
        makeButton("Recall", loop.start),
        makeButton("All at once", allAtOnce),
      ),
      result,
      help,
    ),
  );
  curve.previousSibling.append(energy);
  el.replaceChildren(figure);

  function redraw() {
    const s = model.get("s");
    const energies = model.get("energies");
    paint(picture, dark(s));
    drawCurve(curve, energies);
    energy.textContent = write(energies[energies.length - 1]);
    share.show(model.get("spoiled"), `${Math.round(100 * model.get("spoiled"))} %`);
    const words = verdict(network, s, memories);
    if (result.textContent !== words) {
      result.textContent = words;
    }
  }

  redraw();
  const unfollow = followAll(model, el, ["s", "energies", "spoiled"], redraw);
  return () => {
    loop.stop();
    unfollow();
  };
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
