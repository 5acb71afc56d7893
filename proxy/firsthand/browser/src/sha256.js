// SHA-256 (FIPS 180-4) without waiting: a beacon leaves at once, and the browser's own answers later.

const fraction = (number) => ((number % 1) * 2 ** 32) | 0;
const turn = (word, by) => (word >>> by) | (word << (32 - by));

/** Returns fractions of the square roots of the first 8 primes, of the cube roots of the first 64. */
function constants() {
  const start = [];
  const rounds = [];
  for (let n = 2; rounds.length < 64; n += 1) {
    let divisor = 2;
    while (n % divisor) divisor += 1;
    if (divisor < n) continue;
    if (start.length < 8) start.push(fraction(Math.sqrt(n)));
    rounds.push(fraction(Math.cbrt(n)));
  }
  return [start, rounds];
}

/** Returns the message in words, with the bit and the length at its end that the standard wants. */
function padded(text) {
  const bytes = new TextEncoder().encode(text);
  const words = new Int32Array((((bytes.length + 8) >> 6) + 1) * 16);
  [...bytes, 128].forEach((byte, i) => (words[i >> 2] |= byte << (24 - (i & 3) * 8)));
  words[words.length - 1] = bytes.length * 8;
  return words;
}

/** Returns the hash of a text in UTF-8, as 64 hexadecimal digits. */
export function sha256(text) {
  const [state, rounds] = constants();
  const words = padded(text);
  for (let at = 0; at < words.length; at += 16) {
    const w = [...words.subarray(at, at + 16)];
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      if (i > 15) {
        const x = w[i - 15];
        const y = w[i - 2];
        w[i] = (w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
      }
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i] + w[i]) | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
  }
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
