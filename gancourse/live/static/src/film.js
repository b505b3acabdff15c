// A film in a canvas: `paint(view, side, index)` is called for each picture, `done()` at the end.
// `place(index, count)` is told where it is, and called without them when it stops.

const FRAME = 50; // ms for each picture

// How a film says where it is.
export function placeText(index, count) {
  return `Film: picture ${index + 1} of ${count}`;
}

export function film(canvas, paint, done, place = () => {}) {
  let timer = 0;
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = 0;
    delete canvas.dataset.film;
    place();
  };
  const play = (view, count, side) => {
    stop();
    let index = 0;
    const next = () => {
      if (index === count) {
        stop();
        return done();
      }
      canvas.dataset.film = index;
      place(index, count);
      paint(view, side, index++);
    };
    timer = setInterval(next, FRAME);
    next();
  };
  return { play, stop, plays: () => timer !== 0 };
}
