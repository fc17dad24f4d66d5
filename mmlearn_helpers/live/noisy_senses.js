// A picture and its caption, noise for each, and what a model that weighs them makes of it.

const SENSES = { image: "Picture", text: "Caption" };

// The model: shares of the senses and probabilities of the classes.
export function makeFusion(parts, numbers) {
  const networks = makeNetworks(parts, numbers, "model");
  const order = parts.slice(0, 2).map(([sense]) => sense);
  return (inputs) => {
    const [first, second] = order.map((sense) => networks[sense](inputs[sense]));
    const weights = softmax(networks.gate([...first, ...second]));
    const merged = first.map((number, k) => weights[0] * number + weights[1] * second[k]);
    const shares = Object.fromEntries(order.map((sense, m) => [sense, weights[m]]));
    return { shares, probabilities: softmax(networks.head(merged)) };
  };
}

// What reaches the senses, as Python's noisy_image and noisy_text; and the random state after it.
export function spoil(picture, words, levels, nWords, state) {
  const random = makeRandom(state);
  const image = picture.map((x) => (1 - levels.image) * x + levels.image * random.uniform());
  const text = words.map((word) => {
    const [whether, which] = [random.uniform(), random.uniform()];
    return whether < levels.text ? Math.floor(which * nWords) : word;
  });
  return { image, text, state: random.state };
}

// Words as the encoder of the captions takes them.
export function oneHot(words, nWords) {
  const numbers = new Float64Array(words.length * nWords);
  words.forEach((word, i) => (numbers[i * nWords + word] = 1));
  return numbers;
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

function makeNoise(sense, set) {
  return makeSlider(`${SENSES[sense]} noise`, { min: 0, max: 1, step: 0.05 }, set);
}

// A word of the caption, with the one that noise has replaced.
function makeWord(word, old) {
  const write = (text) =>
    text
      ? [text]
      : [make("span", { "aria-hidden": "true" }, "–"), make("span", { class: "mml-unseen" }, "no word")];
  const item = make("li", {}, ...write(word));
  if (word !== old) {
    const instead = make("span", { class: "mml-unseen" }, " instead of ");
    item.append(instead, make("del", {}, ...write(old)));
  }
  return item;
}

function makeBar() {
  const part = make("span");
  const bar = make("div", { class: "mml-bar", "aria-hidden": "true" }, part);
  return { bar, show: (share) => (part.style.width = `${100 * share}%`) };
}

function makeAnswer(name) {
  const { bar, show } = makeBar();
  const tick = make("span", { class: "mml-tick" });
  const number = make("span", { class: "mml-number" });
  const item = make("li", {}, tick, make("span", {}, name), bar, number);
  return {
    item,
    show(probability, isRight) {
      show(probability);
      number.textContent = percent(probability);
      tick.textContent = isRight ? "✓" : "";
      item.classList.toggle("mml-right", isRight);
    },
  };
}

function draw(model, el) {
  const [nColours, height, width] = model.get("shape");
  const pictures = makeRows(halfFloats(model.get("image")), nColours * height * width);
  const captions = model.get("text");
  const vocabulary = model.get("vocabulary");
  const classes = model.get("classes");
  const labels = model.get("labels");
  const answer = makeFusion(model.get("parts"), halfFloats(model.get("weights")));
  const change = makeChange(model);

  function noisy() {
    const example = model.get("example");
    const levels = { image: model.get("image_noise"), text: model.get("text_noise") };
    const [picture, words] = [pictures[example], captions[example]];
    return { levels, words, ...spoil(picture, words, levels, vocabulary.length, model.get("random")) };
  }

  function turn(step) {
    const n = pictures.length;
    change({ example: (model.get("example") + step + n) % n });
  }

  const canvas = make("canvas", { width, height, role: "img" });
  const caption = make("ol", { class: "mml-words", "aria-label": "Words of the caption" });
  const noises = {
    image: makeNoise("image", (level) => change({ image_noise: level })),
    text: makeNoise("text", (level) => change({ text_noise: level })),
  };
  const gate = makeBar();
  gate.bar.classList.add("mml-gate");
  const shares = [make("span"), make("span")];
  const trust = make("div", { class: "mml-row mml-ends" }, ...shares);
  const answers = classes.map(makeAnswer);
  const verdict = make("p", { class: "mml-result" });
  const voice = makeVoice();
  const place = make("span");
  const help = "A word that noise has put in is framed and stands above the old one; – is no word.";

  const figure = make("div", { class: "mml-live", role: "group", "aria-label": model.get("label") });
  const panel = makePanel("Caption", caption);
  panel.append(make("span", {}, "What the gate trusts"), gate.bar, trust, verdict);
  figure.append(
    makePanel("Picture", canvas),
    panel,
    make(
      "div",
      { class: "mml-controls" },
      noises.image.label,
      noises.text.label,
      make(
        "div",
        { class: "mml-row" },
        makeButton("Previous", () => turn(-1)),
        place,
        makeButton("Next", () => turn(1)),
        makeButton("Other noise", () => change({ random: noisy().state })),
      ),
      make("p", {}, "Probabilities of the answers"),
      make("ul", { class: "mml-answers", "aria-label": "Probabilities" }, ...answers.map((a) => a.item)),
      voice.heard,
      make("p", {}, help),
    ),
  );
  el.replaceChildren(figure);

  function redraw() {
    const { levels, words, image, text } = noisy();
    const found = answer({ image, text: oneHot(text, vocabulary.length) });
    const probabilities = found.probabilities;
    if (probabilities.length !== classes.length || !probabilities.every(Number.isFinite)) {
      throw new Error(`the model's answer is not ${classes.length} finite probabilities.`);
    }
    (nColours === 1 ? paint : paintColours)(canvas, image);
    canvas.setAttribute("aria-label", `Picture with ${percent(levels.image)} noise`);
    const spell = (word, i) => makeWord(vocabulary[word], vocabulary[words[i]]);
    caption.replaceChildren(...text.map(spell));
    Object.entries(noises).forEach(([sense, noise]) => noise.show(levels[sense], percent(levels[sense])));

    const trusted = Math.round(100 * found.shares.image);
    gate.show(found.shares.image);
    shares[0].textContent = `picture ${trusted} %`;
    shares[1].textContent = `caption ${100 - trusted} %`;

    const example = model.get("example");
    const right = labels[example];
    answers.forEach((bar, k) => bar.show(probabilities[k], k === right));
    const best = probabilities.indexOf(Math.max(...probabilities));
    const lines = [`Answer: ${classes[best]}, ${percent(probabilities[best])}.`];
    if (labels.length) {
      lines.push(best === right ? "That is right." : `Right is: ${classes[right]}.`);
    }
    verdict.textContent = lines.join("\n");
    place.textContent = `Example ${example + 1} of ${pictures.length}`;
  }

  redraw();
  const unfollow = followAll(model, el, ["example", "image_noise", "text_noise", "random"], () => {
    redraw();
    voice.say([...shares.map((share) => share.textContent), verdict.textContent].join(", "));
  });
  return unfollow;
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
