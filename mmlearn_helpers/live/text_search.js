// A field for words, and the texts nearest to them by words and by code.

const N_FOUND = 5;

function normalised(numbers) {
  const length = Math.hypot(...numbers);
  return Array.from(numbers, (number) => (length ? number / length : 0));
}

function product(a, b) {
  return a.reduce((sum, number, i) => sum + number * b[i], 0);
}

// Roots of the weighted shares: pairs of a word's number and its root.
function rootShares(words, counts, rarity) {
  const weighted = counts.map((count, i) => count * rarity[words[i]]);
  const sum = weighted.reduce((total, weight) => total + weight, 0);
  return words.map((word, i) => [word, Math.sqrt(weighted[i] / sum)]);
}

function nearest(alike, names) {
  const rounded = alike.map((value) => Math.round(value * 1e6) / 1e6);
  const order = rounded.map((_, i) => i).sort((a, b) => rounded[b] - rounded[a] || a - b);
  return order.slice(0, N_FOUND).map((i) => [names[i], rounded[i]]);
}

function messageOn(query, known, unknown) {
  if (unknown.length && !known.length && /[\u3400-\u9fff]/.test(query)) {
    return "The texts are in English and have no Chinese words: type English ones.";
  }
  if (unknown.length && !known.length) {
    return `Not among the words counted here: ${unknown.join(", ")}. Try others.`;
  }
  if (!known.length) {
    return "Type a word or two.";
  }
  return unknown.length ? `Not among the words counted here, and left out: ${unknown.join(", ")}.` : "";
}

function makeList(name) {
  const list = make("ol", { class: "mml-found", "aria-label": `Nearest by ${name}` });
  const panel = make("div", { class: "mml-panel" }, make("span", {}, `Nearest by ${name}`), list);
  return { list, panel };
}

function fill(list, found) {
  const items = found.map(([name, alike]) => {
    const number = make("span", { class: "mml-number" }, alike.toFixed(2).replace("-", "−"));
    return make("li", {}, number, make("span", {}, name));
  });
  list.replaceChildren(...items);
}

function draw(model, el) {
  const vocabulary = model.get("vocabulary");
  const names = model.get("names");
  const column = new Map(vocabulary.map((word, i) => [word, i]));
  const rarity = halfFloats(model.get("rarity"));
  const parts = [["encoder", model.get("layers")]];
  const { encoder } = makeNetworks(parts, halfFloats(model.get("weights")), "encoder");
  const numbers = halfFloats(model.get("codes"));
  const width = numbers.length / names.length;
  const codes = names.map((_, i) => normalised(numbers.subarray(i * width, (i + 1) * width)));
  const bags = model.get("texts").map(([words, counts]) => rootShares(words, counts, rarity));

  function search(known) {
    const counts = new Map();
    known.forEach((word) => counts.set(column.get(word), (counts.get(column.get(word)) ?? 0) + 1));
    const roots = new Float64Array(vocabulary.length);
    rootShares([...counts.keys()], [...counts.values()], rarity).forEach(([i, root]) => {
      roots[i] = root;
    });
    const z = normalised(encoder(roots));
    const byWords = bags.map((bag) => bag.reduce((sum, [i, root]) => sum + root * roots[i], 0));
    return {
      words: nearest(byWords, names).filter(([, alike]) => alike > 0),
      code: nearest(codes.map((code) => product(code, z)), names),
    };
  }

  const input = make("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  keepKeys(input);
  input.addEventListener("input", () => {
    model.set("query", input.value);
    model.save_changes();
  });
  const field = make("label", { class: "mml-query" }, "Words", input);
  const message = make("p", { class: "mml-result", "aria-live": "polite" });
  const lists = { words: makeList("words"), code: makeList("code") };
  const controls = make("div", { class: "mml-controls" }, field, message);
  const figure = make("div", { class: "mml-live", role: "group", "aria-label": model.get("label") });
  figure.append(controls, lists.words.panel, lists.code.panel);
  el.replaceChildren(figure);

  function redraw() {
    const query = model.get("query");
    if (input.value !== query) {
      input.value = query;
    }
    const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const known = words.filter((word) => column.has(word));
    const unknown = words.filter((word) => !column.has(word));
    message.textContent = messageOn(query, known, unknown);
    const found = known.length ? search(known) : { words: [], code: [] };
    fill(lists.words.list, found.words);
    fill(lists.code.list, found.code);
  }

  redraw();
  const follow = atNextFrame(el, redraw);
  model.on("change:query", follow);
  return () => model.off("change:query", follow);
}

export default {
  render: ({ model, el }) => guarded(el, () => draw(model, el)),
};
