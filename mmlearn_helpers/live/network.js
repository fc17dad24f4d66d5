// Multilayer perceptrons, with the layers and weights that network.py sends.

const ACTIVATIONS = {
  relu: (x) => Math.max(0, x),
  tanh: (x) => Math.tanh(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  gelu: (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
};

// Abramowitz and Stegun (1964), 7.1.26; wrong by less than 2e-7.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const factors = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = factors.reduceRight((total, factor) => (total + factor) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

function linear(x, weights, biases) {
  return biases.map((bias, row) => {
    let sum = bias;
    for (let i = 0; i < x.length; i++) {
      sum += weights[row * x.length + i] * x[i];
    }
    return sum;
  });
}

// parts: pairs of a name and layers; of the layers, [inputs, outputs] stands for a linear layer, a
// word for an activation. numbers: for every linear layer of every part its weights, row by row,
// then its biases. Gives a function from numbers to numbers for each name.
export function makeNetworks(parts, numbers, owner) {
  let used = 0;
  const take = (n) => numbers.subarray(used, (used += n));
  const makeStep = (layer) => {
    if (typeof layer === "string") {
      const activation = ACTIVATIONS[layer];
      return (x) => x.map(activation);
    }
    const [inputs, outputs] = layer;
    const weights = take(inputs * outputs);
    const biases = Float64Array.from(take(outputs));
    return (x) => linear(x, weights, biases);
  };
  const networks = parts.map(([name, layers]) => {
    const steps = layers.map(makeStep);
    return [name, (x) => steps.reduce((y, step) => step(y), Float64Array.from(x))];
  });
  if (used !== numbers.length) {
    throw new Error(`the ${owner} needs ${used} numbers, but has ${numbers.length}.`);
  }
  return Object.fromEntries(networks);
}

// Shares that add up to 1, from scores.
export function softmax(scores) {
  const highest = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
