// What all live figures share. The script of one figure follows; together they are one module.

// Read the half-precision numbers that Python sends: 1 bit sign, 5 bits exponent, 10 bits fraction.
export function halfFloats(view) {
  const numbers = new Float32Array(view.byteLength / 2);
  for (let i = 0; i < numbers.length; i++) {
    const bits = view.getUint16(2 * i, true);
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) {
      numbers[i] = sign * fraction * 2 ** -24;
    } else if (exponent < 31) {
      numbers[i] = sign * (1024 + fraction) * 2 ** (exponent - 25);
    } else {
      numbers[i] = fraction ? NaN : sign * Infinity;
    }
  }
  return numbers;
}

// Make an element of the page, or of a drawing inside it.
export function make(name, attributes = {}, ...children) {
  const drawing = ["svg", "line", "polyline", "circle", "text"].includes(name);
  const element = drawing
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// Keep the keys that are pressed in an element from JupyterLab, where arrows move between cells.
export function keepKeys(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
}

// Paint numbers from 0, white, to 1, black, one pixel each.
export function paint(canvas, numbers) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  numbers.forEach((number, i) => {
    const grey = 255 * (1 - Math.min(1, Math.max(0, number)));
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

// Paint a picture in red, green and blue, one plane after another, from 0, dark, to 1, light.
export function paintColours(canvas, numbers) {
  const n = canvas.width * canvas.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < n; i++) {
    const colour = [0, 1, 2].map((plane) => 255 * numbers[plane * n + i]);
    image.data.set([...colour, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

// Do something at the next repainting of the screen, once however often it is asked for. What goes
// wrong is said in the place of the figure.
export function atNextFrame(el, action) {
  let waiting = false;
  return () => {
    if (waiting) {
      return;
    }
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      guarded(el, action);
    });
  };
}

// Do something; what goes wrong is said in the place of the figure.
export function guarded(el, action) {
  try {
    return action();
  } catch (error) {
    el.replaceChildren(make("p", { role: "alert" }, `This figure has stopped: ${error.message}`));
    console.error(error);
  }
}

// Random numbers, the same as those of chance.py, from a state of 32 bits (mulberry32).
export function makeRandom(state) {
  const random = { state };
  random.uniform = () => {
    random.state = (random.state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(random.state ^ (random.state >>> 15), random.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  random.shuffled = (n) => {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let last = n - 1; last > 0; last--) {
      const other = Math.floor(random.uniform() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  };
  return random;
}
