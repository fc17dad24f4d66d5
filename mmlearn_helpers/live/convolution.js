// A kernel that moves over a picture, and its transpose, which spreads numbers back.

const KINDS = ["mean", "edge"];
const SIDES = { size: [2, 5], stride: [1, 4], padding: [0, 4] };

function makeKernel(kind, size) {
  if (kind === "mean") {
    return Array(size * size).fill(1 / size ** 2);
  }
  const column = Array.from({ length: size }, (_, j) => j - (size - 1) / 2);
  const sum = size * column.reduce((total, value) => total + Math.abs(value), 0);
  return Array.from({ length: size * size }, (_, i) => column[i % size] / sum);
}

// `there` and `back`: sides of convolution and transpose.
function makeConvolution([height, width], { kind, size, stride, padding }) {
  const kernel = makeKernel(kind, size);
  const out = (side) => Math.floor((side + 2 * padding - size) / stride) + 1;
  const there = [out(height), out(width)];
  const back = there.map((side) => (side - 1) * stride + size - 2 * padding);
  const first = (place) => [
    Math.floor(place / there[1]) * stride - padding,
    (place % there[1]) * stride - padding,
  ];
  const pairs = (place, [h, w]) => {
    const [top, left] = first(place);
    return kernel
      .map((weight, i) => [top + Math.floor(i / size), left + (i % size), weight])
      .filter(([row, column]) => row >= 0 && row < h && column >= 0 && column < w)
      .map(([row, column, weight]) => [row * w + column, weight]);
  };
  const n = there[0] * there[1];
  return {
    kernel,
    there,
    back,
    first,
    convolved: (x) =>
      Array.from({ length: n }, (_, place) =>
        pairs(place, [height, width]).reduce((sum, [i, weight]) => sum + weight * x[i], 0),
      ),
    spread(y, last) {
      const put = Array(back[0] * back[1]).fill(0);
      y.slice(0, last + 1).forEach((number, place) => {
        pairs(place, back).forEach(([i, weight]) => (put[i] += weight * number));
      });
      return put;
    },
  };
}

const by = (sides) => sides.join(" × ");

function sizes(shape, { there, back }) {
  const lost = shape.map((side, i) => side - back[i]);
  const words = `${by(shape)} becomes ${by(there)}, and spreads back to ${by(back)}`;
  return lost.some(Boolean) ? `${words}; output padding ${by(lost)} is missing.` : `${words}.`;
}

// A picture, some of its pixels framed.
function makeFramed() {
  const canvas = make("canvas", { role: "img" });
  const frame = make("span", { class: "mml-frame" });
  const framed = make("div", { class: "mml-framed" }, canvas, frame);
  const show = (name, [height, width], numbers, [top, left, side]) => {
    Object.assign(canvas, { height, width });
    canvas.setAttribute("aria-label", name);
    paint(canvas, numbers);
    Object.assign(frame.style, {
      top: `${(100 * top) / height}%`,
      left: `${(100 * left) / width}%`,
      height: `${(100 * side) / height}%`,
      width: `${(100 * side) / width}%`,
    });
  };
  return { framed, canvas, show };
}

// Colour a picture's padding.
function paintPadding(canvas, padding) {
  const context = canvas.getContext("2d");
  context.strokeStyle = "#0072b24d";
  context.lineWidth = padding;
  context.strokeRect(padding / 2, padding / 2, canvas.width - padding, canvas.height - padding);
}

