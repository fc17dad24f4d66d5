// A point in the plane of a two-dimensional code, and what the decoder makes of it.

// The decoder, with the layers and numbers that Python sends.
export function makeDecoder(layers, numbers) {
  return makeNetworks([["decoder", layers]], numbers, "decoder").decoder;
}

function makePad(model, size) {
  const pad = make("svg", {
    class: "mml-paper mml-pad",
    viewBox: `0 0 ${size} ${size}`,
    role: "application",
    tabindex: 0,
    "aria-label": "Point in the plane of the code",
  });
  const middle = size / 2;
  const limit = Number(model.get("limit").toPrecision(3));
  pad.append(
    make("line", { x1: 0, x2: size, y1: middle, y2: middle }),
    make("line", { y1: 0, y2: size, x1: middle, x2: middle }),
  );
  const places = halfFloats(model.get("places"));
  model.get("colours").forEach((colour, i) => {
    const [x, y] = [middle * (1 + places[2 * i]), middle * (1 - places[2 * i + 1])];
    pad.append(make("circle", { cx: x, cy: y, r: 2, fill: colour, "fill-opacity": 0.6 }));
  });
  pad.append(
    make("text", { x: 4, y: middle - 4 }, `−${limit}`),
    make("text", { x: size - 4, y: middle - 4, "text-anchor": "end" }, `z₁ = ${limit}`),
    make("text", { x: middle + 4, y: size - 5 }, `−${limit}`),
    make("text", { x: middle + 4, y: 13 }, `z₂ = ${limit}`),
  );
  return pad;
}

function makeSlider(axis, limit) {
  const input = make("input", { type: "range", min: -limit, max: limit, step: limit / 30 });
  const number = make("span", { class: "mml-number", "aria-hidden": "true" });
  const name = make("span", {}, "z", make("sub", {}, axis + 1));
  return { input, number, label: make("label", {}, name, input, number) };
}

function draw(model, el) {
  const [height, width] = model.get("shape");
  const limit = model.get("limit");
  const digits = Math.max(0, 2 - Math.floor(Math.log10(limit)));
  const write = (value) => value.toFixed(digits).replace("-", "−");
  const decode = makeDecoder(model.get("layers"), halfFloats(model.get("weights")));

  const size = 288;
  const pad = makePad(model, size);
  const point = make("circle", { class: "mml-point", r: 8 });
  pad.append(point);
  const picture = make("canvas", { class: "mml-paper", width, height, role: "img" });
  picture.setAttribute("aria-label", "What the decoder draws for this point");
  const sliders = [makeSlider(0, limit), makeSlider(1, limit)];
  const help = make("p", { id: `help-${Math.random().toString(36).slice(2)}` });
  help.textContent =
    "Drag the point, or use the arrow keys: with Shift for large steps, Home for the middle.";
  pad.setAttribute("aria-describedby", help.id);
  [pad, sliders[0].input, sliders[1].input].forEach(keepKeys);
  const spoken = make("span", { class: "mml-unseen", "aria-live": "polite" });
  const controls = make("div", { class: "mml-controls" });
  controls.append(...sliders.map((slider) => slider.label), help, spoken);
  const figure = make("div", { class: "mml-live", role: "group", "aria-label": model.get("label") });
  figure.append(pad, picture, controls);
  el.replaceChildren(figure);

  function redraw() {
    const z = model.get("z");
    const output = decode(z);
    if (output.length !== width * height || !output.every(Number.isFinite)) {
      throw new Error(`the decoder's answer is not ${height} × ${width} finite numbers.`);
    }
    paint(picture, output);
    point.setAttribute("cx", (size / 2) * (1 + z[0] / limit));
    point.setAttribute("cy", (size / 2) * (1 - z[1] / limit));
    sliders.forEach(({ input, number }, axis) => {
      number.textContent = write(z[axis]);
      input.value = z[axis];
      input.setAttribute("aria-valuetext", write(z[axis]));
    });
  }

  function move(z) {
    const rounded = z.map((value) => Number(value.toFixed(digits)));
    model.set("z", rounded.map((value) => Math.min(limit, Math.max(-limit, value))));
    model.save_changes();
  }

  let silence;
  function speakSoon() {
    clearTimeout(silence);
    silence = setTimeout(() => {
      spoken.textContent = model.get("z").map(write).join(", ");
    }, 400);
  }

  function moveTo(event) {
    const box = pad.getBoundingClientRect();
    const right = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    move([limit * (2 * right - 1), limit * (1 - 2 * down)]);
  }

  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.buttons) {
      moveTo(event);
    }
  });
  pad.addEventListener("keydown", (event) => {
    const step = Number((event.shiftKey ? limit / 6 : limit / 30).toFixed(digits));
    const [x, y] = model.get("z");
    const goals = {
      ArrowLeft: [x - step, y],
      ArrowRight: [x + step, y],
      ArrowUp: [x, y + step],
      ArrowDown: [x, y - step],
      Home: [0, 0],
    };
    if (goals[event.key]) {
      event.preventDefault();
      move(goals[event.key]);
      speakSoon();
    }
  });
  sliders.forEach(({ input }, axis) => {
    input.addEventListener("input", () => {
      const z = [...model.get("z")];
      z[axis] = Number(input.value);
      move(z);
    });
  });

  redraw();
  const follow = atNextFrame(el, redraw);
  model.on("change:z", follow);
  return () => model.off("change:z", follow);
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
