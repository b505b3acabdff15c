// A number as Python's format writes it: f, g and % with a number of digits; z: no negative zero.

function fixed(x, digits, unsigned) {
  const [whole, rest = ""] = Math.abs(x).toFixed(100).split("."); // exact, as a double has it
  const cut = digits ? `${whole}.${rest.slice(0, digits)}` : whole;
  const tie = /^50*$/.test(rest.slice(digits)); // toFixed goes up, Python to even
  const written = tie && Number(cut.at(-1)) % 2 === 0 ? cut : Math.abs(x).toFixed(digits);
  const negative = (x < 0 || Object.is(x, -0)) && !(unsigned && Number(written) === 0);
  return (negative ? "-" : "") + written;
}

function general(x, digits) {
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -4 && power < digits) return bare(x.toFixed(Math.max(0, digits - 1 - power)));
  return `${bare(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

// `spec` is what stands behind the colon in Python.
export function formatted(x, spec) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x < 0 ? "-inf" : "inf";
  const [, unsigned, digits, kind] = /^(z?)(?:\.(\d+))?([fg%]?)$/.exec(spec) ?? [];
  if (kind === "f") return fixed(x, Number(digits ?? 6), unsigned);
  if (kind === "%") return `${fixed(100 * x, Number(digits ?? 6))}%`;
  if (kind === "g") return general(x, Math.max(1, Number(digits ?? 6)));
  if (spec === "") return String(x);
  throw new Error(`a recording writes a number as ${spec}, which this page cannot`);
}