function draw(model, el) {
  const shape = model.get("shape");
  const pictures = makeRows(halfFloats(model.get("pictures")), shape[0] * shape[1]);
  const change = makeChange(model);
  const chosen = () =>
    Object.fromEntries(["kind", "size", "stride", "padding"].map((name) => [name, model.get(name)]));
  const convolution = () => makeConvolution(shape, chosen());

  function choose(values) {
    loop.stop();
    const size = values.size ?? model.get("size");
    const padding = Math.min(values.padding ?? model.get("padding"), size - 1);
    change({ ...values, padding, place: 0 });
  }

  function step() {
    const { there } = convolution();
    const place = (model.get("place") + 1) % (there[0] * there[1]);
    change({ place });
    return place > 0;
  }

  const loop = makeLoop(el, step, isCalm() ? 1000 : 200);
  const one = () => {
    loop.stop();
    step();
  };

  const picture = makeFramed();
  const kernel = makePicture([1, 1]);
  kernel.setAttribute("role", "img");
  const convolved = makeFramed();
  const spread = makeFramed();
  const thumbs = pictures.map((shown, p) =>
    makeButton(`Picture ${p + 1}`, () => choose({ picture: p }), makePicture(shape, shown)),
  );
  const kinds = KINDS.map((kind) => makeButton(kind, () => choose({ kind })));
  const sliders = Object.entries(SIDES).map(([name, [min, max]]) => {
    const word = name[0].toUpperCase() + name.slice(1);
    return { name, ...makeSlider(word, { min, max, step: 1 }, (value) => choose({ [name]: value })) };
  });
  const at = make("p", { class: "mml-result" });
  const result = make("p", { "aria-live": "polite" });

  const figure = make("div", { class: "mml-live mml-four", role: "group", "aria-label": model.get("label") });
  figure.append(
    makePanel("Picture x", picture.framed),
    makePanel("Kernel", kernel),
    makePanel("Convolution A x", convolved.framed),
    makePanel("Transpose, so far", spread.framed),
    make(
      "div",
      { class: "mml-controls" },
      make("div", { class: "mml-row" }, "Pictures:", ...thumbs, "Kernel:", ...kinds),
      ...sliders.map(({ label }) => label),
      make("div", { class: "mml-row" }, makeButton("Step", one), loop.button),
      at,
      result,
    ),
  );
  el.replaceChildren(figure);

  function redraw() {
    const now = convolution();
    const { size, stride, padding, kind } = chosen();
    const place = model.get("place");
    const x = pictures[model.get("picture")];
    const y = now.convolved(x);
    const grey = (numbers) => (kind === "edge" ? numbers.map((value) => value + 0.5) : numbers);
    const [top, left] = now.first(place);
    const wide = shape.map((side) => side + 2 * padding);
    const padded = Array(wide[0] * wide[1]).fill(0);
    x.forEach((value, i) => {
      const row = padding + Math.floor(i / shape[1]);
      padded[row * wide[1] + padding + (i % shape[1])] = value;
    });
    const name = `Picture x, ${by(shape)}, padded with ${padding}`;
    picture.show(name, wide, padded, [top + padding, left + padding, size]);
    if (padding) {
      paintPadding(picture.canvas, padding);
    }
    const most = Math.max(...now.kernel.map(Math.abs));
    Object.assign(kernel, { height: size, width: size });
    const scale = kind === "edge" ? 2 * most : most;
    paint(kernel, grey(now.kernel.map((weight) => weight / scale)));
    kernel.setAttribute("aria-label", `Kernel: ${kind}, ${by([size, size])}`);
    const [row, column] = [Math.floor(place / now.there[1]), place % now.there[1]];
    convolved.show(`Convolution, ${by(now.there)}`, now.there, grey(y), [row, column, 1]);
    const put = grey(now.spread(y, place));
    spread.show(`Spread back, ${by(now.back)}`, now.back, put, [top, left, size]);
    thumbs.forEach((thumb, p) => thumb.setAttribute("aria-pressed", p === model.get("picture")));
    kinds.forEach((button, k) => button.setAttribute("aria-pressed", KINDS[k] === kind));
    sliders.forEach(({ name, show }) => show(model.get(name), `${model.get(name)}`));
    at.textContent = `Row ${row + 1}, column ${column + 1}: ${y[place].toFixed(2).replace("-", "−")}`;
    const words = sizes(shape, now);
    if (result.textContent !== words) {
      result.textContent = words;
    }
  }

  redraw();
  const names = ["picture", "kind", "size", "stride", "padding", "place"];
  const unfollow = followAll(model, el, names, redraw);
  return () => {
    loop.stop();
    unfollow();
  };
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
