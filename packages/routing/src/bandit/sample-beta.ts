import type { Belief } from "./belief.ts";

/** A chain of rejections longer than this does not occur with random numbers (below 10^-40); it bounds the work with others. */
const attemptLimit = 64;

/**
 * A random value in 0..1 distributed as Beta(alpha, beta): `x / (x + y)` of two Gamma values.
 * @param random uniform in [0, 1).
 */
export function sampleBeta(belief: Belief, random: () => number): number {
  if (belief.alpha === 1 && belief.beta === 1) return random();
  const x = sampleGamma(belief.alpha, random);
  const y = sampleGamma(belief.beta, random);
  return x + y > 0 ? x / (x + y) : 0.5;
}

/**
 * A random value distributed as Gamma(shape, 1), by the method of Marsaglia and Tsang (2000): `d v` with `d = shape - 1/3`
 * and `v = (1 + z / sqrt(9 d))^3` for a normal `z`, accepted when `u < 1 - 0.0331 z^4`, which spares the logarithms nearly
 * always, or else when `ln u < z^2 / 2 + d - d v + d ln v`. Gamma(1) is exponential; a shape below 1 is drawn as
 * Gamma(shape + 1) times `u^(1 / shape)`.
 */
function sampleGamma(shape: number, random: () => number): number {
  if (shape === 1) return -Math.log(1 - random());
  if (shape < 1) return sampleGamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; attempt < attemptLimit; attempt++) {
    const z = sampleNormal(random);
    const root = 1 + c * z;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = 1 - random();
    const zSquared = z * z;
    if (u < 1 - 0.0331 * zSquared * zSquared) return d * v;
    if (Math.log(u) < zSquared / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
  return d;
}

/** Box and Muller: a standard normal value from two uniform ones. */
function sampleNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
