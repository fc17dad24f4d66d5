// What figures share whose state is a grid of cells.

// A button with a word, or with a picture and a name.
export function makeButton(name, action, picture) {
  const button = make("button", { type: "button" }, picture ?? name);
  if (picture) {
    button.setAttribute("aria-label", name);
  }
  button.addEventListener("click", action);
  keepKeys(button);
  return button;
}

// A slider between its name and its value.
export function makeSlider(name, range, set) {
  const input = make("input", { type: "range", ...range });
  keepKeys(input);
  input.addEventListener("input", () => set(Number(input.value)));
  const number = make("span", { class: "mml-number", "aria-hidden": "true" });
  const show = (value, words) => {
    input.value = value;
    number.textContent = words;
    input.setAttribute("aria-valuetext", words);
  };
  return { label: make("label", {}, name, input, number), show };
}

// A picture of numbers from 0, white, to 1, black.
export function makePicture([height, width], numbers = []) {
  const canvas = make("canvas", { width, height });
  paint(canvas, numbers);
  return canvas;
}

// Cells on which one draws with the mouse, a finger or the keyboard. `value(i)` is what a cell
// becomes when drawing begins on it, `put(cells, value)` does it, `say(i)` puts a cell into words.
export function makeCells([height, width], name, { value, put, say }) {
  const picture = makePicture([height, width]);
  const cursor = make("span", { class: "mml-cursor" });
  Object.assign(cursor.style, { width: `${100 / width}%`, height: `${100 / height}%` });
  const cells = make("div", { class: "mml-cells", role: "application", tabindex: 0 });
  cells.setAttribute("aria-label", name);
  const spoken = make("span", { class: "mml-unseen", "aria-live": "polite" });
  cells.append(picture, cursor);
  keepKeys(cells);
  let at = [0, 0];
  let ink;

  const index = ([row, column]) => row * width + column;
  const clip = (number, limit) => Math.min(limit - 1, Math.max(0, number));

  function move(place) {
    at = [clip(place[0], height), clip(place[1], width)];
    cursor.style.top = `${(100 * at[0]) / height}%`;
    cursor.style.left = `${(100 * at[1]) / width}%`;
  }

  function speak() {
    spoken.textContent = `row ${at[0] + 1}, column ${at[1] + 1}: ${say(index(at))}`;
  }

  function under(event) {
    const box = picture.getBoundingClientRect();
    const down = (event.clientY - box.top) / box.height;
    const right = (event.clientX - box.left) / box.width;
    return [Math.floor(down * height), Math.floor(right * width)];
  }

  // A fast pointer jumps over cells; the line between two of its places has them.
  function drawTo(place) {
    const from = at;
    move(place);
    const [down, right] = [at[0] - from[0], at[1] - from[1]];
    const n = Math.max(Math.abs(down), Math.abs(right), 1);
    const line = Array.from({ length: n }, (_, k) => {
      const share = (k + 1) / n;
      return index([from[0] + Math.round(share * down), from[1] + Math.round(share * right)]);
    });
    put(line, ink);
  }

  cells.addEventListener("pointerdown", (event) => {
    cells.setPointerCapture(event.pointerId);
    move(under(event));
    ink = value(index(at));
    drawTo(at);
  });
  cells.addEventListener("pointermove", (event) => {
    if (event.buttons) {
      drawTo(under(event));
    }
  });
  cells.addEventListener("keydown", (event) => {
    const [row, column] = at;
    const goals = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [0, 0],
      " ": at,
    };
    if (!goals[event.key]) {
      return;
    }
    event.preventDefault();
    move(goals[event.key]);
    if (event.key === " ") {
      put([index(at)], value(index(at)));
    }
    speak();
  });
  return { cells, picture, spoken };
}

// A paper with its name above.
export function makePanel(name, paper, ...others) {
  paper.classList.add("mml-paper");
  return make("div", { class: "mml-panel" }, make("span", {}, name), paper, ...others);
}

// Do something again and again, in frames, until it gives false or somebody stops it. The button
// starts and stops it.
export function makeLoop(el, action, pause = 0) {
  let timer;
  let frame;
  const set = (running) => {
    loop.running = running;
    const word = running ? "Stop" : "Run";
    if (loop.button.textContent !== word) {
      loop.button.textContent = word;
    }
  };
  const halt = () => {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
  const loop = {
    running: false,
    button: makeButton("Run", () => (loop.running ? loop.stop() : loop.start())),
    stop() {
      halt();
      set(false);
    },
    start() {
      halt();
      set(action() !== false);
      const next = () => (frame = requestAnimationFrame(() => guarded(el, loop.start)));
      timer = loop.running ? setTimeout(next, pause) : undefined;
    },
  };
  return loop;
}

// Words for screen readers, which say them once they have stayed the same for a moment.
export function makeVoice() {
  const heard = make("span", { class: "mml-unseen", "aria-live": "polite" });
  let words;
  let silence;
  const say = (next) => {
    if (next !== words) {
      words = next;
      clearTimeout(silence);
      silence = setTimeout(() => (heard.textContent = words), 400);
    }
  };
  return { heard, say };
}

// Cut numbers that have travelled into rows.
export function makeRows(numbers, n) {
  return Array.from({ length: numbers.length / n }, (_, p) =>
    Array.from(numbers.subarray(p * n, (p + 1) * n)),
  );
}

// A function that changes several values of the state together.
export function makeChange(model) {
  return (values) => {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
}

// Redraw whenever one of these values changes; gives a function that ends it.
export function followAll(model, el, names, redraw) {
  const follow = atNextFrame(el, redraw);
  names.forEach((name) => model.on(`change:${name}`, follow));
  return () => names.forEach((name) => model.off(`change:${name}`, follow));
}

// Whether the reader has asked for little motion.
export function isCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
