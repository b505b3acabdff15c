// Grey pictures from raw bytes, on a canvas.
//
// pixelCanvas(label) returns a canvas with an accessible name; CSS (.gc-pixels) makes its pixels
// large with hard edges, at whatever ratio of device pixels, so that a canvas pixel is an image
// pixel and getImageData gives back the very bytes.
// paintPixels(canvas, view, width, height) paints one picture [height, width].
// paintTiles(canvas, view, columns, side, gap) paints pictures [N, side, side], `columns` in a row.
// Both write the whole canvas with one putImageData: no frame is ever blank.

function pixelCanvas(label) {
  return make("canvas", { class: "gc-pixels", role: "img", "aria-label": label });
}

function greys(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

// A grey level as the four bytes of a pixel; R, G and B are equal, so byte order does not matter
// but for the opaque alpha, which lies last in memory.
const OPAQUE = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)[0];
const GREY = new Uint32Array(new Uint8Array([1, 1, 1, 0]).buffer)[0];

function putGreys(canvas, width, height, fill) {
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function paintPixels(canvas, view, width, height) {
  const bytes = greys(view);
  putGreys(canvas, width, height, (out) => {
    for (let i = 0; i < out.length; i++) out[i] = OPAQUE + bytes[i] * GREY;
  });
}

// The gap between pictures is transparent.
function paintTiles(canvas, view, columns, side, gap = 0) {
  const bytes = greys(view);
  const n = bytes.length / (side * side);
  const pitch = side + gap;
  const width = columns * pitch - gap;
  putGreys(canvas, width, Math.ceil(n / columns) * pitch - gap, (out) => {
    for (let i = 0; i < bytes.length; i++) {
      const tile = Math.floor(i / (side * side));
      const [row, x] = [Math.floor(i / side) % side, i % side];
      const at = (Math.floor(tile / columns) * pitch + row) * width + (tile % columns) * pitch + x;
      out[at] = OPAQUE + bytes[i] * GREY;
    }
  });
}
