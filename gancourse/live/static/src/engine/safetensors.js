// A safetensors file: eight bytes with the length of a JSON header, the header, then the numbers.

export class EngineError extends Error {}

const NAME = "gancourse"; // the key under which gancourse keeps its metadata, as JSON

const SCALE = ".scale"; // beside a tensor of bytes: what each row of it is multiplied by

// The numbers of one tensor as Float32Array; null for a kind that no layer computes with.
function numbers(bytes, dtype, at, end) {
  if (dtype === "F32") return new Float32Array(bytes.buffer.slice(at, end));
  if (dtype === "F16") return fromHalves(new Uint16Array(bytes.buffer.slice(at, end)));
  if (dtype === "I8") return Float32Array.from(new Int8Array(bytes.buffer.slice(at, end)));
  return null;
}

// Many such numbers, as fast as a phone can: nearly all of them need no arithmetic.
function fromHalves(halves) {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = half & 0x7c00;
    if (exponent === 0 || exponent === 0x7c00) out[i] = fromHalf(half);
    else bits[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) + 0x1c000) << 13);
  }
  return out;
}

function scaled({ shape: [rows], data }, { data: scale }) {
  const length = data.length / rows;
  for (let row = 0, i = 0; row < rows; row++) {
    for (const end = i + length; i < end; i++) data[i] *= scale[row];
  }
}

// The number that 16 bits stand for (IEEE 754 binary16).
export function fromHalf(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

function headerOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  if (size > bytes.length - 8) throw new EngineError("This is not a whole safetensors file: give one that gancourse wrote.");
  try {
    return [JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))), 8 + size];
  } catch {
    throw new EngineError("This is not a safetensors file: give one that gancourse wrote.");
  }
}

// readTensors(bytes) returns {tensors: {name: {shape, data}}, metadata}; data are Float32Array.
export function readTensors(given) {
  const bytes = given instanceof Uint8Array ? given : new Uint8Array(given.buffer ?? given, given.byteOffset, given.byteLength);
  const [{ __metadata__: metadata = {}, ...entries }, start] = headerOf(bytes);
  const base = bytes.byteOffset + start;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [at, end] }] of Object.entries(entries)) {
    if (start + end > bytes.length) throw new EngineError("This safetensors file ends too early: fetch it again.");
    const data = numbers(bytes, dtype, base + at, base + end);
    if (data) tensors[name] = { shape, data };
  }
  for (const name of Object.keys(tensors)) {
    if (tensors[name + SCALE]) scaled(tensors[name], tensors[name + SCALE]);
  }
  return { tensors, metadata: metadata[NAME] ? JSON.parse(metadata[NAME]) : metadata };
}
