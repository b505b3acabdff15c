// Numbers out of the bytes that the kernel sends as a DataView.

export function greys(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

// A copy, because a view may begin at a byte where no float may.
export function floats(view) {
  if (!view) return null;
  const buffer = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return new Float32Array(buffer);
}

// The scene with its marks as float arrays, and each handle with its place in the list.
export function unpack(scene) {
  const panels = scene.panels.map((panel) => ({
    ...panel,
    marks: panel.marks.map((m) => ({ ...m, x: floats(m.x), y: floats(m.y), x2: floats(m.x2), y2: floats(m.y2) })),
  }));
  return { ...scene, panels, handles: scene.handles.map((h, index) => ({ ...h, index })) };
}
